"""Memes drawn by the tests, and what people do to them before they post them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.drawing import encoded, texture


def meme(number: int) -> Image.Image:
    """A picture with two lines of words; no two numbers look alike."""
    image = Image.fromarray(texture(360, 480, 1_000 + number))
    draw, chance = ImageDraw.Draw(image), np.random.Generator(np.random.PCG64(number))
    for _ in range(30):
        x, y, wide, high = (int(each) for each in chance.integers((0, 0, 20, 20), (440, 330, 140, 120)))
        draw.ellipse((x, y, x + wide, y + high), fill=tuple(int(each) for each in chance.integers(0, 256, 3)))
    return lettered(image, f"WHEN TEST {number} PASSES", f"ON TRY {number * 7}")


def lettered(image: Image.Image, top: str, bottom: str) -> Image.Image:
    """White letters with a black outline at the top and at the bottom."""
    image = image.copy()
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=36)
    for line, share, anchor in ((top, 0.02, "ma"), (bottom, 0.98, "md")):
        place = image.width / 2, share * image.height
        draw.text(place, line, "white", font, anchor, stroke_width=3, stroke_fill="black")
    return image


def jpeg(image: Image.Image, quality: int = 92) -> bytes:
    return encoded(image, "JPEG", quality=quality)


def reencoded(number: int, chance: np.random.Generator) -> bytes:
    """As it comes back from a phone: another size, another quality."""
    image, factor = meme(number), chance.uniform(0.6, 1.3)
    size = (round(image.width * factor), round(image.height * factor))
    return jpeg(image.resize(size, Image.Resampling.BICUBIC), int(chance.integers(40, 91)))


def captioned_over(number: int) -> bytes:
    """The same picture with a strip of new words over the upper ones: another meme."""
    image = meme(number)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, image.width, image.height // 6), fill="white")
    draw.text((10, 12), f"nobody: / test {number * 13}: fails", "black", ImageFont.load_default(size=30))
    return jpeg(image)


def write_posts(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """A posts.jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "posts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def add_picture(folder: Path, name: str, data: bytes) -> str:
    """Write a picture beside posts.jsonl; its name in there."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    (folder / "pictures" / name).write_bytes(data)
    return f"pictures/{name}"


def row(name: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": f"Meme “{number}” \U0001f525",
        "score": number,
        "created_utc": 1_600_000_000 + 60 * number,
        "author": "ann",
        "community": "memes",
    } | more
