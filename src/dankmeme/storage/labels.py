"""Labels from people elsewhere: kept by where they come from and by picture, which need not be here yet."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict

import sqlalchemy as sa

from dankmeme.storage.answers import Elsewhere
from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.secrets import key
from dankmeme.storage.tables import labels


def own_name(database: Database) -> str:
    """What labels that were made here carry, so that they are known when they come back."""
    return key(database, "labels").hex()[:16]


def keep(database: Database, made: Iterable[Elsewhere]) -> int:
    """Keep labels; one of the same origin and picture is replaced. How many there were."""
    now, count = time.time(), 0
    with database.write() as connection:
        for batch in in_batches(made):
            database.put(connection, labels, [asdict(each) | {"imported_utc": now} for each in batch])
            count += len(batch)
    return count


def forget(database: Database, origin: str) -> int:
    """Take out the labels of one origin; how many there were."""
    with database.write() as connection:
        return connection.execute(sa.delete(labels).where(labels.c.origin == origin)).rowcount


def origins(database: Database) -> dict[str, int]:
    """How many labels there are of each origin."""
    query = sa.select(labels.c.origin, sa.func.count()).group_by(labels.c.origin).order_by(labels.c.origin)
    with database.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}
