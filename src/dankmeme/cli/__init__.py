"""The command `dank`: thin, it parses, calls one function and prints."""

from __future__ import annotations

from typing import Annotated

import typer

import dankmeme
from dankmeme.cli.classify import classify
from dankmeme.cli.doctor import doctor
from dankmeme.cli.serve import serve

app = typer.Typer(
    name="dank",
    help="How dank is this meme?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(classify)
app.command()(serve)
app.command()(doctor)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"dank {dankmeme.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """How dank is this meme?"""
