"""Where a post's score stands among its neighbours in time, and which posts forecasts rate higher than people do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.locks import alone, held
from dankmeme.storage.tables import feed

NEIGHBOURS = 50
"""So many posts before one and as many after it are its neighbours."""
LEAST = 10
"""With fewer neighbours nothing is said about being underrated."""


def rank(database: Database, most: int = 200) -> int:
    """Find out the standing of posts whose score, forecast or neighbours are new; how many there were."""
    wanted = sa.and_(feed.c.standing.is_(None), feed.c.score.is_not(None))
    columns = [feed.c[name] for name in ("n", "post_id", "community", "block", "created_utc", "score", "percentile")]
    with database.read() as connection:
        rows = connection.execute(sa.select(*columns).where(wanted).order_by(feed.c.n.desc()).limit(most)).all()
        found = [_standing(connection, row) for row in rows]
    if found:
        values: dict[str, Any] = {name: sa.bindparam(f"to_{name}") for name in ("standing", "underrated")}
        mine = feed.c.n == sa.bindparam("the_row"), feed.c.score == sa.bindparam("of_score")
        with database.write() as connection:
            alone(connection)
            held(connection, [row.post_id for row in rows])
            connection.execute(sa.update(feed).where(*mine).values(**values), found)
    return len(rows)


def _standing(connection: sa.Connection, row: sa.Row[Any]) -> dict[str, Any]:
    """The mid-rank percentile of a post's score among its neighbours, and the forecast's percentile less that."""
    scores = _scores(connection, row, earlier=True) + _scores(connection, row, earlier=False)
    below = sum(score < row.score for score in scores) + 0.5 * sum(score == row.score for score in scores)
    standing = below / len(scores) if scores else 0.5
    known = row.percentile is not None and len(scores) >= LEAST
    return {
        "the_row": row.n,
        "of_score": row.score,
        "to_standing": standing,
        "to_underrated": row.percentile - standing if known else None,
    }


def _scores(connection: sa.Connection, row: sa.Row[Any], *, earlier: bool) -> list[int]:
    here, there = sa.tuple_(feed.c.created_utc, feed.c.n), sa.tuple_(sa.literal(row.created_utc), sa.literal(row.n))
    order = (feed.c.created_utc.desc(), feed.c.n.desc()) if earlier else (feed.c.created_utc, feed.c.n)
    query = sa.select(feed.c.score).where(feed.c.community == row.community, here < there if earlier else here > there)
    query = query.where(feed.c.score.is_not(None), feed.c.block.is_not_distinct_from(row.block))
    return list(connection.scalars(query.order_by(*order).limit(NEIGHBOURS)))
