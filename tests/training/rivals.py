"""Two models that see the same worth of memes through noise of their own: how well each ranks is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.compare import Comparison, compare
from dankmeme.training.evaluate import Forecast, Rows
from dankmeme.training.labels import ends

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rivals:
    """Outcomes, percentiles `[n]`, and what both models say, probabilities `[n]`."""

    outcome: Floats
    candidate: Floats
    active: Floats

    def comparison(self) -> Comparison:
        """How the candidate compares with the active one."""
        dank, not_dank = ends(self.outcome)
        names = np.array([f"{number:06d}" for number in range(len(self.outcome))])
        rows = Rows(
            percentile=self.outcome,
            dank=dank,
            not_dank=not_dank,
            group=np.full(len(names), "memes"),
            time=np.arange(len(names), dtype=np.float64),
            author=np.full(len(names), ""),
            image=names,
            family=names,
        )
        return compare(rows, Forecast(self.candidate), Forecast(self.active))


def rivals(count: int, *, candidate: float = 1.0, active: float = 1.0, shared: float = 0.8, seed: int = 0) -> Rivals:
    """Draw memes and two models' forecasts of them.

    Args:
        count: memes.
        candidate: strength of the signal in the candidate's forecast; 1.0 ranks with an AUC of about 0.73.
        active: likewise.
        shared: how much of the models' noise is the same, 0–1: both look at the same pictures.
        seed: of all chance.
    """
    chance = np.random.default_rng(seed)
    outcome = chance.uniform(size=count)
    common = chance.normal(size=count)
    said = [_said(outcome, strength, shared, common, chance) for strength in (candidate, active)]
    return Rivals(outcome, *said)


def _said(outcome: Floats, strength: float, shared: float, common: Floats, chance: np.random.Generator) -> Floats:
    noise = np.sqrt(shared) * common + np.sqrt(1 - shared) * chance.normal(size=len(outcome))
    score = 1.35 * strength * (outcome - 0.5) + noise
    rank = np.argsort(np.argsort(score)) / len(score)
    return _calibrated(rank, outcome)


def _calibrated(rank: Floats, outcome: Floats) -> Floats:
    """Probabilities for ranks: the share of dank memes in each of twenty bins of them."""
    place = np.minimum((rank * 20).astype(int), 19)
    share = np.bincount(place, weights=outcome >= 0.7, minlength=20) / np.maximum(np.bincount(place, minlength=20), 1)
    return np.clip(share[place] + 1e-6 * rank, 0, 1)
