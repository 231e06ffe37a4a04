"""Heads: what turns embeddings into log odds and a percentile. Plain weights, so that every graph can carry them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.evaluate import auc
from dankmeme.training.lessons import Floats, Pictures

PENALTIES = (10.0, 100.0, 1_000.0, 10_000.0, 100_000.0)
FOLDS = 5
_Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Layer:
    """x · weights `[i, o]` + bias `[o]`."""

    weights: Floats
    bias: Floats

    def __call__(self, x: Floats) -> Floats:
        """`[n, o]`."""
        y: Floats = x @ self.weights + self.bias
        return y


@dataclass(frozen=True)
class Head:
    """Layers with ReLU between them; the last gives log odds `[n, 1]`.

    Attributes:
        kind: in words.
        layers: from the embedding on.
        percentile: gives an estimate of the percentile `[n, 1]`; None where no percentiles were known.
    """

    kind: str
    layers: tuple[Layer, ...]
    percentile: Layer | None

    def odds(self, embedding: Floats) -> Floats:
        """Log odds `[n]` of dank for embeddings `[n, e]`."""
        first, *others = self.layers
        x = first(embedding)
        for layer in others:
            x = layer(np.maximum(x, 0))
        return x[:, 0]

    def probability(self, embedding: Floats) -> Floats:
        """`[n]`, 0–1."""
        share: Floats = (1 / (1 + np.exp(-self.odds(embedding).astype(np.float64)))).astype(np.float32)
        return share


@dataclass(frozen=True)
class Scale:
    """Mean and deviation `[e]` by which embeddings are standardised."""

    mean: Floats
    deviation: Floats


def scale_of(embedding: Floats) -> Scale:
    """Of embeddings `[n, e]`; a feature that hardly varies is not blown up."""
    deviation = embedding.std(axis=0, dtype=np.float64)
    floor = 1e-3 * max(float(deviation.mean()), 1e-6)
    return Scale(embedding.mean(axis=0, dtype=np.float64).astype(np.float32), (deviation + floor).astype(np.float32))


def unscaled(layer: Layer, scale: Scale) -> Layer:
    """The layer for embeddings as they are, from one for standardised embeddings."""
    weights = layer.weights / scale.deviation[:, None]
    return Layer(weights, layer.bias - scale.mean @ weights)


def targets(pictures: Pictures) -> _Doubles:
    """The percentile `[n]`; where only the class is known, the mean percentile of its class (1 and 0 without any)."""
    percentile = pictures.percentile.astype(np.float64)
    for dank in (False, True):
        unknown = np.isnan(percentile) & (pictures.dank == dank)
        known = pictures.percentile[~np.isnan(pictures.percentile) & (pictures.dank == dank)]
        percentile[unknown] = known.mean() if len(known) else float(dank)
    return percentile


def ridge_head(embedding: Floats, pictures: Pictures, seed: int) -> Head:
    """Ridge regression of the percentile, turned into log odds of dank.

    It ranks better than a classifier of the top 30 % where memes are few: it learns from every rank. The penalty is the
    one that ranks rows of unseen folds best, and the slope of the log odds is fitted on those rows too (Platt,
    "Probabilistic outputs for support vector machines", 1999).

    Args:
        embedding: `[n, e]`.
        pictures: `[n]`.
        seed: of the folds.
    """
    from sklearn.linear_model import LogisticRegression

    scale = scale_of(embedding)
    x: _Doubles = ((embedding - scale.mean) / scale.deviation).astype(np.float64)
    y = targets(pictures)
    unseen = _unseen(x, y, np.random.default_rng(seed).integers(0, FOLDS, len(x)))
    ranked = [auc(pictures.dank[pictures.ends], column[pictures.ends]) for column in unseen.T]
    best = int(np.nanargmax(ranked)) if not np.isnan(ranked).all() else len(PENALTIES) - 1
    slope = LogisticRegression(C=1e4).fit(unseen[:, [best]], pictures.dank)
    gain, lift = float(slope.coef_[0, 0]), float(slope.intercept_[0])
    if gain < 0:  # labels without sense: means of folds lie against each other, and would turn the ranking round
        share = float(pictures.dank.mean())
        gain, lift = 0.0, math.log(share / (1 - share))
    weights, bias = _solved(x, y, (PENALTIES[best],))
    estimate = unscaled(Layer(weights.astype(np.float32), bias.astype(np.float32)), scale)
    odds = Layer((gain * estimate.weights).astype(np.float32), (gain * estimate.bias + lift).astype(np.float32))
    known = not np.isnan(pictures.percentile).all()
    return Head(f"ridge regression with a penalty of {PENALTIES[best]:g}", (odds,), estimate if known else None)


def with_percentile(head: Head, other: Head) -> Head:
    """A head with the other's estimate of the percentile."""
    return replace(head, percentile=other.percentile)


def _unseen(x: _Doubles, y: _Doubles, fold: NDArray[np.int64]) -> _Doubles:
    """Estimates `[n, penalties]` of rows by regressions that did not see their fold."""
    out = np.full((len(x), len(PENALTIES)), y.mean())
    for number in np.unique(fold):
        seen = fold != number
        if seen.any():
            weights, bias = _solved(x[seen], y[seen], PENALTIES)
            out[~seen] = x[~seen] @ weights + bias
    return out


def _solved(x: _Doubles, y: _Doubles, penalties: tuple[float, ...]) -> tuple[_Doubles, _Doubles]:
    """Ridge weights `[e, penalties]` and biases, by the smaller of the two equivalent systems."""
    mean, level = x.mean(axis=0), y.mean()
    centred, off = x - mean, y - level
    if len(x) < x.shape[1]:
        gram = centred @ centred.T
        columns = [centred.T @ np.linalg.solve(gram + p * np.eye(len(gram)), off) for p in penalties]
    else:
        gram, moment = centred.T @ centred, centred.T @ off
        columns = [np.linalg.solve(gram + p * np.eye(len(gram)), moment) for p in penalties]
    weights = np.stack(columns, axis=1)
    return weights, level - mean @ weights
