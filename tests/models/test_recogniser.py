from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from dankmeme.models import caption
from dankmeme.models.caption import CaptionReader
from dankmeme.models.recogniser import Recogniser
from tests.drawing import meme

READER = Path(__file__).parents[2] / "src" / "dankmeme" / "assets" / "reader"
OFFICIAL = "f42c0fbd294d95eac1a550e131b277dac97462c8025fa4b6c3cec1b7894bd3d5"
"""SHA-256 of the small detector as its authors give it; the rapidocr package names it too."""


class Told:
    """A recogniser that says what it is told, and counts."""

    def __init__(self, text: str, score: float) -> None:
        self._said, self.asked = (text, score), 0

    def read(self, line: np.ndarray) -> tuple[str, float]:
        assert line.ndim == 3
        self.asked += 1
        return self._said


def lettering(text: str) -> np.ndarray:
    image = Image.new("RGB", (24 * len(text) + 40, 60), "black")
    ImageDraw.Draw(image).text((20, 8), text, "white", ImageFont.load_default(size=36))
    return np.asarray(image)


@pytest.fixture(scope="module")
def small() -> Recogniser:
    return Recogniser(READER / "PP-OCRv6_rec_tiny.onnx", threads=1)


def test_the_small_network_reads_a_plain_line_and_is_sure(small: Recogniser) -> None:
    text, score = small.read(lettering("HELLO WORLD"))
    assert text == "HELLO WORLD"
    assert caption.SURE <= score <= 1


@pytest.mark.parametrize("shape", [(48, 4), (3, 300), (300, 3)])
def test_a_line_without_letters_says_nothing_with_no_confidence(small: Recogniser, shape: tuple[int, int]) -> None:
    assert small.read(np.full((*shape, 3), 90, dtype=np.uint8)) == ("", 0.0)


def test_the_small_detector_is_the_one_that_its_authors_gave() -> None:
    assert hashlib.sha256((READER / "PP-OCRv6_det_tiny.onnx").read_bytes()).hexdigest() == OFFICIAL


@pytest.mark.parametrize(("score", "read_again"), [(caption.SURE, False), (caption.SURE - 0.01, True)])
def test_what_the_small_network_is_unsure_of_is_read_again_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, score: float, read_again: bool
) -> None:
    monkeypatch.setattr(caption, "READ_SECONDS", 120.0)
    reader = CaptionReader()
    quick, careful = Told("quick", score), Told("careful", 0.9)
    monkeypatch.setattr(reader, "_quick", quick)
    monkeypatch.setattr(reader, "_careful", careful)
    found = reader.read(meme("One does not simply"))
    assert {line.text for line in found.lines} == {"careful" if read_again else "quick"}
    assert quick.asked == len(found.lines)
    assert careful.asked == (len(found.lines) if read_again else 0)
