from __future__ import annotations

import json
import time
from pathlib import Path

import sqlalchemy as sa

from dankmeme.storage import posts, predictions, runs, status, versions, votes
from dankmeme.storage.database import Database
from dankmeme.storage.executors import Pulse
from dankmeme.storage.posts import Failed
from dankmeme.storage.predictions import Prediction, Wanted
from dankmeme.storage.status import DAY, HOUR, Counts, FolderSize, Rate, Reason
from dankmeme.storage.tables import failures, feed
from dankmeme.storage.versions import Version
from tests.faults.waiting import wait_until
from tests.storage.making import a_post, facts, show, store

MODEL = Version("cnn", "demo-1", "/somewhere", True, 0)
OLD = Version("cnn", "demo-0", "/elsewhere", True, 0)


def stored(database: Database, *seeds: int, source: str = "reddit") -> list[str]:
    names = store(database, *(facts(seed) for seed in seeds))
    for seed, name in zip(seeds, names, strict=True):
        show(database, a_post(str(seed), source=source), name)
    return names


def test_what_came_in_the_last_hour_and_day_is_counted(database: Database) -> None:
    versions.adopt(database, [MODEL], {})
    names = stored(database, 1, 2, 3)
    made = Prediction(names[0], "cnn", "demo-1", "success", 0.5, 0.4, 0.6, 0.5, "dank", made_utc=time.time())
    predictions.settle(database, [made, predictions.failed(Wanted(names[1], MODEL.key), "model-failed", "no")])
    votes.vote(database, "reddit:1", "me", dank=True)
    now = time.time()
    with database.write() as connection:
        for post, ago in (("reddit:2", 2 * HOUR), ("reddit:3", 25 * HOUR)):
            mine = feed.c.post_id == post
            connection.execute(sa.update(feed).where(mine).values(added_utc=now - ago))
    assert status.rates(database, now) == [
        Rate("posts", 1, 2),
        Rate("images", 3, 3),
        Rate("predictions", 1, 1),
        Rate("votes", 1, 1),
    ]
    assert status.rates(database, now + 2 * DAY) == [
        Rate(name, 0, 0) for name in ("posts", "images", "predictions", "votes")
    ]
    stored(database, 4, source="sample")
    assert status.counts(database) == Counts(posts=4, images=4, demo=1)


def test_reasons_are_told_with_their_newest_example(database: Database) -> None:
    versions.adopt(database, [OLD], {})
    (name,) = stored(database, 1)
    predictions.settle(database, [predictions.failed(Wanted(name, OLD.key), "ghost", "of an old version")])
    versions.adopt(database, [MODEL], {})
    (name,) = stored(database, 2)
    posts.enlist(database, [a_post("lost", pictures=4)], "run")
    lost = [Failed("not-found", "first"), Failed("not-found", "last"), Failed("internal-error", "picture", True)]
    posts.settle(database, {}, {("reddit:lost", number): why for number, why in enumerate(lost)})
    with database.write() as connection:
        for position in range(3):
            mine = failures.c.position == position
            connection.execute(sa.update(failures).where(mine).values(failed_utc=100.0 + position))
    predictions.settle(database, [predictions.failed(Wanted(name, MODEL.key), "internal-error", "prediction")])
    assert status.reasons(database) == [
        Reason("internal-error", "prediction", 2, True),
        Reason("not-found", "last", 2, False),
    ]


def test_of_failures_at_one_moment_one_is_the_example(database: Database) -> None:
    posts.enlist(database, [a_post("lost", pictures=3)], "run")
    lost = {("reddit:lost", number): Failed("not-found", "gone") for number in range(3)}
    posts.settle(database, {}, lost)
    assert status.reasons(database) == [Reason("not-found", "gone", 3, False)]


def test_the_newest_ended_run_of_each_place_is_told(database: Database) -> None:
    def ended(source: str, where: str, limit: int, error: str | None) -> None:
        what = json.dumps({"source": source, "where": where, "limit": limit})
        runs.end(database, runs.begin(database, what), error)

    ended("lemmy", "a", 1, "first")
    ended("lemmy", "a", 1, "second")
    ended("lemmy", "a", 2, "third")
    ended("lemmy", "b", 1, None)
    runs.end(database, runs.begin(database, "no JSON"))
    runs.end(database, runs.begin(database, "[]"))
    runs.begin(database, json.dumps({"source": "lemmy", "where": "c"}))
    found = status.last_reads(database, time.time())
    assert [(each.where, each.error) for each in found] == [("a", "third"), ("b", None)]
    assert status.last_reads(database, time.time() + 31 * DAY) == []


def test_whether_work_waits_and_who_may_do_it(database: Database) -> None:
    assert not status.waits(database)
    assert status.processes(database) == set()
    posts.enlist(database, [a_post("a")], "run")
    assert status.waits(database)
    pulse = Pulse(database, "me")
    pulse.beat()
    assert status.processes(database) == {"me"}


def test_a_database_takes_room(database: Database) -> None:
    size = status.database_bytes(database)
    assert size is not None
    assert size > 50_000


def test_a_folder_is_measured_on_a_thread_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "one").write_bytes(bytes(1_000))
    (tmp_path / "a" / "b" / "two").write_bytes(bytes(234))
    size = FolderSize(tmp_path)
    assert wait_until(size.bytes) == 1_234
    (tmp_path / "three").write_bytes(bytes(9))
    assert size.bytes() == 1_234, "it is not measured again so soon"
    assert FolderSize(None).bytes() is None
