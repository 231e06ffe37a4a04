"""Small JPEGs of strangers' pictures, for pages that a person looks at."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dankmeme.errors import ImageError
from dankmeme.models.eyes import Eyes
from dankmeme.training.pictures import SMALLEST_SIDE

QUALITY = 72


def thumbnail(pixels: NDArray[np.uint8], side: int) -> bytes:
    """A JPEG of clean pixels `[h, w, 3]`, its long side at most `side` pixels."""
    picture, out = Image.fromarray(pixels), io.BytesIO()
    picture.thumbnail((side, side))
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def thumbnail_of(file: Path, eyes: Eyes, side: int) -> bytes | None:
    """The same of a file, decoded in a process of its own; None for one that is no picture any more."""
    try:
        prepared = eyes.prepare(file.read_bytes(), SMALLEST_SIDE, keep_picture=True)
    except (ImageError, OSError):
        return None
    return thumbnail(prepared.picture.pixels, side)
