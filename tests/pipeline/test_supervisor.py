"""Several processes look after the same queues: what they do at the same moment is done once."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from dankmeme.pipeline.engine import Engine
from dankmeme.pipeline.patience import Patience
from dankmeme.pipeline.schedule import make
from dankmeme.pipeline.supervisor import Supervisor
from dankmeme.storage import Storage, schedules
from dankmeme.storage.bucket import Bucket
from dankmeme.storage.database import Database


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
    return Supervisor(storage, cast(Engine, queues), lambda: None, Patience(), scheduled=True)


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
