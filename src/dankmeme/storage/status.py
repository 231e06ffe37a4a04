"""How much there is, what came in lately, what failed, and how much room it takes."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dankmeme.storage.cards import SAMPLE
from dankmeme.storage.database import Database
from dankmeme.storage.predictions import PENDING, SUCCESS, is_lost
from dankmeme.storage.tables import executors, failures, feed, images, post_images, predictions, runs, votes

HOUR, DAY = 3_600.0, 86_400.0
READ_DAYS = 30
MEASURED_SECONDS = 600.0
"""How often a folder is measured at most."""


@dataclass(frozen=True)
class Counts:
    """Posts of the feed, stored images, and how many of the posts are samples."""

    posts: int
    images: int
    demo: int


@dataclass(frozen=True)
class Rate:
    """How many of something came in the last hour, and in the last day."""

    name: str
    hour: int
    day: int


@dataclass(frozen=True)
class Reason:
    """Why pictures or predictions failed: `message` is the newest example, `passing` whether another try may help."""

    code: str
    message: str
    count: int
    passing: bool


@dataclass(frozen=True)
class LastRead:
    """The newest ended run that read a place."""

    source: str
    where: str
    ended_utc: float | None
    found: int
    fresh: int
    error: str | None


def counts(database: Database) -> Counts:
    """How much there is."""
    count = sa.func.count()
    with database.read() as connection:
        stored = connection.scalar(sa.select(count).select_from(feed)) or 0
        pictures = connection.scalar(sa.select(count).select_from(images)) or 0
        samples = connection.scalar(sa.select(count).select_from(feed).where(feed.c.source == SAMPLE)) or 0
    return Counts(stored, pictures, samples)


def rates(database: Database, now: float) -> list[Rate]:
    """What came in lately. A post counts from the moment at which the feed has it.

    A row of the feed changes when it is added or later: so the index by the last change finds those that are new.
    """
    looked_at: list[tuple[str, Any, list[sa.ColumnElement[bool]]]] = [
        ("posts", feed.c.added_utc, [feed.c.changed_utc > now - DAY]),
        ("images", images.c.stored_utc, []),
        ("predictions", predictions.c.made_utc, [predictions.c.state == SUCCESS]),
        ("votes", votes.c.voted_utc, []),
    ]
    found = []
    with database.read() as connection:
        for name, moment, more in looked_at:
            hour = sa.func.coalesce(sa.func.sum(sa.case((moment > now - HOUR, 1), else_=0)), 0)
            row = connection.execute(sa.select(hour, sa.func.count()).where(moment > now - DAY, *more)).one()
            found.append(Rate(name, int(row[0]), int(row[1])))
    return found


def reasons(database: Database) -> list[Reason]:
    """Why pictures, and predictions of the active versions, failed: the most frequent reason first."""
    passing = sa.func.sum(sa.case((failures.c.passing, 1), else_=0))
    of_pictures = _by_code(failures, failures.c.failed_utc, passing, sa.true())
    of_predictions = _by_code(predictions, predictions.c.made_utc, sa.func.count(), is_lost())
    with database.read() as connection:
        both = [{row.code: row for row in connection.execute(query)} for query in (of_pictures, of_predictions)]
    found = []
    for code in both[0].keys() | both[1].keys():
        rows = [side[code] for side in both if code in side]
        newest = max(rows, key=lambda row: row.newest)
        helps = any(row.able for row in rows)
        found.append(Reason(code, newest.message or "", sum(row.lost for row in rows), helps))
    return sorted(found, key=lambda reason: (-reason.count, reason.code))


def last_reads(database: Database, now: float) -> list[LastRead]:
    """What the newest ended run of each source and place brought, of those that began in the last days."""
    recent = sa.and_(runs.c.started_utc > now - READ_DAYS * DAY, runs.c.ended_utc.is_not(None))
    newest = sa.select(runs.c.what, sa.func.max(runs.c.started_utc).label("at")).where(recent).group_by(runs.c.what)
    last = newest.subquery()
    query = sa.select(runs).join(last, sa.and_(runs.c.what == last.c.what, runs.c.started_utc == last.c.at))
    found: dict[tuple[str, str], LastRead] = {}
    with database.read() as connection:
        for row in connection.execute(query.where(recent).order_by(runs.c.ended_utc)):
            with suppress(ValueError, KeyError, TypeError):
                asked = json.loads(row.what)
                place = str(asked["source"]), str(asked["where"])
                found[place] = LastRead(*place, row.ended_utc, row.found, row.fresh, row.error)
    return [found[place] for place in sorted(found)]


def waits(database: Database) -> bool:
    """Whether a picture is to be fetched, or a prediction to be made."""
    open_ones = [
        sa.select(sa.literal(1)).where(table.c.state == PENDING).limit(1) for table in (post_images, predictions)
    ]
    with database.read() as connection:
        return any(connection.scalar(query) is not None for query in open_ones)


def processes(database: Database) -> set[str]:
    """Ids of those that work on the queues, dead ones among them."""
    with database.read() as connection:
        return set(connection.scalars(sa.select(executors.c.id)))


def database_bytes(database: Database) -> int | None:
    """How much room the database takes."""
    if database.is_sqlite:
        path = Path(str(database.url.database))
        return sum(map(_size, (path, path.with_name(f"{path.name}-wal"))))
    with database.read() as connection:
        return connection.scalar(sa.select(sa.func.pg_database_size(sa.func.current_database())))


class FolderSize:
    """How much room a folder takes: measured on a thread of its own, since that may take minutes.

    Args:
        folder: what is measured; None for nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._bytes: int | None = None
        self._begun = float("-inf")

    def bytes(self) -> int | None:
        """As it was when it was last measured; None until then."""
        if self._folder is not None and time.monotonic() - self._begun > MEASURED_SECONDS:
            self._begun = time.monotonic()
            threading.Thread(target=self._measure, args=(self._folder,), name="measure", daemon=True).start()
        return self._bytes

    def _measure(self, folder: Path) -> None:
        self._bytes = sum(_size(path) for path in _files(folder))


def _by_code(table: sa.Table, moment: sa.Column[Any], able: Any, chosen: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Each code with the message of its newest row (or of several), when that was, and two counts."""
    newest, lost = sa.func.max(moment).label("newest"), sa.func.count().label("lost")
    columns = table.c.code, newest, lost, able.label("able")
    group = sa.select(*columns).where(chosen).group_by(table.c.code).subquery()
    same = sa.and_(table.c.code == group.c.code, moment == group.c.newest)
    shown = table.c.code, table.c.message, group.c.newest, group.c.lost, group.c.able
    return sa.select(*shown).join(group, same).where(chosen)


def _files(folder: Path) -> Iterable[Path]:
    return (Path(place, name) for place, _, names in os.walk(folder) for name in names)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
