"""Made-up memes whose truth is known: what there is to learn, and what of it was leaked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dankmeme.training.evaluate import Forecast, Rows
from dankmeme.training.labels import ends

HOUR = 3600.0


@dataclass(frozen=True)
class Made:
    """Rows in order of time; `quality` is the part of their percentile that can be known."""

    rows: Rows
    quality: np.ndarray


def made(count: int = 2_000, seed: int = 0, *, strength: float = 0.5, communities: int = 4) -> Made:
    """One an hour, of few communities, authors and templates."""
    chance = np.random.default_rng(seed)
    quality = chance.normal(size=count)
    score = strength * quality + np.sqrt(1 - strength**2) * chance.normal(size=count)
    percentile = score.argsort().argsort() / (count - 1)
    names = np.array([f"{seed}:{number}" for number in range(count)])
    return Made(
        Rows(
            percentile,
            *ends(percentile),
            group=np.array([f"r/{number}" for number in chance.integers(0, communities, count)]),
            time=1.7e9 + HOUR * np.arange(count),
            author=np.array([f"author {number}" for number in chance.integers(0, count // 4, count)]),
            image=names,
            family=names,
            template=np.array([f"template {number}" for number in chance.integers(0, 20, count)]),
        ),
        quality,
    )


def forecast(quality: np.ndarray, noise: float = 0.0, seed: int = 0) -> Forecast:
    """What somebody says who sees the quality, and some noise with it."""
    seen = 0.6 * (quality + noise * np.random.default_rng(seed).normal(size=len(quality))) - 0.9
    return Forecast(1 / (1 + np.exp(-seen)), seen)
