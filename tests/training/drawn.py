"""Memes drawn for training: what makes them dank is in their colours and words, and the tests know how much."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dankmeme.images.fingerprint import sha256
from dankmeme.models.caption import Caption, Line
from tests.drawing import encoded, texture
from tests.training.folders import HOUR, START

COUNT = 260
"""So many are enough for every part, with `SHARES`."""
SHARES = ("--test", "0.2", "--keep", "0")
HEIGHT, WIDTH = 128, 192
_GOOD, _DULL = ("STONKS", "CURSED", "BONK", "YEET"), ("MONDAY", "COFFEE", "TRAFFIC", "WEATHER")
_LINE = {"score": 0.99, "left": 0.1, "top": 0.04, "right": 0.9, "bottom": 0.2}


@dataclass(frozen=True)
class Drawn:
    """A meme.

    Attributes:
        number: its place in time.
        percentile: how good it is; four of five show it in their words, all of them in their colours, more or less.
        words: its caption.
    """

    number: int
    percentile: float
    words: str

    @property
    def picture(self) -> bytes:
        """A JPEG."""
        return _picture(self.number, self.percentile, self.words)

    @property
    def key(self) -> str:
        """SHA-256 of the picture."""
        return sha256(self.picture)

    @property
    def caption(self) -> Caption:
        """What a reader that makes no mistakes would read."""
        return Caption((Line(self.words, **_LINE),))

    def row(self, **more: Any) -> dict[str, Any]:
        """As `posts.jsonl` lists it."""
        fields = {"id": f"m{self.number}", "file": f"{self.number}.jpg", "title": f"No {self.number}"}
        fields |= {"author": f"a{self.number % 9}", "community": f"c{self.number % 2}"}
        fields |= {"created_utc": START + HOUR * self.number, "percentile": round(self.percentile, 3)}
        return {name: value for name, value in (fields | more).items() if value is not None}


@cache
def memes(count: int = COUNT) -> tuple[Drawn, ...]:
    """Dank and not dank ones in turns, and here and there one of neither kind."""
    chance = np.random.default_rng(7)
    found = []
    for number in range(count):
        low, high = (0.4, 0.65) if number % 12 == 11 else (0.72, 1.0) if number % 2 else (0.0, 0.33)
        percentile = float(chance.uniform(low, high))
        told = percentile >= 0.5 if chance.random() < 0.8 else chance.random() < 0.5
        words = " ".join(chance.choice(_GOOD if told else _DULL, 2, replace=False).tolist())
        found.append(Drawn(number, percentile, words))
    return tuple(found)


def _picture(number: int, percentile: float, words: str) -> bytes:
    pixels = texture(HEIGHT, WIDTH, number).astype(np.float64)
    shown = np.clip(percentile + np.random.default_rng(number).normal(0, 0.2), 0, 1)
    pixels[..., 0] = (1 - 0.6 * shown) * pixels[..., 0] + 0.6 * shown * 255
    pixels[..., 2] = (0.4 + 0.6 * shown) * pixels[..., 2]
    image = Image.fromarray(pixels.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, 30), fill="white")
    draw.text((WIDTH / 2, 15), words, fill="black", font=ImageFont.load_default(20), anchor="mm")
    return encoded(image, "JPEG", quality=88)
