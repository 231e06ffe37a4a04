from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dankmeme.models import caption
from dankmeme.models.caption import Caption, CaptionReader, Line, clean, is_watermark
from tests.drawing import meme


def line(text: str, left: float, top: float, right: float, bottom: float) -> Line:
    return Line(text, 0.9, left, top, right, bottom)


def ordered(*lines: Line) -> list[str]:
    return [each.text for each in caption._reading_order(list(lines))]


# Text


@pytest.mark.parametrize(
    ("read", "kept"),
    [
        ("  one   does not\u00a0simply ", "one does not simply"),
        ("“don’t” — I said…", '"don\'t" - I said...'),
        ("WHAT！？（sic）：；", "WHAT!?(sic):;"),
        ("café naïve Łódź", "café naïve Łódź"),
        ("5€ ™", "5€ ™"),
        ("漢字 mixed 🔥 text", "mixed text"),
        ("漢字", ""),
        ("\x00\x1b[31mred\u202e\u200b", "[31mred"),
        ("", ""),
    ],
)
def test_lines_are_cleaned_to_latin_letters_and_plain_signs(read: str, kept: str) -> None:
    assert clean(read) == kept


@given(st.text())
def test_cleaning_twice_is_cleaning_once_and_leaves_no_control_character(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert all(letter.isprintable() or letter in "\xa0\xad" for letter in once)
    assert once == once.strip()


@pytest.mark.parametrize(
    "text",
    [
        "imgflip.com",
        "ImgFlip",
        "made on imgflip",
        "made with quickmeme.com",
        "memegenerator.net",
        "makeameme.org",
        "iFunny.co",
    ],
)
def test_marks_of_sites_are_told(text: str) -> None:
    assert is_watermark(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I made this on imgflip",
        "imgflip users be like",
        "one does not simply",
        "made on a friday",
        "ifunny captions are not funny",
        "flip",
        "lip",
    ],
)
def test_captions_that_speak_of_sites_are_no_marks(text: str) -> None:
    assert not is_watermark(text)


# Tiles


@pytest.mark.parametrize(("height", "width"), [(400, 600), (600, 400), (100, 220), (220, 100), (16, 16)])
def test_a_usual_picture_is_one_tile(height: int, width: int) -> None:
    assert caption._tiles(height, width) == [(0, height, 0, width)]


@given(st.integers(1, 3_000), st.integers(1, 3_000))
def test_tiles_cover_the_picture_overlap_and_stay_inside(height: int, width: int) -> None:
    tiles = caption._tiles(height, width)
    across = height < width
    spans = [(left, right) if across else (top, bottom) for top, bottom, left, right in tiles]
    assert (spans[0][0], spans[-1][1]) == (0, max(height, width))
    for top, bottom, left, right in tiles:
        assert 0 <= top < bottom <= height
        assert 0 <= left < right <= width
        assert (bottom - top == height) if across else (right - left == width)
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert start < end or min(height, width) < 3
    starts = [start for start, _ in spans]
    assert starts == sorted(set(starts))


def test_tiles_of_a_long_picture_have_a_usual_shape() -> None:
    tiles = caption._tiles(5_000, 400)
    assert all(bottom - top == 600 for top, bottom, _, _ in tiles)
    assert len(tiles) == 10


def test_a_line_of_a_tile_is_placed_in_the_whole_picture() -> None:
    placed = caption._placed(line("x", 0.0, 0.5, 1.0, 1.0), corner=(0, 400), tile=(200, 300), whole=(200, 1_000))
    assert (placed.left, placed.top, placed.right, placed.bottom) == (0.0, 0.55, 1.0, 0.7)


def test_a_line_read_in_two_tiles_is_one_line() -> None:
    one, again = line("x", 0.1, 0.40, 0.9, 0.50), line("x", 0.1, 0.41, 0.9, 0.50)
    below, touching = line("y", 0.1, 0.52, 0.9, 0.6), line("z", 0.1, 0.49, 0.9, 0.6)
    assert caption._same_place(one, again)
    assert caption._same_place(one, line("part", 0.2, 0.42, 0.4, 0.48))
    assert not caption._same_place(one, below)
    assert not caption._same_place(one, touching)


# Order


def test_lines_are_read_from_the_top() -> None:
    assert ordered(line("c", 0, 0.8, 1, 0.9), line("a", 0, 0, 1, 0.1), line("b", 0, 0.4, 1, 0.5)) == ["a", "b", "c"]


def test_lines_beside_each_other_are_read_from_the_left_though_one_is_a_little_higher() -> None:
    assert ordered(line("right", 0.6, 0.09, 0.9, 0.19), line("left", 0.1, 0.1, 0.4, 0.2)) == ["left", "right"]


def test_panels_are_read_row_by_row() -> None:
    lines = [
        line(name, left, top, left + 0.3, top + 0.08)
        for name, left, top in [("d", 0.6, 0.7), ("b", 0.6, 0.1), ("c", 0.1, 0.71), ("a", 0.1, 0.11)]
    ]
    assert ordered(*lines) == ["a", "b", "c", "d"]


def test_lines_closely_below_each_other_are_not_one_row() -> None:
    assert ordered(line("lower", 0.0, 0.18, 0.9, 0.28), line("upper", 0.2, 0.1, 1.0, 0.2)) == ["upper", "lower"]


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 4), max_size=20))
def test_ordering_loses_no_line(boxes: list[tuple[float, float, float, float]]) -> None:
    lines = [line(str(n), min(a, c), min(b, d), max(a, c), max(b, d)) for n, (a, b, c, d) in enumerate(boxes)]
    assert sorted(ordered(*lines)) == sorted(each.text for each in lines)


def test_the_text_of_a_caption_is_its_lines_joined() -> None:
    assert Caption((line("top text", 0, 0, 1, 0.1), line("bottom", 0, 0.9, 1, 1))).text == "top text bottom"
    assert Caption(()).text == ""


# Reading


@pytest.fixture(scope="module")
def reader() -> Iterator[CaptionReader]:
    return CaptionReader()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, reading is not cut short."""
    monkeypatch.setattr(caption, "READ_SECONDS", 120.0)


def plain(text: str) -> str:
    return "".join(text.lower().split())


@pytest.mark.usefixtures("patient")
def test_a_meme_is_read_from_top_to_bottom(reader: CaptionReader) -> None:
    found = reader.read(meme("One does not simply", "read a meme"))
    assert plain(found.text) == "onedoesnotsimplyreadameme"
    assert found.complete
    first, *_, last = found.lines
    assert first.bottom < 0.35
    assert last.top > 0.6
    for each in found.lines:
        assert caption.MIN_SCORE <= each.score <= 1
        assert -0.02 <= each.left < each.right <= 1.02


@pytest.mark.usefixtures("patient")
def test_every_panel_of_a_long_picture_is_read_once(reader: CaptionReader) -> None:
    words = ["alpha", "bravo", "charlie", "delta", "echo"]
    found = reader.read(np.concatenate([meme(word, width=400, height=300) for word in words]))
    assert [plain(each.text) for each in found.lines] == words


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("shape", [(15, 400), (400, 15), (1, 1), (16, 16), (16, 600), (300, 300)])
def test_a_picture_without_text_has_an_empty_caption(reader: CaptionReader, shape: tuple[int, int]) -> None:
    assert reader.read(np.full((*shape, 3), 128, dtype=np.uint8)) == Caption(())


def test_reading_ends_when_time_is_up_and_says_so(reader: CaptionReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caption, "READ_SECONDS", -1.0)
    assert reader.read(meme("never read")) == Caption((), complete=False)
