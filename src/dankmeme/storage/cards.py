"""Posts as a card of the feed shows them: with forecasts, votes and the original, all joined by key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed, images, post_images, posts, predictions, versions, votes
from dankmeme.storage.versions import SHOWN_LAST

SAMPLE = "sample"
"""Source of the memes that this project draws itself."""


@dataclass(frozen=True)
class Picture:
    """A stored picture; `kept` is False where it was dropped after the days that pictures are kept."""

    sha256: str
    width: int
    height: int
    animated: bool
    kept: bool


@dataclass(frozen=True)
class Forecast:
    """What a model version says of a picture, all fractions 0–1."""

    model: str
    version: str
    probability: float
    low: float
    high: float
    percentile: float
    label: str
    reason: str | None
    compared_with: str


@dataclass(frozen=True)
class Brief:
    """A post, as a link to it needs it."""

    id: str
    title: str
    community: str
    permalink: str | None
    created_utc: float | None
    score: int | None
    nsfw: bool


@dataclass(frozen=True)
class Models:
    """Both models' forecasts."""

    cnn: Forecast | None
    automl: Forecast | None


@dataclass(frozen=True)
class Votes:
    """What people say; `mine` is what one browser said."""

    dank: int
    not_dank: int
    mine: str | None


@dataclass(frozen=True)
class Card:
    """A post of the feed; `pending` says whether a forecast is still to come."""

    id: str
    source: str
    community: str
    title: str
    author: str | None
    permalink: str | None
    created_utc: float | None
    seen_utc: float
    score: int | None
    nsfw: bool
    sample: bool
    hidden: bool
    image: Picture
    images: int
    verdict: Forecast | None
    models: Models
    pending: bool
    repost_of: Brief | None
    votes: Votes


BRIEF = tuple(posts.c[name] for name in ("id", "title", "community", "permalink", "created_utc", "score", "nsfw"))
PICTURE = (
    images.c.sha256,
    images.c.width,
    images.c.height,
    images.c.animated,
    images.c.dropped_utc.is_(None).label("kept"),
)
_IDS: sa.BindParameter[Sequence[str]] = sa.bindparam("ids", expanding=True)
_HASHES: sa.BindParameter[Sequence[str]] = sa.bindparam("hashes", expanding=True)
_FAMILIES: sa.BindParameter[Sequence[str]] = sa.bindparam("families", expanding=True)
_ROWS = (
    sa.select(
        *BRIEF,
        *(posts.c[name] for name in ("source", "author", "seen_utc", "hidden")),
        *(feed.c[name] for name in ("family", "original", "votes_dank", "votes_not")),
        *PICTURE,
    )
    .select_from(feed)
    .join(posts, posts.c.id == feed.c.post_id)
    .join(images, images.c.sha256 == feed.c.image)
    .where(feed.c.post_id.in_(_IDS))
)
_SHOWN = (
    sa.select(
        *(predictions.c[name] for name in ("image", "state")),
        *(predictions.c[name] for name in Forecast.__dataclass_fields__ if name != "compared_with"),
        versions.c.compared_with,
    )
    .join(versions, sa.and_(predictions.c.model == versions.c.model, predictions.c.version == versions.c.version))
    .where(predictions.c.image.in_(_HASHES), versions.c.shown)
    .order_by(*SHOWN_LAST)
)
_ORIGINALS = (
    sa.select(feed.c.family, *BRIEF)
    .join(posts, posts.c.id == feed.c.post_id)
    .where(feed.c.family.in_(_FAMILIES), feed.c.original, feed.c.visible)
)
_PICTURES = (
    sa.select(post_images.c.post_id, sa.func.count())
    .where(post_images.c.image.is_not(None), post_images.c.post_id.in_(_IDS))
    .group_by(post_images.c.post_id)
)
_MINE = sa.select(votes.c.post_id, votes.c.dank).where(
    votes.c.voter == sa.bindparam("voter"), votes.c.post_id.in_(_IDS)
)


def cards(database: Database, ids: Sequence[str], voter: str | None = None) -> list[Card]:
    """Cards of posts, in this order; those that the feed does not have (any more) are left out."""
    with database.read() as connection:
        rows = _rows(connection, ids)
        forecasts, pending = shown_forecasts(connection, {row["sha256"] for row in rows.values()})
        originals = _originals(connection, {row["family"] for row in rows.values() if not row["original"]})
        counted, mine = _pictures(connection, ids), _mine(connection, ids, voter)
    return [
        _card(
            row,
            forecasts.get(row["sha256"], {}),
            pending=row["sha256"] in pending,
            original=None if row["original"] else originals.get(row["family"]),
            pictures=counted.get(post, 1),
            mine=mine.get(post),
        )
        for post in ids
        if (row := rows.get(post)) is not None
    ]


def shown_forecasts(
    connection: sa.Connection, hashes: Iterable[str]
) -> tuple[dict[str, dict[str, Forecast]], set[str]]:
    """Of each image and model the forecast that is shown, and the images of which one is still to come."""
    found: dict[str, dict[str, Forecast]] = {}
    pending: set[str] = set()
    for image, state, *said in connection.execute(_SHOWN, {"hashes": list(hashes)}).all():
        if state == "pending":
            pending.add(image)
        elif state == "success":
            found.setdefault(image, {})[said[0]] = Forecast(*said)
    return found, pending


def headline(forecasts: dict[str, Forecast]) -> Forecast | None:
    """The forecast that stands above the others: the two models combined, else one alone."""
    return next((forecasts[model] for model in ("verdict", "cnn", "automl") if model in forecasts), None)


def _rows(connection: sa.Connection, ids: Sequence[str]) -> dict[str, sa.RowMapping]:
    return {row["id"]: row for row in connection.execute(_ROWS, {"ids": list(ids)}).mappings().all()}


def _originals(connection: sa.Connection, families: set[str]) -> dict[str, Brief]:
    if not families:
        return {}
    return {row.family: Brief(*row[1:]) for row in connection.execute(_ORIGINALS, {"families": list(families)}).all()}


def _pictures(connection: sa.Connection, ids: Sequence[str]) -> dict[str, int]:
    return dict(connection.execute(_PICTURES, {"ids": list(ids)}).all())


def _mine(connection: sa.Connection, ids: Sequence[str], voter: str | None) -> dict[str, str]:
    if voter is None:
        return {}
    said = connection.execute(_MINE, {"ids": list(ids), "voter": voter}).all()
    return {post: "dank" if dank else "not dank" for post, dank in said}


def _card(
    row: sa.RowMapping,
    forecasts: dict[str, Forecast],
    *,
    pending: bool,
    original: Brief | None,
    pictures: int,
    mine: str | None,
) -> Card:
    same: dict[str, Any] = {
        name: row[name]
        for name in ("id", "source", "community", "title", "author", "permalink", "created_utc", "seen_utc", "score")
    }
    return Card(
        **same,
        nsfw=row["nsfw"],
        sample=row["source"] == SAMPLE,
        hidden=row["hidden"],
        image=picture_of(row),
        images=pictures,
        verdict=headline(forecasts),
        models=Models(forecasts.get("cnn"), forecasts.get("automl")),
        pending=pending,
        repost_of=original,
        votes=Votes(row["votes_dank"], row["votes_not"], mine),
    )


def picture_of(row: sa.RowMapping) -> Picture:
    """The picture in a row that has the columns `PICTURE`."""
    return Picture(row["sha256"], row["width"], row["height"], row["animated"], bool(row["kept"]))
