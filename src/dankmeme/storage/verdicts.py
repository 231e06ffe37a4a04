"""What a version said of the newest posts of the feed, in order of time."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from dankmeme.storage.cards import SAMPLE
from dankmeme.storage.database import Database
from dankmeme.storage.registry import is_learnt
from dankmeme.storage.tables import feed, predictions


@dataclass(frozen=True)
class Verdict:
    """A verdict on a post: its percentile 0–1, and whether the version could not tell."""

    created_utc: float
    percentile: float
    abstained: bool


def newest(database: Database, version: str, most: int = 5_000) -> list[Verdict]:
    """A version's verdicts on the newest posts, the oldest first; samples, and what it learnt from, are none."""
    mine = sa.and_(predictions.c.model == "verdict", predictions.c.version == version)
    columns = feed.c.created_utc, predictions.c.percentile, predictions.c.label
    query = sa.select(*columns).join(predictions, predictions.c.image == feed.c.image)
    query = query.where(mine, predictions.c.state == "success", feed.c.source != SAMPLE)
    query = query.where(~is_learnt(predictions.c.version, feed.c.family))
    query = query.order_by(feed.c.created_utc.desc(), feed.c.n.desc()).limit(most)
    with database.read() as connection:
        found = connection.execute(query).all()
    return [Verdict(row.created_utc, row.percentile, row.label == "can't tell") for row in reversed(found)]
