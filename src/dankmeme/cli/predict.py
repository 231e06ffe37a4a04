"""`dank predict`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.following import counted
from dankmeme.cli.saying import say

if TYPE_CHECKING:
    from dankmeme.pipeline.forecasts import Forecasting


def predict(
    newest: Annotated[
        int | None, typer.Option(min=1, help="Only so many of the newest pictures.", show_default="all")
    ] = None,
    queue_only: Annotated[
        bool, typer.Option("--queue-only", help="Leave the work to `dank serve` or workers.")
    ] = False,
) -> None:
    """Let every model version predict the stored pictures that it has said nothing of yet.

    What comes in is predicted by itself, and a new version predicts the newest pictures (DANK_BACKFILL); this is for
    all the others. What failed is tried again. May be interrupted: the same command goes on where it stopped. Exits
    with 0 if all went well, 1 if some predictions failed, 2 on wrong usage.
    """
    from dankmeme.models.eyes import eyes_for
    from dankmeme.pipeline.forecasts import Forecasting
    from dankmeme.pipeline.lineup import Keeper
    from dankmeme.pipeline.seeing import predictors_for
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage

    eyes = eyes_for(settings())
    with clear_errors(), interruptible(), closing(eyes), open_storage(settings()) as storage:
        keeper = Keeper(settings(), eyes, lambda: storage, "worker")
        keeper.follow()
        with Forecasting(storage, predictors_for(keeper, eyes), newest, keeper) as forecasting:
            for version, fault in forecasting.faults.items():
                say(f"{version} cannot predict: {fault}", error=True)
            wanted = forecasting.want()
            if queue_only:
                forecasting.hand_over()
                say(f"queued: {counted(wanted, 'picture')} for `dank serve` or a worker")
                return
            failed = _work(forecasting, wanted)
    raise typer.Exit(1 if failed else 0)


def _work(forecasting: Forecasting, wanted: int) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("predicting", total=wanted)
        made, failed = forecasting.work(lambda done: progress.update(task, completed=done))
    say(f"{counted(wanted, 'picture')}: {counted(made, 'prediction')} made, {failed:,} failed")
    return failed
