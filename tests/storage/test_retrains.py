"""One training waits, one process has it; one that dies is taken up, a few times; what came of it is written down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from dankmeme.storage import retrains
from dankmeme.storage.database import Database
from dankmeme.storage.retrains import MOST_TRIES, SILENT_SECONDS

WEEKLY, DAILY = "0 4 * * 0", "0 4 * * *"


def states(database: Database) -> list[str]:
    return sorted(each.state for each in retrains.newest(database))


def test_one_waits_however_often_it_is_planned_and_another_rhythm_moves_it_unless_it_is_due(database: Database) -> None:
    for _ in range(3):
        retrains.plan(database, WEEKLY, 1e11)
    (one,) = retrains.newest(database)
    assert (one.state, one.due_utc) == ("waiting", 1e11)
    retrains.plan(database, WEEKLY, 2e11)
    assert retrains.newest(database)[0].due_utc == 1e11
    retrains.plan(database, DAILY, 1_000.0)
    retrains.plan(database, WEEKLY, 3e11)
    assert [(each.cron, each.due_utc) for each in retrains.newest(database)] == [(DAILY, 1_000.0)]


def test_one_whose_process_was_killed_can_be_begun_again_at_once(database: Database) -> None:
    retrains.plan(database, DAILY, 0.0)
    mine = retrains.claim(database, 1.0, 1e12)
    assert mine is not None
    retrains.give_up(database, mine.id)
    again = retrains.claim(database, 2.0, 1e12)
    assert again is not None
    assert (again.id, again.tries) == (mine.id, 2)


def test_nothing_is_begun_before_it_is_due_and_then_by_one_alone(database: Database) -> None:
    retrains.plan(database, DAILY, 1_000.0)
    assert retrains.claim(database, 999.0, 2_000.0) is None
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: retrains.claim(database, 1_001.0, 2_000.0), range(8)))
    (mine,) = [each for each in found if each is not None]
    assert (mine.state, mine.tries) == ("running", 1)
    assert states(database) == ["running", "waiting"]
    retrains.end(database, mine.id, "done", "AUC 0.7", "own-1")
    retrains.end(database, mine.id, "failed", "too late")
    (done,) = [each for each in retrains.newest(database) if each.id == mine.id]
    assert (done.state, done.version, done.words) == ("done", "own-1", "AUC 0.7")


def test_one_whose_process_died_is_taken_up_a_few_times(database: Database) -> None:
    retrains.plan(database, DAILY, 1_000.0)
    now = 1_001.0
    first = retrains.claim(database, now, 1e12)
    assert first is not None
    assert retrains.claim(database, now + SILENT_SECONDS - 1, 1e12) is None
    for tries in range(2, MOST_TRIES + 1):
        now += SILENT_SECONDS + 1
        again = retrains.claim(database, now, 1e12)
        assert again is not None
        assert (again.id, again.tries, again.started_utc) == (first.id, tries, 1_001.0)
    assert retrains.claim(database, now + SILENT_SECONDS + 1, 1e12) is None
    (lost,) = [each for each in retrains.newest(database) if each.id == first.id]
    assert lost.state == "failed"


def test_one_that_beats_is_alive(database: Database) -> None:
    retrains.plan(database, DAILY, 0.0)
    mine = retrains.claim(database, 1.0, 1e12)
    assert mine is not None
    retrains.beat(database, mine.id)
    (found,) = [each for each in retrains.newest(database) if each.id == mine.id]
    assert found.beat_utc is not None
    assert retrains.claim(database, found.beat_utc + 1, 1e12) is None
