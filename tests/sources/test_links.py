from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dankmeme.sources.links import picture_address, web_address
from dankmeme.sources.submission import pictures_of
from tests.sources.fake_reddit import crosspost, gallery, submission


@pytest.mark.parametrize(
    "url",
    [
        "https://i.redd.it/abc.jpg",
        "https://i.imgur.com/abc.PNG",
        "http://pictures.example/a/b.webp?x=1",
        "https://example.org/x.jpeg#top",
        "https://example.org/x.gif",
        "https://example.org/x.avif",
        "https://example.org/x.bmp",
        "https://i.imgur.com/abcdefg",
        "https://preview.redd.it/abc.jpg?width=640&auto=webp&s=1",
        "https://lemmy.ml/api/v3/image_proxy?url=https%3A%2F%2Fx.org%2Fa.png",
    ],
)
def test_a_link_to_a_picture_is_one(url: str) -> None:
    assert picture_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://i.imgur.com/abc.gifv",
        "https://v.redd.it/abc",
        "https://v.redd.it/abc.mp4",
        "https://preview.redd.it/abc.gif?format=mp4&s=1",
        "https://imgur.com/a/abcde",
        "https://imgur.com/gallery/abcde",
        "https://imgur.com/t/funny/abcdefg",
        "https://imgur.com/about",
        "https://www.reddit.com/r/memes/comments/abc/",
        "https://www.youtube.com/watch?v=abc.jpg",
        "https://example.org/jpg",
        "https://example.org/.jpg/",
        "https://lemmy.ml/api/v3/image_proxy?url=https%3A%2F%2Fx.org%2Fa.mp4",
        "/r/memes/a.jpg",
        "ftp://example.org/a.jpg",
        "javascript:a.jpg",
        "data:image/png;base64,AAAA",
        "https://",
        "https://[::1/a.jpg",
        "https://example.org/a b.jpg",
        "https://example.org/a\n.jpg",
        "https://example.org/" + "a" * 3_000 + ".jpg",
        "",
        None,
        7,
        {},
    ],
)
def test_a_link_to_anything_else_is_none(url: object) -> None:
    assert picture_address(url) is None


def test_entities_are_read_once_and_space_around_is_none() -> None:
    assert web_address(" https://x.org/a.jpg?a=1&amp;b=2&amp;amp;c\n") == "https://x.org/a.jpg?a=1&b=2&amp;c"
    assert web_address("https://x.org/?a=1&copy=2") == "https://x.org/?a=1&copy=2"


def test_a_page_of_imgur_with_one_picture_leads_to_it() -> None:
    assert picture_address("https://imgur.com/AbCdEfG") == "https://i.imgur.com/AbCdEfG.jpg"
    assert picture_address("http://m.imgur.com/abcde/") == "https://i.imgur.com/abcde.jpg"


def test_a_hint_makes_a_picture_of_an_address_that_tells_nothing() -> None:
    assert picture_address("https://example.org/picture") is None
    assert picture_address("https://example.org/picture", hinted=True) == "https://example.org/picture"
    assert picture_address("https://example.org/film.mp4", hinted=True) is None


@given(st.text())
def test_no_text_is_too_odd_for_a_link(text: str) -> None:
    for url in (text, "https://" + text, "https://x.org/" + text + ".jpg"):
        found = picture_address(url, hinted=True)
        assert found is None or found.lower().startswith(("http://", "https://"))


def test_a_gallery_keeps_its_order() -> None:
    many = [f"https://preview.redd.it/{n}.jpg?s={n}" for n in (3, 1, 2)]
    assert pictures_of(gallery("a", many)) == tuple(many)


def test_a_gallery_leaves_out_what_is_no_picture() -> None:
    data = gallery("a", ["https://preview.redd.it/1.jpg", "https://preview.redd.it/2.jpg"])
    data["media_metadata"]["m0"] = {"status": "failed"}
    data["gallery_data"]["items"] += [{"media_id": "nobody"}, None, 7, {"media_id": ["x"]}]
    assert pictures_of(data) == ("https://preview.redd.it/2.jpg",)


def test_a_moving_picture_of_a_gallery_is_its_gif() -> None:
    data = gallery("a", ["x"])
    data["media_metadata"]["m0"]["s"] = {
        "gif": "https://i.redd.it/a.gif",
        "mp4": "https://preview.redd.it/a.gif?format=mp4",
    }
    assert pictures_of(data) == ("https://i.redd.it/a.gif",)


def test_a_crosspost_shows_the_pictures_of_its_parent() -> None:
    many = ["https://preview.redd.it/1.jpg", "https://preview.redd.it/2.jpg"]
    assert pictures_of(crosspost("b", gallery("a", many))) == tuple(many)
    assert pictures_of(crosspost("b", submission("a", url="https://v.redd.it/x", post_hint="hosted:video"))) == ()


def test_a_film_and_a_text_have_no_pictures() -> None:
    assert pictures_of(submission("a", url="https://i.redd.it/a.jpg", is_self=True)) == ()
    assert pictures_of(submission("a", url="https://v.redd.it/a", is_video=True, post_hint="hosted:video")) == ()
