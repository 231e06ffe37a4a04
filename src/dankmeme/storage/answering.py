"""Which bundle each process uses, so that a person sees when all have the one that was promoted."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from dankmeme.storage.database import Database, clean
from dankmeme.storage.tables import answering

SILENT_SECONDS = 20.0
"""A process that has said nothing for so long is left out, and forgotten after `FORGOTTEN_SECONDS`."""
FORGOTTEN_SECONDS = 3_600.0


@dataclass(frozen=True)
class Answering:
    """A process and its bundles.

    Attributes:
        role: `serve` (it answers) or `worker` (it predicts what comes in).
        version: of the bundle that it uses now.
        wanted: of the one that it should.
        shadows: versions of the shadows that it has.
        fault: why it does not use what it should, or not every shadow, in words.
        seen_utc: when it last said so, by its own clock.
    """

    id: str
    role: str
    host: str
    process: int
    version: str
    wanted: str
    shadows: list[str]
    fault: str | None
    beats: int
    seen_utc: float

    @property
    def settled(self) -> bool:
        """Whether it uses what it should."""
        return self.version == self.wanted


class Roll:
    """Says which bundles this process uses.

    Args:
        database: where all processes meet.
        role: of this process.
    """

    def __init__(self, database: Database, role: str) -> None:
        self._database, self._role = database, role
        self._id, self._beats = uuid.uuid4().hex, 0

    def say(self, version: str, wanted: str, shadows: Sequence[str], fault: str | None) -> None:
        """Say it, now and every few seconds."""
        self._beats += 1
        row = Answering(
            self._id,
            self._role,
            socket.gethostname(),
            os.getpid(),
            version,
            wanted,
            list(shadows),
            clean(fault, 500),
            self._beats,
            time.time(),
        )
        old = answering.c.seen_utc < time.time() - FORGOTTEN_SECONDS
        with self._database.write() as connection:
            connection.execute(sa.delete(answering).where(old))
            self._database.put(connection, answering, [vars(row)])

    def end(self) -> None:
        """Say that this process ends."""
        with self._database.write() as connection:
            connection.execute(sa.delete(answering).where(answering.c.id == self._id))


def now(database: Database) -> list[Answering]:
    """The processes that said something lately, those that answer first."""
    query = sa.select(answering).where(answering.c.seen_utc > time.time() - SILENT_SECONDS)
    with database.read() as connection:
        found = [Answering(**row._mapping) for row in connection.execute(query)]
    return sorted(found, key=lambda each: (each.role != "serve", each.host, each.process))
