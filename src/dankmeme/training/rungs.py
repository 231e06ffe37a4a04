"""What a rung of the ladder knows, and the simplest fit that does it justice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.context import circles
from dankmeme.models.features import BUCKETS, ngrams
from dankmeme.training.evaluate import Bools, Floats, Rows, Strings
from dankmeme.training.evaluate.evaluation import A_DATE_FROM

FOLDS = 5
SMOOTHING = 5.0
"""With how many rows of the average outcome a category's own mean is mixed."""
TEXT_RIDGE, DENSE_RIDGE = 2.0, 10.0
MOST_COMMUNITIES = 100


@dataclass(frozen=True)
class Dense:
    """Numbers `[n, d]` of the training rows and `[m, d]` of the test rows; NaN where unknown. Ridge regression."""

    train: Floats
    test: Floats


@dataclass(frozen=True)
class Texts:
    """A text of each training and each test row, "" where there is none. Ridge regression on hashed n-grams."""

    train: Sequence[str]
    test: Sequence[str]


@dataclass(frozen=True)
class Categories:
    """A name for each training and each test row, "" where unknown. Its mean outcome, drawn to the average."""

    train: Strings
    test: Strings


@dataclass(frozen=True)
class Scores:
    """Ready scores, such as a model's own.

    Attributes:
        test: of the test rows, `[m]`.
        train: of the training rows, `[n]`, NaN for rows that the model was fitted on; None: of none. The rung is
            joined with those below on the rows that have one.
        knows_all: the scores come from everything the rungs below know: nothing needs joining.
    """

    test: Floats
    train: Floats | None = None
    knows_all: bool = False


Known = Dense | Texts | Categories | Scores


@dataclass(frozen=True)
class Scored:
    """A rung's scores of the training rows, NaN where there are none, and of the test rows."""

    train: NDArray[np.float64]
    test: NDArray[np.float64]


def clock(train: Rows, test: Rows) -> Dense:
    """What a clock and the name of the community tell: hour and weekday as points on circles, communities one by one.

    Where time is unknown or a mere order on either side, the communities alone; nothing `[n, 0]` where there is one
    alone.
    """
    names, counts = np.unique(train.group, return_counts=True)
    kept = names[np.argsort(-counts, kind="stable")][:MOST_COMMUNITIES] if len(names) > 1 else names[:0]
    dated = is_dated(train.time) and is_dated(test.time)
    times = (circles(rows.time) if dated else np.empty((len(rows), 0)) for rows in (train, test))
    return Dense(
        *(
            np.hstack([hours, rows.group[:, None] == kept[None]])
            for hours, rows in zip(times, (train, test), strict=True)
        )
    )


def category_scores(names: Strings, outcome: Floats, asked: Strings) -> NDArray[np.float64]:
    """Mean outcome of each asked name, drawn to the average; a name that is unknown or "" gets the average.

    Args:
        names: of the rows that are learnt from, `[n]`.
        outcome: of those rows, 0–1, `[n]`.
        asked: the names to score, `[m]`.
    """
    known, number = np.unique(names, return_inverse=True)
    average = float(outcome.mean())
    sums, counts = np.bincount(number, weights=outcome), np.bincount(number)
    means = (sums + SMOOTHING * average) / (counts + SMOOTHING)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    scores: NDArray[np.float64] = np.where((known[place] == asked) & (asked != ""), means[place], average)
    return scores


def nothing_known(known: Known) -> str | None:
    """Why a rung has nothing to say, if so."""
    match known:
        case Dense() if not (len(known.train) and known.train.shape[1] and (np.ptp(known.train, axis=0) > 0).any()):
            return "nothing about it differs between training rows"
        case Texts() if not any(known.train):
            return "no training row has a text"
        case Texts() if not any(known.test):
            return "no test row has a text"
        case Categories() if len(np.unique(known.train[known.train != ""])) < 2:
            return "fewer than two of them are known among the training rows"
        case Categories() if not (known.test != "").any():
            return "none is known among the test rows"
    return None


