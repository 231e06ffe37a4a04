"""`dank export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.following import counted
from dankmeme.cli.ingest import moment
from dankmeme.cli.saying import say


def export(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    community: Annotated[str | None, typer.Option(help="Only this community.")] = None,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    since: Annotated[str | None, typer.Option(help="No post from before this day or time (UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="No post from then on.")] = None,
) -> None:
    """Write what is stored as a dataset folder: a posts.jsonl with the pictures beside it, for training."""
    from rich.console import Console
    from rich.progress import Progress

    from dankmeme.settings import settings
    from dankmeme.storage import open_storage
    from dankmeme.storage.export import Wish, export

    wish = Wish((community,) if community else (), source, moment(since, "--since"), moment(until, "--until"))
    console = Console(stderr=True)
    bar = Progress(console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task("exporting", total=None)
    with clear_errors(), interruptible(), open_storage(settings()) as storage, bar:
        count = export(storage, folder, wish, lambda done: bar.update(task, completed=done))
    say(f"{counted(count, 'post')} with a picture each in {folder}")
