"""Single figures of labels and scores, and the plain bootstrap over blocks of time.

Posts close in time share their audience and their fashions, so rows are not independent; whole blocks of consecutive
rows are drawn instead (Künsch, "The jackknife and the bootstrap for general stationary observations", 1989).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.floating]
Numbers = NDArray[np.intp]


@dataclass(frozen=True)
class Figure:
    """A measured value with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f})"


def bootstrapped(figure: Callable[[Numbers], float], count: int, *, blocks: int = 40, draws: int = 400) -> Figure:
    """A figure over all rows, with its interval.

    Args:
        figure: gives the value for row numbers `[m]` (repeats allowed); rows are in order of time.
        count: how many rows there are.
        blocks: into how many runs of consecutive rows they are cut.
        draws: how many times as many blocks are drawn with replacement.
    """
    chance = np.random.default_rng(0)
    parts = np.array_split(np.arange(count), min(blocks, count))
    values = []
    for _ in range(draws):
        picked = chance.integers(0, len(parts), len(parts))
        values.append(figure(np.concatenate([parts[number] for number in picked])))
    low, high = np.nanquantile(values, [0.025, 0.975])
    return Figure(float(figure(np.arange(count))), float(low), float(high))


def auc(labels: Bools, scores: Floats) -> float:
    """Area under the ROC curve: how often a positive row is ranked above a negative one; ties count half.

    NaN where one of the classes is missing.
    """
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = _midranks(scores)
    return float((ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def grouped_auc(labels: Bools, scores: Floats, groups: NDArray[np.generic]) -> float:
    """AUC over pairs of rows of the same group alone: groups cannot be told apart to win."""
    wins = pairs = 0.0
    for group in np.unique(groups):
        rows = groups == group
        positives = int(labels[rows].sum())
        weight = positives * (int(rows.sum()) - positives)
        if weight:
            wins += weight * auc(labels[rows], scores[rows])
            pairs += weight
    return wins / pairs if pairs else float("nan")


def average_precision(labels: Bools, scores: Floats) -> float:
    """Area under the precision–recall curve as a sum over distinct scores; a random ranking gets the base rate."""
    if not labels.any():
        return float("nan")
    _, inverse = np.unique(-scores, return_inverse=True)
    called = np.cumsum(np.bincount(inverse))
    gained = np.bincount(inverse, weights=labels)
    return float((gained * np.cumsum(gained) / called).sum() / labels.sum())


def accuracy(labels: Bools, scores: Floats, threshold: float) -> float:
    """Share of rows on the right side of a threshold."""
    return float(((scores >= threshold) == labels).mean())


def balanced_accuracy(labels: Bools, scores: Floats, threshold: float) -> float:
    """Mean of the two classes' accuracies."""
    called = scores >= threshold
    return float((called[labels].mean() + (~called[~labels]).mean()) / 2)


def best_threshold(labels: Bools, scores: Floats) -> float:
    """The score from which calling a row positive gives the best balanced accuracy."""
    candidates = np.unique(np.quantile(scores, np.linspace(0.02, 0.98, 193)))
    return float(max(candidates, key=lambda threshold: balanced_accuracy(labels, scores, threshold)))


def brier(labels: Bools, probabilities: Floats) -> float:
    """Mean squared difference of probability and outcome."""
    return float(((probabilities - labels) ** 2).mean())


def calibration_error(labels: Bools, probabilities: Floats, bins: int = 15) -> float:
    """Expected calibration error over bins of equally many rows: mean |forecast − outcome|, weighted by rows."""
    order = np.argsort(probabilities, kind="stable")
    error = 0.0
    for part in np.array_split(order, bins):
        if len(part):
            error += len(part) * abs(float(probabilities[part].mean()) - float(labels[part].mean()))
    return error / len(labels)


def spearman(one: Floats, other: Floats) -> float:
    """Rank correlation; NaN where one side is constant."""
    ranks = _midranks(one), _midranks(other)
    if min(float(np.ptp(each)) for each in ranks) == 0:
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])


def pair_accuracy(outcomes: Floats, scores: Floats, *, apart: int = 20) -> float:
    """How often the better of two rows close in time is ranked higher.

    Args:
        outcomes: percentiles `[n]` in order of time; pairs with a difference below 0.2 are left out.
        scores: forecasts `[n]`.
        apart: pairs are at most this many rows apart.
    """
    wins = pairs = 0.0
    for step in range(1, apart + 1):
        gap = outcomes[step:] - outcomes[:-step]
        lead = scores[step:] - scores[:-step]
        clear = np.abs(gap) >= 0.2
        wins += float(((np.sign(gap) * np.sign(lead))[clear] + 1).sum() / 2)
        pairs += int(clear.sum())
    return wins / pairs if pairs else float("nan")


def _midranks(values: Floats) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return ranks
