from __future__ import annotations

from collections.abc import Iterator

import pytest

from dankmeme.sources import Query
from tests.sources.asking import asked, failure, names, skipped
from tests.sources.fake_archive import FakeArchive
from tests.sources.fake_reddit import submission
from tests.sources.pictures import Pictures, Status

BURST = [5_000] * 30 + [4_000] * 70 + [3_999] * 95 + [3_000] * 99
TIMES = sorted([*range(6_000, 6_150), *BURST], reverse=True)
"""Seconds of many posts lie over the borders of pages."""
POSTS = [submission(f"p{n}", created_utc=made, score=n * 7 % 50) for n, made in enumerate(TIMES)]
OTHERS = [submission(f"q{n}", community="memes", created_utc=made) for n, made in enumerate(TIMES)]


@pytest.fixture(params=["arctic", "pushshift"])
def archive(request: pytest.FixtureRequest) -> Iterator[FakeArchive]:
    with FakeArchive(POSTS + OTHERS, request.param) as server:
        yield server


def test_all_posts_come_back_in_time_none_lost_and_none_twice(archive: FakeArchive) -> None:
    pages = asked("archive", Query(archive.url, community="DankMemes"))
    assert names(pages) == [post["id"] for post in POSTS]
    assert skipped(pages) == {}


def test_the_address_may_name_the_search_itself(archive: FakeArchive) -> None:
    assert len(names(asked("archive", Query(archive.url + archive.path, community="dankmemes", limit=5)))) == 5
    assert {each.path for each in archive.asked} == {archive.path}


def test_from_any_page_on_exactly_the_rest_follows(archive: FakeArchive) -> None:
    query = Query(archive.url, community="dankmemes", limit=430)
    pages = asked("archive", query)
    for number, page in enumerate(pages, 1):
        assert names(asked("archive", query, page.position)) == names(pages[number:])


def test_times_are_asked_for_and_kept(archive: FakeArchive) -> None:
    query = Query(archive.url, community="dankmemes", since=4_000, until=6_010)
    assert names(asked("archive", query)) == [post["id"] for post in POSTS if 4_000 <= post["created_utc"] < 6_010]
    assert archive.asked[-1].query["after"] == "3999"


@pytest.mark.parametrize(("order", "sign"), [("top", -1), ("bottom", 1)])
def test_the_whole_range_is_ranked(archive: FakeArchive, order, sign: int) -> None:  # type: ignore[no-untyped-def]
    best = sorted(POSTS, key=lambda post: (sign * post["score"], -len(post["id"]), [-ord(char) for char in post["id"]]))
    query = Query(archive.url, community="dankmemes", order=order, limit=30)
    assert names(asked("archive", query)) == [post["id"] for post in best[:30]]


def test_a_second_with_more_posts_than_a_page_does_not_hold_the_reader_up() -> None:
    crowd = [submission(f"p{n}", created_utc=100) for n in range(150)] + [submission("last", created_utc=50)]
    with FakeArchive(crowd) as server:
        found = names(asked("archive", Query(server.url, community="dankmemes")))
    assert len(set(found)) == len(found) == 101
    assert found[-1] == "last"


def test_an_archive_that_does_not_listen_is_left() -> None:
    with FakeArchive(POSTS, deaf=True) as server:
        assert len(names(asked("archive", Query(server.url, community="dankmemes")))) == 100
        assert server.count() < 5


def test_a_community_has_to_be_named() -> None:
    assert failure("archive", Query("https://archive.example")).code == "bad-query"


@pytest.mark.parametrize(
    ("answer", "code", "passing"),
    [
        (Status(404), "no-community", False),
        (Status(503), "source-busy", True),
        (Status(500), "source-failed", True),
        (b"<html>", "source-failed", False),
        (b'{"data": 7}', "source-failed", False),
        (b"[" * 100_000, "source-failed", False),
    ],
)
def test_an_archive_that_cannot_be_read_says_why(answer, code: str, passing: bool) -> None:  # type: ignore[no-untyped-def]
    with Pictures({"/api/posts/search": answer, "/reddit/search/submission/": answer}) as host:
        error = failure("archive", Query(host.url, community="dankmemes"))
    assert (error.code, error.passing) == (code, passing)


def test_odd_entries_cost_no_other() -> None:
    odd = b'{"data": [null, 7, {}, {"id": 5, "created_utc": "x"}, {"id": "a,b", "subreddit": "x", "created_utc": 9}]}'
    with Pictures({"/api/posts/search": odd}) as host:
        pages = asked("archive", Query(host.url, community="x"))
    assert names(pages) == []
    assert skipped(pages)["broken line"] >= 3
