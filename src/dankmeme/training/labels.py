"""What counts as dank: a post's rank among its neighbours in time, never its raw score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DANK_FROM = 0.70
"""A meme is dank when its percentile is at least this."""
NOT_DANK_TO = 0.35
"""A meme is not dank when its percentile is at most this; between the two it is neither."""


def neighbour_percentile(
    scores: NDArray[np.number], neighbours: int, groups: NDArray[np.generic] | None = None
) -> NDArray[np.float64]:
    """Mid-rank percentile of every score among its neighbours in time.

    Args:
        scores: `[n]`, in order of time. Rows of one part of a split only, so that no label knows of another part.
        neighbours: how many rows, half before and half after, are compared (fewer where a group is smaller; at the
            ends the window moves inward).
        groups: `[n]`, compare only rows of the same group (a template, a community). None: all rows.

    Returns:
        `[n]`, 0–1: the share of the neighbours below, ties counted half.
    """
    values: NDArray[np.float64] = np.asarray(scores, dtype=np.float64)
    percentile = np.full(len(values), 0.5)
    if groups is None:
        return _windowed_midrank(values, neighbours)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        percentile[rows] = _windowed_midrank(values[rows], neighbours)
    return percentile


def _windowed_midrank(scores: NDArray[np.float64], neighbours: int) -> NDArray[np.float64]:
    count = len(scores)
    if count < 2:
        return np.full(count, 0.5)
    window = min(neighbours + 1, count)
    percentile = np.empty(count)
    for row in range(count):
        start = min(max(0, row - window // 2), count - window)
        near = scores[start : start + window]
        below = np.count_nonzero(near < scores[row])
        equal = np.count_nonzero(near == scores[row]) - 1
        percentile[row] = (below + 0.5 * equal) / (window - 1)
    return percentile


def ends(percentile: NDArray[np.floating]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Masks `[n]` of the dank and the not dank rows; the middle is in neither."""
    return percentile >= DANK_FROM, percentile <= NOT_DANK_TO
