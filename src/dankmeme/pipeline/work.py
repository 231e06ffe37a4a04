"""Names of the queues, and what a stage leaves to be done."""

from __future__ import annotations

from dataclasses import dataclass

INGEST, SCRAPE, PREDICT, FOLLOW = "ingest", "scrape", "predict", "follow"
QUEUES = (INGEST, SCRAPE, PREDICT, FOLLOW)


@dataclass(frozen=True)
class Later:
    """A piece of work that is to be queued in so many seconds, on the queue that it comes from or on another."""

    work: str
    seconds: float = 0.0
    queue: str | None = None
