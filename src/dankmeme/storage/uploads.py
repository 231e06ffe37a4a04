"""Pictures that people send by the asynchronous path: posts of a source of their own, which nobody is shown."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from dankmeme.posts import ImageRef, Post
from dankmeme.storage import Storage, posts, predictions
from dankmeme.storage import failures as failing
from dankmeme.storage.bucket import ORIGINAL
from dankmeme.storage.cards import Forecast, shown_forecasts
from dankmeme.storage.database import Database
from dankmeme.storage.feed import UPLOAD
from dankmeme.storage.tables import failures, images, tombstones
from dankmeme.storage.tables import posts as table

REFERENCE = f"{UPLOAD}:"
"""Begins the address of a picture whose bytes are in the bucket already."""
RUN = "uploads"
_BOTH = {"cnn", "automl"}


@dataclass(frozen=True)
class Uploaded:
    """How far an upload is.

    Attributes:
        failure: why there is no forecast, and none will come.
        forecasts: those that are shown, by model.
        pending: whether one of a model that has none is still to come.
    """

    failure: str | None
    forecasts: dict[str, Forecast]
    pending: bool


def offer(storage: Storage, data: bytes) -> tuple[str, list[str]]:
    """Take a picture in; one that failed before is tried again.

    Returns:
        Its SHA-256, and the pieces of work that are to be queued.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    name = f"{REFERENCE}{sha256}"
    with storage.database.read() as connection:
        kept = sa.and_(images.c.sha256 == sha256, images.c.dropped_utc.is_(None))
        is_there = connection.scalar(sa.select(images.c.sha256).where(kept)) is not None
        state = connection.scalar(sa.select(table.c.state).where(table.c.id == name))
    if not is_there:
        storage.bucket.put(sha256, {ORIGINAL: data})
    if state == posts.FAILED:
        return sha256, failing.retry(storage.database, RUN, ids=[name])
    post = Post(name, source=UPLOAD, community="", title="", images=(ImageRef(url=name),))
    return sha256, posts.enlist(storage.database, [post], RUN).chunks


def let_go(database: Database, references: Iterable[str]) -> None:
    """Have the bytes of uploads that failed removed from the bucket (`erase.purge`): nothing else would ever.

    Args:
        database: where it is written down.
        references: addresses of pictures; those that are no uploads, or are of a stored picture, are left alone.
    """
    hashes = {each.removeprefix(REFERENCE) for each in references if each.startswith(REFERENCE)}
    if hashes:
        with database.write() as connection:
            stored = set(connection.scalars(sa.select(images.c.sha256).where(images.c.sha256.in_(hashes))))
            row = {"kind": "unused", "deleted_utc": time.time(), "purged": False}
            database.put(connection, tombstones, [row | {"key": name} for name in sorted(hashes - stored)])


def waiting(database: Database) -> int:
    """How many uploads wait for their turn."""
    mine = sa.and_(table.c.state == posts.PENDING, table.c.source == UPLOAD)
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).where(mine)) or 0


def find(database: Database, sha256: str) -> Uploaded | None:
    """How far an upload, or any stored image, is; None where there is none of this hash."""
    name = f"{REFERENCE}{sha256}"
    with database.read() as connection:
        stored = connection.scalar(sa.select(images.c.sha256).where(images.c.sha256 == sha256)) is not None
        state = connection.scalar(sa.select(table.c.state).where(table.c.id == name))
        if not stored and state is None:
            return None
        why = connection.scalar(sa.select(failures.c.message).where(failures.c.post_id == name))
        if state == posts.FAILED and not stored:
            return Uploaded(why or "it could not be stored", {}, pending=False)
        return _said(connection, sha256)


def _said(connection: sa.Connection, sha256: str) -> Uploaded:
    """How far the forecasts of a picture are that is stored, or waits to be."""
    shown, waiting = shown_forecasts(connection, [sha256])
    forecasts = shown.get(sha256, {})
    made = predictions.of_images(connection, [sha256], shadows=False)
    why = next((each.message for each in made if each.state == predictions.FAILED), None)
    if sha256 in waiting or not made:
        return Uploaded(None, forecasts, pending=bool(_BOTH - forecasts.keys()))
    return Uploaded(None if forecasts else why, forecasts, pending=False)
