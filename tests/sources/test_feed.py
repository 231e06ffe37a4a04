from __future__ import annotations

from collections.abc import Iterator
from html import escape

import pytest

from dankmeme.sources import Query, Sort
from tests.sources.asking import asked, failure, posts, scores, skipped, urls
from tests.sources.pictures import Pictures, Redirect, Status


@pytest.fixture
def host() -> Iterator[Pictures]:
    with Pictures() as server:
        yield server


def rss(*items: str, title: str = "Memes &amp;amp; more") -> bytes:
    spaces = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    begin = f'<?xml version="1.0"?><rss version="2.0" {spaces}><channel><title>{title}</title>'
    return f"{begin}{''.join(items)}</channel></rss>".encode()


def item(number: int = 1, inside: str = "", date: str = "Mon, 23 Oct 2017 11:32:49 GMT") -> str:
    return (
        f"<item><title>Meme {number}</title><link>https://x.example/{number}</link><guid>g{number}</guid>"
        f"<pubDate>{date}</pubDate>{inside}</item>"
    )


def shown(host: Pictures, inside: str) -> list[str | None]:
    host.pages["/feed"] = rss(item(1, inside))
    return [url for post in posts(asked("feed", Query(host.url + "/feed"))) for url in urls(post)]


PICTURE = '<enclosure url="https://x.example/1.png" type="image/png" length="1"/>'


def test_a_post_has_all_that_a_feed_tells(host: Pictures) -> None:
    host.pages["/feed"] = rss(item(7, PICTURE + "<author>me</author>"))
    (post,) = posts(asked("feed", Query(host.url + "/feed")))
    assert post.id.startswith("feed:")
    assert len(post.id) == 25
    assert (post.source, post.community, post.title, post.author) == ("feed", "Memes & more", "Meme 7", "me")
    assert (post.created_utc, post.score, post.permalink) == (1508758369.0, None, "https://x.example/7")
    assert urls(post) == ["https://x.example/1.png"]


@pytest.mark.parametrize(
    ("inside", "picture"),
    [
        (PICTURE, "https://x.example/1.png"),
        ('<enclosure url="https://x.example/1" type="image/jpeg"/>', "https://x.example/1"),
        (
            '<media:content url="https://x.example/s.jpg" width="10"/>'
            '<media:content url="https://x.example/l.jpg" width="900"/>',
            "https://x.example/l.jpg",
        ),
        (
            '<media:content url="https://x.example/f.mp4" medium="video"/><media:thumbnail url="https://x.example/t.jpg"/>',
            "https://x.example/t.jpg",
        ),
        (
            f"<description>{escape('<p>Look: <img src=https://x.example/a.jpg>')}</description>",
            "https://x.example/a.jpg",
        ),
        (
            f"<description>{escape('<img src=https://x.example/a.jpg?x=1&amp;y=2>')}</description>",
            "https://x.example/a.jpg?x=1&y=2",
        ),
        (
            f"<description>{escape('<img width=1 height=1 src=https://x.org/p.gif><img src=/b.jpg>')}</description>",
            "{url}/b.jpg",
        ),
        (
            f"<description>{escape('<img width=50 src=https://x.example/s.jpg><img width=800 src=https://x.example/l.jpg>')}</description>",
            "https://x.example/l.jpg",
        ),
        (
            "<media:thumbnail url='https://preview.redd.it/small.jpg'/><description>"
            + escape(
                '<a href="https://www.reddit.com/user/x">me</a> <a href="https://i.redd.it/big.png">[link]</a> <img src="https://x.example/t.jpg">'
            )
            + "</description>",
            "https://i.redd.it/big.png",
        ),
    ],
)
def test_the_best_picture_of_an_entry_is_taken(host: Pictures, inside: str, picture: str) -> None:
    assert shown(host, inside) == [picture.format(url=host.url)]


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<description>words</description>",
        '<enclosure url="https://x.example/a.mp3" type="audio/mpeg"/>',
        f"<description>{escape('<img src=data:image/png;base64,AA><img src=javascript:x>')}</description>",
    ],
)
def test_an_entry_without_a_picture_is_counted(host: Pictures, inside: str) -> None:
    host.pages["/feed"] = rss(item(1, inside), item(2, PICTURE))
    pages = asked("feed", Query(host.url + "/feed"))
    assert [post.title for post in posts(pages)] == ["Meme 2"]
    assert skipped(pages) == {"no image": 1}


