"""The same work done twice: by a process that was taken for dead, and that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dankmeme.posts import ImageRef, Post
from dankmeme.storage import failures, posts
from dankmeme.storage.database import Database
from dankmeme.storage.images import ImageFacts, add
from dankmeme.storage.posts import Failed
from tests.faults.postgres import fresh_database, need_postgres

HASH = "ab" * 32
FACTS = ImageFacts(HASH, b"p" * 32, 100, b"", "PNG", 10, 10, False, 100)
WHERE = ("files:x:1", 0)
TOO_LATE = Failed("fetch-timeout", "the host did not answer", passing=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """With one post that two processes work on."""
    if request.param == "sqlite":
        yield from enlisted(f"sqlite:///{tmp_path / 'dank.db'}")
    else:
        need_postgres()
        with fresh_database() as fresh:
            yield from enlisted(fresh.url)


def enlisted(url: str) -> Iterator[Database]:
    database = Database(url)
    database.migrate()
    post = Post(id=WHERE[0], source="files", community="x", title="", images=(ImageRef(url="http://x.test/1.png"),))
    posts.enlist(database, [post], "run")
    add(database, [FACTS])
    yield database
    database.close()


def chunk(database: Database) -> str:
    return posts.pending_chunks(database)[0]


def test_who_fails_later_takes_nothing_back(database: Database) -> None:
    posts.settle(database, {WHERE: HASH}, {})
    posts.settle(database, {}, {WHERE: TOO_LATE})
    assert posts.counts(database, "run") == posts.Counts(stored=1)
    assert failures.listed(database) == []


def test_who_fails_in_passing_later_leaves_no_failure_behind(database: Database) -> None:
    mine = chunk(database)
    posts.settle(database, {WHERE: HASH}, {})
    posts.postpone(database, mine, {WHERE: TOO_LATE}, "later")
    assert posts.counts(database, "run") == posts.Counts(stored=1)
    assert failures.listed(database) == []


def test_who_stores_later_mends_what_failed(database: Database) -> None:
    posts.settle(database, {}, {WHERE: TOO_LATE})
    posts.settle(database, {WHERE: HASH}, {})
    assert posts.counts(database, "run") == posts.Counts(stored=1)
    assert failures.listed(database) == []


def test_two_who_fail_in_passing_count_one_try(database: Database) -> None:
    mine = chunk(database)
    for later in ("one", "other"):
        posts.postpone(database, mine, {WHERE: TOO_LATE}, later)
    assert [each.attempts for each in posts.wanted(database, "one")] == [1]
    assert posts.wanted(database, "other") == []
