"""The score that a post has at fixed ages, taken when it is that old. A late one is missed, and never made up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from dankmeme.posts import Post
from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.locks import held
from dankmeme.storage.tables import feed, follow_ups, posts, score_snapshots

PENDING, TAKEN, MISSED = "pending", "taken", "missed"
AGES = (1.0, 6.0, 24.0, 48.0)
"""Hours after a post was made."""
ASKED_AGAIN_SECONDS = 300.0
FOLLOWED = ("reddit", "lemmy")
"""Sources that can tell what a post scores now."""


@dataclass(frozen=True)
class Due:
    """A score that is to be taken now."""

    post: str
    hours: float


@dataclass(frozen=True)
class FollowUp:
    """A score at a fixed age."""

    hours: float
    due_utc: float
    state: str
    score: int | None


def lateness(hours: float) -> float:
    """Seconds by which a score may be taken late: a tenth of the age, at least ten minutes."""
    return max(600.0, 0.1 * hours * 3_600)


def plan(database: Database, connection: sa.Connection, fresh: Iterable[Post], now: float) -> None:
    """Write down when the scores of new posts are to be taken; posts that are too old for the last are not followed."""
    rows: list[dict[str, Any]] = []
    for post in fresh:
        if post.source not in FOLLOWED or post.created_utc is None or _is_over(post.created_utc, AGES[-1], now):
            continue
        for hours in AGES:
            state = MISSED if _is_over(post.created_utc, hours, now) else PENDING
            due = post.created_utc + hours * 3_600
            rows.append({"post_id": post.id, "hours": hours, "due_utc": due, "state": state})
    database.add_missing(connection, follow_ups, rows)


def miss(database: Database, now: float) -> int:
    """Give up those that are too late; how many there were."""
    count = 0
    for hours in AGES:
        late = sa.and_(follow_ups.c.state == PENDING, follow_ups.c.due_utc < now - lateness(hours))
        late = sa.and_(late, follow_ups.c.hours == hours)
        with database.read() as connection:
            if connection.scalar(sa.select(follow_ups.c.post_id).where(late).limit(1)) is None:
                continue
        with database.write() as connection:
            count += connection.execute(sa.update(follow_ups).where(late).values(state=MISSED)).rowcount
    return count


def due_sources(database: Database, now: float) -> list[str]:
    """Sources of whose posts a score is due."""
    query = sa.select(posts.c.source).join(follow_ups, follow_ups.c.post_id == posts.c.id).where(_is_due(now))
    with database.read() as connection:
        return sorted(connection.scalars(query.distinct()))


def due(database: Database, source: str, now: float, most: int) -> list[Due]:
    """The scores of a source's posts that are due, the most urgent first."""
    query = sa.select(follow_ups.c.post_id, follow_ups.c.hours).join(posts, posts.c.id == follow_ups.c.post_id)
    query = query.where(_is_due(now), posts.c.source == source).order_by(follow_ups.c.due_utc).limit(most)
    with database.read() as connection:
        return [Due(*row) for row in connection.execute(query)]


def take(database: Database, wanted: Sequence[Due], scores: dict[str, int], now: float) -> int:
    """Write down scores that were just read; those that the source did not tell are asked for again in a while.

    Args:
        database: where they are kept.
        wanted: what was due.
        scores: by post.
        now: when they were read.

    Returns:
        How many were taken.
    """
    told = [each for each in wanted if each.post in scores]
    silent = [each for each in wanted if each.post not in scores]
    mine = sa.and_(follow_ups.c.post_id == sa.bindparam("the_post"), follow_ups.c.hours == sa.bindparam("at_hours"))
    mine = sa.and_(mine, follow_ups.c.state == PENDING)
    with database.write() as connection:
        held(connection, {each.post for each in wanted})
        if silent:
            keys = [{"the_post": each.post, "at_hours": each.hours} for each in silent]
            connection.execute(sa.update(follow_ups).where(mine).values(asked_utc=now), keys)
        if told:
            rows = [{"the_post": each.post, "at_hours": each.hours, "to_score": scores[each.post]} for each in told]
            values = {"state": TAKEN, "score": sa.bindparam("to_score"), "taken_utc": now}
            connection.execute(sa.update(follow_ups).where(mine).values(**values), rows)
            _note(database, connection, {each.post: scores[each.post] for each in told}, now)
    return len(told)


