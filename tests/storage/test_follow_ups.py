"""Scores are taken at fixed ages or missed, and the ledger tells forecasts from replays."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa

from dankmeme.storage import erase, follow_ups, ledger, posts, predictions, standing
from dankmeme.storage.cards import SAMPLE
from dankmeme.storage.database import Database
from dankmeme.storage.feed import UPLOAD
from dankmeme.storage.follow_ups import AGES, ASKED_AGAIN_SECONDS, MISSED, PENDING, TAKEN, Due
from dankmeme.storage.tables import feed, score_snapshots
from dankmeme.storage.tables import follow_ups as table
from dankmeme.storage.tables import posts as post_table
from tests.storage.forecasts import adopt, forecast, said
from tests.storage.making import a_post, at_once, facts, rows, show, store

HOUR = 3_600.0
NOW = time.time()


def enlist(database: Database, name: str, age: float, source: str = "reddit") -> str:
    """A post that is so many hours old; its id."""
    post = a_post(name, source=source, created_utc=NOW - age * HOUR, score=1)
    posts.enlist(database, [post], "run")
    return post.id


@pytest.fixture(scope="module", autouse=True)
def from_now_on() -> None:
    """These tests may begin long after they were collected."""
    global NOW
    NOW = time.time()


def told(database: Database, post: str) -> dict[float, str]:
    with database.read() as connection:
        return {each.hours: each.state for each in follow_ups.of_post(connection, post)}


def due(database: Database, hours: float, source: str = "reddit") -> list[Due]:
    """What is due in so many hours."""
    return follow_ups.due(database, source, NOW + hours * HOUR, 100)


def test_a_new_post_is_followed_at_fixed_ages(database: Database) -> None:
    post = enlist(database, "a", 0)
    assert told(database, post) == dict.fromkeys(AGES, PENDING)
    with database.read() as connection:
        planned = [each.due_utc - NOW for each in follow_ups.of_post(connection, post)]
    assert planned == pytest.approx([HOUR, 6 * HOUR, 24 * HOUR, 48 * HOUR], abs=0.01)


def test_ages_that_a_post_is_past_are_missed_and_one_past_them_all_is_not_followed(database: Database) -> None:
    assert told(database, enlist(database, "a", 1.1)) == dict.fromkeys(AGES, PENDING)  # a little late is not too late
    assert told(database, enlist(database, "b", 7)) == {1.0: MISSED, 6.0: MISSED, 24.0: PENDING, 48.0: PENDING}
    assert told(database, enlist(database, "c", 53)) == {}


@pytest.mark.parametrize("source", ["files", "archive", "feed", SAMPLE, UPLOAD])
def test_posts_of_sources_that_tell_no_scores_are_not_followed(database: Database, source: str) -> None:
    assert told(database, enlist(database, "a", 0, source)) == {}


def test_a_post_that_is_met_again_keeps_its_plan(database: Database) -> None:
    post = enlist(database, "a", 0)
    follow_ups.take(database, [Due(post, 1.0)], {post: 5}, NOW + HOUR)
    enlist(database, "a", 0)
    assert told(database, post)[1.0] == TAKEN


def test_a_score_is_due_at_its_age_and_not_before(database: Database) -> None:
    post = enlist(database, "a", 0)
    enlist(database, "b", 0, "lemmy")
    assert due(database, 0.99) == []
    assert due(database, 1.01) == [Due(post, 1.0)]
    assert follow_ups.due_sources(database, NOW + 1.01 * HOUR) == ["lemmy", "reddit"]
    assert due(database, 6.01) == [Due(post, 6.0)]


@pytest.mark.parametrize(("hours", "late"), [(1.0, 0.17), (6.0, 0.61), (24.0, 2.41), (48.0, 4.81)])
def test_a_late_score_is_missed_and_never_made_up(database: Database, hours: float, late: float) -> None:
    post = enlist(database, "a", 0)
    assert Due(post, hours) in due(database, hours + late - 0.02)
    assert Due(post, hours) not in due(database, hours + late)
    follow_ups.miss(database, NOW + (hours + late - 0.02) * HOUR)
    assert told(database, post)[hours] == PENDING
    assert follow_ups.miss(database, NOW + (hours + late) * HOUR) == 1
    assert told(database, post)[hours] == MISSED
    follow_ups.take(database, [Due(post, hours)], {post: 5}, NOW + (hours + late) * HOUR)
    assert told(database, post)[hours] == MISSED
    assert follow_ups.miss(database, NOW + (hours + late) * HOUR) == 0


def test_a_source_that_does_not_tell_is_asked_again_after_a_while(database: Database) -> None:
    post, other = enlist(database, "a", 0), enlist(database, "b", 0)
    asked = NOW + 1.01 * HOUR
    assert follow_ups.take(database, due(database, 1.01), {other: 5}, asked) == 1
    assert follow_ups.due(database, "reddit", asked + ASKED_AGAIN_SECONDS - 1, 100) == []
    assert follow_ups.due(database, "reddit", asked + ASKED_AGAIN_SECONDS + 1, 100) == [Due(post, 1.0)]


def test_a_score_is_taken_once_and_kept_shown_and_ranked_anew(database: Database) -> None:
    post = enlist(database, "a", 0)
    (image,) = store(database, facts(1))
    posts.settle(database, {(post, 0): image}, {})
    standing.rank(database)
    at = NOW + 1.01 * HOUR
    wanted = due(database, 1.01)
    assert follow_ups.take(database, wanted, {post: 50}, at) == 1
    assert due(database, 1.01) == []
    standing.rank(database)
    follow_ups.take(database, wanted, {post: 90}, at + 60)  # by a process that was taken for dead
    ((state, score, taken),) = rows(
        database, sa.select(table.c.state, table.c.score, table.c.taken_utc).where(table.c.hours == 1.0)
    )
    assert (state, score, taken) == (TAKEN, 50, at)
    assert rows(database, sa.select(post_table.c.score)) == [(90,)]
    assert rows(database, sa.select(feed.c.score, feed.c.standing)) == [(90, None)]
    columns = score_snapshots.c.taken_utc, score_snapshots.c.score, score_snapshots.c.age_hours
    assert rows(database, sa.select(*columns).where(score_snapshots.c.taken_utc == at)) == [
        (at, 50, pytest.approx(1.01, abs=1e-4))
    ]


def test_a_score_of_a_post_that_is_gone_is_forgotten(database: Database) -> None:
    post = enlist(database, "a", 0)
    wanted = due(database, 1.01)
    erase.delete_post(database, post)
    follow_ups.take(database, wanted, {post: 50}, NOW)
    follow_ups.take(database, wanted, {}, NOW)
    assert rows(database, sa.select(table)) == []


def test_scores_that_are_taken_while_posts_are_deleted_leave_nothing_behind(database: Database) -> None:
    ids = [enlist(database, name, 0) for name in "abcdef"]

    def work(number: int) -> None:
        for post in ids[:: 1 if number else -1]:
            if number:
                follow_ups.take(database, [Due(post, 1.0)], {post: number}, NOW + number)
            else:
                erase.delete_post(database, post)

    at_once(work, 4)
    assert rows(database, sa.select(table)) == []
    assert rows(database, sa.select(score_snapshots)) == []


def test_what_was_taken_missed_and_is_still_to_come_is_counted_by_age(database: Database) -> None:
    post = enlist(database, "a", 0)
    enlist(database, "b", 7)
    follow_ups.take(database, [Due(post, 1.0)], {post: 5}, NOW)
    assert follow_ups.counts(database) == {
        1.0: {TAKEN: 1, MISSED: 1},
        6.0: {PENDING: 1, MISSED: 1},
        24.0: {PENDING: 2},
        48.0: {PENDING: 2},
    }


def followed(database: Database, name: str, score: int, made: float) -> None:
    """A post whose score was taken at 48 hours, and a forecast that was made so many hours after it was posted."""
    post = enlist(database, name, 0)
    (image,) = store(database, facts(ord(name) % 7))
    posts.settle(database, {(post, 0): image}, {})
    forecast(database, image, 0.7, made_utc=NOW + made * HOUR)
    follow_ups.take(database, [Due(post, 48.0)], {post: score}, NOW + 48.5 * HOUR)


def test_a_forecast_made_before_the_score_was_due_is_live_and_a_later_one_is_a_replay(database: Database) -> None:
    adopt(database, "b-1")
    followed(database, "a", 10, made=47.9)
    followed(database, "b", 20, made=48.1)
    found = {(row.post, row.model): row for row in ledger.rows(database)}
    assert len(found) == 6
    early, late = found["reddit:a", "verdict"], found["reddit:b", "verdict"]
    assert (early.score, early.live, early.forecast, early.version) == (10.0, True, 0.7, "b-1")
    assert (late.score, late.live) == (20.0, False)


def test_the_ledger_has_nothing_of_scores_that_are_pending_missed_or_of_another_age(database: Database) -> None:
    adopt(database, "b-1")
    for name, age in (("a", 0.0), ("b", 7.0)):
        post = enlist(database, name, age)
        (image,) = store(database, facts(ord(name) % 7))
        posts.settle(database, {(post, 0): image}, {})
        forecast(database, image, 0.7)
        follow_ups.take(database, [Due(post, 24.0)], {post: 5}, NOW)
    follow_ups.miss(database, NOW + 100 * HOUR)
    assert ledger.rows(database) == []


def test_forecasts_that_failed_are_not_in_the_ledger(database: Database) -> None:
    adopt(database, "b-1")
    post = enlist(database, "a", 0)
    (image,) = store(database, facts(1))
    posts.settle(database, {(post, 0): image}, {})
    predictions.settle(database, [said(image, "cnn", 0.7)])
    follow_ups.take(database, [Due(post, 48.0)], {post: 5}, NOW)
    assert [row.model for row in ledger.rows(database)] == ["cnn"]


def imported(database: Database, name: str, **more: Any) -> None:
    """A post that came with its scores, and its forecast."""
    (image,) = store(database, facts(ord(name) % 7))
    show(database, a_post(name, **{"source": "files"} | more), image)
    forecast(database, image, 0.7, made_utc=1.0)


def test_imports_count_with_their_score_at_the_age_else_with_the_last_where_they_are_old_and_never_live(
    database: Database,
) -> None:
    adopt(database, "b-1")
    old, young = NOW - 1_000 * HOUR, NOW - 10 * HOUR
    imported(database, "a", created_utc=old, score=99, score_at={1: 1, 47: 2, 48: 33, 50: 44, 400: 55})
    imported(database, "b", created_utc=old, score=99)
    imported(database, "c", created_utc=young, score=99)
    imported(database, "d", created_utc=old)
    imported(database, "e", order=7, score=12, block="one")
    imported(database, "f", created_utc=old, score=99, score_at={50: 44})
    found = {row.post: row for row in ledger.rows(database) if row.model == "cnn"}
    assert {name.partition(":")[2]: row.score for name, row in found.items()} == {"a": 33, "b": 99, "e": 12, "f": 44}
    assert not any(row.live for row in found.values())
    assert (found["files:e"].created, found["files:e"].block, found["files:a"].created) == (7.0, "one", old)


def test_samples_and_uploads_are_not_in_the_ledger(database: Database) -> None:
    adopt(database, "b-1")
    imported(database, "a", source=SAMPLE, created_utc=1e9, score=5)
    imported(database, "b", source=UPLOAD, created_utc=1e9, score=5)
    assert ledger.rows(database) == []


def test_a_post_is_compared_with_its_neighbours_at_the_same_age(database: Database) -> None:
    for number, name in enumerate("abc"):
        post = a_post(name, created_utc=NOW + number, community="cats" if name == "c" else "memes")
        posts.enlist(database, [post], "run")
        (image,) = store(database, facts(number))
        posts.settle(database, {(post.id, 0): image}, {})
        follow_ups.take(database, [Due(post.id, 1.0)], {post.id: 10 * number}, NOW + HOUR)
    with database.read() as connection:
        assert {row[0]: row[2] for row in follow_ups.neighbours(connection, "reddit:a", 1.0)} == {
            "reddit:a": 0,
            "reddit:b": 10,
        }
        assert follow_ups.neighbours(connection, "reddit:a", 6.0) == []
        assert follow_ups.neighbours(connection, "reddit:none", 1.0) == []