def test_atom_is_read_too(host: Pictures) -> None:
    content = escape('<a href="https://i.redd.it/a.jpg">[link]</a>')
    host.pages["/feed"] = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>r/x</title><entry><id>t3_a</id>'
        '<title type="html">A &amp;lt;b&amp;gt; &lt;i&gt;c&lt;/i&gt;</title>'
        f"<author><name>/u/me</name></author><updated>2017-10-23T11:32:49+00:00</updated>"
        f'<content type="html">{content}</content></entry></feed>'
    ).encode()
    (post,) = posts(asked("feed", Query(host.url + "/feed")))
    assert (post.title, post.author, post.created_utc) == ("A <b> c", "/u/me", 1508758369.0)
    assert urls(post) == ["https://i.redd.it/a.jpg"]


@pytest.mark.parametrize(
    ("written", "title"), [("1 &lt; 2 &amp; 3", "1 < 2 & 3"), ("AT&amp;amp;T", "AT&T"), ("<![CDATA[a & b]]>", "a & b")]
)
def test_a_title_is_text(host: Pictures, written: str, title: str) -> None:
    host.pages["/feed"] = rss(item(1, PICTURE).replace("Meme 1", written))
    assert [post.title for post in posts(asked("feed", Query(host.url + "/feed")))] == [title]


def test_the_order_is_the_feeds_and_the_limit_is_kept(host: Pictures) -> None:
    host.pages["/feed"] = rss(*(item(n, PICTURE) for n in (5, 3, 9, 1)))
    pages = asked("feed", Query(host.url + "/feed", limit=3))
    assert [post.title for post in posts(pages)] == ["Meme 5", "Meme 3", "Meme 9"]
    assert asked("feed", Query(host.url + "/feed", limit=3), pages[-1].position) == []


def test_an_identity_lasts_and_belongs_to_the_feed(host: Pictures) -> None:
    host.pages["/a"] = host.pages["/b"] = rss(item(1, PICTURE), item(1, PICTURE), item(2, PICTURE))
    pages = asked("feed", Query(host.url + "/a"))
    (one, two) = posts(pages)
    assert skipped(pages) == {"seen already": 1}
    assert posts(asked("feed", Query(host.url + "/a"))) == [one, two]
    assert {post.id for post in posts(asked("feed", Query(host.url + "/b")))}.isdisjoint({one.id, two.id})


def test_times_are_kept(host: Pictures) -> None:
    host.pages["/feed"] = rss(
        item(1, PICTURE), item(2, PICTURE, "Tue, 23 Oct 2018 11:32:49 GMT"), item(3, PICTURE, "soon")
    )
    assert [post.title for post in posts(asked("feed", Query(host.url + "/feed", since=1_520_000_000)))] == ["Meme 2"]


@pytest.mark.parametrize(
    "query",
    [Query("x", Sort.HOT), Query("x", order="top"), Query("x", threshold=3), Query(""), Query("file:///etc/passwd")],
)
def test_what_a_feed_cannot_do_is_refused(query: Query) -> None:
    assert failure("feed", query).code == "bad-query"


def test_a_feed_knows_no_scores() -> None:
    with pytest.raises(Exception, match="cannot tell") as caught:
        scores("feed", ["feed:x"])
    assert caught.value.code == "no-scores"  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [b"", b"\x89PNG", b"<html><body>no</body></html>", b"{}", b"<rss", bytes(1_000)])
def test_what_is_no_feed_is_called_so(host: Pictures, body: bytes) -> None:
    host.pages["/feed"] = body
    error = failure("feed", Query(host.url + "/feed"))
    assert (error.code, error.passing) == ("source-failed", False)


@pytest.mark.parametrize(
    ("answer", "code", "passing"),
    [
        (Status(404), "no-community", False),
        (Status(403), "private-community", False),
        (Status(429, {"Retry-After": "5"}), "source-busy", True),
        (Status(500), "source-failed", True),
        (Redirect("http://169.254.169.254/"), "bad-query", False),
        (bytes(5_000_001), "source-failed", False),
    ],
)
def test_a_feed_that_cannot_be_had_says_why(host: Pictures, answer, code: str, passing: bool) -> None:  # type: ignore[no-untyped-def]
    host.pages["/feed"] = answer
    error = failure("feed", Query(host.url + "/feed"))
    assert (error.code, error.passing) == (code, passing)


def test_entities_that_grow_without_end_are_not_expanded(host: Pictures) -> None:
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    host.pages["/feed"] = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "ha">{bomb}]>'.encode()
        + rss(item(1, PICTURE).replace("Meme 1", "&a9;"))[21:]
    )
    pages = asked("feed", Query(host.url + "/feed"))
    assert all(len(post.title) < 2_001 for post in posts(pages))
