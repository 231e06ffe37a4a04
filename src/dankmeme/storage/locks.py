"""Rows that are held until a transaction ends, always in the same order, so that no two wait for each other.

Whoever makes rows of the feed is `alone` first; then come posts, then images, then whatever belongs to either.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import sqlalchemy as sa

from dankmeme.storage.database import in_batches
from dankmeme.storage.tables import images, posts

_FEED = zlib.crc32(b"feed")


def held(connection: sa.Connection, ids: Iterable[str]) -> set[str]:
    """Those posts that are there; until this transaction ends nobody else deletes one or writes about its pictures."""
    found: set[str] = set()
    for batch in in_batches(sorted(ids)):
        query = sa.select(posts.c.id).where(posts.c.id.in_(batch)).order_by(posts.c.id)
        found |= set(connection.scalars(query.with_for_update(key_share=True)))
    return found


def held_images(connection: sa.Connection, hashes: set[str]) -> set[str]:
    """Those images that are there with their pictures; nobody deletes one until this transaction ends."""
    query = sa.select(images.c.sha256).where(images.c.sha256.in_(hashes), images.c.dropped_utc.is_(None))
    return set(connection.scalars(query.order_by(images.c.sha256).with_for_update(read=True, key_share=True)))


def alone(connection: sa.Connection) -> None:
    """Until this transaction ends nobody else names families or makes rows of the feed: whoever comes next sees what
    this one did, so that of a family one post alone is the original. On SQLite every writer is alone as it is.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_FEED)))
