from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from dankmeme.sources import Query, Sort
from dankmeme.sources.lemmy import Place
from tests.sources.asking import asked, failure, names, posts, scores, skipped, urls
from tests.sources.fake_lemmy import FakeLemmy

NOW = time.time()
COUNT = 130


@pytest.fixture(params=["0.19", "0.18"])
def lemmy(request: pytest.FixtureRequest) -> Iterator[FakeLemmy]:
    with FakeLemmy({"memes": []}, version=request.param) as server:
        yield server


def fill(lemmy: FakeLemmy, count: int = COUNT) -> None:
    lemmy.communities["memes"] += [
        lemmy.post(n, score=n * 11 % count, published=1_700_000_000 + n * 7 % count) for n in range(count)
    ]


def test_a_post_has_all_that_lemmy_tells(lemmy: FakeLemmy) -> None:
    lemmy.communities["memes"] = [
        lemmy.post(
            5, name="Fish &amp; &amp;lt;chips", score=-3, url="https://x.example/a.png", published=1_700_000_000.5
        )
    ]
    (post,) = posts(asked("lemmy", Query(f"memes@{lemmy.place}")))
    assert (post.id, post.source) == (f"lemmy:{lemmy.place}:5", "lemmy")
    assert (post.community, post.author) == (f"memes@{lemmy.place}", f"somebody@{lemmy.place}")
    assert (post.title, post.score, post.created_utc) == ("Fish & &lt;chips", -3, 1_700_000_000.5)
    assert urls(post) == ["https://x.example/a.png"]
    assert post.permalink == f"{lemmy.url}/post/5"


@pytest.mark.parametrize(
    ("sort", "listing", "key"),
    [
        (Sort.NEW, "New", lambda n: -(n * 7 % COUNT)),
        (Sort.HOT, "Hot", lambda n: n),
        (Sort.TOP, "TopAll", lambda n: -(n * 11 % COUNT)),
        (Sort.RISING, "Active", lambda n: -n),
    ],
)
def test_a_sort_is_that_listing_over_all_its_pages(lemmy: FakeLemmy, sort: Sort, listing: str, key) -> None:  # type: ignore[no-untyped-def]
    fill(lemmy)
    assert names(asked("lemmy", Query(f"memes@{lemmy.place}", sort))) == [str(n) for n in sorted(range(COUNT), key=key)]
    assert {each.query["sort"] for each in lemmy.asked} == {listing}
    assert lemmy.count() == 3


def test_top_is_asked_for_as_far_back_as_wanted(lemmy: FakeLemmy) -> None:
    fill(lemmy, 1)
    for age, listing in ((1_000, "TopHour"), (80_000, "TopDay"), (10**9, "TopAll")):
        asked("lemmy", Query(f"memes@{lemmy.place}", Sort.TOP, since=NOW - age))
        assert lemmy.asked[-1].query["sort"] == listing


def test_a_limit_beyond_a_page_is_met_exactly(lemmy: FakeLemmy) -> None:
    fill(lemmy)
    pages = asked("lemmy", Query(f"memes@{lemmy.place}", Sort.HOT, limit=70))
    assert names(pages) == [str(n) for n in range(70)]
    assert lemmy.count() == 2


def test_from_any_page_on_exactly_the_rest_follows(lemmy: FakeLemmy) -> None:
    fill(lemmy)
    query = Query(f"memes@{lemmy.place}", limit=120)
    pages = asked("lemmy", query)
    for number, page in enumerate(pages, 1):
        assert names(asked("lemmy", query, page.position)) == names(pages[number:])


def test_new_ends_where_the_wanted_time_does_but_not_at_a_pinned_post() -> None:
    with FakeLemmy() as lemmy:
        lemmy.communities["memes"] = [lemmy.post(n, published=NOW - 60 * n) for n in range(200)]
        query = Query(f"memes@{lemmy.place}", since=NOW - 60 * 30 - 5)
        assert names(asked("lemmy", query)) == [str(n) for n in range(31)]
        assert lemmy.count() == 2


def test_what_cannot_be_shown_is_counted(lemmy: FakeLemmy) -> None:
    lemmy.communities["memes"] = [
        lemmy.post(1, removed=True),
        lemmy.post(2, deleted=True),
        lemmy.post(3, url="https://news.example/story"),
        lemmy.post(4, url=None, body="words"),
        lemmy.post(5, nsfw=True),
        lemmy.post(6, url=None, body="![a](https://x.example/1.png) ![](https://x.example/2.jpg) ![](/pictrs/x.png)"),
        lemmy.post(7, url="https://x.example/picture", url_content_type="image/png"),
        lemmy.post(8, ap_id=None),
        {"post": 7},
        {"post": {"ap_id": "https://x/post/1"}},
    ]
    pages = asked("lemmy", Query(f"memes@{lemmy.place}", Sort.HOT))
    assert names(pages) == ["5", "6", "7"]
    assert urls(posts(pages)[1]) == ["https://x.example/1.png", "https://x.example/2.jpg"]
    assert skipped(pages) == {"removed": 2, "no image": 2, "broken line": 3}


