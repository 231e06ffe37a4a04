"""Deleting for good: a post or an image goes with everything derived from it, and stays away."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from dankmeme.storage import families
from dankmeme.storage.bucket import Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.feed import project, remark
from dankmeme.storage.locks import alone, held
from dankmeme.storage.posts import FAILED, Failed, failure_row, restate
from dankmeme.storage.tables import failures, images, near_duplicates, post_images, posts, tombstones


@dataclass(frozen=True)
class DeletedPost:
    """What became of a deleted post's images: those that went with it, and those that other posts still show."""

    gone: list[str]
    kept: list[str]


def delete_post(database: Database, post_id: str) -> DeletedPost | None:
    """Delete a post, and those of its images that no other post shows; None where there is no such post."""
    with database.write() as connection:
        alone(connection)
        shows = sa.and_(post_images.c.post_id == post_id, post_images.c.image.is_not(None))
        mine = set(connection.scalars(sa.select(post_images.c.image).where(shows)))
        relatives = held(connection, {post_id, *families.posts_of(connection, mine)})
        if post_id not in relatives:
            return None
        named = set(families.families_of(connection, mine).values())
        connection.execute(sa.delete(posts).where(posts.c.id == post_id))
        _wait_for_showing(connection, mine)
        shown = set(connection.scalars(sa.select(post_images.c.image).where(post_images.c.image.in_(mine))))
        _bury(database, connection, "post", post_id, purged=True)
        for image in mine - shown:
            _forget_image(database, connection, image, "unused")
        _part(database, connection, named, relatives - {post_id})
    return DeletedPost(sorted(mine - shown), sorted(shown))


def delete_image(database: Database, sha256: str) -> list[str] | None:
    """Delete an image; posts that showed it stay, and say why they have none.

    Returns:
        The posts that showed it; None where there is no such image.
    """
    where = post_images.c.image == sha256
    with database.write() as connection:
        alone(connection)
        relatives = held(connection, families.posts_of(connection, [sha256]))
        named = set(families.families_of(connection, [sha256]).values())
        if connection.scalar(sa.select(images.c.sha256).where(images.c.sha256 == sha256).with_for_update()) is None:
            return None
        showing = connection.execute(sa.select(post_images.c.post_id, post_images.c.position).where(where)).all()
        connection.execute(sa.update(post_images).where(where).values(state=FAILED, image=None))
        reason, now = Failed("image-deleted", "this image was deleted for good"), time.time()
        rows = [failure_row((row.post_id, row.position), reason, now) for row in showing]
        database.put(connection, failures, rows)
        _forget_image(database, connection, sha256, "image")
        ids = sorted({row.post_id for row in showing})
        restate(database, connection, ids)
        _part(database, connection, named, relatives)
    return ids


def purge(database: Database, bucket: Bucket, between: Callable[[], None] = lambda: None) -> int:
    """Remove from the bucket what was deleted; may be repeated, and goes on where it was interrupted.

    No lock is held meanwhile, since a bucket may be slow: `images.add` keeps an image out until a while after its
    objects were removed.

    Args:
        database: says what was deleted, and hears what is gone.
        bucket: to remove it from.
        between: called after each image.

    Returns:
        How many images were removed.
    """
    chosen = sa.and_(tombstones.c.purged.is_(False), tombstones.c.kind.in_(("image", "unused")))
    with database.read() as connection:
        rows = connection.execute(sa.select(tombstones.c.kind, tombstones.c.key).where(chosen)).all()
    for kind, key in rows:
        bucket.remove(key)
        with database.write() as connection:
            mine = sa.and_(tombstones.c.kind == kind, tombstones.c.key == key)
            connection.execute(sa.update(tombstones).where(mine).values(purged=True, deleted_utc=time.time()))
        between()
    return len(rows)


def _part(database: Database, connection: sa.Connection, named: set[str], relatives: set[str]) -> None:
    """Look anew at families that lost an image."""
    for family in named:
        families.part(connection, family)
    project(database, connection, relatives)
    remark(connection, named)


def _wait_for_showing(connection: sa.Connection, hashes: set[str]) -> None:
    """Wait for those who are just writing down that a post shows one of these images, and let nobody else do so."""
    query = sa.select(images.c.sha256).where(images.c.sha256.in_(hashes)).order_by(images.c.sha256)
    connection.execute(query.with_for_update()).all()


def _forget_image(database: Database, connection: sa.Connection, sha256: str, kind: str) -> None:
    """Delete an image's row and relations. One that merely nobody shows any more (`unused`) may come back."""
    for column in (near_duplicates.c.a, near_duplicates.c.b):
        connection.execute(sa.delete(near_duplicates).where(column == sha256))
    connection.execute(sa.delete(images).where(images.c.sha256 == sha256))
    _bury(database, connection, kind, sha256, purged=False)


def _bury(database: Database, connection: sa.Connection, kind: str, key: str, *, purged: bool) -> None:
    row = {"kind": kind, "key": key, "deleted_utc": time.time(), "purged": purged}
    database.put(connection, tombstones, [row])
