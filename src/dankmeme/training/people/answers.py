"""What people said, as arrays: memes and raters are numbers, and all arrays of a kind run in step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

LEFT, RIGHT, NEITHER = 0, 1, 2
"""What can be said of a pair."""
Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]


def _none() -> Numbers:
    return np.empty(0, dtype=np.intp)


@dataclass(frozen=True)
class Votes:
    """Answers to "dank?", `[v]`: of which meme, by whom, and whether they said yes."""

    meme: Numbers = field(default_factory=_none)
    rater: Numbers = field(default_factory=_none)
    dank: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))


@dataclass(frozen=True)
class Pairs:
    """Answers to "which is danker?", `[p]`.

    Attributes:
        left: the meme on the left.
        right: the one on the right.
        rater: who was asked.
        said: `LEFT`, `RIGHT` or `NEITHER`.
        sided: whether left and right are where the rater saw them; else only the memes are known.
    """

    left: Numbers = field(default_factory=_none)
    right: Numbers = field(default_factory=_none)
    rater: Numbers = field(default_factory=_none)
    said: Numbers = field(default_factory=_none)
    sided: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=bool))


@dataclass(frozen=True)
class Anchors:
    """What is known of memes from elsewhere, `[a]`.

    Attributes:
        meme: of which.
        percentile: 0–1, as far as it is known: nothing known is a half.
        weight: 0–1, how much is known of it: see `Worths.weight`.
    """

    meme: Numbers = field(default_factory=_none)
    percentile: Floats = field(default_factory=lambda: np.empty(0))
    weight: Floats = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Answers:
    """All that was said of `memes` memes by `raters` raters.

    Attributes:
        trust: `[raters]`, how reliable each is thought to be before anything is known, 1 for the usual one.
    """

    memes: int
    raters: int
    votes: Votes
    pairs: Pairs
    trust: Floats
    anchors: Anchors = field(default_factory=Anchors)

    @property
    def counts(self) -> Numbers:
        """How many answers there are about each meme `[memes]`; what is known from elsewhere is none."""
        named = np.concatenate([self.votes.meme, self.pairs.left, self.pairs.right])
        return np.bincount(named, minlength=self.memes).astype(np.intp)
