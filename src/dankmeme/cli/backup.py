"""`dank backup` and `dank restore`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.following import counted
from dankmeme.cli.saying import say
from dankmeme.cli.steps import steps


def backup(archive: Annotated[Path, typer.Argument(help="A new file, such as dank.tar.zst.")]) -> None:
    """Write everything in DANK_HOME to one file, while it is in use: posts, pictures, models, votes, feedback.

    For the embedded default. With PostgreSQL and a bucket elsewhere, use their own means.
    """
    from dankmeme.settings import settings
    from dankmeme.storage.backup import backup

    with clear_errors(), interruptible("nothing was written"), steps() as told:
        made = backup(settings(), archive, told)
    packed = archive.stat().st_size
    say(f"{counted(made.files, 'file')}, {made.bytes / 1e6:,.1f} MB, in {archive} ({packed / 1e6:,.1f} MB)")


def restore(archive: Annotated[Path, typer.Argument(help="What `dank backup` wrote.")]) -> None:
    """Put back what a backup holds, into a DANK_HOME that holds nothing yet; every file is checked first."""
    from dankmeme.settings import settings
    from dankmeme.storage.backup import restore

    with clear_errors(), interruptible("nothing was restored"), steps() as told:
        found = restore(settings(), archive, told)
    made = datetime.fromtimestamp(found.made_utc, UTC)
    say(f"{counted(found.files, 'file')} of {made:%Y-%m-%d %H:%M} UTC (dankmeme {found.version}) in {settings().home}")
