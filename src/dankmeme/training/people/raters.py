"""What each rater is like: how reliable, and with which habits. All four numbers follow from what they said.

| number | what it is |
|---|---|
| reliability | how far their answers follow the memes' worth: 1 as the usual rater's, 0 not at all |
| habit | log odds with which they call a meme of average worth dank |
| side | log odds with which they take the left one of two equal memes |
| passing | log of how readily they say neither, against choosing between two equal memes |

Reliability multiplies worth, as the discrimination of a test's item does (Birnbaum, "Some latent trait models", 1968);
Crowd-BT (Chen, Bennett, Collins-Thompson and Horvitz, "Pairwise ranking aggregation in a crowdsourced setting", 2013)
has a rater's reliability for pairs. It is never below 0: who says the opposite of all others counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.people.answers import LEFT, NEITHER, RIGHT, Answers, Floats, Numbers

RELIABILITY, HABIT, SIDE, PASSING = range(4)
SPREAD = np.array([0.5, 1.5, 0.75, 1.5])
"""Standard deviations of the four among raters, around what is usual."""
MOST_RELIABLE = 3.0
FARTHEST = 8.0
"""Log odds beyond which no habit goes."""
_STEP = 1.0
_USUAL_SPREAD = np.array([1.0, 2.0])
"""How far habit and passing of the usual rater may be from 0."""


@dataclass(frozen=True)
class Chances:
    """What a pair's answers were worth, `[p]`: probabilities of left, right and neither."""

    left: Floats
    right: Floats
    neither: Floats

    @property
    def of_side(self) -> Floats:
        """Information about the difference of the log odds of the two."""
        return 0.25 * (self.left + self.right - (self.left - self.right) ** 2)


def vote_chances(answers: Answers, worth: Floats, raters: Floats) -> Floats:
    """Probability of "dank" for each vote `[v]`."""
    votes = answers.votes
    return logistic(raters[votes.rater, RELIABILITY] * worth[votes.meme] + raters[votes.rater, HABIT])


def pair_chances(answers: Answers, worth: Floats, raters: Floats) -> Chances:
    """Probabilities of what is said of each pair, with ties as in Davidson ("On extending the Bradley–Terry model to
    accommodate ties in paired comparison experiments", 1970).
    """
    pairs = answers.pairs
    gap = raters[pairs.rater, RELIABILITY] * (worth[pairs.left] - worth[pairs.right])
    half = 0.5 * (gap + pairs.sided * raters[pairs.rater, SIDE])
    odds = np.stack([half, -half, raters[pairs.rater, PASSING]])
    odds -= odds.max(axis=0)
    chances = np.exp(odds)
    return Chances(*(chances / chances.sum(axis=0)))


def usual(answers: Answers, raters: Floats, information: Floats) -> Floats:
    """What is usual among raters `[raters, 4]`: their trust, and mean habits, weighted by what is known of each."""
    usual = np.zeros((answers.raters, 4))
    usual[:, RELIABILITY] = answers.trust
    for place, number in enumerate((HABIT, PASSING)):
        known = information[:, number] / (information[:, number] + SPREAD[number] ** -2)
        pull = (SPREAD[number] / _USUAL_SPREAD[place]) ** 2
        usual[:, number] = (known @ raters[:, number]) / (known.sum() + pull)
    return usual


def updated(answers: Answers, worth: Floats, variance: Floats, raters: Floats, middle: Floats) -> tuple[Floats, Floats]:
    """Raters `[raters, 4]` after one step of Newton's method, and what is known of each number `[raters, 4]`.

    Args:
        answers: what they said.
        worth: `[memes]`.
        variance: `[memes]`, of what is not known of it: without, whoever was believed would seem to be right.
        raters: as they are thought to be now.
        middle: what is usual, `[raters, 4]`.
    """
    gradient, information = _by_votes(answers, worth, variance, raters)
    more = _by_pairs(answers, worth, variance, raters)
    gradient, information = gradient + more[0], information + more[1]
    prior = SPREAD**-2.0
    step = np.linalg.solve(information + np.diag(prior), (gradient - prior * (raters - middle))[:, :, None])[:, :, 0]
    found = np.clip(raters + np.clip(step, -_STEP, _STEP), -FARTHEST, FARTHEST)
    found[:, RELIABILITY] = np.clip(found[:, RELIABILITY], 0.0, MOST_RELIABLE)
    return found, np.ascontiguousarray(np.diagonal(information, axis1=1, axis2=2))


