"""What a reader sees drawn: reliability, ROC, precision and recall, and where the forecasts lie."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.evaluate.figures import Bools, Floats, calibration_error

MOST_POINTS = 200


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows of about one forecast: the share of them that are dank, with Wilson's 95 % interval."""

    forecast: float
    observed: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class Curve:
    """Points of a curve, each side 0–1 and of one length, from left to right."""

    x: list[float]
    y: list[float]


@dataclass(frozen=True)
class Histogram:
    """How many rows have a probability in each of equally wide bins from 0 to 1."""

    dank: list[int]
    middle: list[int]
    not_dank: list[int]


@dataclass(frozen=True)
class ByChance:
    """Calibration error of forecasts without any fault: its mean, and what 95 % of them stay below."""

    mean: float
    high: float


def reliability(dank: Bools, probability: Floats, bins: int = 10, least: int = 5) -> list[ReliabilityBin]:
    """Bins of about equally many rows, by forecast, with at least `least` each; equal forecasts share a bin."""
    order = np.argsort(probability, kind="stable")
    forecast, hit = probability[order], dank[order]
    edges = [0]
    for start in np.linspace(0, len(order), bins + 1).astype(int)[1:-1]:
        before, after = (int(np.searchsorted(forecast, forecast[start], side)) for side in ("left", "right"))
        edge = before if start - before <= after - start else after
        if edge - edges[-1] >= least and len(order) - edge >= least:
            edges.append(edge)
    return [_bin(forecast[low:high], hit[low:high]) for low, high in zip(edges, [*edges[1:], len(order)], strict=True)]


def roc(dank: Bools, scores: Floats) -> Curve:
    """Share of not dank rows called dank (x) and of dank rows called dank (y), for every threshold."""
    right, wrong = _called(dank, scores)
    return _thinned(np.append(0, wrong) / max(wrong[-1], 1), np.append(0, right) / max(right[-1], 1))


def precision_recall(dank: Bools, scores: Floats) -> Curve:
    """Share of dank rows called dank (x) and of rows called dank that are (y), for every threshold."""
    right, wrong = _called(dank, scores)
    return _thinned(right / max(right[-1], 1), right / (right + wrong))


def histogram(dank: Bools, not_dank: Bools, probability: Floats, bins: int = 20) -> Histogram:
    """How the probabilities of rows that are dank, in the middle and not dank lie."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    parts = (dank, ~(dank | not_dank), not_dank)
    return Histogram(*(np.bincount(place[part], minlength=bins).tolist() for part in parts))


def calibration_by_chance(probability: Floats, draws: int = 200) -> ByChance:
    """Calibration error that chance alone would give these forecasts if they were exactly right."""
    chance = np.random.default_rng(0)
    errors = [calibration_error(chance.random(len(probability)) < probability, probability) for _ in range(draws)]
    return ByChance(float(np.mean(errors)), float(np.quantile(errors, 0.95)))


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share: Wilson, "Probable inference, the law of succession …", 1927."""
    squared = 1.959964**2
    centre = (hits + squared / 2) / (count + squared)
    half = math.sqrt(squared * (hits * (count - hits) / count + squared / 4)) / (count + squared)
    return max(0.0, centre - half), min(1.0, centre + half)


def _bin(forecast: Floats, dank: Bools) -> ReliabilityBin:
    hits, rows = int(dank.sum()), len(dank)
    return ReliabilityBin(float(forecast.mean()), hits / rows, *wilson(hits, rows), rows)


def _called(dank: Bools, scores: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """How many dank and not dank rows lie at or above each distinct score, from the highest down."""
    _, place = np.unique(-scores, return_inverse=True)
    right, wrong = (np.cumsum(np.bincount(place[part], minlength=place.max() + 1)) for part in (dank, ~dank))
    return right, wrong


def _thinned(x: Floats, y: Floats) -> Curve:
    kept = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int))
    return Curve(x[kept].tolist(), y[kept].tolist())
