"""Posts are cut into parts by time, so that a figure says what a model is worth on what comes later.

| part | what it is for |
|---|---|
| `fit` | models are fitted |
| `choose` | early stopping, the search among models |
| `calibrate` | weights of the ensemble, calibration, thresholds |
| `test` | scored once |
| `kept` | never touched: the next round's test |
| `gap` | left out: so close before `test` or `kept` that their scores were not known when it began |
| `twin` | left out: near-duplicates of posts in a later part, which stay |

`choose` and `calibrate` together are the validation slice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PARTS = ("fit", "choose", "calibrate", "test", "kept")
TRAINING = ("fit", "choose", "calibrate")


@dataclass(frozen=True)
class Shares:
    """How much of the posts is for what: `test` and `kept` of all, `choose` and `calibrate` of the training part."""

    test: float = 0.15
    kept: float = 0.05
    choose: float = 0.12
    calibrate: float = 0.12

    def bounds(self) -> NDArray[np.float64]:
        """Where each part but the last ends, as shares of all."""
        training = 1 - self.test - self.kept
        fit = training * (1 - self.choose - self.calibrate)
        return np.cumsum([fit, training * self.choose, training * self.calibrate, self.test])


def split_by_time(times: NDArray[np.float64], shares: Shares, gap: float = 0.0) -> NDArray[np.str_]:
    """The part of every row.

    Args:
        times: `[n]`, rising: seconds since 1970, or places in an order.
        shares: of the parts.
        gap: how long before a part that figures are taken on a row must have been made to stay in an earlier part; the
            age of the label in seconds, 0 where only an order is known. Between the parts that are learnt from there is
            none: whoever trains knows the scores of all of them.
    """
    count = len(times)
    starts = np.round(shares.bounds() * count).astype(int)
    parts = np.array(PARTS, dtype="<U9")[np.searchsorted(starts, np.arange(count), side="right")]
    if gap > 0:
        for start in sorted({int(start) for start in starts[2:] if 0 < start < count}):
            close = (np.arange(count) < start) & (times > times[start] - gap)
            parts[close & (parts != "kept")] = "gap"
    return parts


def split_by_content(keys: Sequence[str], shares: Shares) -> NDArray[np.str_]:
    """The part of every row where no time is known, by chance that its key alone decides.

    Args:
        keys: one a row; rows of one key (near-duplicates) go together.
        shares: of the parts.
    """
    drawn = [int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64 for key in keys]
    return np.array(PARTS, dtype="<U9")[np.searchsorted(shares.bounds(), np.array(drawn), side="right")]


def runs(names: Sequence[str], folds: int) -> NDArray[np.intp]:
    """Folds `[n]` of consecutive rows; rows of one name are in that of the first of them.

    Not by chance: tastes drift, and what was fitted on the days before and after says more of a day than anything will
    of days to come.
    """
    _, first, number = np.unique(np.asarray(names, dtype=str), return_index=True, return_inverse=True)
    found: NDArray[np.intp] = (first * folds // max(len(names), 1))[number]
    return found


def dealt(parts: NDArray[np.str_], seed: int) -> NDArray[np.intp]:
    """Row numbers `[n]` that deal rows out anew by chance, each part among its own."""
    order = np.arange(len(parts))
    for part in np.unique(parts):
        rows = np.flatnonzero(parts == part)
        order[rows] = np.random.default_rng(seed).permutation(rows)
    return order


def straddling(parts: NDArray[np.str_], families: Sequence[str]) -> NDArray[np.bool_]:
    """Rows `[n]` to leave out: those with a near-duplicate in a later part, which stays.

    Args:
        parts: as they were cut.
        families: of near-duplicates, one a row.
    """
    rank = {part: place for place, part in enumerate(("gap", "twin", *PARTS))}
    last: dict[str, int] = {}
    for part, family in zip(parts, families, strict=True):
        last[family] = max(last.get(family, 0), rank[str(part)])
    return np.array([rank[str(part)] < last[family] for part, family in zip(parts, families, strict=True)], dtype=bool)
