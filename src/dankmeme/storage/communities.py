"""The communities of the feed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed


@dataclass(frozen=True)
class Community:
    """A community, as its source names it, and how many of its posts can be seen."""

    community: str
    source: str
    posts: int


def communities(database: Database, most: int = 500) -> list[Community]:
    """The largest communities first."""
    count = sa.func.count()
    query = sa.select(feed.c.community, feed.c.source, count).where(feed.c.visible)
    query = query.group_by(feed.c.community, feed.c.source).order_by(count.desc(), feed.c.community).limit(most)
    with database.read() as connection:
        return [Community(*row) for row in connection.execute(query)]