def logistic(odds: Floats) -> Floats:
    """Probability of log odds."""
    return 0.5 + 0.5 * np.tanh(0.5 * odds)


def _by_votes(answers: Answers, worth: Floats, variance: Floats, raters: Floats) -> tuple[Floats, Floats]:
    """Gradient `[raters, 4]` and information `[raters, 4, 4]`."""
    votes, count = answers.votes, answers.raters
    gradient, information = np.zeros((count, 4)), np.zeros((count, 4, 4))
    chance, place = vote_chances(answers, worth, raters), worth[votes.meme]
    off, weight = votes.dank - chance, chance * (1 - chance)
    unknown = weight * variance[votes.meme]
    trust = raters[votes.rater, RELIABILITY]
    gradient[:, RELIABILITY] = _summed(votes.rater, off * place - trust * unknown, count)
    gradient[:, HABIT] = _summed(votes.rater, off, count)
    information[:, RELIABILITY, RELIABILITY] = _summed(votes.rater, weight * place**2 + unknown, count)
    information[:, HABIT, HABIT] = _summed(votes.rater, weight, count)
    _put(information, RELIABILITY, HABIT, _summed(votes.rater, weight * place, count))
    return gradient, information


def _by_pairs(answers: Answers, worth: Floats, variance: Floats, raters: Floats) -> tuple[Floats, Floats]:
    pairs, count = answers.pairs, answers.raters
    gradient, information = np.zeros((count, 4)), np.zeros((count, 4, 4))
    chances = pair_chances(answers, worth, raters)
    gap, side = worth[pairs.left] - worth[pairs.right], pairs.sided.astype(np.float64)
    off, weight = side_off(pairs.said, chances), chances.of_side
    leaning = -0.5 * chances.neither * (chances.left - chances.right)
    unknown = weight * (variance[pairs.left] + variance[pairs.right])
    trust = raters[pairs.rater, RELIABILITY]
    gradient[:, RELIABILITY] = _summed(pairs.rater, off * gap - trust * unknown, count)
    gradient[:, SIDE] = _summed(pairs.rater, off * side, count)
    gradient[:, PASSING] = _summed(pairs.rater, (pairs.said == NEITHER) - chances.neither, count)
    information[:, RELIABILITY, RELIABILITY] = _summed(pairs.rater, weight * gap**2 + unknown, count)
    information[:, SIDE, SIDE] = _summed(pairs.rater, weight * side, count)
    information[:, PASSING, PASSING] = _summed(pairs.rater, chances.neither * (1 - chances.neither), count)
    _put(information, RELIABILITY, SIDE, _summed(pairs.rater, weight * gap * side, count))
    _put(information, RELIABILITY, PASSING, _summed(pairs.rater, leaning * gap, count))
    _put(information, SIDE, PASSING, _summed(pairs.rater, leaning * side, count))
    return gradient, information


def side_off(said: Numbers, chances: Chances) -> Floats:
    """How far each answer `[p]` is from what was to be expected, in halves of a side: the gradient by the gap."""
    found: Floats = 0.5 * ((said == LEFT).astype(np.float64) - (said == RIGHT) - chances.left + chances.right)
    return found


def _summed(rater: Numbers, values: NDArray[np.floating], count: int) -> Floats:
    found: Floats = np.bincount(rater, weights=values, minlength=count).astype(np.float64)
    return found


def _put(information: Floats, one: int, other: int, values: Floats) -> None:
    information[:, one, other] = information[:, other, one] = values
