"""Names of the queues, and what a stage leaves to be done."""

from __future__ import annotations

from dataclasses import dataclass

INGEST, SCRAPE = "ingest", "scrape"
QUEUES = (INGEST, SCRAPE)


@dataclass(frozen=True)
class Later:
    """A piece of work that is to be queued in so many seconds."""

    work: str
    seconds: float
