from __future__ import annotations

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import dankmeme.sources.archive as archive
from dankmeme.errors import SourceError
from dankmeme.fetch import Fetcher
from dankmeme.posts import Post
from dankmeme.settings import Settings
from dankmeme.sources import Query, Sort, open_source
from dankmeme.sources.lines import LONGEST_LINE, LineFile
from tests.sources.asking import asked, failure, names, posts, scores, skipped
from tests.sources.fake_reddit import gallery, submission

Pack = Callable[[bytes], bytes]


def zstd(data: bytes) -> bytes:
    window = zstandard.ZstdCompressionParameters.from_level(3, window_log=31)
    return (
        zstandard.ZstdCompressor(compression_params=window).compress(data)
        if len(data) < 10**6
        else zstandard.compress(data)
    )


def frames(data: bytes) -> bytes:
    third = len(data) // 3
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00meta"
    return skippable + b"".join(
        zstandard.compress(part) for part in (data[:third], data[third : 2 * third], data[2 * third :])
    )


def members(data: bytes) -> bytes:
    return gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :])


PACKS: dict[str, Pack] = {"zst": zstd, "frames": frames, "gz": gzip.compress, "members": members, "plain": bytes}


def lines(*data: object) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in data)


def dump(folder: Path, content: bytes, pack: Pack = zstd) -> str:
    path = folder / "dump.zst"
    path.write_bytes(pack(content))
    return str(path)


def many(count: int) -> list[dict]:
    return [
        submission(f"p{n}", created_utc=1_000 + n, score=n * 7 % 50, community="dankmemes" if n % 3 else "Memes")
        for n in range(count)
    ]


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_a_dump_is_read_to_its_end_whatever_it_is_packed_with(tmp_path: Path, pack: Pack) -> None:
    where = dump(tmp_path, lines(*many(40)), pack)
    assert names(asked("archive", Query(where))) == [f"p{n}" for n in range(40)]


def test_a_post_is_the_one_it_is_on_reddit_and_its_text_is_unescaped_once(tmp_path: Path) -> None:
    one = submission(
        "7873q9", title="Fish &amp; &amp;lt;chips", url="https://i.redd.it/a.jpg?a=1&amp;b=2", created_utc="1508758369"
    )
    (post,) = posts(asked("archive", Query(dump(tmp_path, lines(one)))))
    assert (post.id, post.source, post.title) == ("reddit:7873q9", "archive", "Fish & &lt;chips")
    assert post.images[0].url == "https://i.redd.it/a.jpg?a=1&b=2"
    assert post.created_utc == 1508758369.0


def test_a_gallery_of_a_dump_keeps_its_order(tmp_path: Path) -> None:
    pair = ["https://preview.redd.it/2.jpg?a=1&amp;s=x", "https://preview.redd.it/1.jpg"]
    (post,) = posts(asked("archive", Query(dump(tmp_path, lines(gallery("a", pair))))))
    assert [image.url for image in post.images] == [
        "https://preview.redd.it/2.jpg?a=1&s=x",
        "https://preview.redd.it/1.jpg",
    ]


def test_a_community_is_taken_out_whatever_its_case(tmp_path: Path) -> None:
    others = [submission("x", community="other", title="all about dankmemes"), {"id": "y", "note": "dankmemes"}]
    where = dump(tmp_path, lines(*many(30), *others))
    pages = asked("archive", Query(where, community="DankMemes"))
    assert names(pages) == [f"p{n}" for n in range(30) if n % 3]
    assert skipped(pages) == {"filtered": 12}


def test_times_thresholds_and_the_limit_are_kept(tmp_path: Path) -> None:
    where = dump(tmp_path, lines(*many(60)))
    query = Query(where, since=1_010, until=1_050, threshold=20, limit=9)
    wanted = [f"p{n}" for n in range(10, 50) if n * 7 % 50 >= 20]
    assert names(asked("archive", query)) == wanted[:9]


