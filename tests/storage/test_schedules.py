from __future__ import annotations

from dataclasses import replace

from dankmeme.pipeline.schedule import make
from dankmeme.storage import schedules
from dankmeme.storage.database import Database
from dankmeme.storage.schedules import Schedule
from tests.storage.making import at_once

HOURLY = "0 * * * *"


def scheduled(where: str, cron: str | None = None, *, due: float = 100.0, settings: bool = False) -> Schedule:
    return replace(make("lemmy", where, cron, from_settings=settings), next_utc=due)


def test_a_schedule_is_kept_as_it_is_and_changed_by_its_name(database: Database) -> None:
    wanted = [scheduled("b"), scheduled("a", HOURLY)]
    for each in wanted:
        schedules.save(database, each)
    assert schedules.everyone(database) == [wanted[1], wanted[0]]
    schedules.save(database, replace(wanted[0], limit=7))
    assert schedules.everyone(database)[1].limit == 7
    assert schedules.change(database, wanted[0].name, paused=True)
    assert schedules.everyone(database)[1].paused
    assert schedules.remove(database, wanted[0].name)
    assert not schedules.remove(database, wanted[0].name)
    assert not schedules.change(database, wanted[0].name, paused=True)
    assert schedules.everyone(database) == [wanted[1]]


def test_what_is_due_is_neither_paused_nor_in_the_future(database: Database) -> None:
    for where, due, paused in (("now", 100.0, False), ("later", 100.1, False), ("paused", 1.0, True)):
        schedules.save(database, replace(scheduled(where, due=due), paused=paused))
    assert [each.where for each in schedules.due(database, 100.0)] == ["now"]


def test_of_many_who_see_that_a_run_is_due_one_begins_it(database: Database) -> None:
    for number in range(5):
        schedules.save(database, scheduled(f"c{number}"))

    def claim(number: int) -> int:
        due = schedules.due(database, 100.0)
        return sum(schedules.claim(database, each, 1_000.0 + number, "what") is not None for each in due)

    assert sum(at_once(claim, 8)) == 5
    assert schedules.due(database, 999.0) == []


def test_a_schedule_that_was_moved_meanwhile_cannot_be_claimed(database: Database) -> None:
    seen = scheduled("a")
    schedules.save(database, seen)
    schedules.change(database, seen.name, next_utc=50.0)
    assert schedules.claim(database, seen, 1_000.0, "what") is None
    assert schedules.everyone(database)[0].next_utc == 50.0


def test_the_schedules_of_the_settings_come_and_go_with_them(database: Database) -> None:
    schedules.save(database, scheduled("own"))
    schedules.adopt(database, [scheduled("a", settings=True), scheduled("b", HOURLY, settings=True)])
    assert [each.where for each in schedules.everyone(database)] == ["a", "b", "own"]
    schedules.adopt(database, [scheduled("b", HOURLY, settings=True)])
    assert [each.where for each in schedules.everyone(database)] == ["b", "own"]
    schedules.adopt(database, [])
    assert [each.where for each in schedules.everyone(database)] == ["own"]


def test_adopting_the_same_again_keeps_a_pause_and_when_it_is_due(database: Database) -> None:
    schedules.adopt(database, [scheduled("a", settings=True)])
    name = schedules.everyone(database)[0].name
    schedules.change(database, name, paused=True, interval=123.0, next_utc=77.0)
    schedules.adopt(database, [scheduled("a", settings=True, due=9_999.0)])
    (after,) = schedules.everyone(database)
    assert (after.paused, after.interval, after.next_utc) == (True, 123.0, 77.0)


def test_another_rhythm_changes_when_it_is_due_and_keeps_a_pause(database: Database) -> None:
    schedules.adopt(database, [scheduled("a", settings=True)])
    schedules.change(database, schedules.everyone(database)[0].name, paused=True)
    schedules.adopt(database, [scheduled("a", HOURLY, settings=True, due=3_600.0)])
    (after,) = schedules.everyone(database)
    assert (after.paused, after.cron, after.next_utc) == (True, HOURLY, 3_600.0)


def test_processes_that_adopt_at_once_agree(database: Database) -> None:
    wanted = [scheduled(f"c{number}", settings=True) for number in range(6)]
    at_once(lambda number: schedules.adopt(database, wanted[:: 1 if number % 2 else -1]), 4)
    assert schedules.everyone(database) == wanted
