"""Rows of the feed that are missing, and those that do not say which forecast is shown now."""

from __future__ import annotations

import sqlalchemy as sa

from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.feed import UPLOAD, project
from dankmeme.storage.locks import alone, held
from dankmeme.storage.posts import STORED
from dankmeme.storage.tables import feed, posts, predictions, versions


def complete(database: Database, most: int = 500) -> int:
    """Make the feed's rows of posts that were stored before there was a feed, and those of which other forecasts are
    shown now, since the order of the versions changed.

    Returns:
        How many there were, at most `most` of either kind.
    """
    lacks = sa.select(posts.c.id).outerjoin(feed, feed.c.post_id == posts.c.id)
    lacks = lacks.where(posts.c.state == STORED, posts.c.source != UPLOAD, feed.c.n.is_(None))
    same = sa.and_(predictions.c.model == versions.c.model, predictions.c.version == versions.c.version)
    done = sa.exists().where(
        predictions.c.image == feed.c.image, predictions.c.state == "success", same, versions.c.shown
    )
    silent = sa.select(feed.c.post_id).where(feed.c.scored_utc.is_(None), done)
    with database.read() as connection:
        missing = list(connection.scalars(lacks.limit(most)))
        late = list(connection.scalars(silent.limit(most)))
    for batch in in_batches([*missing, *late], 100):
        with database.write() as connection:
            alone(connection)
            project(database, connection, held(connection, batch))
    return len(missing) + len(late)
