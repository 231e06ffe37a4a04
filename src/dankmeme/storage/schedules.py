"""Communities that are read again and again, and when each is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.runs import new_row
from dankmeme.storage.tables import runs, schedules


@dataclass(frozen=True)
class Schedule:
    """When which listing is read.

    Attributes:
        name: `source where sort`, e.g. `reddit dankmemes new`.
        cron: five fields, in UTC; None for adaptive polling.
        interval: seconds between two runs of an adaptive one, as they are now.
        next_utc: when it is due next.
        from_settings: whether it comes from DANK_SCHEDULES, and goes when it goes there.
    """

    name: str
    source: str
    where: str
    sort: str
    limit: int
    cron: str | None
    paused: bool
    from_settings: bool
    interval: float
    next_utc: float


def everyone(database: Database) -> list[Schedule]:
    """All schedules, by name."""
    with database.read() as connection:
        return [Schedule(*row) for row in connection.execute(sa.select(schedules).order_by(schedules.c.name))]


def due(database: Database, now: float) -> list[Schedule]:
    """Those that are due and not paused."""
    chosen = sa.and_(schedules.c.paused.is_(False), schedules.c.next_utc <= now)
    with database.read() as connection:
        return [Schedule(*row) for row in connection.execute(sa.select(schedules).where(chosen))]


def claim(database: Database, schedule: Schedule, next_utc: float, what: str) -> str | None:
    """Begin a run that is due, and move the schedule on: only one process does, and never one without the other.

    Args:
        database: where schedules and runs are.
        schedule: as it was read.
        next_utc: when it is due again.
        what: the run asks for.

    Returns:
        The run's id; None where another process was first.
    """
    mine = sa.and_(schedules.c.name == schedule.name, schedules.c.next_utc == schedule.next_utc)
    with database.write() as connection:
        if connection.execute(sa.update(schedules).where(mine).values(next_utc=next_utc)).rowcount != 1:
            return None
        row = new_row(what, schedule.name)
        database.add_missing(connection, runs, [row])
    return str(row["id"])


def save(database: Database, schedule: Schedule) -> None:
    """Add a schedule, or change the one of its name."""
    with database.write() as connection:
        database.put(connection, schedules, [vars(schedule)])


def change(database: Database, name: str, **values: object) -> bool:
    """Change some of a schedule's columns; False where there is no such schedule."""
    with database.write() as connection:
        return connection.execute(sa.update(schedules).where(schedules.c.name == name).values(**values)).rowcount == 1


def remove(database: Database, name: str) -> bool:
    """Remove a schedule; False where there is none of this name."""
    with database.write() as connection:
        return connection.execute(sa.delete(schedules).where(schedules.c.name == name)).rowcount == 1


def adopt(database: Database, wanted: Sequence[Schedule]) -> None:
    """Make these the schedules that come from the settings; a pause stays, and so does when each is due
    whose rhythm stays. One that a person added under the same name stays as it is.
    """
    names = [schedule.name for schedule in wanted]
    with database.exclusive("schedules") as connection:
        gone = sa.and_(schedules.c.from_settings.is_(True), schedules.c.name.not_in(names))
        connection.execute(sa.delete(schedules).where(gone))
        kept = {row.name: Schedule(*row) for row in connection.execute(sa.select(schedules).with_for_update())}
        for schedule in wanted:
            before = kept.get(schedule.name)
            if before is not None and not before.from_settings:
                continue
            if before is not None:
                schedule = replace(schedule, paused=before.paused)
            if before is not None and before.cron == schedule.cron:
                schedule = replace(schedule, interval=before.interval, next_utc=before.next_utc)
            database.put(connection, schedules, [vars(schedule)])
