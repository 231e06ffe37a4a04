"""Captions that are the same but for how they were typed or read: MinHash over runs of letters.

Broder, "On the resemblance and containment of documents" (1997): the share of equal minima of two sets under random
orders estimates their resemblance. Bands of minima find the pairs worth estimating (Leskovec, Rajaraman, Ullman,
"Mining of Massive Datasets", chapter 3).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RUN = 5
"""Letters in a row that make one element of the set."""
BANDS, ROWS = 16, 3
RESEMBLES = 0.5
"""Captions of this resemblance or more are the same: one wrong letter in twenty leaves 0.6."""
AT_ONCE = 20_000
_SEED = 1997
_Minima = NDArray[np.uint32]


def caption_key(caption: str) -> str:
    """What makes two captions equal: letters and digits alone, in lower case."""
    return re.sub(r"[^a-z0-9]+", "", caption.lower())


def resembling(captions: Sequence[str], others: Sequence[str]) -> NDArray[np.bool_]:
    """Which captions `[n]` are equal to, or resemble, one of the others."""
    keys, known = [caption_key(caption) for caption in captions], {caption_key(other) for other in others}
    found = np.array([key in known for key in keys], dtype=bool)
    long = [row for row, key in enumerate(keys) if len(key) >= RUN and not found[row]]
    there = sorted(key for key in known if len(key) >= RUN)
    if not (long and there):
        return found
    first, second = (_minima(some) for some in ([keys[row] for row in long], there))
    for band in range(BANDS):
        columns = slice(ROWS * band, ROWS * (band + 1))
        for row, other in _meeting(first[:, columns], second[:, columns]):
            alike = (first[row] == second[other]).mean(axis=1) >= RESEMBLES
            found[np.array(long)[row[alike]]] = True
    return found


def _minima(keys: Sequence[str]) -> _Minima:
    """MinHash signatures `[n, BANDS × ROWS]` of keys of at least `RUN` letters."""
    return np.concatenate([_some_minima(keys[start : start + AT_ONCE]) for start in range(0, len(keys), AT_ONCE)])


def _some_minima(keys: Sequence[str]) -> _Minima:
    letters = np.frombuffer("".join(keys).encode(), dtype=np.uint8).astype(np.uint64)
    lengths = np.array([len(key) for key in keys])
    starts = np.cumsum(lengths) - lengths
    runs = np.zeros(len(letters) - RUN + 1, dtype=np.uint64)
    for place in range(RUN):
        runs = runs * np.uint64(257) + letters[place : len(letters) - RUN + 1 + place]
    counts = lengths - RUN + 1
    whole = np.concatenate([np.arange(start, start + count) for start, count in zip(starts, counts, strict=True)])
    elements, firsts = runs[whole], np.cumsum(counts) - counts
    factors = np.random.default_rng(_SEED).integers(1, 2**63, BANDS * ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(
        1
    )
    minima = [np.minimum.reduceat((elements * factor) >> np.uint64(32), firsts) for factor in factors]
    return np.stack(minima, axis=1).astype(np.uint32)


def _meeting(first: _Minima, second: _Minima) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Pairs of rows that are equal in a band: row numbers of the one and of the other, in step."""
    both = np.concatenate([first, second]).astype(np.uint64)
    mixed = (both[:, 0] * np.uint64(0x9E3779B97F4A7C15)) ^ (both[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F)) ^ both[:, 2]
    one, other = mixed[: len(first)], mixed[len(first) :]
    order = np.argsort(other, kind="stable")
    low, high = (np.searchsorted(other[order], one, side=side) for side in ("left", "right"))
    counts = high - low
    rows = np.repeat(np.arange(len(one)), counts)
    if not len(rows):
        return []
    within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    others = order[np.repeat(low, counts) + within]
    parts = max(1, len(rows) // 1_000_000)
    return list(zip(np.array_split(rows, parts), np.array_split(others, parts), strict=True))
