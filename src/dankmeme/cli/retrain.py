"""`dank retrain`."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.opening import open_workshop
from dankmeme.cli.saying import say
from dankmeme.cli.train import ThreadsOption

if TYPE_CHECKING:
    from dankmeme.storage.database import Database
    from dankmeme.training.retraining import Retrained


def retrain(
    community: Annotated[
        list[str] | None, typer.Option(help="Only posts of this community; several may be named.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only posts of this source.")] = None,
    age: Annotated[float, typer.Option(min=0, help="Hours after which scores are compared.")] = 48.0,
    any_age: Annotated[
        bool, typer.Option("--any-age", help="Take the last known score of a post where none was taken at that age.")
    ] = False,
    name: Annotated[str, typer.Option(help="Name of the model.")] = "own",
    backbone: Annotated[str, typer.Option(help="Of the image model; see `dank train cnn`.")] = "bundled",
    budget: Annotated[
        float, typer.Option(min=1, help="Minutes; then no new step is begun, but what is trained is measured.")
    ] = 60.0,
    share: Annotated[
        float, typer.Option(min=0, max=1, help="Of what comes in that it predicts as a shadow; 0: none.")
    ] = 1.0,
    run: Annotated[
        str | None, typer.Option(metavar="ID", help="Write down what came of this run of the schedule, which sets it.")
    ] = None,
    threads: ThreadsOption = None,
) -> None:
    """Train anew on what is stored, measure it, and propose it: registered, in the shadow, never promoted by itself.

    Builds the dataset, trains both models, takes the figures, registers the bundle. May be interrupted or killed: the
    same command goes on where it stopped. DANK_RETRAIN does this by a schedule. Exits with 0 when done or if there is
    nothing new to learn from, 2 where nothing can be learnt.
    """
    if run is not None:
        from dankmeme.priority import TRAINING, step_back

        step_back(TRAINING)
        threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    from dankmeme.errors import DankError
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage, retrains

    with clear_errors(), interruptible(), open_storage(settings()) as storage, open_workshop(threads) as shop:
        from dankmeme.models.registry import Registry
        from dankmeme.storage.export import Wish
        from dankmeme.training.gathering import Scores
        from dankmeme.training.promotion import Promoter
        from dankmeme.training.retraining import RetrainPlan, retrain

        by = "the schedule" if run else "command line"
        bundles = Registry.of(settings(), storage.database)
        bundles.lineup()
        promoter = Promoter(storage.database, bundles, shop.eyes, by)
        plan = RetrainPlan(
            settings().home / "datasets" / name,
            Wish(tuple(community or ()), source),
            Scores(age, any_age),
            name,
            backbone,
            60 * budget,
            share,
        )
        try:
            done = retrain(plan, storage, bundles, shop, promoter, by)
        except DankError as error:
            if run is not None:
                retrains.end(storage.database, run, "failed", error.message)
            raise
        if run is not None:
            _write_down(storage.database, run, done)
    _report(done)


def _end_with_parent(parent: int) -> None:
    """End in good order where the process that began this one is gone: another takes the run up."""
    while os.getppid() == parent:
        time.sleep(2)
    os.kill(os.getpid(), signal.SIGTERM)


def _write_down(database: Database, run: str, done: Retrained) -> None:
    from dankmeme.storage import retrains

    state, version = ("done", done.candidate.version) if done.candidate is not None else ("unchanged", None)
    retrains.end(database, run, state, done.words, version)  # type: ignore[arg-type]


def _report(done: Retrained) -> None:
    say(done.words)
    if done.candidate is None:
        return
    if done.report is not None:
        say(f"report: {done.report}")
    say(f"{done.candidate.version} is a {done.candidate.state} now")
    say(f"next, when the ledger knows it: dank models promote {done.candidate.version}")
