"""Whether two pictures with near PDQ hashes are one meme, or one template with two captions.

PDQ looks at blurred pixels only, and other words often turn fewer than 32 of its bits. So each image keeps a detail,
its luma at 64 × 64. Brightness and contrast of two details are made equal, and their difference is taken in tiles of
4 × 8 (a line of words is wide and low): the third worst tile against a usual one. Encoding and scaling change all
tiles alike, words change a few much, a watermark changes one or two.

Measured on 266 real memes, and on captions of 84 templates, that the bound was not chosen on (November 2026), as the
share of pairs called one meme by PDQ alone (distance at most 31) and with the detail:

| pairs | PDQ | with the detail |
|---|---|---|
| 3,192 copies: JPEG 30–95, WebP, PNG, 0.4–1.5 times the size, brightness ±15 %, gamma 0.8–1.25 | 0.993 | 0.990 |
| 266 copies with a small watermark | 0.996 | 0.944 |
| 266 copies cropped by 1 % at each edge | 0.692 | 0.177 |
| 2,128 with other words drawn on a meme: bold, of 5–14 % of the height, or on a strip | 0.570 | 0 |
| 266 with a thin line of words of 5 % of the height | 0.974 | 0.011 |
| 266 with a thin line of words of 4 % of the height | 0.992 | 0.071 |
| 492 of one template with two captions | 0.041 | 0 |

On the 488 memes it was chosen on, 6 of 2,274 near pairs with other words were called one meme, 5,828 of 5,843 near
copies.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

DETAIL_BYTES = 4096
"""Length of a detail."""
SAME = 3.2
"""Details that differ by at most this much are of one meme, if the PDQ hashes are near as well."""

_SIDE = 64
_TILE = (4, 8)
_WORST = 3  # a watermark has one or two tiles, the shortest words more
_NOISE = 3.0  # grey levels that a tile may always be off by
_MOST_NOISE = 8.0  # of re-encoded real memes, 99.9 % have a smaller usual tile

_Details = NDArray[np.float32]


def detail(picture: Image.Image) -> bytes:
    """What `differs` compares, of a picture of at most `fingerprint.HASH_SIDE` pixels a side.

    Args:
        picture: of Pillow's mode RGB.
    """
    return picture.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX).tobytes()


def differs(a: bytes, b: bytes) -> float:
    """How much two details differ: 0 for equal ones, about 1 for copies, 5–30 for other words.

    Args:
        a: from `detail`.
        b: from `detail`; the order of the two does not matter.

    Raises:
        ValueError: if one has another length.
    """
    return float(differs_from_each(a, [b])[0])


def differs_from_each(a: bytes, others: Sequence[bytes]) -> NDArray[np.float32]:
    """`differs` of one detail and each of `n` others: float32 `[n]`.

    Raises:
        ValueError: if one has another length.
    """
    luma, contrast = _centred([a, *others])
    of_one, of_each = contrast[:1], contrast[1:]
    common = np.maximum(np.sqrt(of_one * of_each), np.maximum(of_one, of_each) / 2)  # at most a doubled contrast
    return _third_worst_tile(luma[:1] * (common / of_one) - luma[1:] * (common / of_each))


def is_same(difference: float) -> bool:
    """Whether pictures of near PDQ hashes and this difference are one meme."""
    return difference <= SAME


def _centred(details: Sequence[bytes]) -> tuple[_Details, _Details]:
    """`[n, 4096]` around a mean of 0, and the contrast of each, `[n, 1]`, at least 1 grey level."""
    if any(len(each) != DETAIL_BYTES for each in details):
        raise ValueError(f"a detail has {DETAIL_BYTES} bytes")
    luma = np.frombuffer(b"".join(details), dtype=np.uint8).reshape(-1, DETAIL_BYTES).astype(np.float32)
    luma -= luma.sum(axis=1, keepdims=True) / DETAIL_BYTES
    contrast = np.sqrt(np.einsum("ij,ij->i", luma, luma) / DETAIL_BYTES)[:, None]
    return luma, np.maximum(contrast, 1)


def _third_worst_tile(apart: _Details) -> NDArray[np.float32]:
    """Root mean square of the third worst tile over that of the middle one: `[n, 4096]` gives `[n]`."""
    high, wide = _TILE
    grid = apart.reshape(-1, _SIDE // high, high, _SIDE // wide, wide)
    tiles = _SIDE**2 // (high * wide)
    squares = np.einsum("nabcd,nabcd->nac", grid, grid).reshape(-1, tiles)
    squares.sort(axis=1)
    usual, worst = np.sqrt(squares[:, (tiles // 2, tiles - _WORST)] / (high * wide)).T
    found: NDArray[np.float32] = worst / (np.minimum(usual, _MOST_NOISE) + _NOISE)
    return found
