"""The ledger's figures as one would reckon them by hand: no arrays, no sums of blocks, every pair counted."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """What must come out; `dank` tells of each post whether it turned out so."""

    dank: list[bool]
    base_rate: float
    auc: float
    pair_accuracy: float
    brier: float


def by_hand(forecasts: list[float], scores: list[int]) -> Figures:
    """The figures of at most 101 posts of one community, in order of time: each is compared with all others."""
    outcomes = [_percentile(score, scores) for score in scores]
    dank = [outcome >= 0.70 for outcome in outcomes]
    winners = [forecast for forecast, outcome in zip(forecasts, outcomes, strict=True) if outcome >= 0.70]
    losers = [forecast for forecast, outcome in zip(forecasts, outcomes, strict=True) if outcome <= 0.35]
    duels = [_duel(winner, loser) for winner in winners for loser in losers]
    pairs = []
    for first in range(len(scores)):
        for second in range(first + 1, min(first + 21, len(scores))):
            better, worse = (first, second) if outcomes[first] > outcomes[second] else (second, first)
            if outcomes[better] - outcomes[worse] >= 0.2:
                pairs.append(_duel(forecasts[better], forecasts[worse]))
    squares = [(forecast - was) ** 2 for forecast, was in zip(forecasts, dank, strict=True)]
    return Figures(dank, _mean(dank), _mean(duels), _mean(pairs), _mean(squares))


def lowest_bin(forecasts: list[float], dank: list[bool], posts: int) -> dict[str, float]:
    """The bin of so many posts with the lowest forecasts, with Wilson's 95 % interval."""
    ranked = sorted(zip(forecasts, dank, strict=True))
    assert ranked[posts - 1][0] < ranked[posts][0], "equal forecasts share a bin"
    share, z = _mean([was for _, was in ranked[:posts]]), 1.959964
    middle = (share + z * z / (2 * posts)) / (1 + z * z / posts)
    half = z / (1 + z * z / posts) * math.sqrt(share * (1 - share) / posts + z * z / (4 * posts * posts))
    return {
        "forecast": _mean([forecast for forecast, _ in ranked[:posts]]),
        "observed": share,
        "low": max(0.0, middle - half),
        "high": min(1.0, middle + half),
        "posts": posts,
    }


def _percentile(score: int, scores: list[int]) -> float:
    """The share of the other posts that did worse; those that did as well count half."""
    below = sum(other < score for other in scores)
    equal = sum(other == score for other in scores) - 1
    return (below + equal / 2) / (len(scores) - 1)


def _duel(winner: float, loser: float) -> float:
    return 1.0 if winner > loser else 0.5 if winner == loser else 0.0


def _mean(values: list[float] | list[bool]) -> float:
    return sum(values) / len(values)