@pytest.mark.parametrize("pack", PACKS.values(), ids=PACKS)
def test_from_any_page_on_exactly_the_rest_follows(tmp_path: Path, pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PAGE", 7)
    query = Query(dump(tmp_path, lines(*many(50)) + b"\n\nno json\n" + lines(*many(60)[50:]), pack), limit=55)
    pages = asked("archive", query)
    assert len(pages) > 7
    for number, page in enumerate(pages, 1):
        assert names(asked("archive", query, page.position)) == names(pages[number:])


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(
        st.one_of(st.just("post"), st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b""))), max_size=60
    ),
    size=st.integers(1, 9),
    pack=st.sampled_from(sorted(PACKS)),
)
def test_no_junk_between_the_lines_moves_a_position(
    tmp_path_factory: pytest.TempPathFactory, texts, size: int, pack: str
) -> None:  # type: ignore[no-untyped-def]
    written = [lines(submission(f"p{n}"))[:-1] if text == "post" else text for n, text in enumerate(texts)]
    query = Query(dump(tmp_path_factory.mktemp("dump"), b"\n".join(written), PACKS[pack]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "PAGE", size)
        pages = asked("archive", query)
        assert names(pages) == [f"p{n}" for n, text in enumerate(texts) if text == "post"]
        for number, page in enumerate(pages, 1):
            assert names(asked("archive", query, page.position)) == names(pages[number:])


def test_a_position_belongs_to_its_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PAGE", 7)
    where = dump(tmp_path, lines(*many(50)))
    position = asked("archive", Query(where))[0].position
    dump(tmp_path, lines(*many(80)))
    assert failure("archive", Query(where), position).code == "bad-query"
    assert failure("archive", Query(where), "7 x:1:y").code == "bad-query"


def test_the_share_that_is_done_grows_to_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "PAGE", 100)
    monkeypatch.setattr(archive, "PAGE_BYTES", 20_000)
    shares = [
        page.done
        for page in asked("archive", Query(dump(tmp_path, lines(*many(20_000)), zstandard.compress), community="memes"))
    ]
    assert len(shares) > 10
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


# Historic mode


def ranked(order: str, count: int = 60) -> list[str]:
    sign = -1 if order == "top" else 1
    return [f"p{n}" for n in sorted(range(count), key=lambda n: (sign * (n * 7 % 50), -n))]


@pytest.mark.parametrize("order", ["top", "bottom"])
def test_the_most_and_the_least_upvoted_come_first_and_the_later_of_two(tmp_path: Path, order: str) -> None:
    where = dump(tmp_path, lines(*reversed(many(60))))
    assert names(asked("archive", Query(where, order=order, limit=20))) == ranked(order)[:20]  # type: ignore[arg-type]
    assert names(asked("archive", Query(where, order=order))) == ranked(order)  # type: ignore[arg-type]


def test_a_threshold_is_a_floor_for_the_top_and_a_ceiling_for_the_bottom(tmp_path: Path) -> None:
    where = dump(tmp_path, lines(*many(60)))
    assert all(
        post.score >= 40
        for post in posts(asked("archive", Query(where, order="top", threshold=40)))
        if post.score is not None
    )
    bottom = posts(asked("archive", Query(where, order="bottom", threshold=4)))
    assert [post.score for post in bottom] == sorted(n * 7 % 50 for n in range(60) if n * 7 % 50 <= 4)


def test_a_ranking_goes_on_from_any_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dankmeme.sources.ranking.PAGE", 6)
    monkeypatch.setattr(archive, "PAGE_BYTES", 5_000)
    query = Query(dump(tmp_path, lines(*many(60))), order="top", limit=33)
    pages = asked("archive", query)
    assert names(pages) == ranked("top")[:33]
    for number, page in enumerate(pages, 1):
        assert names(asked("archive", query, page.position)) == names(pages[number:])


def test_more_than_can_be_ranked_is_refused(tmp_path: Path) -> None:
    assert failure("archive", Query(dump(tmp_path, b""), order="top", limit=10**9)).code == "bad-query"


# Hostile lines


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"7",
        b"null",
        b"\xff\xfe{}",
        b'{"id": ' + b"9" * 10_000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"id": "\\ud800"}',
        b'{"id": "p", "subreddit": null}',
        b"\x00" * 100,
        b"x" * 10_000_000,
        b'{"id": "' + b"x" * 10_000_000 + b'"}',
    ],
    ids=lambda line: repr(line[:12]),
)
def test_a_hostile_line_costs_no_other(tmp_path: Path, line: bytes) -> None:
    where = dump(tmp_path, lines(submission("a")) + line + b"\n" + lines(submission("b")), zstandard.compress)
    pages = asked("archive", Query(where))
    assert names(pages) == ["a", "b"]
    assert skipped(pages) == {"broken line": 1}


@pytest.mark.parametrize("score", ["many", None, [], {}, True, 1e400, 10**30, "NaN"])
def test_a_field_that_is_not_what_it_should_be_is_unknown(tmp_path: Path, score: object) -> None:
    odd = submission(
        "a", score=score, created_utc=score, title="x\ud800\x00y\n", author="\u0000", permalink="javascript:x"
    )
    (post,) = posts(asked("archive", Query(dump(tmp_path, lines(odd)))))
    assert (post.score, post.created_utc, post.title, post.author) == (None, None, "x y", None)
    assert post.permalink == "https://www.reddit.com/r/dankmemes/comments/a/"


