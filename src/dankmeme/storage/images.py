"""Images by the hash of their bytes, and which of them look alike."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from dankmeme.errors import StorageError
from dankmeme.images.lookalike import differs, is_same
from dankmeme.images.neighbours import HashIndex
from dankmeme.storage import families
from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.feed import project, remark
from dankmeme.storage.locks import alone, held
from dankmeme.storage.tables import images, near_duplicates, not_duplicates, tombstones

NEAR = 31
"""PDQ hashes at most this far apart (Hamming) may be of the same picture…"""
LEAST_QUALITY = 50
"""…where both have at least this quality."""
SETTLING_SECONDS = 120
"""So long an image that nobody showed any more is not stored anew: its objects are being removed."""

_DIGEST = 32
"""Bytes of a SHA-256."""


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image beside its pixels; `pdq` are 32 bytes, `detail` as `images.lookalike` makes it."""

    sha256: str
    pdq: bytes
    quality: int
    detail: bytes
    format: str
    width: int
    height: int
    animated: bool
    bytes: int


_MET = sa.union_all(
    sa.select(images.c.sha256, sa.literal(1)).where(
        images.c.sha256.in_(sa.bindparam("names", expanding=True)), images.c.dropped_utc.is_(None)
    ),
    sa.select(tombstones.c.key, sa.literal(0)).where(
        tombstones.c.kind == "image", tombstones.c.key.in_(sa.bindparam("names", expanding=True))
    ),
)


def met_before(database: Database, hashes: Iterable[str]) -> dict[str, bool]:
    """Which hashes are of images that are stored (True), or were deleted for good (False).

    One whose picture was dropped after a while is to be stored anew.
    """
    with database.read() as connection:
        rows = connection.execute(_MET, {"names": list(hashes)}).all()
    return {name: bool(stored) for name, stored in sorted(rows, key=lambda row: -int(row[1]))}


def add(database: Database, facts: Iterable[ImageFacts]) -> set[str]:
    """Write down images whose objects are in the bucket.

    Those that were deleted meanwhile stay out, and so for a while does one whose objects are being removed since
    nobody showed it any more, or since it was old. Of one that was dropped the picture is there again.

    Returns:
        The hashes that are there now.
    """
    fresh = {"stored_utc": time.time(), "place": None, "dropped_utc": None}
    rows = {fact.sha256: vars(fact) | fresh | {"family": fact.sha256} for fact in facts}
    if not rows:
        return set()
    with database.write() as connection:
        recent = sa.or_(
            tombstones.c.kind == "image",
            tombstones.c.purged.is_(False),
            tombstones.c.deleted_utc > time.time() - SETTLING_SECONDS,
        )
        mine = sa.and_(tombstones.c.kind.in_(("image", "unused")), tombstones.c.key.in_(list(rows)), recent)
        for key in connection.scalars(sa.select(tombstones.c.key).where(mine)).all():
            del rows[key]
        connection.execute(sa.update(tombstones).where(mine).values(purged=False))
        _put(database, connection, [rows[name] for name in sorted(rows)])
    return set(rows)


class KnownHashes:
    """The PDQ hashes of all images that were compared, in memory; only what is new is read."""

    def __init__(self) -> None:
        self.index = HashIndex()
        self._names = bytearray()
        self.seen = -1
        self._newest: tuple[str, float] | None = None

    def catch_up(self, connection: sa.Connection) -> None:
        """Read what is new; where images went, everything."""
        self._check_newest(connection)
        columns = (images.c.place, images.c.sha256, images.c.pdq, images.c.quality, images.c.stored_utc)
        rows = connection.execute(sa.select(*columns).where(images.c.place > self.seen).order_by(images.c.place)).all()
        self._remember([(row.sha256, row.pdq) for row in rows if row.quality >= LEAST_QUALITY])
        if rows:
            self.seen, self._newest = rows[-1].place, (rows[-1].sha256, rows[-1].stored_utc)

    def near(self, pdq: bytes, distance: int) -> list[str]:
        """Images whose hashes are at most so far away, the nearest first."""
        keys, distances = self.index.within(np.frombuffer(pdq, dtype=np.uint64), distance)
        return [self.name(keys[place]) for place in np.argsort(distances, kind="stable")]

    def name(self, key: np.int64) -> str:
        """The image that a key of the index stands for."""
        start = _DIGEST * int(key)
        return self._names[start : start + _DIGEST].hex()

    def _forget(self) -> None:
        self.index, self._names, self.seen, self._newest = HashIndex(), bytearray(), -1, None

    def _check_newest(self, connection: sa.Connection) -> None:
        """Where the last image is gone another may have its place, or one before it: then all are read again."""
        query = sa.select(images.c.sha256, images.c.stored_utc).where(images.c.place == self.seen)
        row = connection.execute(query).first()
        if self._newest != (None if row is None else (row.sha256, row.stored_utc)):
            self._forget()

    def _remember(self, rows: list[tuple[str, bytes]]) -> None:
        if rows:
            self._names += bytes.fromhex("".join(name for name, _ in rows))
            first = len(self.index)
            self.index.add(range(first, first + len(rows)), _words([pdq for _, pdq in rows]))


def _put(database: Database, connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        statement = database.insert(images)
        again = {name: statement.excluded[name] for name in ("stored_utc", "dropped_utc")}
        was_dropped = images.c.dropped_utc.is_not(None)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["sha256"], set_=again, where=was_dropped), rows
        )


