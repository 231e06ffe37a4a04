"""`dank demo`."""

from __future__ import annotations

from typing import Annotated

import typer

from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.following import counted, following
from dankmeme.cli.ingest import report, work_off
from dankmeme.cli.saying import say


def demo(
    remove: Annotated[bool, typer.Option("--remove", help="Take the sample memes out again.")] = False,
) -> None:
    """Fill the feed with sample memes that this project draws itself, to have something to look at.

    They are marked as samples; `--remove` takes them out. Forecasts are made by `dank serve` or a worker.
    """
    from dankmeme.pipeline import demo as samples
    from dankmeme.pipeline.foreground import Foreground
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage

    with clear_errors(), interruptible(), open_storage(settings()) as storage:
        if remove:
            say(f"removed: {counted(samples.remove(storage), 'sample meme')}")
            return
        with following("drawing") as follower, Foreground(settings(), storage) as foreground:
            enlisted = samples.fill(storage)
            foreground.queue(enlisted.chunks)
            state = work_off(foreground, samples.RUN, follower)
    if not enlisted.fresh:
        say(f"nothing new: {counted(enlisted.known, 'sample meme')} there already")
    report(state)
    say("see them at /latest of `dank serve`; `dank demo --remove` takes them out")
    raise typer.Exit(1 if state.counts.failed else 0)
