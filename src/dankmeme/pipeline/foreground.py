"""A person's own scrape or import: this process reads, works, and shows how far it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from dankmeme.errors import OutsideError
from dankmeme.pipeline.patience import Patience
from dankmeme.pipeline.scrape import Scraper, Seen, asked, pause
from dankmeme.pipeline.work import INGEST
from dankmeme.settings import Settings
from dankmeme.sources import Page, Query, Source
from dankmeme.storage import Storage, posts, runs
from dankmeme.storage.posts import Counts
from dankmeme.storage.runs import Run

if TYPE_CHECKING:
    from dankmeme.pipeline.worker import Worker

FIRST_POLL, LAST_POLL = 0.1, 0.5
"""Seconds between two looks at how far a run is: short at first, since most runs are."""
TRIES, FIRST_PAUSE = 4, 1.0
"""A person is told after seconds, not minutes, that a source is down; a pause that it asks for is kept all the same."""
Waits = Callable[[str, float], None]
"""Told why, and for how many seconds, the source lets us wait."""


@dataclass(frozen=True)
class Progress:
    """How far a run is: pictures by state, failures by reason, and whether all posts have been read."""

    counts: Counts
    failures: dict[str, int]
    reading: bool


class Foreground:
    """Reads a source in this process and works on what it brings until all of it is done.

    The engine is started only when there is something to do: to be told that nothing is new takes no longer than to
    read the posts.

    Args:
        settings: of this process.
        storage: open.
        work: whether this process works on the queues, or leaves that to others.
    """

    def __init__(self, settings: Settings, storage: Storage, *, work: bool = True) -> None:
        self._settings, self._storage, self._work = settings, storage, work
        self._worker: Worker | None = None
        self._left: list[str] = []
        self._patience = Patience()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patience.stop()
        if self._worker is not None:
            self._worker.stop()

    def read(self, source: str, query: Query, seen: Seen, waits: Waits) -> Run:
        """Enlist all posts of a query, from where an interrupted run of the same query stopped.

        Args:
            source: its name.
            query: which posts.
            seen: told after each page.
            waits: told why, and for how many seconds, the source lets us wait.

        Raises:
            DankError: what the source says, where waiting does not help.
        """
        what = asked(source, query)
        database, insist = self._storage.database, self._patience.insist
        run = insist(runs.unfinished, database, what) or insist(runs.begin, database, what)
        tries = 0
        while True:
            before = run.position
            try:
                return self._scraper().take(run, seen, adopt=True)
            except OutsideError as error:
                run = insist(runs.get, database, run.id)
                tries = tries + 1 if run.position == before else 1
                if not error.passing or tries == TRIES:
                    insist(runs.end, database, run, error.message)
                    raise
                time.sleep(_announced(waits, tries, error))

    def queue(self, chunks: Sequence[str]) -> None:
        """Queue pieces of work."""
        for chunk in chunks:
            self._enqueue(chunk)

    def hand_over(self) -> None:
        """Queue what was enlisted for others to work on."""
        from dankmeme.pipeline.engine import enqueue_from_outside

        enqueue_from_outside(self._storage.database, INGEST, self._left)
        self._left = []

    def finish(self, run: str, show: Callable[[Progress], None]) -> Progress:
        """Work until every picture of a run is stored or failed.

        Args:
            run: its id.
            show: told how far it is, twice a second or more.
        """
        pause = FIRST_POLL
        while (now := self.progress(run)).counts.pending:
            worker = self._started()
            show(now)
            worker.wait(pause)
            pause = min(1.2 * pause, LAST_POLL)
        if self._patience.insist(posts.uncompared, self._storage.database):
            self._started()  # whoever stored the last one was killed before it could compare them
        if self._worker is not None:
            self._worker.finish()
            now = self.progress(run)
        show(now)
        return now

    def paused(self) -> bool:
        """Whether somebody paused the queue, so that nothing will be done until it is resumed."""
        from dankmeme.pipeline.engine import states

        found = self._patience.insist(states, self._storage.database)
        return any(queue.paused for queue in found if queue.name == INGEST)

    def progress(self, run: str, *, reading: bool = False) -> Progress:
        """How far a run is."""
        counts = self._patience.insist(posts.counts, self._storage.database, run)
        failed = self._patience.insist(posts.failures_of, self._storage.database, run) if counts.failed else {}
        return Progress(counts, failed, reading)

    def _scraper(self) -> Scraper:
        return Scraper(self._settings, self._storage.database, self._enqueue, self._patience)

    def _enqueue(self, chunk: str) -> None:
        if self._work:
            self._started().engine.enqueue(INGEST, chunk)
        else:
            self._left.append(chunk)

    def _started(self) -> Worker:
        if self._worker is None:
            from dankmeme.pipeline.worker import Worker

            self._worker = Worker(self._settings, self._storage, scheduled=False)
            self._worker.start()
        return self._worker


async def patient_pages(source: Source, query: Query, waits: Waits) -> AsyncIterator[Page]:
    """The pages of a query; after a fault that may pass they go on from the last one.

    Raises:
        DankError: what the source says, where waiting does not help.
    """
    position, tries = None, 0
    while True:
        try:
            async for page in source.pages(query, position):
                position, tries = page.position, 0
                yield page
        except OutsideError as error:
            tries += 1
            if not error.passing or tries == TRIES:
                raise
            await asyncio.sleep(_announced(waits, tries, error))
        else:
            return


def _announced(waits: Waits, tries: int, error: OutsideError) -> float:
    """The pause before the next try, in seconds, once the person knows of it."""
    seconds = pause(tries, error.retry_after, FIRST_PAUSE)
    waits(error.message, seconds)
    return seconds
