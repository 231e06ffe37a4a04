from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from asyncprawcore.exceptions import RequestException

from dankmeme.sources import Query, Sort
from dankmeme.sources.reddit_errors import meaning
from tests.sources.asking import asked, failure, names, posts, scores, skipped, urls
from tests.sources.fake_reddit import SECRET, Bad, FakeReddit, crosspost, gallery, removed, submission

NOW = time.time()


@pytest.fixture
def reddit() -> Iterator[FakeReddit]:
    with FakeReddit() as server:
        yield server


def many(count: int) -> list[dict]:
    """Their time, score and place in the list are three different orders."""
    return [
        submission(
            f"p{n}", created_utc=NOW - 60 * ((n * 7) % count), score=(n * 11) % count, url=f"https://i.redd.it/{n}.jpg"
        )
        for n in range(count)
    ]


def test_a_post_has_all_that_reddit_tells(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = [
        submission("7873q9", title="Fish & <chips> &amp;", score=1462, created_utc=1508758369, author="me")
    ]
    (post,) = posts(asked("reddit", Query("dankmemes"), settings=reddit.settings()))

    assert (post.id, post.source, post.community) == ("reddit:7873q9", "reddit", "dankmemes")
    assert post.title == "Fish & <chips> &amp;"
    assert urls(post) == ["https://i.redd.it/7873q9.jpg"]
    assert (post.author, post.score, post.created_utc) == ("me", 1462, 1508758369.0)
    assert post.permalink == "https://www.reddit.com/r/dankmemes/comments/7873q9/post/"


@pytest.mark.parametrize(
    "where", ["", "dankmemes", "r/dankmemes", "/r/dankmemes/", "https://www.reddit.com/r/dankmemes/"]
)
def test_a_community_is_named_as_people_name_it(reddit: FakeReddit, where: str) -> None:
    reddit.communities["dankmemes"] = many(2)
    assert len(posts(asked("reddit", Query(where), settings=reddit.settings()))) == 2


@pytest.mark.parametrize(
    "where", ["../me", "dank memes", "a", "r/x/../../y", "https://evil.example/r/dankmemes", "x" * 51]
)
def test_what_is_no_community_is_not_asked_for(reddit: FakeReddit, where: str) -> None:
    assert failure("reddit", Query(where), settings=reddit.settings()).code == "bad-query"
    assert reddit.asked == []


@pytest.mark.parametrize("sort", Sort)
def test_a_sort_is_that_listing_and_no_other(reddit: FakeReddit, sort: Sort) -> None:
    memes = reddit.communities["dankmemes"] = many(30)
    orders = {
        Sort.NEW: sorted(memes, key=lambda post: -post["created_utc"]),
        Sort.HOT: memes,
        Sort.TOP: sorted(memes, key=lambda post: -post["score"]),
        Sort.RISING: memes[-25:][::-1],
    }
    pages = asked("reddit", Query("dankmemes", sort), settings=reddit.settings())
    assert names(pages) == [post["id"] for post in orders[sort]]
    assert reddit.count(f"/r/dankmemes/{sort}") == 1


def test_a_limit_beyond_a_page_is_met_exactly(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = many(450)
    pages = asked("reddit", Query("dankmemes", Sort.HOT, limit=250), settings=reddit.settings())
    assert names(pages) == [f"p{n}" for n in range(250)]
    assert reddit.count("/r/") == 3
    assert [page.done for page in pages] == [0.4, 0.8, 1.0]


def test_the_limit_counts_posts_with_pictures(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = [
        submission(f"p{n}", url="https://v.redd.it/x" if n % 2 else "https://i.redd.it/x.jpg", post_hint=None)
        for n in range(300)
    ]
    pages = asked("reddit", Query("dankmemes", Sort.HOT, limit=120), settings=reddit.settings())
    assert names(pages) == [f"p{n}" for n in range(0, 240, 2)]
    assert skipped(pages) == {"no image": 119}


def test_without_a_limit_all_that_reddit_gives_are_read(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = many(1_050)
    assert len(posts(asked("reddit", Query("dankmemes"), settings=reddit.settings()))) == 1_000


def test_from_any_page_on_exactly_the_rest_follows(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = many(350)
    query, settings = Query("dankmemes", limit=320), reddit.settings()
    pages = asked("reddit", query, settings=settings)
    for number, page in enumerate(pages, 1):
        assert names(asked("reddit", query, page.position, settings)) == names(pages[number:])


@pytest.mark.parametrize("position", ["", "x", "-1 t3_a", "\u00b2 t3_a", "9" * 20 + " "])
def test_what_is_no_position_is_called_so(reddit: FakeReddit, position: str) -> None:
    assert failure("reddit", Query("dankmemes"), position, reddit.settings()).code == "bad-query"


def test_galleries_crossposts_and_the_deleted(reddit: FakeReddit) -> None:
    pair = ["https://preview.redd.it/2.jpg?a=1&b=2", "https://preview.redd.it/1.jpg"]
    reddit.communities["dankmemes"] = [
        gallery("aaa", pair),
        crosspost("bbb", gallery("zzz", pair, community="memes")),
        removed("ccc"),
        removed("ddd", by="deleted"),
        submission("eee", author=None),
        submission("fff", author="[deleted]"),
        submission("ggg", selftext="[removed]"),
        submission("hhh", url="https://example.org/news", post_hint="link"),
    ]
    pages = asked("reddit", Query("dankmemes", Sort.HOT), settings=reddit.settings())
    found = {post.id: post for post in posts(pages)}
    assert list(found) == ["reddit:aaa", "reddit:bbb", "reddit:eee", "reddit:fff"]
    assert urls(found["reddit:aaa"]) == urls(found["reddit:bbb"]) == pair
    assert found["reddit:eee"].author is found["reddit:fff"].author is None
    assert skipped(pages) == {"removed": 3, "no image": 1}


def test_times_and_thresholds_are_kept(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = [submission(f"p{n}", created_utc=NOW - 100 * n, score=n) for n in range(300)]
    query = Query("dankmemes", since=NOW - 2_050, until=NOW - 950, threshold=12)
    pages = asked("reddit", query, settings=reddit.settings())
    assert names(pages) == [f"p{n}" for n in range(12, 21)]
    assert skipped(pages) == {"filtered": 191}
    assert reddit.count("/r/") == 2, "what is older still is not asked for"


@pytest.mark.parametrize(
    ("age", "span"), [(1_800, "hour"), (80_000, "day"), (600_000, "week"), (10**9, "all"), (None, "all")]
)
def test_top_is_asked_for_as_far_back_as_wanted(reddit: FakeReddit, age: float | None, span: str) -> None:
    reddit.communities["dankmemes"] = many(3)
    asked("reddit", Query("dankmemes", Sort.TOP, since=age and NOW - age), settings=reddit.settings())
    assert reddit.asked[-1].query["t"] == span


@pytest.mark.parametrize(
    "broken", [None, 7, {}, {"id": 7}, {"id": "../x", "subreddit": "a"}, {"id": "abc", "subreddit": "a/b"}]
)
def test_a_broken_post_costs_no_other(reddit: FakeReddit, broken: object) -> None:
    odd = submission("good", created_utc="soon", score="many", title=None, author=["x"], permalink="//evil.example")
    reddit.communities["dankmemes"] = [
        {"name": "t3_x", **broken} if isinstance(broken, dict) else {"name": "t3_x"},
        odd,
    ]
    (post,) = posts(pages := asked("reddit", Query("dankmemes", Sort.HOT), settings=reddit.settings()))
    assert (post.created_utc, post.score, post.title, post.author) == (None, None, "", None)
    assert post.permalink == "https://www.reddit.com/r/dankmemes/comments/good/"
    assert skipped(pages) == {"broken line": 1}


# Scores


def test_scores_are_those_of_now(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = many(250)
    reddit.set_score("p3", 4_711)
    ids = [f"reddit:p{n}" for n in range(250)]
    found = scores("reddit", [*ids, "reddit:gone", "lemmy:x:1", "reddit:../x"], reddit.settings())
    assert list(found) == ids
    assert found["reddit:p3"] == 4_711
    assert reddit.count("/api/info") == 3


# Credentials


def test_without_credentials_one_is_told_how_to_get_them_or_do_without() -> None:
    error = failure("reddit", Query("dankmemes"))
    assert (error.code, error.passing) == ("no-credentials", False)
    assert all(word in error.message for word in ("DANK_REDDIT_CLIENT_ID", "prefs/apps", "approve", "lemmy"))


def test_a_wrong_secret_is_called_so_and_is_not_shown(reddit: FakeReddit) -> None:
    error = failure("reddit", Query("dankmemes"), settings=reddit.settings(reddit_client_secret="wrong-wrong"))
    assert (error.code, error.passing) == ("bad-credentials", False)
    assert "wrong-wrong" not in error.message
    assert SECRET not in repr(reddit.settings())


def test_one_token_serves_many_requests(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = many(300)
    asked("reddit", Query("dankmemes"), settings=reddit.settings())
    assert reddit.count("/api/v1/access_token") == 1


def test_a_token_that_ended_is_replaced(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = many(3)
    reddit.next.append(Bad(401, {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'}))
    assert len(posts(asked("reddit", Query("dankmemes"), settings=reddit.settings()))) == 3
    assert reddit.count("/api/v1/access_token") == 2


def test_reddit_is_told_who_asks(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = many(1)
    asked("reddit", Query("dankmemes"), settings=reddit.settings(reddit_user_agent="linux:mine:1 (by u/me)"))
    assert all(each.headers["user-agent"].startswith("linux:mine:1 (by u/me)") for each in reddit.asked)


# Bad days


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"x-ratelimit-reset": "9", "x-ratelimit-remaining": "0", "x-ratelimit-used": "9"}, 9.0),
        ({}, None),
        ({"retry-after": "99999999"}, 3_600.0),
    ],
)
def test_a_wish_for_a_pause_is_passed_on(reddit: FakeReddit, headers: dict[str, str], pause: float | None) -> None:
    reddit.next.append(Bad(429, headers))
    error = failure("reddit", Query("dankmemes"), settings=reddit.settings())
    assert (error.code, error.passing, error.retry_after) == ("source-busy", True, pause)


def test_a_used_up_quota_is_waited_for(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = many(150)
    reddit.quota = (0, 600, 1)
    assert len(posts(asked("reddit", Query("dankmemes"), settings=reddit.settings()))) == 150
    first, second = (each.at for each in reddit.asked if each.path.startswith("/r/"))
    assert second - first >= 0.9


def test_one_error_of_the_server_is_overcome(reddit: FakeReddit) -> None:
    reddit.communities["dankmemes"] = many(3)
    reddit.next.append(Bad(500))
    assert len(posts(asked("reddit", Query("dankmemes"), settings=reddit.settings()))) == 3


def test_a_server_that_stays_down_is_a_passing_failure(reddit: FakeReddit) -> None:
    reddit.next.extend([Bad(503)] * 3)
    error = failure("reddit", Query("dankmemes"), settings=reddit.settings())
    assert (error.code, error.passing) == ("source-failed", True)


def test_a_server_that_is_not_there_is_a_passing_failure() -> None:
    with FakeReddit() as reddit:
        settings = reddit.settings()
    error = failure("reddit", Query("dankmemes"), settings=settings)
    assert (error.code, error.passing) == ("source-failed", True)


@pytest.mark.parametrize(
    ("name", "code"), [("hidden", "private-community"), ("gone", "no-community"), ("never", "no-community")]
)
def test_a_community_that_cannot_be_read_says_why(reddit: FakeReddit, name: str, code: str) -> None:
    reddit.private, reddit.banned = {"hidden"}, {"gone"}
    error = failure("reddit", Query(name), settings=reddit.settings())
    assert (error.code, error.passing) == (code, False)


@pytest.mark.parametrize("status", [400, 413, 414, 418, 204])
def test_any_other_answer_is_an_error_of_ours(reddit: FakeReddit, status: int) -> None:
    reddit.next.extend([Bad(status)] * 3)
    if status == 204:
        assert posts(asked("reddit", Query("dankmemes"), settings=reddit.settings())) == []
    else:
        assert not failure("reddit", Query("dankmemes"), settings=reddit.settings()).passing


def test_a_refusal_without_the_usual_header_is_one_of_the_credentials() -> None:
    error = meaning(RequestException(KeyError(401), (), {}), "r/dankmemes")
    assert (error.code, error.passing) == ("bad-credentials", False)


def test_historic_mode_is_for_archives(reddit: FakeReddit) -> None:
    assert failure("reddit", Query("dankmemes", order="top"), settings=reddit.settings()).code == "bad-query"
