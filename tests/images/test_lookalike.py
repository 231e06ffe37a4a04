from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from dankmeme.images.keep import keep
from dankmeme.images.lookalike import DETAIL_BYTES, differs, differs_from_each, is_same
from tests.drawing import encoded, texture

ORIGINAL = Image.fromarray(texture(480, 640, 5))


def captioned(image: Image.Image, *lines: str, size: int = 48) -> Image.Image:
    """White letters with a black outline at the top and, for a second line, at the bottom."""
    image = image.copy()
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=size)
    for line, (share, anchor) in zip(lines, ((0.02, "ma"), (0.98, "md")), strict=False):
        place = image.width / 2, share * image.height
        draw.text(place, line, "white", font, anchor, stroke_width=max(1, size // 14), stroke_fill="black")
    return image


def with_strip(image: Image.Image, line: str) -> Image.Image:
    """A white strip with black words over the upper sixth."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, image.width, image.height // 6), fill="white")
    draw.text((12, 16), line, "black", ImageFont.load_default(size=36))
    return image


def difference(one: bytes, other: bytes) -> float:
    return differs(keep(one).detail, keep(other).detail)


MEME = captioned(ORIGINAL, "ONE DOES NOT SIMPLY", "FIX IT ON A FRIDAY")
POSTED = encoded(MEME, "JPEG", quality=92)


def scaled(factor: float) -> Image.Image:
    return MEME.resize((round(MEME.width * factor), round(MEME.height * factor)), Image.Resampling.LANCZOS)


@pytest.mark.parametrize(
    "copy",
    [
        POSTED,
        *(encoded(MEME, "JPEG", quality=quality) for quality in (30, 50, 75, 95)),
        encoded(MEME, "PNG"),
        encoded(MEME, "WEBP", quality=50),
        *(encoded(scaled(factor), "JPEG", quality=70) for factor in (0.4, 0.7, 1.5)),
        encoded(MEME.convert("L"), "JPEG", quality=80),
    ],
    ids=["itself", "q30", "q50", "q75", "q95", "png", "webp", "smaller", "small", "larger", "grey"],
)
def test_a_copy_encoded_or_scaled_anew_is_the_same_meme(copy: bytes) -> None:
    assert is_same(difference(POSTED, copy))


@pytest.mark.parametrize(
    ("gain", "offset", "gamma"), [(0.85, 0, 1), (1.1, -10, 1), (1, 12, 1), (1, 0, 0.8), (1, 0, 1.25)]
)
def test_a_brighter_or_darker_copy_is_the_same_meme(gain: float, offset: float, gamma: float) -> None:
    values = 255 * (np.asarray(MEME) / 255) ** gamma * gain + offset
    assert is_same(difference(POSTED, encoded(values.clip(0, 255).astype(np.uint8), "JPEG", quality=80)))


def test_a_small_watermark_leaves_it_the_same_meme() -> None:
    marked = MEME.copy()
    ImageDraw.Draw(marked).text((4, 462), "imgflip.com", "white", ImageFont.load_default(size=12))
    assert is_same(difference(POSTED, encoded(marked, "JPEG", quality=80)))


@pytest.mark.parametrize("size", [34, 48, 67])
def test_the_same_template_with_another_caption_is_another_meme(size: int) -> None:
    one, other = (
        captioned(ORIGINAL, line, size=size) for line in ("WHEN THE BUILD IS GREEN", "MY CAT AT 3 IN THE NIGHT")
    )
    assert not is_same(difference(encoded(one, "JPEG", quality=85), encoded(other, "JPEG", quality=75)))


@pytest.mark.parametrize("size", [34, 48, 67])
def test_a_caption_drawn_over_a_meme_makes_another(size: int) -> None:
    assert not is_same(
        difference(encoded(ORIGINAL, "JPEG"), encoded(captioned(ORIGINAL, "SOMEBODY SAID THIS", size=size), "JPEG"))
    )


def test_a_strip_with_words_makes_another_meme_and_so_do_its_other_words() -> None:
    one, other = (with_strip(MEME, line) for line in ("When it compiles", "Nobody at all: me"))
    assert not is_same(difference(POSTED, encoded(one, "JPEG")))
    assert not is_same(difference(encoded(one, "JPEG"), encoded(other, "JPEG", quality=70)))


def test_equal_details_do_not_differ() -> None:
    assert difference(POSTED, POSTED) == 0


def test_unrelated_pictures_differ() -> None:
    details = [keep(encoded(texture(300, 300, seed), "PNG")).detail for seed in range(6)]
    assert not any(is_same(differs(one, other)) for one, other in itertools.combinations(details, 2))


def noise(seed: int, low: int, high: int, flat: int) -> bytes:
    """A detail of random luma, of which the first `flat` pixels are one grey."""
    chance = np.random.Generator(np.random.PCG64(seed))
    luma = chance.integers(min(low, high), max(low, high) + 1, DETAIL_BYTES).astype(np.uint8)
    luma[:flat] = low
    return luma.tobytes()


GREY = st.integers(0, 255)
DETAILS = st.builds(noise, st.integers(0, 2**32), GREY, GREY, st.integers(0, DETAIL_BYTES))


@settings(max_examples=50, deadline=None)
@given(DETAILS, DETAILS)
def test_any_bytes_of_the_right_length_have_a_finite_symmetric_difference(a: bytes, b: bytes) -> None:
    there, back = differs(a, b), differs(b, a)
    assert np.isfinite(there)
    assert there == pytest.approx(back, rel=1e-4)
    assert there >= 0
    assert differs(a, a) == 0


def test_many_are_compared_as_each_alone() -> None:
    details = [keep(encoded(texture(100, 150, seed), "PNG")).detail for seed in range(6)]
    alone = [differs(details[0], each) for each in details]
    assert differs_from_each(details[0], details) == pytest.approx(alone, rel=1e-4)
    assert differs_from_each(details[0], []).shape == (0,)


@pytest.mark.parametrize("length", [0, DETAIL_BYTES - 1, DETAIL_BYTES + 1])
def test_a_detail_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="4096"):
        differs(bytes(DETAIL_BYTES), bytes(length))
