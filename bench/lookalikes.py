"""Finding the look-alikes of a new image among many, against a plain NumPy scan; and comparing two details."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.images.lookalike import DETAIL_BYTES, differs
from dankmeme.images.neighbours import HashIndex
from figures import Figure, Goal

HASHES = 1_000_000
NEAR = 31
MOST_MILLISECONDS = 30
MOST_MICROSECONDS = 50

Hashes = NDArray[np.uint64]


def lookalikes(searches: int = 50) -> list[Figure]:
    """Milliseconds a search among a million hashes, and microseconds a comparison; the searches must agree."""
    chance = np.random.Generator(np.random.PCG64(0))
    hashes = chance.integers(0, 2**64, (HASHES, 4), dtype=np.uint64)
    asked = _near_ones(hashes[:: HASHES // searches], chance)
    index = HashIndex()
    index.add(range(HASHES), hashes)
    for each in asked[:3]:
        if index.within(each, NEAR)[0].tolist() != _scanned(hashes, each)[0].tolist():
            raise AssertionError("the index and the scan disagree")
    ours = 1e3 * _seconds(lambda each: index.within(each, NEAR), asked)
    plain = 1e3 * _seconds(lambda each: _scanned(hashes, each), asked[: max(3, searches // 5)])
    details = [chance.integers(0, 256, DETAIL_BYTES, dtype=np.uint8).tobytes() for _ in range(10 * searches)]
    pair = 1e6 * _seconds(lambda each: differs(details[0], each), details)
    bound, least = Goal("at most", MOST_MILLISECONDS), Goal("at most", MOST_MICROSECONDS)
    return [
        Figure(f"look-alikes among {HASHES:,} hashes", ours, "ms", "plain NumPy scan", plain, bound),
        Figure("comparing two look-alikes", pair, "µs", goal=least),
    ]


def _near_ones(hashes: Hashes, chance: np.random.Generator) -> Hashes:
    """Each hash with at most 16 of its bits turned over: what is searched for has one neighbour."""
    turned = hashes.copy()
    turned[:, 3] ^= chance.integers(0, 2**16, len(hashes), dtype=np.uint64)
    return turned


def _scanned(hashes: Hashes, asked: Hashes) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """What anyone would write first."""
    distances = np.bitwise_count(hashes ^ asked).sum(axis=1)
    rows = np.flatnonzero(distances <= NEAR)
    return rows, distances[rows]


def _seconds(timed: Callable[[Any], object], items: Sequence[Any] | Hashes) -> float:
    """The median, after one that is not counted."""
    timed(items[0])
    times = []
    for item in items:
        started = time.perf_counter()
        timed(item)
        times.append(time.perf_counter() - started)
    return statistics.median(times)
