"""Scrapes and imports: what each brought, and where an interrupted one goes on."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from dankmeme.storage.database import Database, clean
from dankmeme.storage.posts import new_run
from dankmeme.storage.tables import runs


@dataclass(frozen=True)
class Run:
    """One scrape or import.

    Attributes:
        what: source and query, as JSON: what is asked for.
        found: posts met, with those that were known.
        fresh: posts that were not.
        skipped: what was left out, by reason.
        position: the source's own, after the last page that was taken; None before the first.
        error: why it ended early, or is waiting.
    """

    id: str
    schedule: str | None
    what: str
    started_utc: float
    ended_utc: float | None
    found: int
    fresh: int
    skipped: dict[str, int] = field(default_factory=dict)
    position: str | None = None
    error: str | None = None


def begin(database: Database, what: str, schedule: str | None = None, *, run: str | None = None) -> Run:
    """Write down that a run begins; one of this id that began before is given as it is."""
    row = new_row(what, schedule, run)
    with database.write() as connection:
        database.add_missing(connection, runs, [row])
    return get(database, row["id"])


def new_row(what: str, schedule: str | None, run: str | None = None) -> dict[str, Any]:
    """The row of a run that begins."""
    row = {"id": run or new_run(), "schedule": schedule, "what": what, "started_utc": time.time()}
    return row | {"skipped": {}, "found": 0, "fresh": 0}


def get(database: Database, run: str) -> Run:
    """A run by its id.

    Raises:
        KeyError: if there is none.
    """
    with database.read() as connection:
        row = connection.execute(sa.select(runs).where(runs.c.id == run)).first()
    if row is None:
        raise KeyError(run)
    return Run(**row._mapping)


def unfinished(database: Database, what: str) -> Run | None:
    """The newest run that asked for the same, was started by a person, and was interrupted."""
    mine = sa.and_(runs.c.what == what, runs.c.schedule.is_(None))
    with database.read() as connection:
        row = connection.execute(sa.select(runs).where(mine).order_by(runs.c.started_utc.desc())).first()
    return None if row is None or row.ended_utc is not None else Run(**row._mapping)


def scheduled_unfinished(database: Database) -> list[str]:
    """Ids of the scheduled runs that have not ended."""
    with database.read() as connection:
        return list(connection.scalars(sa.select(runs.c.id).where(_unfinished())))


def busy_schedules(database: Database) -> set[str]:
    """Names of the schedules a run of which has not ended."""
    with database.read() as connection:
        return set(connection.scalars(sa.select(runs.c.schedule).where(_unfinished()).distinct()))


def advance(database: Database, run: Run, *, found: int, fresh: int, skipped: dict[str, int], position: str) -> Run:
    """Write down a page that was taken."""
    total = dict(Counter(run.skipped) + Counter({str(reason)[:100]: count for reason, count in skipped.items()}))
    changed = {"found": run.found + found, "fresh": run.fresh + fresh, "skipped": total, "position": position}
    return _change(database, run.id, changed | {"error": None})


def note(database: Database, run: Run, error: str) -> Run:
    """Write down why a run has to wait."""
    return _change(database, run.id, {"error": clean(error, 500)})


def end(database: Database, run: Run, error: str | None = None) -> Run:
    """Write down that a run ended, well or not."""
    return _change(database, run.id, {"ended_utc": time.time(), "error": clean(error, 500)})


def newest(database: Database, schedule: str, most: int = 5) -> list[Run]:
    """The newest runs of a schedule, newest first."""
    query = sa.select(runs).where(runs.c.schedule == schedule).order_by(runs.c.started_utc.desc()).limit(most)
    with database.read() as connection:
        return [Run(**row._mapping) for row in connection.execute(query)]


def _unfinished() -> sa.ColumnElement[bool]:
    return sa.and_(runs.c.schedule.is_not(None), runs.c.ended_utc.is_(None))


def _change(database: Database, run: str, values: dict[str, Any]) -> Run:
    with database.write() as connection:
        connection.execute(sa.update(runs).where(runs.c.id == run).values(**values))
    return get(database, run)
