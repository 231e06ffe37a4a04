"""Which two memes to show next: those of which an answer tells most, by chance among many such.

What is to be known is the memes' percentiles. An answer about two memes is worth what it is expected to take from all
that is not known of these: A-optimal design (Chaloner and Verdinelli, "Bayesian experimental design: a review", 1995).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.people.answers import Floats, Numbers
from dankmeme.training.people.raters import logistic

Drawn = Literal["unsure", "uniform", "again"]
"""Why a pair was shown: an answer tells much, by chance alone, or since somebody else was shown it by chance."""
UNIFORM, AGAIN = 0.05, 0.05
"""Shares of the pairs that are shown by chance alone, and again: on these, agreement is measured without selection."""
MOST = 6_000
"""So many pairs at most are looked at, drawn by chance where there are more."""
KEPT = 0.05
"""One is drawn among the pairs of this share that tell most: two who ask at once should not get the same."""
FEWEST = 12
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Standing:
    """What is known of the memes to choose from.

    Attributes:
        worth: `[n]`.
        variance: `[n]`, of what is not known of it.
        gain: `[n]`, or `[n, n]` where it is known what memes share: its square form for a difference of two is what
            knowing that difference would take from what is not known of all percentiles.
        shared: `[n, n]`, the covariance of what is not known; None where it is not known.
    """

    worth: Floats
    variance: Floats
    gain: Matrix
    shared: Matrix | None = None


def standing(worth: Floats, variance: Floats, scale: float, covariance: Floats | None = None) -> Standing:
    """Look at memes as something to choose from.

    Args:
        worth: `[n]`.
        variance: `[n]`, of what is not known of it.
        scale: how widely worths are spread.
        covariance: `[n, n]`, of what is not known; None where only its diagonal is known.
    """
    close = np.exp(-(worth**2) / (scale**2 + variance))  # where memes lie close, a little worth is many ranks
    if covariance is None:
        return Standing(worth, variance, (close * variance**2).astype(np.float32))
    shared = covariance.astype(np.float32)
    return Standing(worth, variance, (shared * close.astype(np.float32)) @ shared, shared)


def kind(chance: np.random.Generator) -> Drawn:
    """Why the next pair is to be shown."""
    drawn = chance.random()
    return "uniform" if drawn < UNIFORM else "again" if drawn < UNIFORM + AGAIN else "unsure"


def telling(memes: Standing, left: Numbers, right: Numbers) -> Floats:
    """How much an answer about each pair `[p]` is expected to tell."""
    chance = logistic(memes.worth[left] - memes.worth[right])
    information, gap = chance * (1 - chance), memes.variance[left] + memes.variance[right]
    if memes.shared is None:
        gain = memes.gain[left] + memes.gain[right]
    else:
        gap = gap - 2 * memes.shared[left, right]
        gain = memes.gain[left, left] + memes.gain[right, right] - 2 * memes.gain[left, right]
    found: Floats = information * gain / (1 + information * gap)
    return found


def choose(memes: Standing, judged: Collection[tuple[int, int]], chance: np.random.Generator) -> tuple[int, int] | None:
    """Two memes of which an answer tells much, left and right; None where every pair that was looked at was judged.

    Args:
        memes: to choose from.
        judged: pairs that whoever is asked has judged, the smaller number first.
        chance: decides.
    """
    left, right = _candidates(len(memes.worth), judged, chance)
    if not len(left):
        return None
    kept = min(max(FEWEST, int(KEPT * len(left))), len(left))
    best = np.argpartition(-telling(memes, left, right), kept - 1)[:kept]
    place = int(chance.choice(best))
    return int(left[place]), int(right[place])


def _candidates(
    count: int, judged: Collection[tuple[int, int]], chance: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Pairs of so many memes by chance: all there are, or `MOST` of them; without those that were judged.

    Their order is one of chance too: where all tell the same, the first are taken.
    """
    if count * (count - 1) // 2 <= MOST:
        one, other = chance.permutation(np.stack(np.triu_indices(count, 1)), axis=1)
    else:
        one = chance.integers(0, count, MOST)
        other = (one + chance.integers(1, count, MOST)) % count
    if judged:
        known = np.array([a * count + b for a, b in judged])
        fresh = ~np.isin(np.minimum(one, other) * count + np.maximum(one, other), known)
        one, other = one[fresh], other[fresh]
    turned = chance.random(len(one)) < 0.5
    return np.where(turned, other, one), np.where(turned, one, other)
