"""Pictures that tests look at, drawn here by formulas: the same on every machine."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth coloured texture, uint8 `[height, width, 3]`: a few waves, of which no two seeds share many."""
    rng = np.random.Generator(np.random.PCG64(seed))
    down, across = np.linspace(0, 2 * np.pi, height)[:, None], np.linspace(0, 2 * np.pi, width)[:, None]
    picture = np.empty((height, width, 3))
    for channel in range(3):
        turns_down, turns_across = rng.uniform(-6, 6, (2, 8))
        phase, weight = rng.uniform(0, 2 * np.pi, 8), rng.uniform(0.3, 1, 8)
        one, other = down * turns_down + phase, across * turns_across
        picture[..., channel] = (np.sin(one) * weight) @ np.cos(other).T + (np.cos(one) * weight) @ np.sin(other).T
    low, high = picture.min(), picture.max()
    return np.round((picture - low) / (high - low) * 255).astype(np.uint8)


def corners(height: int = 60, width: int = 80) -> np.ndarray:
    """Red, green, blue and grey quarters: tells every orientation from every other."""
    picture = np.empty((height, width, 3), dtype=np.uint8)
    top, left = height // 2, width // 2
    picture[:top, :left] = (220, 30, 30)
    picture[:top, left:] = (30, 200, 30)
    picture[top:, :left] = (30, 30, 220)
    picture[top:, left:] = (128, 128, 128)
    return picture


def encoded(picture: Image.Image | np.ndarray, kind: str, **options: Any) -> bytes:
    """A picture as a file of a format."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def animation(kind: str, **options: Any) -> bytes:
    """Three frames: red, green, blue."""
    red, *rest = [Image.new("RGB", (40, 30), colour) for colour in ("red", "lime", "blue")]
    return encoded(red, kind, save_all=True, append_images=rest, duration=100, **options)


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(*chunks: bytes) -> bytes:
    """A PNG of these chunks."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def png_header(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    """The header chunk of a PNG; colour 0 is grey, 2 RGB, 3 a palette."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def meme(*lines: str, width: int = 600, height: int = 400) -> np.ndarray:
    """White letters with a black outline on a dull ground, spread from top to bottom."""
    image = Image.new("RGB", (width, height), (70, 90, 120))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=48)
    for number, line in enumerate(lines):
        left = (width - draw.textlength(line, font)) / 2
        top = 20 + number * (height - 100) / max(len(lines) - 1, 1)
        draw.text((left, top), line, "white", font, stroke_width=3, stroke_fill="black")
    return np.asarray(image)
