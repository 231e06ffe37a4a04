"""A source is read page by page; what is new is enlisted and queued."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from dankmeme.errors import DankError, OutsideError
from dankmeme.pipeline.network import make_fetcher
from dankmeme.pipeline.patience import Patience
from dankmeme.pipeline.schedule import adapted
from dankmeme.pipeline.work import Later
from dankmeme.settings import Settings
from dankmeme.sources import Page, Query, Sort, open_source
from dankmeme.storage import posts, runs, schedules
from dankmeme.storage.database import Database
from dankmeme.storage.runs import Run
from dankmeme.storage.schedules import Schedule

TRIES, FIRST_PAUSE = 9, 5.0
UNKEPT = "id that cannot be kept"
ELSEWHERE = "known from another folder of this name"
_log = logging.getLogger(__name__)
LONGEST_PAUSE = 3_600.0

Seen = Callable[[Run, Page, int], None]
"""Told after each page: the run so far, the page, and how many posts of it came back though deleted for good."""


def asked(source: str, query: Query) -> str:
    """What a run asks for, as text: the same for the same."""
    return json.dumps({"source": source} | asdict(query), sort_keys=True)


def query_of(schedule: Schedule) -> Query:
    """What a schedule asks for."""
    return Query(where=schedule.where, sort=Sort(schedule.sort), limit=schedule.limit)


class Scraper:
    """Reads sources.

    Args:
        settings: how sources are opened and the network is used; each scrape has its own way out.
        database: where posts are enlisted.
        enqueue: queues a piece of work for ingestion.
        patience: ends all waiting when this process does.
    """

    def __init__(
        self, settings: Settings, database: Database, enqueue: Callable[[str], None], patience: Patience
    ) -> None:
        self._settings, self._database = settings, database
        self._enqueue, self._patience = enqueue, patience

    def scrape(self, work: str) -> list[Later]:
        """Do one scheduled run, or go on with it: a piece of work is named by its run and, after a dot, its try."""
        name, _, tried = work.partition(".")
        run = self._patience.insist(runs.get, self._database, name)
        if run.ended_utc is not None:
            return []
        try:
            run = self.take(run)
        except OutsideError as error:
            tries = int(tried.split(".")[0] or 0) + 1
            if error.passing and tries < TRIES:
                self._patience.insist(runs.note, self._database, run, error.message)
                return [Later(f"{name}.{tries}", pause(tries, error.retry_after))]
            self._patience.insist(runs.end, self._database, run, error.message)
        except DankError as error:
            self._patience.insist(runs.end, self._database, run, error.message)
        except Exception as error:
            _log.exception("unexpected error in %s", run.what)
            self._patience.insist(runs.end, self._database, run, f"something went wrong here: {error!r}")
        else:
            self._adapt(run)
        return []

    def take(self, run: Run, seen: Seen | None = None, *, adopt: bool = False) -> Run:
        """Read all that a run asks for, from where it was interrupted.

        Args:
            run: which.
            seen: told after each page.
            adopt: whether posts that are known count to this run.

        Raises:
            DankError: what the source says; the run is not ended then.
            Stopped: if this process ends.
        """
        return asyncio.run(self._take(run, seen, adopt))

    async def _take(self, run: Run, seen: Seen | None, adopt: bool) -> Run:
        wish, loop = json.loads(run.what), asyncio.get_running_loop()
        writer = ThreadPoolExecutor(1, thread_name_prefix="enlist")  # the loop's own would be waited for
        async with make_fetcher(self._settings) as fetcher:
            source = open_source(wish.pop("source"), self._settings, fetcher)
            try:
                async for page in source.pages(Query(**wish | {"sort": Sort(wish["sort"])}), run.position):
                    run, gone = await loop.run_in_executor(writer, self._enlist, run, page, adopt)
                    if seen is not None:
                        seen(run, page, gone)
            finally:
                writer.shutdown(wait=False)
                await source.close()
        return self._patience.insist(runs.end, self._database, run)

    def _enlist(self, run: Run, page: Page, adopt: bool) -> tuple[Run, int]:
        insist = self._patience.insist
        result = insist(posts.enlist, self._database, page.posts, run.id, adopt=adopt)
        for chunk in result.chunks:
            self._enqueue(chunk)
        left_out = {UNKEPT: result.refused, ELSEWHERE: result.elsewhere}
        run = insist(
            runs.advance,
            self._database,
            run,
            found=len(page.posts),
            fresh=result.fresh,
            skipped=page.skipped | {reason: count for reason, count in left_out.items() if count},
            position=page.position,
        )
        return run, result.gone

    def _adapt(self, run: Run) -> None:
        """An adaptive schedule comes more often while there is much that is new."""
        for schedule in self._patience.insist(schedules.everyone, self._database):
            if schedule.name == run.schedule and schedule.cron is None:
                interval = adapted(schedule.interval, run.fresh, schedule.limit)
                due = run.started_utc + interval
                self._patience.insist(schedules.change, self._database, schedule.name, interval=interval, next_utc=due)


def pause(tries: int, asked_for: float | None, first: float = FIRST_PAUSE) -> float:
    """Seconds before a source is asked again, after so many tries: each pause is twice the one before, and none is
    shorter than the source asked for.
    """
    return max(min(LONGEST_PAUSE, first * 2.0 ** (tries - 1)), asked_for or 0.0)
