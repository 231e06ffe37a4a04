"""Several processes look after the same queues: what they do at the same moment is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa

from dankmeme.pipeline.engine import Engine
from dankmeme.pipeline.patience import Patience
from dankmeme.pipeline.schedule import make
from dankmeme.pipeline.supervisor import Supervisor
from dankmeme.storage import Storage, schedules
from dankmeme.storage.bucket import Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.tables import executors
from tests.faults.waiting import wait_until


class Queues:
    """Queues as two processes see them that look at the same moment: before the other has queued anything."""

    executor = "one"

    def __init__(self) -> None:
        self.queued: list[str] = []
        self.over = 0

    def unqueued(self, works: list[str]) -> dict[str, bool]:
        return {}

    def ended(self, prefix: str) -> int:
        return self.over

    def enqueue(self, queue: str, work: str) -> None:
        self.queued.append(work)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    database = Database(f"sqlite:///{tmp_path / 'dank.db'}")
    database.migrate()
    schedules.save(database, make("lemmy", "memes@lemmy.example", None, sort="new", limit=10))
    return Storage(database, Bucket(str(tmp_path / "bucket")))


def supervisor(storage: Storage, queues: Queues) -> Supervisor:
    return Supervisor(storage, cast(Engine, queues), lambda _: None, Patience(), scheduled=True)


def test_a_run_that_one_begins_while_another_looks_for_lost_ones_has_one_name(storage: Storage) -> None:
    queues = Queues()
    supervisor(storage, queues)._begin_due()
    supervisor(storage, queues)._find_lost()
    supervisor(storage, queues)._find_lost()
    assert len(queues.queued) == 3
    assert len(set(queues.queued)) == 1, "the queue takes each name once"


def test_a_run_that_broke_off_is_queued_again_under_one_new_name(storage: Storage) -> None:
    queues = Queues()
    supervisor(storage, queues)._begin_due()
    (first,) = queues.queued
    for queues.over in (1, 1, 2):
        supervisor(storage, queues)._find_lost()
    assert queues.queued == [first, f"{first}.1", f"{first}.1", f"{first}.2"]


def test_a_duty_that_takes_long_is_no_reason_to_take_its_process_for_dead(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dankmeme.pipeline.supervisor.PULSE_SECONDS", 0.05)
    patience, begun, let_go = Patience(), threading.Event(), threading.Event()

    def compare(_: Callable[[], None]) -> None:
        begun.set()
        let_go.wait(30)

    busy = Supervisor(storage, cast(Engine, Queues()), compare, patience, scheduled=False)
    busy.start()
    try:
        assert begun.wait(10)
        before = beats(storage)
        wait_until(lambda: beats(storage) > before + 1, 10, "its pulse goes on")
    finally:
        let_go.set()
        patience.stop()
        busy.stop()


def test_a_long_duty_that_gets_on_is_not_stuck(storage: Storage) -> None:
    left = [1, 1, 0]
    busy = Supervisor(
        storage, cast(Engine, Queues()), lambda _: None, Patience(), scheduled=True, retain=lambda: left.pop(0)
    )
    busy.round_utc = 0.0
    busy._let_go()
    assert left == []
    assert busy.round_utc > 0


def beats(storage: Storage) -> int:
    with storage.database.read() as connection:
        return connection.scalar(sa.select(sa.func.max(executors.c.beats))) or 0
