"""What storing needs of a picture's bytes, in one step: identity, look-alike hash, clean picture and thumbnail."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from dankmeme.images.decode import decode_sizes
from dankmeme.images.fingerprint import HASH_SIDE, Pdq, pdq, sha256
from dankmeme.images.lookalike import detail

THUMBNAIL_SIDE = 400
"""A thumbnail's long side is at most this many pixels."""

_NORMAL_QUALITY = 85
_THUMBNAIL_QUALITY = 80
_HALF_COLOUR = 2  # Pillow's name for 4:2:0


@dataclass(frozen=True)
class Kept:
    """A picture ready to be stored.

    Attributes:
        sha256: the bytes' SHA-256, 64 hexadecimal digits.
        pdq: the look-alike hash, the same as `images.prepare.prepare` gives.
        detail: what `images.lookalike.differs` compares.
        format: what the bytes were: one of `images.decode.FORMATS`.
        width: upright width of the original, in pixels.
        height: upright height of the original, in pixels.
        animated: whether the original has more than one frame (the first is taken).
        normal: the clean picture as `decode` gives it, as a JPEG: upright, RGB, no metadata.
        normal_size: its width and height, in pixels.
        thumbnail: a JPEG of at most `THUMBNAIL_SIDE` pixels a side.
        thumbnail_size: its width and height, in pixels.
    """

    sha256: str
    pdq: Pdq
    detail: bytes
    format: str
    width: int
    height: int
    animated: bool
    normal: bytes
    normal_size: tuple[int, int]
    thumbnail: bytes
    thumbnail_size: tuple[int, int]


def keep(data: bytes) -> Kept:
    """Decode an image and make what is stored of it.

    Raises:
        ImageError: see `images.decode.decode`.
    """
    clean, small = decode_sizes(data, [None, HASH_SIDE])
    normal, hashed = Image.fromarray(clean.pixels), Image.fromarray(small.pixels)
    thumbnail = _thumbnail(hashed)
    return Kept(
        sha256=sha256(data),
        pdq=pdq(small.pixels),
        detail=detail(hashed),
        format=clean.format,
        width=clean.width,
        height=clean.height,
        animated=clean.animated,
        normal=_jpeg(normal, _NORMAL_QUALITY),
        normal_size=normal.size,
        thumbnail=_jpeg(thumbnail, _THUMBNAIL_QUALITY),
        thumbnail_size=thumbnail.size,
    )


def _thumbnail(image: Image.Image) -> Image.Image:
    factor = min(1.0, THUMBNAIL_SIDE / max(image.size))
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    return image if size == image.size else image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=_HALF_COLOUR)
    return file.getvalue()
