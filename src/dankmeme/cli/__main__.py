"""`python -m dankmeme.cli` is `dank`."""

from dankmeme.cli import app

app()
