from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dankmeme.models.caption import Caption, Line
from dankmeme.models.features import (
    BUCKETS,
    COLOUR_STATISTICS,
    LAYOUT_STATISTICS,
    MAX_CHARACTERS,
    TEXT_STATISTICS,
    colour_statistics,
    layout_statistics,
    ngrams,
    text_statistics,
)
from tests.drawing import texture

KNOWN_BUCKETS = [9_269, 13_508, 22_609, 34_545]


def bucket(gram: str, offset: int = 0) -> int:
    return zlib.crc32(gram.encode()) % BUCKETS + offset


def family(text: str, words: bool) -> dict[int, float]:
    """One of the two families as bucket: weight."""
    buckets, weights = ngrams(text)
    return {int(b): float(w) for b, w in zip(buckets, weights, strict=True) if bool(b >= BUCKETS) is words}


def named(text: str) -> dict[str, float]:
    return dict(zip(TEXT_STATISTICS, text_statistics(text).tolist(), strict=True))


def test_ngrams_have_known_buckets_and_weights() -> None:
    """Written down once: another value would break every bundle there is."""
    buckets, weights = ngrams("One does not")
    assert (buckets.dtype, weights.dtype) == (np.int64, np.float32)
    assert buckets[:4].tolist() == KNOWN_BUCKETS
    letters = {
        bucket(gram) for gram in ("one", "ned", "edo", "doe", "oes", "esn", "sno", "not", "oned", "onedo", "esnot")
    }
    words = {bucket(gram, BUCKETS) for gram in ("one", "does", "not", "< one", "one does", "does not", "not >")}
    assert letters <= set(family("One does not", words=False))
    assert words == set(family("One does not", words=True))
    assert len(family("One does not", words=False)) == 8 + 7 + 6
    assert list(family("One does not", words=True).values()) == pytest.approx([7**-0.5] * 7)


def test_dropped_spaces_do_not_change_letter_ngrams() -> None:
    assert family("one does not simply", words=False) == family("ONEDOESNOT SIMPLY", words=False)
    assert family("one does not simply", words=True) != family("onedoesnot simply", words=True)


def test_case_accents_and_signs_do_not_count() -> None:
    assert ngrams("Café, OLÉ!")[0].tolist() == ngrams("cafe ole")[0].tolist()


def test_repeated_ngrams_weigh_more_but_not_in_proportion() -> None:
    weights = family("no no no yes", words=True)
    assert weights[bucket("no", BUCKETS)] / weights[bucket("yes", BUCKETS)] == pytest.approx(1 + np.log(3))


@given(st.text(max_size=200))
def test_any_text_gives_distinct_buckets_in_range_and_families_of_length_one(text: str) -> None:
    buckets, weights = ngrams(text)
    assert len(set(buckets.tolist())) == len(buckets) == len(weights)
    assert np.all((buckets >= 0) & (buckets < 2 * BUCKETS))
    for words in (False, True):
        members = list(family(text, words).values())
        assert not members or np.sqrt(np.square(members).sum()) == pytest.approx(1, abs=1e-5)
    assert np.isfinite(text_statistics(text)).all()


@pytest.mark.parametrize("text", ["", " ", "!?", "漢字", "🔥"])
def test_text_without_words_has_no_ngrams_and_finite_statistics(text: str) -> None:
    buckets, weights = ngrams(text)
    assert (buckets.shape, weights.shape, buckets.dtype, weights.dtype) == ((0,), (0,), np.int64, np.float32)
    assert np.isfinite(text_statistics(text)).all()
    assert named(text)["empty"] == 1


def test_ngrams_look_no_further_than_the_longest_caption() -> None:
    text = "word " * MAX_CHARACTERS
    assert ngrams(text)[0].tolist() == ngrams(text[:MAX_CHARACTERS])[0].tolist()


def test_text_statistics_say_what_their_names_say() -> None:
    seen = named("I CAN'T even... 42, you?!")
    assert seen["characters"] == pytest.approx(np.log1p(25))
    assert seen["words"] == pytest.approx(np.log1p(5))
    assert seen["digits"] == pytest.approx(np.log1p(2))
    assert seen["full_stops"] == pytest.approx(np.log1p(3))
    assert seen["capitals"] == pytest.approx(5 / 12)
    assert seen["longest_word"] == 5
    for name in ("question_marks", "exclamation_marks", "commas", "apostrophes"):
        assert seen[name] == pytest.approx(np.log1p(1))
    assert [seen[name] for name in ("quotes", "ellipsis", "first_person", "second_person", "negation", "empty")] == [
        0,
        1,
        1,
        1,
        1,
        0,
    ]


TOP, BOTTOM = Line("top text", 0.9, 0.1, 0.0, 0.9, 0.2), Line("bottom", 0.95, 0.2, 0.8, 0.8, 1.0)


def placed(*lines: Line, width: int = 600, height: int = 400) -> dict[str, float]:
    return dict(zip(LAYOUT_STATISTICS, layout_statistics(Caption(lines), width, height).tolist(), strict=True))


def test_every_statistic_has_a_name() -> None:
    assert text_statistics("x").shape == (len(TEXT_STATISTICS),) == (18,)
    assert layout_statistics(Caption((TOP,)), 3, 4).shape == (len(LAYOUT_STATISTICS),) == (16,)
    assert layout_statistics(Caption(()), 3, 4).shape == (len(LAYOUT_STATISTICS),)
    assert colour_statistics(texture(32, 32)).shape == (len(COLOUR_STATISTICS),) == (10,)


def test_layout_statistics_say_where_the_text_stands() -> None:
    seen = placed(TOP, BOTTOM)
    assert seen["top_share"] == pytest.approx(8 / 14)
    assert seen["bottom_share"] == pytest.approx(6 / 14)
    assert seen["middle_share"] == 0
    assert seen["text_area"] == pytest.approx(0.8 * 0.2 + 0.6 * 0.2)
    assert seen["aspect_ratio"] == pytest.approx(np.log(1.5))
    assert (seen["first_top"], seen["last_bottom"]) == (0, 1)
    assert seen["reading_score"] == pytest.approx(0.925)
    assert placed()["aspect_ratio"] == seen["aspect_ratio"]
    assert placed()["lines"] == 0


@pytest.mark.parametrize(("width", "height"), [(1, 40_000_000), (40_000_000, 1), (1, 1)])
def test_statistics_of_an_empty_caption_are_finite_for_every_shape(width: int, height: int) -> None:
    assert np.isfinite(layout_statistics(Caption(()), width, height)).all()


def test_colour_statistics_tell_colours_apart() -> None:
    def seen(*colour: int) -> dict[str, float]:
        picture = np.full((32, 32, 3), colour, dtype=np.uint8)
        return dict(zip(COLOUR_STATISTICS, colour_statistics(picture).tolist(), strict=True))

    white, black, red = seen(255, 255, 255), seen(0, 0, 0), seen(255, 0, 0)
    assert (white["brightness"], white["white"], white["black"]) == (1, 1, 0)
    assert (black["brightness"], black["white"], black["black"]) == (0, 0, 1)
    assert white["colourfulness"] == black["edges"] == red["contrast"] == 0
    assert (red["red"], red["green"], red["saturation"]) == (1, 0, 1)
    assert red["colourfulness"] > 0.3


@pytest.mark.parametrize("seed", range(3))
def test_colour_statistics_are_about_nought_to_one(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for picture in (texture(64, 64, seed), noise):
        assert np.all((colour_statistics(picture) >= 0) & (colour_statistics(picture) < 1.5))
