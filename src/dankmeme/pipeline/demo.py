"""Sample memes that this project draws itself, to have something to look at on the first day."""

from __future__ import annotations

import time

import sqlalchemy as sa

from dankmeme.storage import Storage, posts
from dankmeme.storage.cards import SAMPLE
from dankmeme.storage.erase import delete_post
from dankmeme.storage.posts import Enlisted
from dankmeme.storage.tables import posts as table
from dankmeme.storage.tables import tombstones

RUN = "samples"


def fill(storage: Storage, run: str = RUN) -> Enlisted:
    """Enlist the samples, as old now as they are meant to be; their pictures have to be ingested."""
    from dankmeme.sources.samples import samples

    return posts.enlist(storage.database, samples(time.time()), run, adopt=True)


def count(storage: Storage) -> int:
    """How many samples there are."""
    query = sa.select(sa.func.count()).where(table.c.source == SAMPLE)
    with storage.database.read() as connection:
        return connection.scalar(query) or 0


def remove(storage: Storage) -> int:
    """Remove all samples, and let them come back another day; how many there were."""
    with storage.database.read() as connection:
        ids = list(connection.scalars(sa.select(table.c.id).where(table.c.source == SAMPLE)))
    for post in ids:
        delete_post(storage.database, post)
    with storage.database.write() as connection:
        mine = sa.and_(tombstones.c.kind == "post", tombstones.c.key.in_(ids))
        connection.execute(sa.delete(tombstones).where(mine))
    return len(ids)