def scored(name: str, known: Known, train: Rows, test: Rows) -> Scored:
    """Fit a rung; the scores of training rows are made out of fold."""
    if isinstance(known, Scores):
        unseen = np.full(len(train), np.nan) if known.train is None else np.asarray(known.train, dtype=np.float64)
        return _checked(name, Scored(unseen, np.asarray(known.test, dtype=np.float64)), train, test)
    if (len(known.train), len(known.test)) != (len(train), len(test)):
        raise ValueError(f"{name} has {len(known.train)} and {len(known.test)} rows, not {len(train)} and {len(test)}")
    score = _scorer(known, train.outcome)
    learnt = np.isfinite(train.outcome)
    out_of_fold = np.empty(len(train))
    fold = np.arange(len(train)) * FOLDS // len(train)
    everything = np.arange(len(train) + len(test))
    for number in range(FOLDS):
        out_of_fold[fold == number] = score(np.flatnonzero((fold != number) & learnt), np.flatnonzero(fold == number))
    return Scored(out_of_fold, score(np.flatnonzero(learnt), everything[len(train) :]))


def _checked(name: str, scored: Scored, train: Rows, test: Rows) -> Scored:
    if (len(scored.train), len(scored.test)) != (len(train), len(test)):
        raise ValueError(f"{name} has {len(scored.test)} scores of {len(test)} test rows")
    return scored


Scorer = Callable[[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float64]]
"""Fits on some row numbers and scores others; test rows are numbered on from the training rows."""


def _scorer(known: Dense | Texts | Categories, outcome: Floats) -> Scorer:
    if isinstance(known, Categories):
        names = np.concatenate([known.train, known.test])
        return lambda fitted, asked: category_scores(names[fitted], outcome[fitted], names[asked])
    if isinstance(known, Texts):
        grams = _gram_table([*known.train, *known.test])
        return lambda fitted, asked: _text_scores(grams[fitted], outcome[fitted], grams[asked])
    values = np.vstack([known.train, known.test]).astype(np.float64)
    return lambda fitted, asked: _dense_scores(values[fitted], outcome[fitted], values[asked])


def _dense_scores(train: Floats, outcome: Floats, asked: Floats) -> NDArray[np.float64]:
    """Ridge regression on columns of equal spread; an unknown number is the average one."""
    known = np.isfinite(train)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, train, 0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, train - mean, 0) ** 2).sum(axis=0) / count)
    scale = np.where(spread > 0, spread, np.inf)
    first, second = (np.nan_to_num((side - mean) / scale).clip(-5, 5) for side in (train, asked))
    gram = first.T @ first + DENSE_RIDGE * np.eye(first.shape[1])
    scores: NDArray[np.float64] = second @ np.linalg.solve(gram, first.T @ (outcome - outcome.mean()))
    return scores


def _text_scores(train: Any, outcome: Floats, asked: Any) -> NDArray[np.float64]:
    from sklearn.linear_model import Ridge

    model = Ridge(TEXT_RIDGE, solver="sparse_cg", fit_intercept=False, tol=1e-3).fit(train, outcome - outcome.mean())
    scores: NDArray[np.float64] = model.predict(asked)
    return scores


def _gram_table(texts: Sequence[str]) -> Any:
    """Hashed n-grams as a sparse table `[n, 2 × BUCKETS]`."""
    from scipy.sparse import csr_matrix

    rows = [ngrams(text) for text in texts]
    ends = np.cumsum([0, *(len(buckets) for buckets, _ in rows)])
    buckets, weights = (np.concatenate([row[side] for row in rows]) for side in (0, 1))
    return csr_matrix((weights.astype(np.float64), buckets, ends), shape=(len(texts), 2 * BUCKETS))


def stacked(columns: Floats, dank: Bools, asked: Floats) -> NDArray[np.float64]:
    """Logistic regression of several rungs' scores `[n, rungs]`; log odds of the asked ones, `[m]`.

    No weight is negative, so that a rung which knows nothing is left out and not turned round (Breiman, "Stacked
    regressions", 1996).
    """
    from sklearn.linear_model import LogisticRegression

    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    scale = np.where(spread > 0, spread, np.inf)
    first, second = (columns - mean) / scale, (asked - mean) / scale
    kept = np.arange(columns.shape[1])
    while len(kept):
        weights = LogisticRegression().fit(first[:, kept], dank).coef_[0]
        if (weights >= 0).all():
            scores: NDArray[np.float64] = second[:, kept] @ weights
            return scores
        kept = kept[weights > 0]
    return np.zeros(len(asked))


def is_dated(time: Floats) -> bool:
    """Whether times `[n]` are dates and not places in an order."""
    known = time[np.isfinite(time)]
    return bool(len(known)) and bool(known[-1] >= A_DATE_FROM)
