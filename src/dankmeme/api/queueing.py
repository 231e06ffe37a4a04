"""The queues, for routes: the engine behind them is loaded when it is first needed, and not before the first answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dankmeme.storage.database import Database

if TYPE_CHECKING:
    from dankmeme.pipeline.engine import QueueState


def enqueue(database: Database, queue: str, works: Sequence[str]) -> None:
    """Queue pieces of work for whoever works on this database."""
    from dankmeme.pipeline.engine import enqueue_from_outside

    enqueue_from_outside(database, queue, works)


def states(database: Database) -> list[QueueState]:
    """What waits and runs in each queue."""
    from dankmeme.pipeline import engine

    return engine.states(database)
