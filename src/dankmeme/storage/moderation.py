"""What a moderator does: hide a post, or delete it and have its pictures kept out from then on."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from dankmeme.storage import Storage, bank, erase
from dankmeme.storage.bank import Hash, Use
from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.feed import project
from dankmeme.storage.images import LEAST_QUALITY, NEAR
from dankmeme.storage.locks import alone, held
from dankmeme.storage.tables import images, post_images, posts

_Words = NDArray[np.uint64]
BANNED = "banned here"
"""The list of the bank that holds what was banned."""
_Look = tuple[str, bytes, int]
"""An image: its SHA-256, its PDQ hash and that one's quality."""


def hide(database: Database, post: str, hidden: bool) -> bool:
    """Hide a post from the feed, or show it again; False where there is no such post."""
    with database.write() as connection:
        alone(connection)
        if not held(connection, [post]):
            return False
        connection.execute(sa.update(posts).where(posts.c.id == post).values(hidden=hidden))
        project(database, connection, [post])
    return True


def ban(storage: Storage, post: str) -> int | None:
    """Delete a post with its pictures, and all stored ones that look like them, and keep such pictures out.

    May be repeated where it was interrupted: the post goes last, and its own pictures last but one.

    A picture with too little in it to tell it from others (PDQ quality below 50) is kept out by its bytes alone.

    Returns:
        How many images were deleted; None where there is no such post.
    """
    database = storage.database
    with database.read() as connection:
        if connection.scalar(sa.select(posts.c.id).where(posts.c.id == post)) is None:
            return None
        own = _looks(connection, sa.select(post_images.c.image).where(post_images.c.post_id == post))
    bank.add(database, _hashes(own), Use.blocked, BANNED)
    mine = {name for name, _, _ in own}
    like = [name for name in _like(database, own) if name not in mine]
    gone = [name for name in [*like, *sorted(mine)] if erase.delete_image(database, name) is not None]
    erase.delete_post(database, post)
    return len(gone)


def _looks(connection: sa.Connection, names: sa.Select[tuple[str | None]] | list[str]) -> list[_Look]:
    columns = images.c.sha256, images.c.pdq, images.c.quality
    query = sa.select(*columns).where(images.c.sha256.in_(names))
    return [(row.sha256, row.pdq, row.quality) for row in connection.execute(query)]


def _hashes(own: list[_Look]) -> list[Hash]:
    exact = [Hash("sha256", name) for name, _, _ in own]
    return exact + [Hash("pdq", pdq.hex()) for _, pdq, quality in own if quality >= LEAST_QUALITY]


def _like(database: Database, own: list[_Look]) -> list[str]:
    """Stored images that the bank would not let in now, on account of these and not of what was in it before."""
    shown = [_words(pdq) for _, pdq, quality in own if quality >= LEAST_QUALITY]
    if not shown:
        return []
    refused = [name for name, _ in bank.stored_matches(database)]
    candidates: list[_Look] = []
    with database.read() as connection:
        for batch in in_batches(refused):
            candidates += _looks(connection, batch)
    reach = {True: NEAR, False: 0}
    return [name for name, pdq, quality in candidates if _distance(pdq, shown) <= reach[quality >= LEAST_QUALITY]]


def _distance(pdq: bytes, shown: list[_Words]) -> int:
    return min(int(np.bitwise_count(_words(pdq) ^ each).sum()) for each in shown)


def _words(pdq: bytes) -> _Words:
    return np.frombuffer(pdq, dtype=np.uint64)