class Relations:
    """Finds near-duplicates: every image is compared once with all that were compared before it.

    The comparing runs alone in all processes, and each process keeps the hashes in memory and reads only what is new;
    so no pair is missed, whoever stored it and when.

    Args:
        database: where images and their relations are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known = KnownHashes()

    def update(self, most: int = 500) -> int:
        """Compare images that were not yet; how many there were (at most `most`)."""
        with self._database.exclusive("relations") as connection:
            self._known.catch_up(connection)
            fresh = self._fresh(connection, most)
            places = range(self._known.seen + 1, self._known.seen + 1 + len(fresh))
            pairs = self._pairs(connection, dict(zip(places, fresh, strict=True)))
            alone(connection)
            pairs = _there(connection, pairs)
            found = [(pair["a"], pair["b"]) for pair in pairs]
            names = {name for pair in found for name in pair}
            held(connection, families.posts_of(connection, names))
            self._database.add_missing(connection, near_duplicates, pairs)
            families.join(connection, found)
            remark(connection, families.families_of(connection, names).values())
            rows = [{"the_image": row.sha256, "to_place": place} for place, row in zip(places, fresh, strict=True)]
            if rows:
                chosen = images.c.sha256 == sa.bindparam("the_image")
                connection.execute(sa.update(images).where(chosen).values(place=sa.bindparam("to_place")), rows)
        return len(fresh)

    def _fresh(self, connection: sa.Connection, most: int) -> list[Any]:
        columns = (images.c.sha256, images.c.pdq, images.c.quality, images.c.detail)
        query = sa.select(*columns).where(images.c.place.is_(None)).order_by(images.c.stored_utc, images.c.sha256)
        return list(connection.execute(query.limit(most)))

    def _pairs(self, connection: sa.Connection, fresh: dict[int, Any]) -> list[dict[str, Any]]:
        """The relations of new images with all before them, and among themselves."""
        good = {place: row for place, row in fresh.items() if row.quality >= LEAST_QUALITY}
        if not good:
            return []
        own, hashes = HashIndex(), _words([row.pdq for row in good.values()])
        own.add(list(good), hashes)
        found: list[tuple[str, str, int]] = []
        before, among = self._known.index.within_many(hashes, NEAR), own.within_many(hashes, NEAR)
        for (place, row), known, new in zip(good.items(), before, among, strict=True):
            found += [(row.sha256, self._known.name(key), far) for key, far in zip(*known, strict=True)]
            found += [(row.sha256, good[int(key)].sha256, far) for key, far in zip(*new, strict=True) if key < place]
        return self._confirmed(connection, found, {row.sha256: row.detail for row in good.values()})

    def _confirmed(
        self, connection: sa.Connection, found: list[tuple[str, str, int]], details: dict[str, bytes]
    ) -> list[dict[str, Any]]:
        """Those pairs whose details agree, and that nobody told apart."""
        others = {b for _, b, _ in found} - set(details)
        for batch in in_batches(others):
            query = sa.select(images.c.sha256, images.c.detail).where(images.c.sha256.in_(batch))
            details |= dict(connection.execute(query).all())
        apart = _told_apart(connection, {name for a, b, _ in found for name in (a, b)})
        rows = []
        for a, b, distance in found:
            if b not in details or a == b or (min(a, b), max(a, b)) in apart:
                continue
            difference = differs(details[a], details[b])
            if is_same(difference):
                rows.append({"a": min(a, b), "b": max(a, b), "distance": int(distance), "difference": difference})
        return rows


def named(database: Database, start: str) -> str:
    """The one image whose hash begins so.

    Raises:
        StorageError: `no-image` where there is none, or more than one.
    """
    query = sa.select(images.c.sha256).where(images.c.sha256.like(sa.bindparam("start"))).limit(2)
    text = start.lower() if start.isalnum() else ""
    with database.read() as connection:
        found = list(connection.scalars(query, {"start": f"{text}%"})) if text else []
    if len(found) != 1:
        raise StorageError("no-image", f"{'no' if not found else 'more than one'} image has a hash that begins {start}")
    return str(found[0])


def tell_apart(database: Database, one: str, other: str) -> None:
    """Remember that two images are not duplicates, and forget that they were taken for such."""
    a, b = sorted((one, other))
    with database.write() as connection:
        alone(connection)
        posts = held(connection, families.posts_of(connection, [a, b]))
        database.put(connection, not_duplicates, [{"a": a, "b": b, "decided_utc": time.time()}])
        connection.execute(sa.delete(near_duplicates).where(near_duplicates.c.a == a, near_duplicates.c.b == b))
        for family in set(families.families_of(connection, [a, b]).values()):
            families.part(connection, family)
        project(database, connection, posts)


def _there(connection: sa.Connection, pairs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those pairs of which no image was deleted meanwhile."""
    kept: set[str] = set()
    for batch in in_batches({name for pair in pairs for name in (pair["a"], pair["b"])}):
        kept |= set(connection.scalars(sa.select(images.c.sha256).where(images.c.sha256.in_(batch))))
    return [pair for pair in pairs if {pair["a"], pair["b"]} <= kept]


def _told_apart(connection: sa.Connection, names: set[str]) -> set[tuple[str, str]]:
    pairs: set[tuple[str, str]] = set()
    for batch in in_batches(names):
        query = sa.select(not_duplicates.c.a, not_duplicates.c.b).where(not_duplicates.c.a.in_(batch))
        pairs |= set(connection.execute(query).all())
    return pairs


def _words(hashes: list[bytes]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """uint64 `[n, 4]`: hashes as the index takes them."""
    return np.frombuffer(b"".join(hashes), dtype=np.uint64).reshape(-1, 4)
