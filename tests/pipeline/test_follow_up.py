"""Scores are read again at fixed ages, from Reddit and Lemmy as they answer on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from dankmeme.pipeline import follow_up
from dankmeme.pipeline.follow_up import SLOT_SECONDS, FollowUps, due_work
from dankmeme.pipeline.patience import Patience
from dankmeme.settings import Settings
from dankmeme.sources import Query
from dankmeme.storage import follow_ups, posts
from dankmeme.storage.database import Database
from dankmeme.storage.follow_ups import AGES, ASKED_AGAIN_SECONDS, MISSED, PENDING, TAKEN
from dankmeme.storage.tables import follow_ups as table
from dankmeme.storage.tables import posts as post_table
from dankmeme.storage.tables import score_snapshots
from tests.sources import asking
from tests.sources.fake_lemmy import FakeLemmy
from tests.sources.fake_reddit import FakeReddit, submission
from tests.storage.making import rows

HOUR, LATER = 3_600.0, 120.0
NOW = time.time()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'dank.db'}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture(scope="module", autouse=True)
def from_now_on() -> None:
    """These tests may begin long after they were collected."""
    global NOW
    NOW = time.time()


@pytest.fixture
def reddit() -> Iterator[FakeReddit]:
    """A community with a post for each age: as old as that, and two minutes."""
    made = [submission(f"h{hours:g}", created_utc=NOW - hours * HOUR - LATER, score=1) for hours in AGES]
    with FakeReddit({"dankmemes": made}) as reddit:
        yield reddit


@pytest.fixture
def lemmy() -> Iterator[FakeLemmy]:
    with FakeLemmy() as lemmy:
        lemmy.communities["memes"] = [lemmy.post(number, published=NOW - HOUR - LATER) for number in range(1, 6)]
        yield lemmy


def listed(database: Database, source: str, where: str, settings: Settings) -> list[str]:
    """Read a community's listing as a scrape does; the ids of its posts."""
    found = asking.posts(asking.asked(source, Query(where=where), settings=settings))
    posts.enlist(database, found, "run")
    return sorted(post.id for post in found)


def settings_of(lemmy: FakeLemmy) -> Settings:
    return Settings(fetch_allow=(lemmy.place,))


def take(database: Database, settings: Settings, now: float | None = None) -> list[str]:
    """Do what is due; which pieces of work that were."""
    work = due_work(database, time.time() if now is None else now)
    for each in work:
        assert FollowUps(settings, database, Patience()).take(each) == []
    return work


def told(database: Database, post: str) -> dict[float, tuple[str, int | None]]:
    with database.read() as connection:
        return {each.hours: (each.state, each.score) for each in follow_ups.of_post(connection, post)}


def test_each_post_gets_its_score_at_the_age_that_it_has(database: Database, reddit: FakeReddit) -> None:
    listed(database, "reddit", "dankmemes", reddit.settings())
    for hours in AGES:
        reddit.set_score(f"h{hours:g}", int(1_000 + hours))
    work = take(database, reddit.settings())
    assert [each.rpartition("-")[0] for each in work] == ["reddit"]
    for hours in AGES:
        expected = {age: (MISSED if age < hours else PENDING, None) for age in AGES}
        assert told(database, f"reddit:h{hours:g}") == expected | {hours: (TAKEN, 1_000 + hours)}
    assert dict(rows(database, sa.select(post_table.c.id, post_table.c.score))) == {
        f"reddit:h{hours:g}": 1_000 + hours for hours in AGES
    }
    taken = sa.select(score_snapshots.c.post_id, score_snapshots.c.age_hours).where(score_snapshots.c.score > 1_000)
    ages = {str(post): age for post, age in rows(database, taken)}
    assert ages == {f"reddit:h{hours:g}": pytest.approx(hours + LATER / HOUR, abs=0.05) for hours in AGES}
    assert reddit.count("/api/info") == 1
    assert take(database, reddit.settings()) == []