def test_a_post_is_one_wherever_it_is_read() -> None:
    with FakeLemmy() as home, FakeLemmy() as elsewhere:
        home.communities["memes"] = [home.post(5)]
        copy = elsewhere.post(77, home=f"{home.url}/post/5")
        copy["community"] = {"name": "memes", "actor_id": f"{home.url}/c/memes"}
        elsewhere.communities[f"memes@{home.place}"] = [copy]
        (one,) = posts(asked("lemmy", Query(f"memes@{home.place}")))
        (other,) = posts(asked("lemmy", Query(f"http://{elsewhere.place}/c/memes@{home.place}")))
    assert one.id == other.id == f"lemmy:{home.place}:5"
    assert one.community == other.community == f"memes@{home.place}"


def test_a_post_of_something_else_than_lemmy_has_an_identity_too() -> None:
    with FakeLemmy() as lemmy:
        address = "https://mbin.example/m/memes/t/12/a-title"
        lemmy.communities["memes"] = [lemmy.post(5, home=address), lemmy.post(6, home=address + "2")]
        one, other = posts(asked("lemmy", Query(f"memes@{lemmy.place}")))
    assert one.id.startswith("lemmy:mbin.example:")
    assert one.id != other.id


def test_scores_are_those_of_now_at_home(lemmy: FakeLemmy) -> None:
    fill(lemmy, 5)
    lemmy.set_score(3, 4_711)
    lemmy.communities["memes"][4]["post"]["deleted"] = True
    ids = [f"lemmy:{lemmy.place}:{n}" for n in (3, 2, 4, 99)]
    assert scores("lemmy", [*ids, "reddit:abc", "lemmy:x", f"lemmy:{lemmy.place}:" + "a" * 20]) == {
        ids[0]: 4_711,
        ids[1]: 2,
    }


def test_scores_of_an_instance_that_is_down_are_a_passing_failure(lemmy: FakeLemmy) -> None:
    lemmy.next.append((502, {}))
    with pytest.raises(Exception, match="502") as caught:
        scores("lemmy", [f"lemmy:{lemmy.place}:1"])
    assert caught.value.passing  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("memes@lemmy.ml", Place("lemmy.ml", "memes")),
        ("!memes@Lemmy.ML", Place("lemmy.ml", "memes")),
        ("https://lemmy.world/c/memes@lemmy.ml", Place("lemmy.world", "memes@lemmy.ml")),
        ("https://lemmy.ml/c/memes/", Place("lemmy.ml", "memes")),
        ("memes@127.0.0.1:8123", Place("127.0.0.1:8123", "memes")),
    ],
)
def test_a_community_is_named_as_people_name_it(where: str, place: Place) -> None:
    assert Place.read(where) == place


@pytest.mark.parametrize(
    "where", ["", "memes", "memes@", "@lemmy.ml", "me mes@lemmy.ml", "memes@lemmy.ml/../x", "memes@a@b"]
)
def test_what_is_no_community_is_not_asked_for(where: str) -> None:
    assert failure("lemmy", Query(where)).code == "bad-query"


def test_an_unknown_community_is_called_so(lemmy: FakeLemmy) -> None:
    assert failure("lemmy", Query(f"never@{lemmy.place}")).code == "no-community"


@pytest.mark.parametrize(
    ("status", "headers", "code", "pause"),
    [
        (429, {"Retry-After": "7"}, "source-busy", 7.0),
        (503, {}, "source-busy", None),
        (500, {}, "source-failed", None),
    ],
)
def test_a_bad_day_passes(
    lemmy: FakeLemmy, status: int, headers: dict[str, str], code: str, pause: float | None
) -> None:
    lemmy.next.append((status, headers))
    error = failure("lemmy", Query(f"memes@{lemmy.place}"))
    assert (error.code, error.passing, error.retry_after) == (code, True, pause)


def test_what_answers_like_something_else_is_no_lemmy(lemmy: FakeLemmy) -> None:
    lemmy.next.append((200, {}))
    error = failure("lemmy", Query(f"memes@{lemmy.place}"))
    assert (error.code, error.passing) == ("source-failed", False)


def test_a_private_instance_that_nobody_allowed_is_not_asked() -> None:
    assert failure("lemmy", Query("memes@10.0.0.1")).code == "bad-query"