def test_lines_of_any_length_are_told_apart_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(
        b"a\n" + b"x" * LONGEST_LINE + b"\n" + b"y" * (LONGEST_LINE + 1) + b"\nb\n" + b"z" * (3 * LONGEST_LINE)
    )
    file = LineFile(path, code="bad-archive")
    found = list(file.lines())
    file.close()
    assert [None if line is None else len(line) for line, _ in found] == [1, LONGEST_LINE, None, 1, None]
    assert found[-1][1] == path.stat().st_size
    assert found[3][1] == 2 * LONGEST_LINE + 7


# Archives that are not whole


@pytest.mark.parametrize(
    ("pack", "word"),
    [
        (lambda data: zstandard.compress(data)[:-400], "cut off"),
        (lambda data: gzip.compress(data)[:-400], "cut off"),
        (lambda data: zstandard.compress(data) + b"rubbish!", "damaged"),
        (lambda data: gzip.compress(data) + b"rubbish!", "damaged"),
    ],
)
def test_of_a_broken_archive_all_whole_lines_are_given_first(tmp_path: Path, pack: Pack, word: str) -> None:
    content = lines(*({**post, "junk": f"{n * 7919 % 1000003}"} for n, post in enumerate(many(8_123))))
    where = dump(tmp_path, content, pack)
    whole = _whole_lines(Path(where).read_bytes())
    got: list[Post] = []

    async def run() -> None:
        async with Fetcher() as fetcher:
            async for page in open_source("archive", Settings(), fetcher).pages(Query(where)):
                got.extend(page.posts)

    with pytest.raises(SourceError, match=word) as caught:
        asyncio.run(run())
    assert (caught.value.code, caught.value.passing) == ("bad-archive", False)
    assert [post.id for post in got] == [f"reddit:p{n}" for n in range(whole)]
    assert whole > 5_000

    with pytest.raises(SourceError, match=word):
        asyncio.run(ranked_all(where, got))
    assert {post.id for post in got[whole:]} == {f"reddit:p{n}" for n in range(whole)}


async def ranked_all(where: str, got: list[Post]) -> None:
    async with Fetcher() as fetcher:
        async for page in open_source("archive", Settings(), fetcher).pages(Query(where, order="top")):
            got.extend(page.posts)


def _whole_lines(packed: bytes) -> int:
    unpack = zlib.decompressobj(31) if packed[:2] == b"\x1f\x8b" else zstandard.ZstdDecompressor().decompressobj()
    return unpack.decompress(packed).count(b"\n")


def test_what_is_behind_the_limit_is_not_read(tmp_path: Path) -> None:
    where = dump(tmp_path, lines(*many(3)), lambda data: zstandard.compress(data) + b"rubbish!")
    assert names(asked("archive", Query(where, limit=3))) == ["p0", "p1", "p2"]
    assert asked("archive", Query(where, limit=0))[0].posts == ()


def test_an_archive_that_is_not_there_is_called_so(tmp_path: Path) -> None:
    for where in (str(tmp_path / "none.zst"), str(tmp_path), "a\x00b"):
        assert failure("archive", Query(where)).code == "bad-archive"


def test_an_empty_archive_has_no_posts(tmp_path: Path) -> None:
    assert posts(asked("archive", Query(dump(tmp_path, b"", bytes)))) == []


@pytest.mark.parametrize("query", [Query(""), Query("x", Sort.HOT), Query("x", Sort.TOP), Query("x", limit=-1)])
def test_what_an_archive_cannot_do_is_refused(query: Query) -> None:
    assert failure("archive", query).code == "bad-query"


def test_an_archive_knows_no_scores_of_now() -> None:
    with pytest.raises(SourceError, match="cannot tell"):
        scores("archive", ["reddit:a"])


# Speed


def test_the_event_loop_is_free_while_a_dump_is_read(tmp_path: Path) -> None:
    where = dump(tmp_path, lines(*many(30_000)), zstandard.compress)

    async def run() -> int:
        turns = 0
        source = open_source("archive", Settings(), Fetcher())
        reading = asyncio.ensure_future(anext(source.pages(Query(where, community="nobody"))))
        while not reading.done():
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert asyncio.run(run()) > 20


def test_lines_of_other_communities_are_passed_over_quickly(tmp_path: Path) -> None:
    where = dump(tmp_path, lines(*many(1_000)) * 60, zstandard.compress)
    began = time.perf_counter()
    pages = asked("archive", Query(where, community="nobody"))
    seconds = time.perf_counter() - began
    assert skipped(pages) == {"filtered": 60_000}
    assert 60_000 / seconds > 30_000, "far below the usual 400,000, for machines under load"