def test_a_post_is_followed_from_its_first_hour_to_its_last(
    database: Database, reddit: FakeReddit, monkeypatch: pytest.MonkeyPatch
) -> None:
    reddit.communities["dankmemes"] = [submission("new", created_utc=NOW, score=1)]
    listed(database, "reddit", "dankmemes", reddit.settings())
    for hours in AGES:
        reddit.set_score("new", int(10 * hours))
        assert take(database, reddit.settings(), NOW + hours * HOUR - 60) == []
        now = NOW + hours * HOUR + 60
        monkeypatch.setattr(follow_up, "time", SimpleNamespace(time=lambda now=now: now))
        assert len(take(database, reddit.settings(), now)) == 1
    assert told(database, "reddit:new") == {hours: (TAKEN, 10 * hours) for hours in AGES}
    assert take(database, reddit.settings(), NOW + 100 * HOUR) == []


def test_posts_of_lemmy_are_asked_for_at_their_home(database: Database, lemmy: FakeLemmy) -> None:
    ids = listed(database, "lemmy", f"memes@{lemmy.place}", settings_of(lemmy))
    for number in range(1, 6):
        lemmy.set_score(number, 100 + number)
    take(database, settings_of(lemmy))
    assert [told(database, each)[1.0] for each in ids] == [(TAKEN, 100 + number) for number in range(1, 6)]
    assert lemmy.count("/api/v3/post/list") == 1


def test_a_post_that_its_source_does_not_tell_waits_and_keeps_no_other_waiting(
    database: Database, lemmy: FakeLemmy
) -> None:
    ids = listed(database, "lemmy", f"memes@{lemmy.place}", settings_of(lemmy))
    lemmy.communities["memes"][0]["post"]["removed"] = True
    take(database, settings_of(lemmy))
    assert [told(database, each)[1.0][0] for each in ids] == [PENDING, *[TAKEN] * 4]
    assert take(database, settings_of(lemmy)) == []
    lemmy.communities["memes"][0]["post"]["removed"] = False
    with database.write() as connection:
        connection.execute(sa.update(table).values(asked_utc=table.c.asked_utc - ASKED_AGAIN_SECONDS))
    take(database, settings_of(lemmy))
    assert told(database, ids[0])[1.0] == (TAKEN, 1)


def test_a_source_that_cannot_be_asked_is_asked_again_later(database: Database, reddit: FakeReddit) -> None:
    ids = listed(database, "reddit", "dankmemes", reddit.settings())
    assert len(take(database, Settings())) == 1  # without credentials
    assert {state for each in ids for state, _ in told(database, each).values()} == {PENDING, MISSED}
    assert take(database, reddit.settings()) == []
    assert follow_ups.due_sources(database, time.time() + ASKED_AGAIN_SECONDS + 5) == ["reddit"]


def test_many_posts_are_asked_for_in_rounds(
    database: Database, reddit: FakeReddit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_up, "TOGETHER", 2)
    reddit.communities["dankmemes"] = [
        submission(f"p{number}", created_utc=NOW - HOUR - LATER, score=number) for number in range(5)
    ]
    ids = listed(database, "reddit", "dankmemes", reddit.settings())
    take(database, reddit.settings())
    assert [told(database, each)[1.0] for each in ids] == [(TAKEN, number) for number in range(5)]
    assert reddit.count("/api/info") == 3


def test_work_has_the_same_name_in_every_process_for_a_while(database: Database, reddit: FakeReddit) -> None:
    listed(database, "reddit", "dankmemes", reddit.settings())
    start = (NOW + 30) // SLOT_SECONDS * SLOT_SECONDS
    names = [due_work(database, start + seconds) for seconds in (0.0, SLOT_SECONDS - 1, SLOT_SECONDS + 1)]
    assert names[0] == names[1] != names[2]
    assert [len(each) for each in names] == [1, 1, 1]


def test_scores_that_nobody_took_in_time_are_missed(database: Database, reddit: FakeReddit) -> None:
    listed(database, "reddit", "dankmemes", reddit.settings())
    assert due_work(database, NOW + 100 * HOUR) == []
    assert {state for (state,) in rows(database, sa.select(table.c.state))} == {MISSED}
    assert reddit.count("/api/info") == 0
