"""Which of two memes is danker: pairs that people judge."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed, pairs, posts

RECENT = 2_000
"""Pairs are drawn from so many of the newest posts."""
UNIFORM = "uniform"
"""Pairs that chance alone drew; on those that are shown again, agreement is measured."""
_TRIES = 8
_AGAIN = 500
"""So many of the newest judged pairs are looked at for one to be shown again."""


@dataclass(frozen=True)
class Contender:
    """A post that may be one of a pair; `forecast` is the percentile of the verdict that is shown, None without one."""

    post: str
    forecast: float | None


def contenders(database: Database) -> list[Contender]:
    """The newest posts that can be seen, of each family of near-duplicates one."""
    with database.read() as connection:
        return _contenders(connection)


def draw(database: Database, voter: str | None) -> tuple[str, str] | None:
    """Two posts of different pictures, which this voter did not compare yet if there are such; None where there are
    no two.
    """
    with database.read() as connection:
        found = [each.post for each in _contenders(connection)]
        if len(found) < 2:
            return None
        chance = secrets.SystemRandom()
        for _ in range(_TRIES):
            left, right = chance.sample(found, 2)
            if voter is None or not _is_judged(connection, voter, left, right):
                break
    return left, right


def again(database: Database, voter: str | None) -> tuple[str, str] | None:
    """A pair that chance alone drew and that others judged, but not this voter, in either order; None without one."""
    others = sa.select(pairs.c.a, pairs.c.b).where(pairs.c.drawn == UNIFORM, pairs.c.voter != (voter or ""))
    with database.read() as connection:
        found = [tuple(row) for row in connection.execute(others.order_by(pairs.c.judged_utc.desc()).limit(_AGAIN))]
        chance = secrets.SystemRandom()
        chance.shuffle(found)
        for left, right in found[:_TRIES]:
            if voter and _is_judged(connection, voter, left, right):
                continue
            if _are_visible(connection, left, right):
                return (left, right) if chance.random() < 0.5 else (right, left)
    return None


def judge(database: Database, voter: str, left: str, right: str, winner: str | None, drawn: str | None = None) -> bool:
    """Keep which of two posts somebody finds danker; False where one is gone.

    Args:
        database: where it is kept.
        voter: whoever judges, at most 32 characters.
        left: the one that was shown on the left.
        right: the other.
        winner: one of the two, or None for neither.
        drawn: why they were shown; None where it is not known.
    """
    with database.write() as connection:
        there = sa.select(posts.c.id).where(posts.c.id.in_([left, right])).order_by(posts.c.id)
        found = connection.scalars(there.with_for_update(read=True, key_share=True)).all()
        if len(found) != 2:
            return False
        a, b = found  # in the database's order, which is not everywhere that of Python
        row = {"voter": voter, "a": a, "b": b, "winner": winner, "judged_utc": time.time()}
        database.put(connection, pairs, [row | {"left": left, "drawn": drawn}])
    return True


def judged(database: Database, voter: str | None) -> int:
    """How many pairs somebody judged."""
    if voter is None:
        return 0
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).where(pairs.c.voter == voter)) or 0


def judged_by(database: Database, voter: str) -> list[tuple[str, str]]:
    """The pairs that somebody judged."""
    query = sa.select(pairs.c.a, pairs.c.b).where(pairs.c.voter == voter)
    with database.read() as connection:
        return [(row.a, row.b) for row in connection.execute(query)]


def _contenders(connection: sa.Connection) -> list[Contender]:
    query = sa.select(feed.c.post_id, feed.c.family, feed.c.percentile).where(feed.c.visible)
    found = connection.execute(query.order_by(feed.c.n.desc()).limit(RECENT)).all()
    return list({row.family: Contender(row.post_id, row.percentile) for row in reversed(found)}.values())


def _are_visible(connection: sa.Connection, left: str, right: str) -> bool:
    query = sa.select(sa.func.count()).where(feed.c.post_id.in_((left, right)), feed.c.visible)
    return connection.scalar(query) == 2


def _is_judged(connection: sa.Connection, voter: str, left: str, right: str) -> bool:
    both = left, right
    mine = sa.and_(pairs.c.voter == voter, pairs.c.a.in_(both), pairs.c.b.in_(both))
    return connection.scalar(sa.select(pairs.c.voter).where(mine)) is not None
