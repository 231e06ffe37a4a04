"""One worth for each meme, out of votes, pairs and what is known from elsewhere.

Votes are a Rasch model with habits (Rasch, "Probabilistic models for some intelligence and attainment tests", 1960),
pairs a Bradley–Terry model (Bradley and Terry, "Rank analysis of incomplete block designs", 1952) with ties and sides;
both share the memes' worths and the raters' numbers. What is found is the mode under normal priors, by steps of
Newton's method for memes and raters in turn; how widely worths are spread is learnt from the data (empirical Bayes).
Where one side is found, what is not known of the other is reckoned with, to the second order: without that, raters seem
to be reliable who were merely believed.
Intervals are Laplace's: the inverse of the information, with the raters as they were found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.people.answers import Answers, Floats
from dankmeme.training.people.ranks import from_elsewhere
from dankmeme.training.people.raters import (
    HABIT,
    PASSING,
    RELIABILITY,
    SPREAD,
    pair_chances,
    side_off,
    updated,
    usual,
    vote_chances,
)

ROUNDS = 60
CLOSE = 2e-3
"""It ends when no worth changes by more than this from round to round."""
DENSE = 2_048
"""Of so many memes at most the information is inverted as a whole; of more, only near its diagonal."""
NARROWEST, WIDEST = 0.3, 3.0
_LONGEST_STEP = 2.0
_BELIEVED = 10.0
"""That worths are spread by 1 is believed as firmly as so many memes would show it."""


@dataclass(frozen=True)
class Worths:
    """What people think of memes, and what the raters are like.

    Attributes:
        worth: `[n]`, log odds that the usual rater prefers a meme to one of worth 0, which is the average.
        variance: `[n]`, of what is not known of it.
        raters: `[k, 4]`, see `raters`.
        scale: how widely worths are spread, a standard deviation.
        information: `[k, 4]`, what is known of the raters' numbers; 0 for nothing.
        covariance: `[n, n]`, of what is not known of the worths; None of more than `DENSE` memes.
    """

    worth: Floats
    variance: Floats
    raters: Floats
    scale: float
    information: Floats
    covariance: Floats | None = None

    @property
    def weight(self) -> Floats:
        """How much is known of each worth `[n]`: 0 for nothing, 1 for all; one less what is unknown of its spread."""
        return np.clip(1 - self.variance / self.scale**2, 0.0, 1.0)

    @property
    def reliability(self) -> Floats:
        """Of the raters `[k]`."""
        found: Floats = self.raters[:, RELIABILITY]
        return found


@dataclass(frozen=True)
class _Information:
    """About worths: `own` of each alone `[n]`, and `shared` of the difference of two, for each pair `[p]`."""

    left: NDArray[np.intp]
    right: NDArray[np.intp]
    own: Floats
    shared: Floats

    @property
    def diagonal(self) -> Floats:
        count = len(self.own)
        shared = np.bincount(self.left, self.shared, count) + np.bincount(self.right, self.shared, count)
        return self.own + shared

    def times(self, values: Floats) -> Floats:
        """The information, a matrix `[n, n]`, times values `[n]`."""
        count = len(self.own)
        gap = self.shared * (values[self.left] - values[self.right])
        return self.own * values + np.bincount(self.left, gap, count) - np.bincount(self.right, gap, count)

    def solved(self, right: Floats) -> Floats:
        """What it has to be multiplied with to give `right` `[n]`, by conjugate gradients."""
        diagonal = self.diagonal
        found, rest = np.zeros_like(right), right.copy()
        ready = rest / diagonal
        way, size = ready.copy(), float(rest @ ready)
        enough = 1e-10 * max(size, 1e-12)
        for _ in range(200):
            if size <= enough:
                break
            along = self.times(way)
            pace = size / float(way @ along)
            found = found + pace * way
            rest = rest - pace * along
            ready = rest / diagonal
            before, size = size, float(rest @ ready)
            way = ready + (size / before) * way
        return found

    def covariance(self) -> Floats | None:
        """Its inverse `[n, n]`; None of too many memes."""
        diagonal, count = self.diagonal, len(self.own)
        if count > DENSE:
            return None
        whole = np.bincount(self.left * count + self.right, self.shared, count * count).reshape(count, count)
        found: Floats = np.linalg.inv(np.diag(diagonal) - whole - whole.T).astype(np.float64)
        return found

    def variance(self) -> Floats:
        """The diagonal `[n]` of its inverse, to the second order in what memes share."""
        diagonal, count = self.diagonal, len(self.own)
        square = self.shared**2 / (diagonal[self.left] * diagonal[self.right])
        more = np.bincount(self.left, square, count) + np.bincount(self.right, square, count)
        found: Floats = (1 + more) / diagonal
        return found


def fit(answers: Answers, *, corrected: bool = True) -> Worths:
    """Find worths and raters.

    Args:
        answers: what people said.
        corrected: whether raters are told apart; else all are taken for the usual one, without habits.
    """
    worth, scale = np.zeros(answers.memes), 1.0
    raters = np.zeros((answers.raters, 4))
    raters[:, RELIABILITY] = answers.trust
    known = np.zeros((answers.raters, 4))
    for _ in range(ROUNDS):
        gradient, information = _look(answers, worth, raters, known, scale)
        step = np.clip(information.solved(gradient), -_LONGEST_STEP, _LONGEST_STEP)
        worth = worth + step
        variance: Floats = 1 / information.diagonal
        tried, known = updated(answers, worth, variance, raters, usual(answers, raters, known))
        raters, known = (tried, known) if corrected else _alike(answers, tried, known)
        before, scale = scale, _spread(worth, variance)
        if np.abs(step).max(initial=0.0) < CLOSE and abs(scale - before) < CLOSE:
            break
    _, information = _look(answers, worth, raters, known, scale)
    covariance = information.covariance()
    variance = information.variance() if covariance is None else np.diagonal(covariance).copy()
    return Worths(worth, variance, raters, scale, known, covariance)


def _look(answers: Answers, worth: Floats, raters: Floats, known: Floats, scale: float) -> tuple[Floats, _Information]:
    """Gradient `[n]` and information of the worths."""
    votes, pairs, anchors, count = answers.votes, answers.pairs, answers.anchors, answers.memes
    place, firm = from_elsewhere(anchors.percentile, anchors.weight)
    firm = firm / scale**2
    chance, trust = vote_chances(answers, worth, raters), raters[votes.rater, RELIABILITY]
    chances, pair_trust = pair_chances(answers, worth, raters), raters[pairs.rater, RELIABILITY]
    unsure = 1 / (known[:, RELIABILITY] + SPREAD[RELIABILITY] ** -2)
    weight, pair_weight = chance * (1 - chance), chances.of_side
    gradient = -worth / scale**2
    off = trust * (votes.dank - chance) - unsure[votes.rater] * weight * worth[votes.meme]
    gradient += np.bincount(votes.meme, off, count)
    gradient += np.bincount(anchors.meme, firm * (scale * place - worth[anchors.meme]), count)
    gap = worth[pairs.left] - worth[pairs.right]
    pull = pair_trust * side_off(pairs.said, chances) - unsure[pairs.rater] * pair_weight * gap
    gradient += np.bincount(pairs.left, pull, count) - np.bincount(pairs.right, pull, count)
    own = np.full(count, scale**-2.0)
    own += np.bincount(votes.meme, (trust**2 + unsure[votes.rater]) * weight, count)
    own += np.bincount(anchors.meme, firm, count)
    return gradient, _Information(pairs.left, pairs.right, own, (pair_trust**2 + unsure[pairs.rater]) * pair_weight)


def _spread(worth: Floats, variance: Floats) -> float:
    """How widely worths are spread, from where they are and what is not known of them."""
    square = (float((worth**2 + variance).sum()) + _BELIEVED) / (len(worth) + _BELIEVED)
    return float(np.clip(np.sqrt(square), NARROWEST, WIDEST))


def _alike(answers: Answers, raters: Floats, known: Floats) -> tuple[Floats, Floats]:
    """Raters who are all the usual one, and known to be."""
    found = usual(answers, raters, known)
    found[:, [HABIT, PASSING]] = raters[:, [HABIT, PASSING]].mean(axis=0) if len(raters) else 0.0
    return found, np.full_like(known, 1e12)
