from __future__ import annotations

import pytest

from dankmeme.storage import runs
from dankmeme.storage.database import Database


def test_a_run_counts_what_its_pages_brought(database: Database) -> None:
    run = runs.begin(database, "what")
    assert (run.found, run.fresh, run.skipped, run.position, run.ended_utc) == (0, 0, {}, None, None)
    run = runs.advance(database, run, found=5, fresh=3, skipped={"no image": 1}, position="one")
    run = runs.advance(database, run, found=2, fresh=0, skipped={"no image": 1, "removed": 4}, position="two")
    assert (run.found, run.fresh, run.position) == (7, 3, "two")
    assert run.skipped == {"no image": 2, "removed": 4}
    assert runs.get(database, run.id) == run


def test_an_interrupted_run_is_gone_on_with_by_who_asks_for_the_same(database: Database) -> None:
    run = runs.begin(database, "this")
    runs.advance(database, run, found=1, fresh=1, skipped={}, position="here")
    found = runs.unfinished(database, "this")
    assert found is not None
    assert (found.id, found.position) == (run.id, "here")
    assert runs.unfinished(database, "that") is None
    runs.end(database, run)
    assert runs.unfinished(database, "this") is None


def test_only_the_newest_run_is_gone_on_with_and_none_of_a_schedule(database: Database) -> None:
    runs.begin(database, "this")
    newer = runs.begin(database, "this")
    runs.end(database, newer)
    assert runs.unfinished(database, "this") is None
    scheduled = runs.begin(database, "that", "lemmy memes new")
    assert runs.unfinished(database, "that") is None
    assert runs.scheduled_unfinished(database) == [scheduled.id]
    runs.end(database, scheduled)
    assert runs.scheduled_unfinished(database) == []


def test_a_run_that_begins_twice_is_one(database: Database) -> None:
    first = runs.begin(database, "what", run="mine")
    first = runs.advance(database, first, found=1, fresh=1, skipped={}, position="here")
    assert runs.begin(database, "what", run="mine") == first


def test_why_a_run_waits_is_told_until_it_goes_on(database: Database) -> None:
    run = runs.note(database, runs.begin(database, "what"), "busy \0\ud800" + "x" * 999)
    assert run.error == "busy ?" + "x" * 493
    assert runs.advance(database, run, found=0, fresh=0, skipped={}, position="p").error is None
    ended = runs.end(database, run, "gone for good")
    assert (ended.error, ended.ended_utc is not None) == ("gone for good", True)


def test_the_newest_runs_of_a_schedule_come_first(database: Database) -> None:
    ids = [runs.begin(database, "what", "lemmy memes new").id for _ in range(4)]
    runs.begin(database, "what", "another")
    assert [run.id for run in runs.newest(database, "lemmy memes new", 3)] == ids[:0:-1]


def test_an_unknown_run_is_an_error(database: Database) -> None:
    with pytest.raises(KeyError):
        runs.get(database, "none")
