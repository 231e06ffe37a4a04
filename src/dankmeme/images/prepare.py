"""Everything about a picture that needs its bytes, in one step: identity, look-alike hash, model input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.images.decode import Picture, decode, shrink, squash
from dankmeme.images.fingerprint import HASH_SIDE, Pdq, pdq, sha256


@dataclass(frozen=True)
class Prepared:
    """A picture ready for the models.

    Attributes:
        sha256: the bytes' SHA-256, 64 hexadecimal digits.
        pdq: the look-alike hash.
        model_input: uint8 `[side, side, 3]` RGB, the whole picture squashed to a square.
        picture: the clean picture, from which the caption is read.

    """

    sha256: str
    pdq: Pdq
    model_input: NDArray[np.uint8]
    picture: Picture


def prepare(data: bytes, side: int) -> Prepared:
    """Decode and fingerprint an image, and squash it for an image model of `side` × `side` pixels.

    The model input is taken from the picture that is hashed (at most 512 px), so that both cost little.

    Raises:
        ImageError: see `images.decode.decode`.

    """
    picture = decode(data)
    small = shrink(picture.pixels, HASH_SIDE)
    return Prepared(sha256(data), pdq(small), squash(small, side), picture)
