"""Which known pictures look like this one: 256-bit hashes in memory, searched exactly by Hamming distance.

A part of two hashes is never further apart than the whole, and two unrelated halves of 128 bits are 31 apart once in
10⁹ times. So a search counts the first half of all and the other half only of those that are left: the answer of a full
scan, in a fraction of its time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORDS = 4
_SMALLEST = 1024
_AT_ONCE = 32_768
"""How many hashes are looked at in one step: their bit counts then stay in the processor's cache."""

Keys = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Distances = NDArray[np.int64]


class HashIndex:
    """A growing index of 256-bit hashes with a key each, in the order they were added.

    Nothing is ever removed: who asks leaves out the keys that are gone. One thread adds, any number may search: an
    added hash is seen by the searches that begin after `add` returned.
    """

    def __init__(self) -> None:
        self._keys: Keys = np.empty(_SMALLEST, dtype=np.int64)
        self._words: Hashes = np.empty((_WORDS, _SMALLEST), dtype=np.uint64)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, keys: Sequence[int] | Keys, hashes: Hashes) -> None:
        """Add hashes.

        Args:
            keys: one for each hash, as 64-bit integers; a key may come more than once.
            hashes: uint64 `[n, 4]`; which bit is where does not matter, as long as all agree.

        Raises:
            ValueError: if the shapes do not agree.
        """
        if hashes.shape != (len(keys), _WORDS):
            raise ValueError(f"{len(keys)} keys for hashes of shape {hashes.shape}")
        size = self._size + len(keys)
        if size > len(self._keys):
            self._grow(size)
        self._keys[self._size : size] = keys
        self._words[:, self._size : size] = hashes.T
        self._size = size

    def within(self, hash: NDArray[np.uint64], distance: int) -> tuple[Keys, Distances]:  # noqa: A002
        """What is at most `distance` bits from a hash.

        Args:
            hash: uint64 `[4]`.
            distance: 0–256.

        Returns:
            Their keys in the order they were added, and how far each is.
        """
        size, words, keys = self._size, self._words, self._keys
        found = [
            _near(words[:, start : min(start + _AT_ONCE, size)], hash, distance, start)
            for start in range(0, size, _AT_ONCE)
        ]
        if not found:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        rows = np.concatenate([rows for rows, _ in found])
        return keys[rows], np.concatenate([distances for _, distances in found])

    def within_many(self, hashes: Hashes, distance: int) -> list[tuple[Keys, Distances]]:
        """`within` for each row of uint64 `[n, 4]`."""
        return [self.within(each, distance) for each in hashes]

    def _grow(self, size: int) -> None:
        capacity = max(size, 2 * len(self._keys))
        keys, words = np.empty(capacity, dtype=np.int64), np.empty((_WORDS, capacity), dtype=np.uint64)
        keys[: self._size], words[:, : self._size] = self._keys[: self._size], self._words[:, : self._size]
        self._words, self._keys = words, keys


def _near(words: Hashes, hash: NDArray[np.uint64], distance: int, start: int) -> tuple[Keys, Distances]:  # noqa: A002
    """The columns of `words` (`[4, n]`) within a distance, counted from `start`, and how far they are."""
    half = np.bitwise_count(words[0] ^ hash[0]) + np.bitwise_count(words[1] ^ hash[1])  # uint8 holds 128
    rows = np.flatnonzero(half <= distance)
    distances = np.bitwise_count(words[:, rows] ^ hash[:, None]).sum(axis=0, dtype=np.int64)
    near = distances <= distance
    return rows[near] + start, distances[near]
