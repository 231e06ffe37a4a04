from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dankmeme.errors import SettingError
from dankmeme.pipeline.schedule import (
    FIRST_INTERVAL,
    LONGEST_INTERVAL,
    SHORTEST_INTERVAL,
    adapted,
    following,
    make,
    next_due,
    parse,
)
from dankmeme.pipeline.scrape import TRIES, pause


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("cron", "now", "then"),
    [
        ("0 */12 * * *", "2026-11-22T11:59:59", "2026-11-22T12:00:00"),
        ("0 */12 * * *", "2026-11-22T12:00:00", "2026-11-23T00:00:00"),
        ("30 6 * * 1", "2026-11-22T00:00:00", "2026-11-23T06:30:00"),
        ("30 6 * * 1", "2026-11-22T20:00:00", "2026-11-23T06:30:00"),
        ("0 3 * * *", "2026-03-29T00:30:00", "2026-03-29T03:00:00"),
        ("0 0 29 2 *", "2026-03-01T00:00:00", "2028-02-29T00:00:00"),
        ("*/5 * * * *", "2026-12-31T23:58:00", "2027-01-01T00:00:00"),
        ("30 2 * * *", "2026-03-29T01:00:00", "2026-03-29T02:30:00"),
    ],
)
def test_the_next_time_of_a_cron_expression_is_told_in_utc(
    cron: str, now: str, then: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for zone in ("UTC", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        assert following(cron, at(now)) == at(then)
        made = make("lemmy", "memes@lemmy.ml", cron, now=at(now))
        assert (made.next_utc, next_due(made, at(now))) == (at(then), at(then))


@pytest.mark.parametrize(
    "cron", ["", "hourly", "@daily", "* * * *", "* * * * * *", "61 * * * *", "0 0 30 2 *", "0 0 31 2 *", "ü * * * *"]
)
def test_what_is_no_cron_expression_is_refused(cron: str) -> None:
    with pytest.raises(SettingError, match="is no cron expression of five fields") as caught:
        following(cron, 1e9)
    assert caught.value.code == "bad-schedule"


def test_an_adaptive_schedule_is_due_at_once_and_then_after_its_interval() -> None:
    made = make("lemmy", "memes", None, now=1e9)
    assert (made.next_utc, made.interval, made.name) == (1e9, FIRST_INTERVAL, "lemmy memes new")
    assert next_due(made, 5e9) == 5e9 + FIRST_INTERVAL
    assert next_due(replace(made, interval=77.0), 1e9) == 1e9 + 77
    hourly = make("lemmy", "memes", "0 * * * *", now=at("2026-01-01T00:10:00"))
    assert hourly.next_utc == at("2026-01-01T01:00:00")
    assert next_due(hourly, hourly.next_utc) == at("2026-01-01T02:00:00")


@pytest.mark.parametrize(("fresh", "factor"), [(0, 1.5), (1, 1.5), (25, 1.0), (50, 0.5), (100, 0.5), (20, 1.25)])
def test_the_interval_shrinks_while_much_is_new_and_grows_while_little_is(fresh: int, factor: float) -> None:
    assert adapted(1_000.0, fresh, 100) == pytest.approx(1_000 * factor)


@given(st.floats(SHORTEST_INTERVAL, LONGEST_INTERVAL), st.integers(0, 10_000), st.integers(1, 1_000))
def test_an_interval_stays_within_its_bounds_and_never_grows_with_what_is_new(
    interval: float, fresh: int, limit: int
) -> None:
    then = adapted(interval, fresh, limit)
    assert SHORTEST_INTERVAL <= then <= LONGEST_INTERVAL
    assert adapted(interval, fresh + 1, limit) <= then


def test_the_setting_is_read_entry_by_entry() -> None:
    found = parse(" reddit dankmemes 0 */12 * * * ;; lemmy memes@lemmy.ml adaptive;")
    assert [(each.source, each.where, each.cron, each.from_settings) for each in found] == [
        ("reddit", "dankmemes", "0 */12 * * *", True),
        ("lemmy", "memes@lemmy.ml", None, True),
    ]
    assert [each.name for each in found] == ["reddit dankmemes new", "lemmy memes@lemmy.ml new"]
    assert parse("") == parse(" ; ") == []


@pytest.mark.parametrize("entry", ["reddit", "reddit dankmemes", "reddit dankmemes often", "redit memes adaptive"])
def test_an_entry_that_cannot_be_read_is_named(entry: str) -> None:
    with pytest.raises(SettingError) as caught:
        parse(f"lemmy memes adaptive; {entry}")
    assert caught.value.code == "bad-schedule"
    assert f"“{entry}”" in caught.value.message


def test_the_interval_reaches_its_bounds_in_a_rush_and_in_a_calm() -> None:
    rush, calm = [FIRST_INTERVAL], [FIRST_INTERVAL]
    for _ in range(20):
        rush.append(adapted(rush[-1], fresh=100, limit=100))
        calm.append(adapted(calm[-1], fresh=0, limit=100))
    assert rush == sorted(rush, reverse=True)
    assert calm == sorted(calm)
    assert (rush[1], calm[1]) == (FIRST_INTERVAL / 2, FIRST_INTERVAL * 1.5)
    assert (rush[-1], calm[-1]) == (SHORTEST_INTERVAL, LONGEST_INTERVAL)


@pytest.mark.parametrize("posts_an_hour", [3, 40, 300])
def test_the_interval_settles_where_a_quarter_of_a_listing_is_new(posts_an_hour: int) -> None:
    interval = FIRST_INTERVAL
    for _ in range(40):
        interval = adapted(interval, fresh=round(min(100, posts_an_hour * interval / 3_600)), limit=100)
    assert interval == pytest.approx(3_600 * 25 / posts_an_hour, rel=0.1)


def test_a_limit_of_one_post_has_a_rhythm_too() -> None:
    assert adapted(600.0, fresh=1, limit=1) == 600.0
    assert adapted(600.0, fresh=0, limit=1) == 900.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("reddit dankmemes", "“reddit dankmemes” should read"),
        ("lemmy a@b.c adaptive; digg x adaptive", "“digg x adaptive”: there is no source digg"),
        ("reddit dankmemes 99 * * * *", "“99 \\* \\* \\* \\*” is no cron expression"),
    ],
)
def test_an_entry_that_makes_no_sense_is_named(text: str, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        parse(text)


def test_a_source_that_fails_is_asked_ever_less_often_and_never_before_it_wants() -> None:
    pauses = [pause(tries, None) for tries in range(1, TRIES)]
    assert pauses == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0]
    assert pause(1, 2.0) == 5.0
    assert pause(1, 700.0) == 700.0
    assert pause(3, 0.0) == 20.0
