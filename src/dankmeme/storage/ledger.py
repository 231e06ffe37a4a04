"""The rows of the ledger: forecasts, and what became of the posts at a fixed age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from dankmeme.storage.cards import SAMPLE
from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.follow_ups import TAKEN
from dankmeme.storage.registry import is_learnt
from dankmeme.storage.tables import feed, follow_ups, posts, predictions, score_snapshots, versions

HOURS = 48.0
"""The age at which a post's score counts."""
MOST_POSTS = 20_000
"""So many of the newest posts are compared on each side."""
_NEAR_HOURS = 4.8


@dataclass(frozen=True)
class Row:
    """One model version's forecast of a post, and the post's score at the fixed age.

    Attributes:
        live: whether the forecast was made before the score was read, at its hour; else it was replayed.
    """

    model: str
    version: str
    post: str
    community: str
    block: str | None
    created: float
    forecast: float
    score: float
    live: bool


@dataclass(frozen=True)
class _Outcome:
    score: float
    due: float
    """Forecasts made before this are live; below zero where the score was not taken by us at its hour."""


def rows(database: Database) -> list[Row]:
    """The ledger's rows of the newest posts whose outcome is known."""
    with database.read() as connection:
        known = _taken(connection) | _told(connection)
        found: list[Row] = []
        for batch in in_batches(sorted(known)):
            found += _joined(connection, batch, known)
    return found


def _taken(connection: sa.Connection) -> dict[str, _Outcome]:
    """Scores that we took at their hour."""
    query = sa.select(follow_ups.c.post_id, follow_ups.c.score, follow_ups.c.due_utc)
    query = query.where(follow_ups.c.hours == HOURS, follow_ups.c.state == TAKEN)
    rows = connection.execute(query.order_by(follow_ups.c.due_utc.desc()).limit(MOST_POSTS))
    return {row.post_id: _Outcome(row.score, row.due_utc) for row in rows}


def _told(connection: sa.Connection) -> dict[str, _Outcome]:
    """Scores of posts that came with one: at the hour if it is known, else the last one, where the post was older."""
    followed = sa.exists().where(follow_ups.c.post_id == posts.c.id)
    columns = posts.c.id, posts.c.score, posts.c.created_utc, posts.c.seen_utc
    query = sa.select(*columns).join(feed, feed.c.post_id == posts.c.id).where(~followed)
    chosen = connection.execute(query.order_by(feed.c.created_utc.desc()).limit(MOST_POSTS)).all()
    at_hour: dict[str, int] = {}
    for batch in in_batches([row.id for row in chosen]):
        age = score_snapshots.c.age_hours
        near = sa.select(score_snapshots.c.post_id, score_snapshots.c.score)
        near = near.where(score_snapshots.c.post_id.in_(batch), age.between(HOURS, HOURS + _NEAR_HOURS))
        at_hour |= dict(connection.execute(near.order_by(age.desc())).all())
    found: dict[str, _Outcome] = {}
    for row in chosen:
        old = row.created_utc is None or row.created_utc + HOURS * 3_600 <= row.seen_utc
        score = at_hour.get(row.id, row.score if old else None)
        if score is not None:
            found[row.id] = _Outcome(score, -1.0)
    return found


def _joined(connection: sa.Connection, ids: Iterable[str], known: dict[str, _Outcome]) -> list[Row]:
    same = sa.and_(predictions.c.model == versions.c.model, predictions.c.version == versions.c.version)
    columns = (
        predictions.c.model,
        predictions.c.version,
        feed.c.post_id,
        feed.c.community,
        feed.c.block,
        sa.func.coalesce(posts.c.created_utc, posts.c.order, posts.c.seen_utc).label("created"),
        predictions.c.probability,
        predictions.c.made_utc,
    )
    query = sa.select(*columns).select_from(feed).join(predictions, predictions.c.image == feed.c.image)
    query = query.join(versions, same).join(posts, posts.c.id == feed.c.post_id)
    # Not the bare column: SQLite would go by its index, over all predictions again for each batch.
    made = predictions.c.state.concat("") == "success"
    query = query.where(feed.c.post_id.in_(list(ids)), made, feed.c.source != SAMPLE)
    query = query.where(~is_learnt(predictions.c.version, feed.c.family))
    return [
        Row(
            model=row.model,
            version=row.version,
            post=row.post_id,
            community=row.community,
            block=row.block,
            created=float(row.created),
            forecast=row.probability,
            score=float(known[row.post_id].score),
            live=row.made_utc < known[row.post_id].due,
        )
        for row in connection.execute(query)
    ]
