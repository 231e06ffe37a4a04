"""Trainings that a schedule begins: one is waiting, one process has it, and what came of it stays written down."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from dankmeme.storage.database import Database, clean
from dankmeme.storage.tables import retrains

State = Literal["waiting", "running", "done", "failed", "unchanged"]
SILENT_SECONDS = 120.0
"""A training whose process has said nothing for so long is taken for dead, and begun again by another."""
MOST_TRIES = 3


@dataclass(frozen=True)
class Retrain:
    """A training.

    Attributes:
        cron: the rhythm that it belongs to.
        tries: how often it was begun.
        version: of the bundle that came of it.
        words: what came of it.
    """

    id: str
    cron: str
    due_utc: float
    state: State
    tries: int
    started_utc: float | None
    beat_utc: float | None
    ended_utc: float | None
    version: str | None
    words: str


def plan(database: Database, cron: str, due: float) -> None:
    """See to it that a training of this rhythm is waiting; one of another rhythm is due anew, unless it is due already.

    Args:
        database: where trainings are.
        cron: the rhythm.
        due: when one that begins to wait now is due, seconds since 1970.
    """
    now = time.time()
    with database.exclusive("retrains") as connection:
        found = connection.execute(sa.select(retrains).where(retrains.c.state == "waiting")).first()
        if found is None:
            _wait(connection, cron, due)
            return
        changed: dict[str, object] = {"beat_utc": now}
        if found.cron != cron and found.due_utc > now:
            changed |= {"cron": cron, "due_utc": due}
        connection.execute(sa.update(retrains).where(retrains.c.id == found.id).values(**changed))


def claim(database: Database, now: float, following: float) -> Retrain | None:
    """Begin what is due, or what a dead process left; only one process gets it.

    Args:
        database: where trainings are.
        now: seconds since 1970.
        following: when the next one is due.
    """
    with database.exclusive("retrains") as connection:
        if connection.scalar(_alive(now)):
            return None
        left = retrains.c.state == "running"
        due = sa.and_(retrains.c.state == "waiting", retrains.c.due_utc <= now)
        query = sa.select(retrains).where(sa.or_(left, due)).order_by(retrains.c.state, retrains.c.due_utc)
        for row in connection.execute(query).all():
            mine = sa.update(retrains).where(retrains.c.id == row.id)
            if row.tries >= MOST_TRIES:
                said = f"it was begun {MOST_TRIES} times, and its process died each time"
                connection.execute(mine.values(state="failed", ended_utc=now, words=said))
                continue
            began = row.started_utc if row.started_utc is not None else now
            connection.execute(mine.values(state="running", tries=row.tries + 1, started_utc=began, beat_utc=now))
            if row.state == "waiting":
                _wait(connection, row.cron, following)
            return _read(connection, row.id)
    return None


def give_up(database: Database, name: str) -> None:
    """Let another process, or this one, begin a training again whose process has died."""
    with database.write() as connection:
        mine = sa.and_(retrains.c.id == name, retrains.c.state == "running")
        connection.execute(sa.update(retrains).where(mine).values(beat_utc=0.0))


def beat(database: Database, name: str) -> None:
    """Say that the process that runs a training lives."""
    with database.write() as connection:
        mine = sa.and_(retrains.c.id == name, retrains.c.state == "running")
        connection.execute(sa.update(retrains).where(mine).values(beat_utc=time.time()))


def end(database: Database, name: str, state: State, words: str, version: str | None = None) -> None:
    """Write down what came of a training, unless that is known already."""
    told = {"state": state, "words": clean(words, 1_000), "version": version, "ended_utc": time.time()}
    with database.write() as connection:
        mine = sa.and_(retrains.c.id == name, retrains.c.state == "running")
        connection.execute(sa.update(retrains).where(mine).values(**told))


def newest(database: Database, most: int = 10) -> list[Retrain]:
    """The latest trainings, one that waits first."""
    query = sa.select(retrains).order_by(retrains.c.due_utc.desc()).limit(most)
    with database.read() as connection:
        return [Retrain(**row._mapping) for row in connection.execute(query)]


def _alive(now: float) -> sa.Select[tuple[str]]:
    running = sa.and_(retrains.c.state == "running", retrains.c.beat_utc > max(now - SILENT_SECONDS, 0.0))
    return sa.select(retrains.c.id).where(running).limit(1)


def _wait(connection: sa.Connection, cron: str, due: float) -> None:
    row: dict[str, object] = {
        "id": uuid.uuid4().hex,
        "cron": cron,
        "due_utc": due,
        "state": "waiting",
        "tries": 0,
        "words": "",
    }
    row["beat_utc"] = time.time()
    connection.execute(sa.insert(retrains).values(**row))


def _read(connection: sa.Connection, name: str) -> Retrain:
    row = connection.execute(sa.select(retrains).where(retrains.c.id == name)).one()
    return Retrain(**row._mapping)
