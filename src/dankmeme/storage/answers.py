"""All that people said of posts, to be learnt from: votes, judged pairs, and labels that were made elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed, labels, pairs, votes


@dataclass(frozen=True)
class Vote:
    """One voter's answer to "dank?"."""

    post: str
    voter: str
    dank: bool


@dataclass(frozen=True)
class Judgement:
    """One voter's answer to "which is danker?".

    Attributes:
        winner: `one` or `other`; None for neither.
        left: which of the two was shown on the left; None where it is not known.
        drawn: why they were shown; None where it is not known.
    """

    voter: str
    one: str
    other: str
    winner: str | None
    left: str | None
    drawn: str | None


@dataclass(frozen=True)
class Elsewhere:
    """What people elsewhere think of a picture: a percentile and how much is known of it, both 0–1."""

    origin: str
    image: str
    percentile: float
    weight: float


@dataclass(frozen=True)
class Said:
    """Everything, with the posts it can be about: each with its first picture, and whether it can be seen."""

    votes: list[Vote]
    judgements: list[Judgement]
    elsewhere: list[Elsewhere]
    pictures: dict[str, str]
    visible: frozenset[str]


def said(database: Database) -> Said:
    """All that was said of posts that the feed has."""
    with database.read() as connection:
        seen = connection.execute(sa.select(feed.c.post_id, feed.c.image, feed.c.visible)).all()
        cast = connection.execute(sa.select(votes.c.post_id, votes.c.voter, votes.c.dank)).all()
        columns = (pairs.c[name] for name in ("voter", "a", "b", "winner", "left", "drawn"))
        judged = connection.execute(sa.select(*columns).order_by(pairs.c.judged_utc)).all()
        columns = (labels.c[name] for name in ("origin", "image", "percentile", "weight"))
        known = connection.execute(sa.select(*columns).where(labels.c.image.in_(sa.select(feed.c.image)))).all()
    pictures = {row.post_id: row.image for row in seen}
    return Said(
        [Vote(*row) for row in cast if row.post_id in pictures],
        [Judgement(*row) for row in judged if row.a in pictures and row.b in pictures],
        [Elsewhere(*row) for row in known],
        pictures,
        frozenset(row.post_id for row in seen if row.visible),
    )


def visible(database: Database, some: Collection[str]) -> set[str]:
    """Which of some posts can be seen in the feed."""
    query = sa.select(feed.c.post_id).where(feed.c.post_id.in_(list(some)), feed.c.visible)
    with database.read() as connection:
        return set(connection.scalars(query))


def mark(database: Database) -> tuple[object, ...]:
    """Changes whenever something was said, or a post came or went."""
    with database.read() as connection:
        return tuple(
            value
            for table, time in (
                (votes, votes.c.voted_utc),
                (pairs, pairs.c.judged_utc),
                (labels, labels.c.imported_utc),
                (feed, feed.c.changed_utc),
            )
            for value in connection.execute(sa.select(sa.func.count(), sa.func.max(time)).select_from(table)).one()
        )
