"""Predictions: one for each image and model version, wanted first, then made or failed."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from dankmeme.storage.database import Database, clean, in_batches
from dankmeme.storage.feed import posts_showing, project
from dankmeme.storage.locks import alone, held, held_images
from dankmeme.storage.tables import images, predictions, versions
from dankmeme.storage.versions import Version, VersionKey, active, known

PENDING, SUCCESS, FAILED = "pending", "success", "failed"
CHUNK = 32
"""So many images are one piece of work."""


@dataclass(frozen=True)
class Wanted:
    """A prediction that is to be made."""

    image: str
    key: VersionKey


@dataclass(frozen=True)
class Prediction:
    """What a model version said of an image, or why it said nothing. All fractions are 0–1.

    Attributes:
        milliseconds: how long it took, without what was known of the image already.
        code: why it failed, for machines; None where it did not.
        message: the same in words.
    """

    image: str
    model: str
    version: str
    state: str
    probability: float | None = None
    low: float | None = None
    high: float | None = None
    percentile: float | None = None
    label: str | None = None
    reason: str | None = None
    milliseconds: float | None = None
    made_utc: float | None = None
    code: str | None = None
    message: str | None = None


_FIELDS = tuple(Prediction.__dataclass_fields__)


def want(database: Database, connection: sa.Connection, hashes: Iterable[str]) -> list[str]:
    """Want what the active versions say of images, where it is not known or wanted already.

    Args:
        database: whose upserts are used.
        connection: in a transaction that writes.
        hashes: of images that are there.

    Returns:
        The pieces of work that are to be queued.
    """
    wanted_of = active(connection)
    return [
        chunk
        for part in in_batches(sorted(set(hashes)), CHUNK)
        for chunk in _want(database, connection, part, wanted_of)
    ]


def backfill(database: Database, keys: Sequence[VersionKey], newest: int | None) -> list[str]:
    """Want what versions say of the newest images, or of all; what failed before is wanted again.

    Returns:
        The pieces of work, the newest images first.
    """
    chunks: list[str] = []
    with database.read() as connection:
        asked = [version for version in known(connection) if version.key in set(keys)]
    for part in in_batches(_lacking(database, keys, newest), CHUNK):
        with database.write() as connection:
            chunks += _want(database, connection, sorted(held_images(connection, set(part))), asked, again=True)
    return chunks


def retry(database: Database, code: str | None = None) -> dict[str, int]:
    """Let failed predictions be made again: those of the active versions whose pictures are still kept.

    Args:
        database: where they are.
        code: only those that failed for this reason.

    Returns:
        The pieces of work that now have to be queued, and how many predictions each is.
    """
    lost = is_lost() if code is None else sa.and_(is_lost(), predictions.c.code == code)
    with database.read() as connection:
        found = list(connection.scalars(sa.select(predictions.c.image).where(lost).distinct()))
    chunks: dict[str, int] = {}
    for part in in_batches(sorted(found), CHUNK):
        chunk = f"p-{uuid.uuid4().hex[:16]}"
        renewed: dict[str, Any] = {"state": PENDING, "chunk": chunk, "code": None, "message": None}
        with database.exclusive("retry") as connection:
            again = sa.update(predictions).where(lost, predictions.c.image.in_(part)).values(**renewed)
            chunks[chunk] = connection.execute(again).rowcount
    return {chunk: count for chunk, count in chunks.items() if count}


def is_lost() -> sa.ColumnElement[bool]:
    """Whether a prediction failed that could be made again: by an active version, of a picture that is still kept."""
    same = sa.and_(predictions.c.model == versions.c.model, predictions.c.version == versions.c.version)
    kept = sa.exists().where(images.c.sha256 == predictions.c.image, images.c.dropped_utc.is_(None))
    return sa.and_(predictions.c.state == FAILED, sa.exists().where(same, versions.c.active), kept)


def wanted(database: Database, chunk: str) -> list[Wanted]:
    """The predictions of a piece of work that are still to be made."""
    columns = predictions.c.image, predictions.c.model, predictions.c.version
    query = sa.select(*columns).where(predictions.c.chunk == chunk, predictions.c.state == PENDING)
    with database.read() as connection:
        return [
            Wanted(image, VersionKey(model, version))
            for image, model, version in connection.execute(query.order_by(*columns))
        ]


def settle(database: Database, made: Sequence[Prediction]) -> None:
    """Write predictions down, and what the feed shows of them; those of images that are gone are forgotten.

    The same work may be done twice, by a process that was taken for dead: what was made before stays as it is, and one
    that failed at it takes nothing back.
    """
    hashes = {each.image for each in made}
    good, bad = [each for each in made if each.state == SUCCESS], [each for each in made if each.state != SUCCESS]
    with database.write() as connection:
        alone(connection)
        posts = held(connection, posts_showing(connection, hashes))
        _update(connection, good, predictions.c.state != SUCCESS)
        _update(connection, bad, predictions.c.state == PENDING)
        project(database, connection, posts)


def failed(want: Wanted, code: str, message: str) -> Prediction:
    """A prediction that could not be made."""
    return Prediction(
        want.image,
        want.key.model,
        want.key.version,
        FAILED,
        code=code,
        message=clean(message, 500),
        made_utc=time.time(),
    )


def of_images(connection: sa.Connection, hashes: Iterable[str], *, shadows: bool = True) -> list[Prediction]:
    """All predictions of images, or without those of shadows, which are shown to nobody."""
    columns = [predictions.c[name] for name in _FIELDS]
    query = sa.select(*columns).where(predictions.c.image.in_(list(hashes))).order_by(*columns[:3])
    if not shadows:
        same = sa.and_(predictions.c.model == versions.c.model, predictions.c.version == versions.c.version)
        query = query.where(~sa.exists().where(same, ~versions.c.shown))
    return [Prediction(*row) for row in connection.execute(query)]


def pending_chunks(database: Database) -> list[str]:
    """Every piece of work that is not done."""
    query = sa.select(predictions.c.chunk).where(predictions.c.state == PENDING).distinct()
    with database.read() as connection:
        return list(connection.scalars(query))


def pending_pictures(database: Database) -> dict[str, int]:
    """Of how many pictures each piece of work still has to make predictions."""
    count = sa.func.count(predictions.c.image.distinct())
    query = sa.select(predictions.c.chunk, count).where(predictions.c.state == PENDING).group_by(predictions.c.chunk)
    with database.read() as connection:
        return dict(connection.execute(query).all())


def outcome(database: Database, chunk: str) -> dict[str, int]:
    """How many predictions of a piece of work are in which state."""
    query = sa.select(predictions.c.state, sa.func.count())
    query = query.where(predictions.c.state.in_((PENDING, SUCCESS, FAILED)), predictions.c.chunk == chunk)
    with database.read() as connection:
        return dict(connection.execute(query.group_by(predictions.c.state)).all())


def rechunk(database: Database, chunk: str, most: int) -> str | None:
    """Give what is pending of a piece of work that broke to a new one; None when nothing is, or too much was tried."""
    base, _, tries = chunk.partition(".")
    if int(tries or 0) + 1 >= most:
        left = wanted(database, chunk)
        settle(database, [failed(each, "internal-error", "the work on it broke again and again") for each in left])
        return None
    later = f"{base}.{int(tries or 0) + 1}"
    mine = sa.and_(predictions.c.chunk == chunk, predictions.c.state == PENDING)
    with database.write() as connection:
        return later if connection.execute(sa.update(predictions).where(mine).values(chunk=later)).rowcount else None


def counts(database: Database) -> dict[VersionKey, dict[str, int]]:
    """How many predictions of each version are in which state."""
    columns = predictions.c.model, predictions.c.version, predictions.c.state
    found: dict[VersionKey, dict[str, int]] = {}
    with database.read() as connection:
        for model, version, state, count in connection.execute(sa.select(*columns, sa.func.count()).group_by(*columns)):
            found.setdefault(VersionKey(model, version), {})[state] = count
    return found


def _update(connection: sa.Connection, made: Sequence[Prediction], where: sa.ColumnElement[bool]) -> None:
    if made:
        values: dict[str, Any] = {name: sa.bindparam(f"to_{name}") for name in _FIELDS[3:]}
        mine = [predictions.c[name] == sa.bindparam(f"to_{name}") for name in _FIELDS[:3]]
        rows = [{f"to_{name}": getattr(each, name) for name in _FIELDS} for each in made]
        connection.execute(sa.update(predictions).where(*mine, where).values(**values), rows)


def _lacking(database: Database, keys: Sequence[VersionKey], newest: int | None) -> list[str]:
    """The newest images of which a version has not said anything."""
    fine = sa.select(predictions.c.image).where(predictions.c.image == images.c.sha256)
    lacks = [
        ~fine.where(
            predictions.c.model == key.model,
            predictions.c.version == key.version,
            predictions.c.state != FAILED,
        ).exists()
        for key in keys
    ]
    query = sa.select(images.c.sha256, sa.or_(sa.false(), *lacks)).where(images.c.dropped_utc.is_(None))
    query = query.order_by(images.c.stored_utc.desc(), images.c.sha256).limit(newest)
    with database.read() as connection:
        return [image for image, lacking in connection.execute(query) if lacking]


def _want(
    database: Database,
    connection: sa.Connection,
    hashes: Sequence[str],
    asked: Sequence[Version],
    *,
    again: bool = False,
) -> list[str]:
    chunk = f"p-{uuid.uuid4().hex[:16]}"
    rows = [
        {"image": image, "model": each.model, "version": each.version, "state": PENDING, "chunk": chunk}
        for image in hashes
        for each in asked
        if each.takes(image)
    ]
    if not rows:
        return []
    statement = database.insert(predictions)
    mine = [predictions.c[name] for name in ("image", "model", "version")]
    if again:
        renewed = {"state": PENDING, "chunk": chunk, "code": None, "message": None}
        statement = statement.on_conflict_do_update(
            index_elements=mine, set_=renewed, where=predictions.c.state == FAILED
        )
    else:
        statement = statement.on_conflict_do_nothing()
    connection.execute(statement, rows)
    query = sa.select(predictions.c.image).where(predictions.c.chunk == chunk, predictions.c.state == PENDING)
    return [chunk] if connection.scalar(query.limit(1)) else []
