"""Everything about a picture that needs its bytes, in one step: identity, look-alike hash, model input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dankmeme.images.decode import Picture, decode, squash
from dankmeme.images.fingerprint import HASH_SIDE, Pdq, pdq, sha256
from dankmeme.images.lookalike import detail


@dataclass(frozen=True)
class Prepared:
    """A picture ready for the models.

    Attributes:
        sha256: the bytes' SHA-256, 64 hexadecimal digits.
        pdq: the look-alike hash.
        model_input: uint8 `[side, side, 3]` RGB, the whole picture squashed to a square.
        picture: the clean picture, from which the caption is read.
        detail: what `images.lookalike.differs` compares.
    """

    sha256: str
    pdq: Pdq
    model_input: NDArray[np.uint8]
    picture: Picture
    detail: bytes


def prepare(data: bytes, side: int, *, keep_picture: bool = True) -> Prepared:
    """Decode and fingerprint an image, and squash it for an image model of `side` × `side` pixels.

    Hash and model input always come from the same small decoding (at most 512 px), whatever else is asked for, so that
    a meme's fingerprint and scores do not depend on it. The larger picture, from which the caption is read, is a
    decoding of its own: a tenth of what reading costs.

    Args:
        data: the file's bytes.
        side: of the model input, in pixels.
        keep_picture: whether `picture` is the clean picture, or only its facts with the small one's pixels.

    Raises:
        ImageError: see `images.decode.decode`.
    """
    small = decode(data, longest=HASH_SIDE)
    picture = decode(data) if keep_picture else small
    image = Image.fromarray(small.pixels)
    return Prepared(sha256(data), pdq(small.pixels), squash(image, side), picture, detail(image))
