"""The pictures that are measured with: real memes where `DANK_DATA` has them, else drawn ones."""

from __future__ import annotations

import os
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

DRAWN = 96
"""How many pictures are drawn where there are no real ones."""
_WORDS = ("one", "does", "not", "simply", "when", "you", "finally", "fix", "the", "bug", "on", "my", "machine")


def memes(folder: Path) -> list[Path]:
    """JPEG and PNG files: the real ones, or drawn ones, which are put into `folder`."""
    data = data_folder("reddit_originals_sample")
    real = sorted(path for path in data.iterdir() if path.suffix in {".jpg", ".png"}) if data else []
    return real or [drawn(folder / f"drawn{number}.jpg", number) for number in range(DRAWN)]


def data_folder(name: str) -> Path | None:
    """A folder of `DANK_DATA`, if it is there."""
    data = os.environ.get("DANK_DATA", "")
    return Path(data) / name if data and (Path(data) / name).is_dir() else None


def drawn(path: Path, seed: int) -> Path:
    """A JPEG of a usual size: noise enlarged to look like a photograph, and two outlined lines of text."""
    return captioned(path, seed)[0]


def captioned(path: Path, seed: int) -> tuple[Path, str]:
    """The same, with what stands in it."""
    chance = random.Random(seed)
    size = chance.randrange(400, 1100), chance.randrange(400, 1100)
    small = Image.frombytes("RGB", (24, 24), chance.randbytes(24 * 24 * 3))
    image = small.resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(size[0] // 14)
    said = []
    for height, anchor in ((0.03, "ma"), (0.97, "md")):
        text = " ".join(chance.sample(_WORDS, 4)).upper()
        said.append(text)
        place = size[0] / 2, height * size[1]
        pen.text(place, text, "white", font, anchor, stroke_width=3, stroke_fill="black")
    image.save(path, quality=85)
    return path, " ".join(said)
