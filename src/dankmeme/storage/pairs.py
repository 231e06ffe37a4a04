"""Which of two memes is danker: pairs that people judge."""

from __future__ import annotations

import secrets
import time

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed, pairs, posts

RECENT = 2_000
"""Pairs are drawn from so many of the newest posts."""
_TRIES = 8


def draw(database: Database, voter: str | None) -> tuple[str, str] | None:
    """Two posts of different pictures, which this voter did not compare yet if there are such; None where there are
    no two.
    """
    query = sa.select(feed.c.post_id, feed.c.family).where(feed.c.visible).order_by(feed.c.n.desc()).limit(RECENT)
    with database.read() as connection:
        found = list({family: post for post, family in reversed(connection.execute(query).all())}.values())
        if len(found) < 2:
            return None
        chance = secrets.SystemRandom()
        for _ in range(_TRIES):
            left, right = chance.sample(found, 2)
            if voter is None or not _is_judged(connection, voter, left, right):
                break
    return left, right


def judge(database: Database, voter: str, left: str, right: str, winner: str | None) -> bool:
    """Keep which of two posts somebody finds danker (one of the two, or None for neither); False where one is gone."""
    with database.write() as connection:
        there = sa.select(posts.c.id).where(posts.c.id.in_([left, right])).order_by(posts.c.id)
        found = connection.scalars(there.with_for_update(read=True, key_share=True)).all()
        if len(found) != 2:
            return False
        a, b = found  # in the database's order, which is not everywhere that of Python
        row = {"voter": voter, "a": a, "b": b, "winner": winner, "judged_utc": time.time()}
        database.put(connection, pairs, [row])
    return True


def judged(database: Database, voter: str | None) -> int:
    """How many pairs somebody judged."""
    if voter is None:
        return 0
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).where(pairs.c.voter == voter)) or 0


def _is_judged(connection: sa.Connection, voter: str, left: str, right: str) -> bool:
    both = left, right
    mine = sa.and_(pairs.c.voter == voter, pairs.c.a.in_(both), pairs.c.b.in_(both))
    return connection.scalar(sa.select(pairs.c.voter).where(mine)) is not None
