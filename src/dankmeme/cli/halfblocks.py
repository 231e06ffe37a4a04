"""Pictures on a terminal: half-blocks, two pixels a character, in 24-bit colour (ISO 8613-6)."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

GAP = 2
_RESET = "\x1b[0m"
Pixels = NDArray[np.uint8]


def has_colours(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether a terminal shows 24-bit colours, as far as its environment tells.

    Args:
        environment: of this process.
        terminal: whether somebody looks at one.
    """
    if not terminal or environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return environment.get("COLORTERM", "").lower() in ("truecolor", "24bit")


def side_by_side(pictures: Sequence[bytes], columns: int, rows: int) -> list[str]:
    """Lines that draw pictures beside each other.

    Args:
        pictures: files as Pillow reads them, of our own making.
        columns: of characters, for all of them.
        rows: of characters at most.
    """
    each = max((columns - GAP * (len(pictures) - 1)) // len(pictures), 1)
    drawn = [_lines(_fitted(picture, each, 2 * rows), each) for picture in pictures]
    height = max(map(len, drawn))
    padded = [[*lines, *[" " * each] * (height - len(lines))] for lines in drawn]
    return [(" " * GAP).join(parts) for parts in zip(*padded, strict=True)]


def terminal_size() -> tuple[int, int]:
    """Columns and rows; 80 and 24 where they are not known."""
    try:
        size = os.get_terminal_size()
    except OSError:
        return 80, 24
    return size.columns, size.lines


def _fitted(picture: bytes, width: int, height: int) -> Pixels:
    """Pixels uint8 `[h, w, 3]` of a picture that was made to fit, h even."""
    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    image.thumbnail((width, height))
    pixels = np.asarray(image, dtype=np.uint8)
    return np.concatenate([pixels, pixels[-1:]]) if len(pixels) % 2 else pixels


def _lines(pixels: Pixels, width: int) -> list[str]:
    """A character for every two pixels, one above the other; each line as wide as `width`."""
    rest = " " * (width - pixels.shape[1])
    return [
        "".join(_block(upper, lower) for upper, lower in zip(above, below, strict=True)) + _RESET + rest
        for above, below in zip(pixels[::2].tolist(), pixels[1::2].tolist(), strict=True)
    ]


def _block(upper: list[int], lower: list[int]) -> str:
    return "\x1b[38;2;{};{};{};48;2;{};{};{}m▀".format(*upper, *lower)
