"""The bank of hashes whose images are not kept: blocked ones, and placeholders of images that a host deleted."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import sqlalchemy as sa

from dankmeme.errors import DankError
from dankmeme.images.neighbours import HashIndex
from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.images import LEAST_QUALITY, NEAR
from dankmeme.storage.tables import bank, images

KNOWN_PLACEHOLDERS = {
    "d835884373f4d6c8f24742ceabe74946": "imgur: the image you are requesting does not exist",
}
"""MD5 of pictures that hosts serve in place of deleted ones."""

_ENTRY = re.compile(r"(?:(pdq|md5|sha256)\"?[\s,:]+\"?)?([0-9a-f]{64}|[0-9a-f]{32})(?:$|[\s,;\"])", re.IGNORECASE)


_PRIME = 1_000_000_007


class Use(StrEnum):
    """What a match means."""

    blocked = "blocked"
    placeholder = "placeholder"


@dataclass(frozen=True)
class Hash:
    """An entry: `kind` is sha256, md5 or pdq, `value` its hexadecimal digits."""

    kind: str
    value: str


@dataclass(frozen=True)
class Match:
    """What an image matched, and how far from it (Hamming, 0 for an exact hash)."""

    use: Use
    list: str
    distance: int


def parse(lines: Iterable[str], kind: str = "pdq") -> Iterator[Hash]:
    """Hashes in text form, one a line, as ThreatExchange's tools write and read them.

    A line holds the hash alone or first (`f0a1…`, `f0a1…,100,file.jpg`), or its type before it (`pdq f0a1…`). Empty
    lines and those that begin with `#` are left out, and so is a heading before the first hash.

    Args:
        lines: of the list.
        kind: what a hash of 64 digits is, where the line does not say: `pdq` or `sha256`.

    Raises:
        DankError: `bad-hash-list`, naming the line.
    """
    heading = True
    for number, line in enumerate(lines, 1):
        text = line.strip().lstrip("\ufeff").strip('"')
        if not text or text.startswith("#"):
            continue
        found = _ENTRY.match(text)
        if found is None and heading and "hash" in text.lower():
            heading = False
            continue
        heading = False
        named, value = found.groups() if found else (None, "")
        said = (named or ("md5" if len(value) == 32 else kind)).lower()
        if len(value) != (32 if said == "md5" else 64):
            raise DankError("bad-hash-list", f"line {number} holds no hash of 64 (or, for MD5, 32) hexadecimal digits")
        yield Hash(said, value.lower())


def add(database: Database, hashes: Iterable[Hash], use: Use, name: str) -> int:
    """Put hashes into the bank under the name of a list; how many there were."""
    count, now = 0, time.time()
    for batch in in_batches(set(hashes)):
        rows = [
            {"kind": each.kind, "value": each.value, "use": use.value, "list": name, "added_utc": now} for each in batch
        ]
        with database.write() as connection:
            database.put(connection, bank, rows)
        count += len(batch)
    return count


def remove(database: Database, *, name: str | None = None, value: str | None = None) -> int:
    """Take a list, or one hash, out of the bank; how many entries went."""
    chosen = bank.c.list == name if name is not None else bank.c.value == (value or "").lower()
    with database.write() as connection:
        return connection.execute(sa.delete(bank).where(chosen)).rowcount


def lists(database: Database) -> list[tuple[str, str, str, int]]:
    """Name, use, kind and size of every list."""
    columns = (bank.c.list, bank.c.use, bank.c.kind)
    with database.read() as connection:
        query = sa.select(*columns, sa.func.count()).group_by(*columns).order_by(*columns)
        return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


class Bank:
    """The bank in memory, read anew when it changed.

    Args:
        database: where the entries are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state: tuple[int, int] | None = None
        self._exact: dict[tuple[str, str], tuple[Use, str]] = {}
        self._near = HashIndex()
        self._near_entries: list[tuple[Use, str]] = []

    def refresh(self) -> None:
        """Read the bank anew where somebody changed it."""
        with self._database.read() as connection:
            state = _state(connection)
            if state == self._state:
                return
            rows = connection.execute(sa.select(bank.c.kind, bank.c.value, bank.c.use, bank.c.list)).all()
        exact, near, entries = {}, HashIndex(), []
        for kind, value, use, name in rows:
            exact[kind, value] = (Use(use), name)
            if kind == "pdq":
                entries.append((Use(use), name))
        hashes = [bytes.fromhex(value) for kind, value, _, _ in rows if kind == "pdq"]
        if hashes:
            near.add(range(len(hashes)), np.frombuffer(b"".join(hashes), dtype=np.uint64).reshape(-1, 4))
        self._exact, self._near, self._near_entries = exact, near, entries
        self._state = state

    def match_bytes(self, sha256: str, md5: str) -> Match | None:
        """Whether the bytes of an image are those of an entry."""
        if md5 in KNOWN_PLACEHOLDERS:
            return Match(Use.placeholder, KNOWN_PLACEHOLDERS[md5], 0)
        found = self._exact.get(("sha256", sha256)) or self._exact.get(("md5", md5))
        return None if found is None else Match(*found, 0)

    def match_look(self, pdq: bytes, quality: int) -> Match | None:
        """The nearest entry that a picture looks like; a blocked one before a placeholder.

        A picture of low quality matches an entry only exactly: its hash says too little.
        """
        query = np.frombuffer(pdq, dtype=np.uint64)
        reach = NEAR if quality >= LEAST_QUALITY else 0
        keys, distances = self._near.within(query, reach)
        matches = [Match(*self._near_entries[int(key)], int(far)) for key, far in zip(keys, distances, strict=True)]
        return min(matches, key=lambda match: (match.use != Use.blocked, match.distance), default=None)


def _state(connection: sa.Connection) -> tuple[int, int]:
    """Tells one bank from another: how many entries, and the sum of their times in microseconds, each modulo a prime.

    The newest time alone would not do: clocks differ, and one entry may go while another one comes.
    """
    micros = sa.cast(bank.c.added_utc * 1_000_000, sa.BigInteger) % _PRIME
    count, total = connection.execute(sa.select(sa.func.count(), sa.func.sum(micros)).select_from(bank)).one()
    return int(count), int(total or 0)


def stored_matches(database: Database) -> list[tuple[str, Match]]:
    """Images that are stored and that the bank, as it is now, would not let in."""
    current = Bank(database)
    current.refresh()
    found = []
    with database.read() as connection:
        for row in connection.execute(sa.select(images.c.sha256, images.c.pdq, images.c.quality)):
            match = current.match_bytes(row.sha256, "") or current.match_look(row.pdq, row.quality)
            if match is not None:
                found.append((row.sha256, match))
    return found
