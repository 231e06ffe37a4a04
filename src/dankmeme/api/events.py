"""News of the feed as server-sent events: posts that are new, and posts that have a forecast now."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from dankmeme.api.connections import Connection
from dankmeme.api.resting import Resting
from dankmeme.api.schemas import Problem
from dankmeme.errors import DankError, first_line
from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed

EVERY_SECONDS = 1.0
OVERLAP_SECONDS = 20.0
"""Rows are dated when they are made and seen when they are written down, by clocks that may differ: so far back is
looked, and what was told already is left out."""
MOST_STREAMS = 2_000
MOST_AT_ONCE = 200
_log = logging.getLogger(__name__)
router = APIRouter(tags=["feed"])


class News(BaseModel):
    """Ids of posts that came, and of those that have a forecast now."""

    new: list[str] = []
    scored: list[str] = []


class Newsroom:
    """Looks for news once for all streams of this process.

    Args:
        resting: where the feed is.
    """

    def __init__(self, resting: Resting) -> None:
        self._resting = resting
        self._readers: set[asyncio.Queue[News | None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._told: dict[str, tuple[float, bool]] = {}
        self._ended = False

    def check(self) -> None:
        """See to it that others can still be answered.

        Raises:
            DankError: `too-busy`, where too many listen already.
        """
        if len(self._readers) >= min(MOST_STREAMS, Connection.most // 2):
            raise DankError("too-busy", "too many listen already; try again in a minute")

    async def news(self) -> AsyncIterator[News]:
        """What comes from now on, until the server ends."""
        queue: asyncio.Queue[News | None] = asyncio.Queue(maxsize=100)
        self._readers.add(queue)
        try:
            if self._task is None or self._task.done():
                self._told = {}
                self._task = asyncio.create_task(self._look(time.time()))
            while not self._ended and (found := await queue.get()) is not None:
                yield found
        finally:
            self._readers.discard(queue)

    def end(self) -> None:
        """End all streams; may be called from a signal's handler."""
        self._ended = True
        for queue in self._readers:
            if not queue.full():
                queue.put_nowait(None)
        if self._task is not None:
            self._task.cancel()

    async def _look(self, since: float) -> None:
        """Look for news while somebody listens."""
        while self._readers and not self._ended:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                found = await asyncio.to_thread(self._fresh, since)
            except Exception as error:
                _log.info("no news now: %s", first_line(error))
                continue
            if found.new or found.scored:
                for queue in list(self._readers):
                    if not queue.full():
                        queue.put_nowait(found)

    def _fresh(self, since: float) -> News:
        from_utc = max(since, time.time() - OVERLAP_SECONDS)
        news = News()
        for post, added, scored, changed in _changed(self._resting.open().database, from_utc):
            known = self._told.get(post)
            if known is None and added >= since:
                news.new.append(post)
            elif scored is not None and scored >= since and (known is None or not known[1]):
                news.scored.append(post)
            else:
                continue
            self._told[post] = (changed, scored is not None)
        before = time.time() - 10 * OVERLAP_SECONDS
        self._told = {post: told for post, told in self._told.items() if told[0] > before}
        return news


def _changed(database: Database, since: float) -> list[tuple[str, float, float | None, float]]:
    columns = feed.c.post_id, feed.c.added_utc, feed.c.scored_utc, feed.c.changed_utc
    query = sa.select(*columns).where(feed.c.changed_utc >= since, feed.c.visible)
    with database.read() as connection:
        rows = connection.execute(query.order_by(feed.c.changed_utc.desc()).limit(MOST_AT_ONCE)).all()
    return [(row.post_id, row.added_utc, row.scored_utc, row.changed_utc) for row in rows]


async def listening(request: Request) -> Newsroom:
    """The newsroom, if there is room in it: once a stream has begun it is too late for an error."""
    newsroom: Newsroom = request.app.state.newsroom
    newsroom.check()
    return newsroom


@router.get("/api/v1/events", response_class=EventSourceResponse, responses={503: {"model": Problem}})
async def events(newsroom: Annotated[Newsroom, Depends(listening)]) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events named `posts`, each with `new` and `scored`: lists of post ids."""
    yield ServerSentEvent(comment="listening", retry=5_000)
    async for news in newsroom.news():
        yield ServerSentEvent(event="posts", data=news.model_dump())
