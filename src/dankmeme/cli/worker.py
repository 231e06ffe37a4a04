"""`dank worker` and `dank queue`."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing, nullcontext, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.ending import clear_errors, leave, signals_interrupt, until_interrupted
from dankmeme.cli.following import counted
from dankmeme.cli.saying import say

if TYPE_CHECKING:
    from dankmeme.pipeline.worker import Worker
    from dankmeme.settings import Settings


class Queue(StrEnum):
    """A queue."""

    ingest = "ingest"
    scrape = "scrape"
    predict = "predict"
    follow = "follow"


queue = typer.Typer(help="See, pause and resume the queues.", no_args_is_help=True)


def worker(
    schedules: Annotated[bool, typer.Option(help="Also begin the scrapes that are due.")] = True,
) -> None:
    """Work on the queues until Ctrl-C: fetch, check, store and predict pictures, and scrape what is due.

    Any number of workers may share one PostgreSQL database and one bucket. One that dies loses nothing: the others
    take over its work.
    """
    with suppress(KeyboardInterrupt), signals_interrupt(), clear_errors():
        from dankmeme.cli.watched import watched
        from dankmeme.memory import few_arenas
        from dankmeme.models.eyes import eyes_for
        from dankmeme.pipeline.lineup import Keeper
        from dankmeme.pipeline.seeing import workers_predictors
        from dankmeme.pipeline.worker import Worker
        from dankmeme.priority import WORKER, step_back
        from dankmeme.settings import settings
        from dankmeme.storage import open_storage

        step_back(WORKER)
        few_arenas()
        eyes = eyes_for(settings())
        at_work: list[Worker] = []
        with (
            watched(settings(), "worker"),
            _vitals(settings(), at_work),
            closing(eyes),
            open_storage(settings()) as storage,
            Keeper(settings(), eyes, lambda: storage, "worker") as keeper,
            Worker(
                settings(),
                storage,
                scheduled=schedules,
                predictors=workers_predictors(settings(), keeper, eyes),
                keeper=keeper,
            ) as working,
        ):
            try:
                working.start()
                at_work.append(working)
                say(f"worker {working.engine.executor} is at work  (Ctrl-C ends it)")
                until_interrupted()
            except KeyboardInterrupt:
                say("ending; what is left is handed back")
    leave(0)


def _vitals(chosen: Settings, at_work: list[Worker]) -> AbstractContextManager[None]:
    """Serve what machines ask of a worker, where that is wanted: only then is a server loaded."""
    if not chosen.metrics_port:
        return nullcontext()
    from dankmeme.api.beside import served_beside

    return served_beside(chosen, lambda: at_work[0] if at_work else None)


@queue.command("list")
def show() -> None:
    """Show what waits and runs."""
    from dankmeme.pipeline.engine import states
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage
    from dankmeme.storage.posts import pending_chunks

    with clear_errors(), open_storage(settings()) as storage:
        found = states(storage.database)
        wait = len(pending_chunks(storage.database))
    if not found:
        more = f"; the first that does will find {counted(wait, 'piece')} of work" if wait else ""
        say(f"no process has worked on this database yet{more}")
    for each in found:
        paused = "  PAUSED (`dank queue resume` goes on)" if each.paused else ""
        counts = f"{each.waiting:6,} waiting {each.running:4,} running {each.delayed:6,} for another try"
        say(f"{each.name:8} {counts}{paused}")


@queue.command()
def pause(name: Annotated[Queue, typer.Argument(help="Which queue.")]) -> None:
    """Begin no more work of a queue, in any process; what is being done is finished. Outlives restarts."""
    _set_room(name, 0)
    say(f"{name.value} is paused; `dank queue resume {name.value}` goes on")


@queue.command()
def resume(name: Annotated[Queue, typer.Argument(help="Which queue.")]) -> None:
    """Go on with a queue that was paused."""
    from dankmeme.pipeline.worker import room
    from dankmeme.settings import settings

    with clear_errors():
        _set_room(name, room(settings())[name.value])
    say(f"{name.value} goes on")


def _set_room(name: Queue, size: int) -> None:
    from dankmeme.pipeline.engine import set_room
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage

    with clear_errors(), open_storage(settings()) as storage:
        set_room(storage.database, name.value, size)
