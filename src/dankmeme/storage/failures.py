"""What could not be ingested, and why; and another try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.locks import alone, held
from dankmeme.storage.posts import FAILED, PENDING, chunks_for, key_of, restate, the_picture, with_pictures
from dankmeme.storage.tables import failures, post_images


@dataclass(frozen=True)
class Failure:
    """A picture that is not there.

    Attributes:
        position: of the picture in its post, from 0.
        where: its address or file.
        passing: whether another try may help.
        distance: to the blocked hash that it matched (Hamming, 0-256).
        tries: how often it was tried.
        state: failed, or pending while it is tried again.
    """

    post_id: str
    position: int
    where: str
    code: str
    message: str
    passing: bool
    distance: int | None
    tries: int
    failed_utc: float
    state: str


def listed(
    database: Database, code: str | None = None, most: int | None = None, *, run: str | None = None
) -> list[Failure]:
    """Failures, newest first; of one reason only, or of what one run asked for, where that is said."""
    columns = (
        failures.c.post_id,
        failures.c.position,
        sa.func.coalesce(post_images.c.url, post_images.c.file, ""),
        failures.c.code,
        failures.c.message,
        failures.c.passing,
        failures.c.distance,
        post_images.c.attempts + 1,
        failures.c.failed_utc,
        post_images.c.state,
    )
    query = sa.select(*columns).select_from(with_pictures()).order_by(failures.c.failed_utc.desc(), failures.c.post_id)
    if code is not None:
        query = query.where(failures.c.code == code)
    if run is not None:
        query = query.where(post_images.c.run == run)
    with database.read() as connection:
        return [Failure(*tuple(row)) for row in connection.execute(query.limit(most))]


def reasons(database: Database) -> dict[str, int]:
    """How many pictures failed for each reason, the most frequent first."""
    count = sa.func.count()
    query = sa.select(failures.c.code, count).group_by(failures.c.code).order_by(count.desc())
    with database.read() as connection:
        return dict(connection.execute(query).all())


def retry(
    database: Database, run: str, *, ids: Sequence[str] = (), code: str | None = None, final_too: bool = False
) -> list[str]:
    """Let failed pictures be tried again, in a run of their own; those that are being tried again count to it as well.

    Args:
        database: where they are.
        run: the new run.
        ids: posts; none for all.
        code: only this reason.
        final_too: also those that another try will hardly help.

    Returns:
        The pieces of work that now have to be queued.
    """
    query = sa.select(failures.c.post_id, failures.c.position, post_images.c.state).select_from(with_pictures())
    if ids:
        query = query.where(failures.c.post_id.in_(ids))
    if code is not None:
        query = query.where(failures.c.code == code)
    if not (final_too or ids or code):
        query = query.where(failures.c.passing)
    with database.write() as connection:
        alone(connection)
        held(connection, set(connection.scalars(query.with_only_columns(failures.c.post_id))))
        found = connection.execute(query).all()
        named = [key_of(row.post_id, row.position) | {"is": row.state} for row in found]
        under_way = [row for row in named if row["is"] == PENDING]
        failed = [row for row in named if row["is"] == FAILED]
        chunks = chunks_for(run, failed)
        _update(connection, under_way, run=run)
        _update(connection, failed, run=run, state=PENDING, attempts=0, chunk=sa.bindparam("to_chunk"))
        restate(database, connection, {str(row["the_post"]) for row in failed})
    return chunks


def _update(connection: sa.Connection, rows: list[dict[str, Any]], **values: object) -> None:
    for batch in in_batches(rows):
        named = [row | {"to_chunk": row.get("chunk")} for row in batch]
        connection.execute(sa.update(post_images).where(the_picture(post_images)).values(**values), named)
