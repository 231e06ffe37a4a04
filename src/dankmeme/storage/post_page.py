"""All that is known of one post: its pictures, every prediction, what looks like it, and how its score went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from dankmeme.storage import follow_ups, predictions, versions
from dankmeme.storage.cards import BRIEF, PICTURE, Brief, Picture, picture_of
from dankmeme.storage.database import Database
from dankmeme.storage.follow_ups import FollowUp
from dankmeme.storage.predictions import Prediction
from dankmeme.storage.tables import captions, feed, images, post_images, posts, score_snapshots
from dankmeme.storage.versions import Version, VersionKey

MOST_DUPLICATES = 50
MOST_SCORES = 500


@dataclass(frozen=True)
class Duplicate:
    """Another post of the same picture (`exact`), or of one that looks the same (`near`)."""

    post: Brief
    image: Picture
    kind: str
    original: bool


@dataclass(frozen=True)
class Score:
    """A post's score at a moment."""

    taken_utc: float
    age_hours: float | None
    score: int


@dataclass(frozen=True)
class PostPage:
    """What a post's page shows beside its card; `versions` are those that there are, or were."""

    pictures: list[Picture]
    caption: str | None
    predictions: list[Prediction]
    versions: dict[VersionKey, Version]
    duplicates: list[Duplicate]
    scores: list[Score]
    follow_ups: list[FollowUp]


def post_page(database: Database, post: str, image: str) -> PostPage:
    """All about a post whose first picture is this image."""
    with database.read() as connection:
        return PostPage(
            pictures=_pictures(connection, post),
            caption=connection.scalar(sa.select(captions.c.text).where(captions.c.image == image).limit(1)),
            predictions=predictions.of_images(connection, [image], shadows=False),
            versions={version.key: version for version in versions.known(connection)},
            duplicates=duplicates_of(connection, image, besides=post),
            scores=_scores(connection, post),
            follow_ups=follow_ups.of_post(connection, post),
        )


def duplicates_of(
    connection: sa.Connection, image: str, others: Sequence[str] = (), *, besides: str | None = None
) -> list[Duplicate]:
    """Posts of the families of an image and of others that look like it, the earliest first."""
    family = sa.select(images.c.family).where(images.c.sha256.in_([image, *others]))
    query = sa.select(*BRIEF, *PICTURE, feed.c.original).select_from(feed)
    query = query.join(posts, posts.c.id == feed.c.post_id).join(images, images.c.sha256 == feed.c.image)
    query = query.where(feed.c.family.in_(family), feed.c.visible, feed.c.post_id != (besides or ""))
    rows = connection.execute(query.order_by(feed.c.created_utc, feed.c.post_id).limit(MOST_DUPLICATES)).mappings()
    return [
        Duplicate(brief_of(row), picture_of(row), "exact" if row["sha256"] == image else "near", row["original"])
        for row in rows
    ]


def brief_of(row: sa.RowMapping) -> Brief:
    """The post in a row that has the columns `BRIEF`."""
    known: dict[str, Any] = {name: row[name] for name in Brief.__dataclass_fields__}
    return Brief(**known)


def _pictures(connection: sa.Connection, post: str) -> list[Picture]:
    query = sa.select(*PICTURE).join(post_images, post_images.c.image == images.c.sha256)
    query = query.where(post_images.c.post_id == post).order_by(post_images.c.position)
    return [picture_of(row) for row in connection.execute(query).mappings()]


def _scores(connection: sa.Connection, post: str) -> list[Score]:
    columns = score_snapshots.c.taken_utc, score_snapshots.c.age_hours, score_snapshots.c.score
    query = sa.select(*columns).where(score_snapshots.c.post_id == post).order_by(score_snapshots.c.taken_utc.desc())
    return [Score(*row) for row in connection.execute(query.limit(MOST_SCORES))][::-1]
