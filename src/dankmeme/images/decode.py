"""Hostile bytes become a clean picture.

Meant to run inside a limited worker process (`pool.py`): Pillow decodes in C, and a thread cannot be
stopped. The format is what the bytes say, out of an allowlist; the pixel count is checked before anything
is decoded; what leaves is plain 8-bit RGB without metadata.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from dankmeme.errors import ImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP")
"""The allowlist of formats, by Pillow's names."""
MAX_BYTES = 20_000_000
"""Largest file that is looked at."""
MAX_PIXELS = 40_000_000
"""Largest width × height that is decoded."""
SHORT_SIDE = 768
"""A clean picture's short side is at most this many pixels…"""
CLEAN_PIXELS = 4_000_000
"""…and its area at most this many."""

_Size = tuple[int, int]

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A clean picture.

    Attributes:
        pixels: uint8 `[height, width, 3]`, RGB, upright, transparency laid on white, at a reduced scale.
        format: what the bytes were: one of `FORMATS`.
        width: upright width of the original, in pixels.
        height: upright height of the original, in pixels.
        animated: whether the original has more than one frame (the first is taken).
    """

    pixels: NDArray[np.uint8]
    format: str
    width: int
    height: int
    animated: bool


def decode(data: bytes, longest: int | None = None) -> Picture:
    """Decode an image into a clean picture.

    Args:
        data: the file's bytes.
        longest: make its long side at most this many pixels; a JPEG is then decoded at a reduced scale, which saves
            most of the work.

    Raises:
        ImageError: with a code out of `empty`, `file-too-large`, `not-an-image`, `too-many-pixels`,
            `broken-image`, and a message that names what was wrong.
    """
    return decode_sizes(data, [longest])[0]


def decode_sizes(data: bytes, longest: Sequence[int | None]) -> list[Picture]:
    """Decode an image into several sizes, each as `decode` would give it, with as few decodings as that allows.

    Args:
        data: the file's bytes.
        longest: for each size what `decode` takes; two JPEG sizes share a decoding where draft mode would choose the
            same scale for both, those of other formats always do.

    Raises:
        ImageError: as `decode`.
    """
    _check_size(data)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", category=UserWarning)
        try:
            return _decode(data, longest)
        except ImageError:
            raise
        except UnidentifiedImageError:
            if _begins_like_one(data):
                raise ImageError("broken-image", "the picture is damaged: its header cannot be read") from None
            raise ImageError("not-an-image", f"this is not a {_listed(FORMATS)} picture") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise ImageError("too-many-pixels", _too_many()) from None
        except MemoryError:
            raise ImageError("broken-image", "decoding it needs more memory than one picture may have") from None
        except Exception as error:  # a decoder may raise anything on hostile bytes
            reason = str(error) or type(error).__name__
            raise ImageError("broken-image", f"the picture is damaged: {reason}") from error


def squash(picture: Image.Image, side: int) -> NDArray[np.uint8]:
    """Resize to a square of `side` pixels without keeping the aspect ratio: what an image model looks at.

    Args:
        picture: of Pillow's mode RGB.
        side: in pixels.

    Returns:
        uint8 `[side, side, 3]`.
    """
    return np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0))


def _begins_like_one(data: bytes) -> bool:
    """Whether the first bytes are those of a format in the allowlist."""
    accepts = [Image.OPEN[kind][1] for kind in FORMATS if kind in Image.OPEN]
    return any(accept is not None and accept(data[:16]) for accept in accepts)


def _check_size(data: bytes) -> None:
    if not data:
        raise ImageError("empty", "the file is empty")
    if len(data) > MAX_BYTES:
        raise ImageError(
            "file-too-large", f"the file has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} MB are taken"
        )


def _decode(data: bytes, longest: Sequence[int | None]) -> list[Picture]:
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    decoded: dict[_Size, tuple[Image.Image, int]] = {}
    return [_picture(data, limit, decoded) for limit in longest]


def _picture(data: bytes, longest: int | None, decoded: dict[_Size, tuple[Image.Image, int]]) -> Picture:
    """One size; `decoded` holds the decodings so far with their orientation, by the size that draft mode chose."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        _check_area(image)
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        animated = kind != "JPEG" and bool(getattr(image, "is_animated", False))
        width, height = image.size
        target = _clean_size(width, height, longest)
        image.draft("RGB", target)
        drafted = image.size
        if drafted not in decoded:
            image.seek(0)
            plain = _plain(image)  # before the orientation: for a PNG that decodes, and would hide what this raises
            decoded[drafted] = plain, _orientation(image)
    plain, orientation = decoded[drafted]
    clean = _resized(plain, target)
    if orientation in _UPRIGHT:
        clean = clean.transpose(_UPRIGHT[orientation])
    if orientation >= 5:
        width, height = height, width
    return Picture(np.asarray(clean), kind, width, height, animated)


def _check_area(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise ImageError("too-many-pixels", _too_many())
    if image.width < 1 or image.height < 1:
        raise ImageError("broken-image", "the picture has no pixels")


def _clean_size(width: int, height: int, longest: int | None) -> _Size:
    factor = min(1.0, SHORT_SIDE / min(width, height), math.sqrt(CLEAN_PIXELS / (width * height)))
    if longest is not None:
        factor = min(factor, longest / max(width, height))
    width, height = max(1, round(width * factor)), max(1, round(height * factor))
    if width < height:
        return width, min(height, CLEAN_PIXELS // width)
    return min(width, CLEAN_PIXELS // height), height


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # damaged metadata does not make a damaged picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _plain(image: Image.Image) -> Image.Image:
    """Any of Pillow's modes as RGB or RGBA."""
    if image.mode.startswith("I;16"):
        values = np.asarray(image)
        grey = np.where(values == image.info.get("transparency"), 255, values >> 8)
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGB")


def _resized(image: Image.Image, size: _Size) -> Image.Image:
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image


def _too_many() -> str:
    return f"the picture has more than {MAX_PIXELS / 1e6:.0f} million pixels"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1]
