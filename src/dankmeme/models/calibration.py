"""Scores become probabilities with an interval: inductive Venn–Abers predictors.

Follows Vovk, Petej & Fedorova, "Large-scale probabilistic predictors with and without guarantees of validity" (NeurIPS
2015): isotonic regression is fitted twice on the calibration scores, once with the new example counted as not dank
and once as dank. Both answers depend only on where the new score lies among the calibration scores, so that
they are worked out once for every place.

What is shipped is a `Curve`: the mean of predictors fitted on random two thirds of the calibration rows (in the
spirit of cross Venn–Abers predictors, same paper), read off between the middles of their steps as in centred isotonic
regression (Oron & Flournoy, Statistics in Biopharmaceutical Research 2017). On a few thousand rows the bare steps are
mostly noise.
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


@dataclass(frozen=True)
class Curve:
    """p0 and p1 as continuous functions of the score.

    Attributes:
        scores: `[k]`, rising.
        p0: `[k]`, at those scores; linear between them, constant beyond.
        p1: `[k]`, likewise; p0 ≤ p1.
    """

    scores: Floats
    p0: Floats
    p1: Floats

    def interval(self, scores: Floats) -> tuple[Floats, Floats]:
        """p0 and p1, each `[n]`, for scores `[n]`."""
        return np.interp(scores, self.scores, self.p0), np.interp(scores, self.scores, self.p1)


def fit_curve(
    scores: Floats, labels: NDArray[np.bool_], *, draws: int = 10, share: float = 2 / 3, points: int = 401
) -> Curve:
    """Fit on calibration scores `[n]` and whether each turned out dank `[n]`.

    Args:
        scores: any real numbers, higher for more dank.
        labels: the outcomes.
        draws: how many predictors are averaged.
        share: the share of the rows that each is fitted on.
        points: at how many quantiles of the scores the curve is kept.
    """
    grid = np.unique(np.quantile(scores, np.linspace(0, 1, points)))
    chance = np.random.default_rng(0)
    lows, highs = [], []
    for _ in range(draws):
        rows = chance.permutation(len(scores))[: max(2, round(share * len(scores)))]
        fitted = fit_venn_abers(scores[rows], labels[rows], max_levels=200)
        lows.append(_centred(fitted.scores, fitted.p0[1::2], grid))
        highs.append(_centred(fitted.scores, fitted.p1[1::2], grid))
    p0: Floats = np.mean(lows, axis=0)
    p1: Floats = np.maximum(p0, np.mean(highs, axis=0))
    return Curve(grid, p0, p1)


def _centred(scores: Floats, steps: Floats, grid: Floats) -> Floats:
    """A step function `[k]` over scores `[k]`, read off at the grid between the middles of its steps."""
    starts = np.flatnonzero(np.append(True, np.diff(steps) > 1e-12))
    ends = np.append(starts[1:], len(steps))
    middles = [float(scores[start:end].mean()) for start, end in zip(starts, ends, strict=True)]
    return np.interp(grid, middles, steps[starts])


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