def of_post(connection: sa.Connection, post: str) -> list[FollowUp]:
    """All of a post, by age."""
    columns = [follow_ups.c[name] for name in ("hours", "due_utc", "state", "score")]
    query = sa.select(*columns).where(follow_ups.c.post_id == post).order_by(follow_ups.c.hours)
    return [FollowUp(*row) for row in connection.execute(query)]


def counts(database: Database) -> dict[float, dict[str, int]]:
    """How many there are at each age in which state."""
    columns = follow_ups.c.hours, follow_ups.c.state
    found: dict[float, dict[str, int]] = {hours: {} for hours in AGES}
    with database.read() as connection:
        for hours, state, count in connection.execute(sa.select(*columns, sa.func.count()).group_by(*columns)):
            found.setdefault(hours, {})[state] = count
    return found


def _note(database: Database, connection: sa.Connection, scores: dict[str, int], now: float) -> None:
    """Keep scores as snapshots, and as what the posts score now."""
    born: dict[str, float | None] = {}
    for batch in in_batches(sorted(scores)):
        born |= dict(connection.execute(sa.select(posts.c.id, posts.c.created_utc).where(posts.c.id.in_(batch))).all())
    snapshots = [
        {
            "post_id": post,
            "taken_utc": now,
            "score": scores[post],
            "age_hours": None if created is None else (now - created) / 3_600,
        }
        for post, created in born.items()
    ]
    database.add_missing(connection, score_snapshots, snapshots)
    rows = [{"the_post": post, "to_score": scores[post]} for post in sorted(born)]
    if not rows:
        return
    connection.execute(
        sa.update(posts).where(posts.c.id == sa.bindparam("the_post")).values(score=sa.bindparam("to_score")), rows
    )
    anew = sa.update(feed).where(feed.c.post_id == sa.bindparam("the_post"))
    connection.execute(anew.values(score=sa.bindparam("to_score"), standing=None), rows)


def _is_over(created: float, hours: float, now: float) -> bool:
    return created + hours * 3_600 + lateness(hours) < now


def _is_due(now: float) -> sa.ColumnElement[bool]:
    rested = sa.or_(follow_ups.c.asked_utc.is_(None), follow_ups.c.asked_utc < now - ASKED_AGAIN_SECONDS)
    earliest = sa.case(*((follow_ups.c.hours == hours, now - lateness(hours)) for hours in AGES))
    in_time = sa.and_(follow_ups.c.due_utc <= now, follow_ups.c.due_utc >= earliest)
    return sa.and_(follow_ups.c.state == PENDING, in_time, rested)


def neighbours(connection: sa.Connection, post: str, hours: float, most: int = 150) -> list[tuple[str, float, int]]:
    """Id, time and score of posts of one community that are close in time to one, at the same age; itself too."""
    query = sa.select(feed.c.community, feed.c.created_utc).where(feed.c.post_id == post)
    here = connection.execute(query).first()
    if here is None:
        return []
    found: list[tuple[str, float, int]] = []
    columns = feed.c.post_id, feed.c.created_utc, follow_ups.c.score
    near = sa.select(*columns).join(follow_ups, follow_ups.c.post_id == feed.c.post_id)
    near = near.where(feed.c.community == here.community, follow_ups.c.hours == hours, follow_ups.c.state == TAKEN)
    before = near.where(feed.c.created_utc <= here.created_utc).order_by(feed.c.created_utc.desc())
    after = near.where(feed.c.created_utc > here.created_utc).order_by(feed.c.created_utc)
    for side in (before, after):
        found += [(row.post_id, row.created_utc, row.score) for row in connection.execute(side.limit(most))]
    return found
