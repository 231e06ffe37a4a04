"""Scores become probabilities with an interval: inductive Venn–Abers predictors.

Follows Vovk, Petej & Fedorova, "Large-scale probabilistic predictors with and without guarantees of validity" (NeurIPS
2015): isotonic regression is fitted twice on the calibration scores, once with the new example counted as not dank
and once as dank. Both answers depend only on where the new score lies among the calibration scores, so that
they are worked out once for every place and stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class VennAbers:
    """A fitted predictor.

    Attributes:
        scores: `[k]`, the distinct calibration scores, rising.
        p0: `[2k + 1]`: the probability if the new example were not dank; even places lie between two scores
            (place 0 below all), odd places on a score.
        p1: `[2k + 1]`, the same if it were dank; p0 ≤ p1.

    """

    scores: Floats
    p0: Floats
    p1: Floats

    def interval(self, scores: Floats) -> tuple[Floats, Floats]:
        """p0 and p1, each `[n]`, for scores `[n]`."""
        left = np.searchsorted(self.scores, scores, side="left")
        right = np.searchsorted(self.scores, scores, side="right")
        place = left + right
        return self.p0[place], self.p1[place]


def merged(p0: Floats, p1: Floats) -> Floats:
    """One probability for an interval: the minimax choice under log loss, p1 / (1 − p0 + p1)."""
    merged_probability: Floats = p1 / (1 - p0 + p1)
    return merged_probability


def fit_venn_abers(scores: Floats, labels: NDArray[np.bool_], max_levels: int = 1_000) -> VennAbers:
    """Fit on calibration scores `[n]` and whether each turned out dank `[n]`.

    Args:
        scores: any real numbers, higher for more dank.
        labels: the outcomes.
        max_levels: scores are put into at most this many groups of equal size, which bounds what is stored.

    """
    values = np.asarray(scores, dtype=np.float64)
    if len(np.unique(values)) > max_levels:
        edges = np.unique(np.quantile(values, np.linspace(0, 1, max_levels)))
        values = edges[np.clip(np.searchsorted(edges, values), 0, len(edges) - 1)]
    distinct, inverse = np.unique(values, return_inverse=True)
    weight: Floats = np.bincount(inverse).astype(np.float64)
    hits: Floats = np.bincount(inverse, weights=np.asarray(labels, dtype=np.float64)).astype(np.float64)
    places = 2 * len(distinct) + 1
    p0, p1 = np.empty(places), np.empty(places)
    for place in range(places):
        p0[place] = _isotonic_at(weight, hits, place, 0.0)
        p1[place] = _isotonic_at(weight, hits, place, 1.0)
    return VennAbers(distinct, p0, p1)


def _isotonic_at(weight: Floats, hits: Floats, place: int, outcome: float) -> float:
    """Isotonic regression with one more example at `place`, read off there.

    By the min–max formula: the largest, over starts, of the smallest, over ends, mean of the run that holds the place.
    """
    index, on_score = divmod(place, 2)
    split = index + on_score
    before_w, before_h = weight[:split][::-1], hits[:split][::-1]
    start_w = np.concatenate([[0.0], np.cumsum(before_w)])[on_score:] + 1
    start_h = np.concatenate([[0.0], np.cumsum(before_h)])[on_score:] + outcome
    end_w = np.concatenate([[0.0], np.cumsum(weight[split:])])
    end_h = np.concatenate([[0.0], np.cumsum(hits[split:])])
    means = (start_h[:, None] + end_h[None, :]) / (start_w[:, None] + end_w[None, :])
    return float(means.min(axis=1).max())
