"""Whatever JSON says: a post that any database takes, or a reason. Never an exception."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dankmeme.posts import Post
from dankmeme.sources import lemmy, plain, rows, submission
from dankmeme.sources.markup import read_markup
from tests.sources.fake_lemmy import FakeLemmy
from tests.sources.fake_reddit import crosspost, gallery
from tests.sources.fake_reddit import submission as reddit_post

ODD = st.sampled_from(
    [
        *("", "\ud800", "\x00", "a" * 5_000, "https://", "https://x.org/a.jpg", "//x", "../..", "1e999", "NaN", "²"),
        *(None, True, False, 0, -1, 10**30, -(10**30), 1.5, float("nan"), float("inf"), [], {}, [None], {"a": None}),
    ]
)
REDDIT = gallery("a", ["https://x.org/a.jpg"]) | {"crosspost_parent_list": [crosspost("b", reddit_post("c"))]}
LEMMY = FakeLemmy().post(5, home="https://x.org/post/5")
TEXTS = ("title", "score", "created_utc", "author", "community", "permalink", "order", "block", "source")
ROW = dict.fromkeys(TEXTS, "1") | {
    "id": "a",
    "file": "a",
    "url": "https://x.org",
    "images": ["https://x.org"],
    "score_at": {"1": 2},
    "label": 1,
}


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in a piece of JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in inner for found in places(each, (*path, key)))]


def with_odd(value: object, path: tuple[object, ...], odd: object) -> object:
    if not path:
        return odd
    if isinstance(value, dict):
        return value | {path[0]: with_odd(value[path[0]], path[1:], odd)}
    assert isinstance(value, list)
    return [with_odd(each, path[1:], odd) if n == path[0] else each for n, each in enumerate(value)]


def mutated(value: object) -> st.SearchStrategy[object]:
    one = st.tuples(st.sampled_from(places(value)[1:]), ODD)
    return st.lists(one, min_size=1, max_size=2, unique_by=lambda each: each[0][:1]).map(
        lambda changes: _all_changes(value, changes)
    )


def _all_changes(value: object, changes: list[tuple[tuple[object, ...], object]]) -> object:
    for path, odd in changes:
        value = with_odd(value, path, odd)
    return value


def check(found: Post | str) -> None:
    if isinstance(found, str):
        assert found
        return
    text = json.dumps(rows.row_of(found), ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text
    assert found.images
    assert all((image.url or "https://").lower().startswith(("http://", "https://")) for image in found.images)
    assert found.permalink is None or found.permalink.startswith(("http://", "https://"))
    assert found.score is None or abs(found.score) <= 10**12
    assert found.created_utc is None or 0 < found.created_utc < 5 * 10**9


@settings(max_examples=300, deadline=None)
@given(mutated(REDDIT))
def test_a_submission_may_hold_anything(data: object) -> None:
    check(submission.post_of(plain.mapping(data), source="reddit", escaped=True))


@settings(max_examples=300, deadline=None)
@given(mutated(LEMMY))
def test_a_view_of_lemmy_may_hold_anything(data: object) -> None:
    check(lemmy._found(plain.mapping(data)))


@settings(max_examples=300, deadline=None)
@given(mutated(ROW))
def test_a_row_may_hold_anything(data: object) -> None:
    check(rows.post_of(plain.mapping(data), "set", Path("/nowhere")))


@given(st.text(alphabet="<>/a =\"'!-[&;img src"))
def test_html_may_be_anything(html: str) -> None:
    found = read_markup(html)
    assert isinstance(found.text, str)
    assert isinstance(found.pictures(), list)


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<!--",
        "<![CDATA[",
        "<img src=",
        "<img src='",
        '<a "',
        "a<b>",
        "&#",
        "&amp",
        "<a a",
        "a=",
        " ",
        "<script>",
        "=\"'",
    ],
)
def test_no_html_holds_us_up(piece: str) -> None:
    began = time.perf_counter()
    for html in (piece * 200_000, "<a " + piece * 200_000 + ">"):
        read_markup(html)
    assert time.perf_counter() - began < 5, "what is not linear takes minutes"


def test_html_is_read_as_a_browser_would() -> None:
    found = read_markup(
        "A &amp; <!-- <img src=no> --><b>B</b> <script>no()</script><a class=x href='/l?a=1&amp;b=2'>[<i>link</i>]</a>"
        """<img alt="a > b" src="one.jpg" width=5/><IMG alt=it's SRC=two.jpg width="9"><img src=dot.gif width=1>"""
    )
    assert found.text == "A & B [link]"
    assert found.links == [("/l?a=1&b=2", "[link]")]
    assert found.pictures() == ["two.jpg", "one.jpg"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1508758369, 1508758369.0),
        ("1508758369.5", 1508758369.5),
        ("2017-10-23T11:32:49Z", 1508758369.0),
        ("2017-10-23T11:32:49.000000", 1508758369.0),
        ("2017-10-23T13:32:49+02:00", 1508758369.0),
        ("2017-10-23", 1508716800.0),
        (0, None),
        (-5, None),
        (10**12, 1e9),
        (10**17, None),
        ("9999-12-31T23:59:59-23:59", None),
        ("yesterday", None),
        (True, None),
        (float("nan"), None),
    ],
)
def test_a_time_is_read_as_utc_or_not_at_all(value: object, seconds: float | None) -> None:
    assert plain.moment(value) == seconds
