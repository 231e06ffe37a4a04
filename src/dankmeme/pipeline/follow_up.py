"""Each post's score is read again when the post has a fixed age: what became of a forecast."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from dankmeme.errors import DankError
from dankmeme.pipeline.network import make_fetcher
from dankmeme.pipeline.patience import Patience
from dankmeme.pipeline.work import Later
from dankmeme.settings import Settings
from dankmeme.sources import open_source
from dankmeme.storage import follow_ups
from dankmeme.storage.database import Database

SLOT_SECONDS = 20.0
"""A source is asked at most once in so many seconds."""
TOGETHER = 100
"""So many posts are asked for at once, and so many times in one piece of work."""
ROUNDS = 20
_log = logging.getLogger(__name__)


def due_work(database: Database, now: float) -> list[str]:
    """Pieces of work that are due, one a source and slot of time: every process gives them the same names."""
    follow_ups.miss(database, now)
    return [f"{source}-{int(now // SLOT_SECONDS)}" for source in follow_ups.due_sources(database, now)]


class FollowUps:
    """Takes scores that are due.

    Args:
        settings: how sources are opened.
        database: where scores are written down.
        patience: ends all waiting when this process does.
    """

    def __init__(self, settings: Settings, database: Database, patience: Patience) -> None:
        self._settings, self._database, self._patience = settings, database, patience

    def take(self, work: str) -> list[Later]:
        """Do a piece of work: what is due of a source. What it does not tell now is asked for later, by other work."""
        source = work.rpartition("-")[0]
        for _ in range(ROUNDS):
            self._patience.check()
            wanted = self._patience.insist(follow_ups.due, self._database, source, time.time(), TOGETHER)
            if not wanted:
                break
            scores = self._scores(source, [each.post for each in wanted])
            self._patience.insist(follow_ups.take, self._database, wanted, scores, time.time())
        return []

    def _scores(self, source: str, ids: Sequence[str]) -> dict[str, int]:
        try:
            return asyncio.run(self._ask(source, sorted(set(ids))))
        except DankError as error:
            _log.warning("scores of %s cannot be read now: %s", source, error.message)
            return {}

    async def _ask(self, source: str, ids: Sequence[str]) -> dict[str, int]:
        async with make_fetcher(self._settings) as fetcher:
            opened = open_source(source, self._settings, fetcher)
            try:
                return await opened.scores(ids)
            finally:
                await opened.close()
