"""The caption as it stands in the picture, read back by OCR.

A small network finds the lines, another small one reads them, and only what that is unsure of is read again by a
large one, which costs five times as much. The small ones are in `assets/reader`, the large one inside the rapidocr
package; nothing is downloaded. The settings were tuned to outlined meme lettering (`docs/log.md` has the figures).
Meant to run inside a limited worker process.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dankmeme.models.recogniser import Recogniser
from dankmeme.models.spacing import Spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

DETECTION_SIDE = 416
"""Text is looked for at this many pixels on the long side."""
MIN_SCORE = 0.8
"""Lines read with less confidence are left out."""
TILE_ASPECT = 2.2
"""Pictures longer than this many times their short side are read in tiles."""
TILE_OVERLAP = 0.15
MAX_LINES = 150
"""At most this many lines of a picture are read, the largest first."""
SURE = 0.95
"""A line that the small network reads with at least this confidence is not read again."""
READER = f"rapidocr 3.10 {DETECTION_SIDE} tiny {SURE}"
"""Names how captions are read: what another reader read is another caption."""
READ_SECONDS = 3.0
"""After this long no further line is read."""

_ASSETS = Path(str(resources.files("dankmeme") / "assets" / "reader"))
_WATERMARKS = re.compile(
    r"^(?:made (?:on|with|in) )?(?:im?n?g?f?l?ip|memegenerator|quickmeme|makeameme|memecenter|ifunny)\W*\w{0,3}$"
    r"|^[il]\w{2,6}ip\W{0,2}c[o0]m?n?$",
    re.IGNORECASE,
)
"""What sites print into a corner, also as OCR misreads it: never a part of the caption."""
_UNREADABLE = re.compile(r"[^\x20-\x7e\u00a0-\u024f\u2010-\u2027\u20ac\u2122]")
_DOTS = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "…": "...",
        "–": "-",
        "—": "-",
        "，": ",",
        "。": ".",
        "！": "!",
        "？": "?",
        "：": ":",
        "；": ";",
        "（": "(",
        "）": ")",
    }
)


@dataclass(frozen=True)
class Line:
    """One line of text: what it says, how sure the reader is (0–1), its box as fractions of the picture."""

    text: str
    score: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Caption:
    """All lines of a picture in reading order; `complete` is false where time ran out."""

    lines: tuple[Line, ...]
    complete: bool = True

    @property
    def text(self) -> str:
        """The lines joined by spaces; empty where nothing was read."""
        return " ".join(line.text for line in self.lines)


class CaptionReader:
    """Reads captions; one per process, since its models take some 210 MB."""

    def __init__(self, threads: int = 1) -> None:
        import rapidocr
        from rapidocr.utils.process_img import get_rotate_crop_image

        logging.getLogger("RapidOCR").setLevel(logging.ERROR)
        self._crop: Any = get_rotate_crop_image
        self._finder: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "error",
                "Det.model_path": str(_ASSETS / "PP-OCRv6_det_tiny.onnx"),
                "Det.limit_side_len": DETECTION_SIDE,
                "Det.limit_type": "max",
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        self._quick = Recogniser(_ASSETS / "PP-OCRv6_rec_tiny.onnx", threads)
        self._spacing = Spacing(_ASSETS / "words.npz")
        self._careful = Recogniser(Path(rapidocr.__file__).parent / "models" / "PP-OCRv6_rec_small.onnx", threads)

    def read(self, pixels: NDArray[np.uint8]) -> Caption:
        """Read a picture, uint8 `[height, width, 3]` RGB."""
        deadline = time.monotonic() + READ_SECONDS
        height, width = pixels.shape[:2]
        if min(height, width) < 16:
            return Caption(())
        lines: list[Line] = []
        complete = True
        for top, bottom, left, right in _tiles(height, width):
            found, finished = self._read_tile(pixels[top:bottom, left:right], deadline)
            complete &= finished
            for line in found:
                placed = _placed(line, (left, top), (right - left, bottom - top), (width, height))
                if not any(_same_place(placed, other) for other in lines):
                    lines.append(placed)
        return Caption(tuple(_reading_order(lines)), complete)

    def _read_tile(self, pixels: NDArray[np.uint8], deadline: float) -> tuple[list[Line], bool]:
        """The lines of a tile as fractions of it, and whether all of them could be read in time."""
        if time.monotonic() > deadline:
            return [], False
        picture = np.ascontiguousarray(pixels[:, :, ::-1])
        boxes = self._finder(picture, use_det=True, use_cls=False, use_rec=False).boxes
        if boxes is None:
            return [], True
        boxes = sorted(boxes, key=lambda box: -float(np.ptp(box[:, 0]) * np.ptp(box[:, 1])))
        lines: list[Line] = []
        for box in boxes[:MAX_LINES]:
            if time.monotonic() > deadline:
                return lines, False
            line = self._read_line(picture, box)
            if line is not None:
                lines.append(line)
        return lines, len(boxes) <= MAX_LINES

    def _read_line(self, picture: NDArray[np.uint8], box: NDArray[np.float32]) -> Line | None:
        crop = self._crop(picture, np.asarray(box, dtype=np.float32))
        if min(crop.shape[:2]) < 2:
            return None
        text, score = self._quick.read(crop)
        if score < SURE:
            text, score = self._careful.read(crop)
        text = self._spacing.apart(clean(text))
        if score < MIN_SCORE or not text or is_watermark(text):
            return None
        height, width = picture.shape[:2]
        (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
        return Line(
            text,
            score,
            float(left / width),
            float(top / height),
            float(right / width),
            float(bottom / height),
        )


def is_watermark(text: str) -> bool:
    """Whether a line is a site's mark in the corner and not a part of the caption."""
    return _WATERMARKS.match(text) is not None


def clean(text: str) -> str:
    """Latin letters and ordinary signs alone, typographic quotes made plain, spaces single."""
    return " ".join(_UNREADABLE.sub("", " ".join(text.split()).translate(_DOTS)).split())


def _tiles(height: int, width: int) -> list[tuple[int, int, int, int]]:
    """(top, bottom, left, right) of the tiles of a picture: one, unless it is very long."""
    short, long = min(height, width), max(height, width)
    if long <= TILE_ASPECT * short:
        return [(0, height, 0, width)]
    length = min(long, round(1.5 * short))
    step = max(1, round(length * (1 - TILE_OVERLAP)))
    starts = [*range(0, long - length, step), long - length]
    if height >= width:
        return [(start, start + length, 0, width) for start in starts]
    return [(0, height, start, start + length) for start in starts]


def _placed(line: Line, corner: tuple[int, int], tile: tuple[int, int], whole: tuple[int, int]) -> Line:
    def x(value: float) -> float:
        return (corner[0] + value * tile[0]) / whole[0]

    def y(value: float) -> float:
        return (corner[1] + value * tile[1]) / whole[1]

    return Line(line.text, line.score, x(line.left), y(line.top), x(line.right), y(line.bottom))


def _reading_order(lines: list[Line]) -> list[Line]:
    """Rows from the top, each from the left; lines whose middles are close together stand in one row."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.top + line.bottom):
        if rows and rows[-1][0].top < _middle(line) < rows[-1][0].bottom and line.top < _middle(rows[-1][0]):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.left)]


def _middle(line: Line) -> float:
    return (line.top + line.bottom) / 2


def _same_place(one: Line, other: Line) -> bool:
    """Whether two lines overlap by more than half of the smaller one: the same line read in two tiles."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    smaller = min((line.right - line.left) * (line.bottom - line.top) for line in (one, other))
    return across > 0 and down > 0 and across * down > 0.5 * smaller
