"""What a picture is known by: the SHA-256 of its bytes, and PDQ for pictures that look alike.

PDQ follows Facebook's "The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm" (2019) and its
reference implementation in ThreatExchange. The reference blurs by two passes of running box sums and then takes
every n-th pixel; both are linear, so here they are one small matrix a side length, kept for reuse.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

HASH_SIDE = 512
"""A picture is hashed at no more than this many pixels a side (`images.decode.decode` with `longest`)."""

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_SIDE = 64
_BOX_PASSES = 2


@dataclass(frozen=True)
class Pdq:
    """A PDQ hash.

    Attributes:
        hex: 64 hexadecimal digits (256 bits), in the order the reference prints them.
        quality: 0–100, how much the picture has to be told apart by; below 50 a match means little.
    """

    hex: str
    quality: int

    def distance(self, other: Pdq) -> int:
        """Hamming distance, 0–256; at most 31 counts as a near-duplicate."""
        return (int(self.hex, 16) ^ int(other.hex, 16)).bit_count()


def sha256(data: bytes) -> str:
    """The image's identity: 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def pdq(pixels: NDArray[np.uint8]) -> Pdq:
    """Hash a picture.

    Args:
        pixels: uint8 `[height, width, 3]` RGB, both sides at least 1.
    """
    luma = pixels.astype(np.float32) @ _LUMA
    blurred = _blur_and_take(luma.shape[0]) @ luma @ _blur_and_take(luma.shape[1]).T
    cosines = _cosines()
    spectrum = cosines @ blurred @ cosines.T
    median = np.partition(spectrum.ravel(), 127)[127]
    bits = (spectrum > median).ravel()
    return Pdq(np.packbits(bits[::-1]).tobytes().hex(), _quality(blurred))


def _quality(blurred: NDArray[np.float32]) -> int:
    """The sum of the gradients, as the reference quantises it."""
    steps = sum(float(np.abs(np.trunc(np.diff(blurred, axis=axis) * 100 / 255)).sum()) for axis in (0, 1))
    return min(100, int(steps / 90))


@lru_cache(maxsize=256)
def _blur_and_take(length: int) -> NDArray[np.float32]:
    """`[64, length]`: two box blurs over `length` pixels, of which 64 are kept."""
    window = (length + 2 * _SIDE - 1) // (2 * _SIDE)
    half = (window + 2) // 2
    box = np.zeros((length, length))
    for row in range(length):
        first, last = max(0, row + half - window), min(length, row + half)
        box[row, first:last] = 1 / (last - first)
    taken = ((np.arange(_SIDE) + 0.5) * length / _SIDE).astype(int)
    both: NDArray[np.float64] = np.linalg.matrix_power(box, _BOX_PASSES - 1)[taken] @ box
    return both.astype(np.float32)


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float32]:
    """`[16, 64]`: rows 1–16 of the type-II discrete cosine transform."""
    row, column = np.arange(1, 17)[:, None], np.arange(_SIDE)[None, :]
    waves: NDArray[np.float64] = np.sqrt(2 / _SIDE) * np.cos(np.pi / 2 / _SIDE * row * (2 * column + 1))
    return waves.astype(np.float32)
