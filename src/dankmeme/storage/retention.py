"""Letting go of what is old: pictures of posts, of which all else is kept, and uploads, of which nothing is.

Each function does a batch and tells how many there were; it is called until there are none.
"""

from __future__ import annotations

import sqlalchemy as sa

from dankmeme.storage import Storage, erase
from dankmeme.storage.database import Database
from dankmeme.storage.feed import UPLOAD
from dankmeme.storage.tables import images, posts, tombstones

DAY = 86_400.0
BATCH = 200


def drop_old(storage: Storage, days: float, now: float, most: int = BATCH) -> int:
    """Drop pictures that were stored more than so many days ago; rows, hashes and predictions stay.

    They are marked first and removed then, as those are that nobody shows any more (`erase.purge`): a removal that was
    interrupted is gone on with, and meanwhile nobody stores the same picture again, only to lose it.

    Args:
        storage: database and bucket.
        days: how long a picture is kept; 0 for ever.
        now: seconds since 1970.
        most: at once.

    Returns:
        How many were dropped, at most `most`.
    """
    count = _mark(storage.database, now - days * DAY, now, most) if days > 0 else 0
    if count:
        erase.purge(storage.database, storage.bucket)
    return count


def delete_old_uploads(database: Database, days: float, now: float, most: int = BATCH) -> int:
    """Delete what people sent for its predictions more than so many days ago; it may be sent again.

    The bucket lets go of the pictures at the next `erase.purge`.
    """
    old = sa.and_(posts.c.source == UPLOAD, posts.c.seen_utc < now - days * DAY)
    with database.read() as connection:
        found = list(connection.scalars(sa.select(posts.c.id).where(old).order_by(posts.c.id).limit(most)))
    for post in found:
        erase.delete_post(database, post)
    _let_come_again(database)
    return len(found)


def _mark(database: Database, before: float, now: float, most: int) -> int:
    old = sa.and_(images.c.stored_utc < before, images.c.dropped_utc.is_(None))
    with database.write() as connection:
        found = connection.scalars(
            sa.select(images.c.sha256).where(old).order_by(images.c.stored_utc).limit(most)
        ).all()
        chosen = sa.select(images.c.sha256).where(images.c.sha256.in_(found), old).order_by(images.c.sha256)
        names = list(connection.scalars(chosen.with_for_update()))
        connection.execute(sa.update(images).where(images.c.sha256.in_(names)).values(dropped_utc=now))
        rows = [{"kind": "unused", "key": name, "deleted_utc": now, "purged": False} for name in names]
        database.put(connection, tombstones, rows)
    return len(names)


def _let_come_again(database: Database) -> None:
    """Forget that uploads were deleted, also where that was interrupted before: a post that is deleted stays away."""
    mine = sa.and_(tombstones.c.kind == "post", tombstones.c.key.startswith(f"{UPLOAD}:", autoescape=True))
    with database.read() as connection:
        if connection.scalar(sa.select(tombstones.c.key).where(mine).limit(1)) is None:
            return
    with database.write() as connection:
        connection.execute(sa.delete(tombstones).where(mine))
