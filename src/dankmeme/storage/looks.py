"""Which stored images look like a picture that somebody asks about."""

from __future__ import annotations

import threading
import time

import sqlalchemy as sa

from dankmeme.images.lookalike import differs, is_same
from dankmeme.storage.database import Database
from dankmeme.storage.images import LEAST_QUALITY, NEAR, KnownHashes
from dankmeme.storage.tables import images

MOST = 200
FRESH_SECONDS = 1.0
"""So long a look-alike that was just stored may go unnoticed; the very same picture is always found."""
_DETAILS = sa.select(images.c.sha256, images.c.detail).where(images.c.sha256.in_(sa.bindparam("names", expanding=True)))


class Looks:
    """The hashes of all stored images, in memory, and read on where there are more.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._known = KnownHashes()
        self._read = float("-inf")

    def same(self, sha256: str, pdq: bytes, quality: int, detail: bytes) -> list[str]:
        """Images that are this picture, or look the same: the nearest first.

        Args:
            sha256: of its bytes.
            pdq: its look-alike hash, 32 bytes.
            quality: of the hash.
            detail: as `images.lookalike` makes it.
        """
        with self._lock:
            self._read_on()
            near = self._known.near(pdq, NEAR) if quality >= LEAST_QUALITY else []
        with self._database.read() as connection:
            found = dict(connection.execute(_DETAILS, {"names": [sha256, *near[:MOST]]}).all())
        confirmed = [name for name in near if name in found and is_same(differs(detail, found[name]))]
        return ([sha256] if sha256 in found else []) + [name for name in confirmed if name != sha256]

    def _read_on(self) -> None:
        if time.monotonic() - self._read >= FRESH_SECONDS:
            with self._database.read() as connection:
                self._known.catch_up(connection)
            self._read = time.monotonic()
