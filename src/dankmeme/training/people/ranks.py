"""From worths to percentiles and back: where a meme stands among all that people spoke of."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from dankmeme.training.people.answers import Floats

INTERVAL = 1.959964
"""Standard deviations to either side of a 95 % interval."""
_NORMAL = NormalDist()
_QUANTILES = np.array([_NORMAL.inv_cdf((place + 0.5) / 32) for place in range(32)])
"""What stands for what is not known of a worth, in standard deviations."""
_SUREST = 0.98
_OUTERMOST = 0.005


def percentiles(worth: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
    """The percentile `[n]` of each meme among all of them, 0–1, and the ends of its 95 % interval.

    It is the expected share of the memes that are worth less; what is not known of either draws it to a half.

    Args:
        worth: `[n]`.
        variance: `[n]`, of what is not known of it.
    """
    deviation = np.sqrt(variance)
    spread = worth[:, None] + deviation[:, None] * _QUANTILES
    pool = np.sort(spread.ravel())

    def share(values: Floats) -> Floats:
        below = np.searchsorted(pool, values, side="left") + np.searchsorted(pool, values, side="right")
        return below / (2 * max(len(pool), 1))

    low, high = share(worth - INTERVAL * deviation), share(worth + INTERVAL * deviation)
    return share(spread).mean(axis=1), low, high


def from_elsewhere(percentile: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """What labels made elsewhere say of worths: alone they give back their percentile and their weight.

    Args:
        percentile: `[a]`, 0–1, drawn to a half by what is not known.
        weight: `[a]`, 0–1, see `Worths.weight`.

    Returns:
        Places `[a]` among memes spread normally, in standard deviations, and how firm each is, as a share of the
        information that the spread itself is.
    """
    sure = np.clip(weight, 1e-6, _SUREST)
    drawn = normal_place(percentile) * np.sqrt(2 - sure)
    return drawn / sure, sure / (1 - sure)


def normal_place(percentile: Floats) -> Floats:
    """The place `[n]` of percentiles 0–1 among what is spread normally, in standard deviations."""
    inside = np.clip(percentile, _OUTERMOST, 1 - _OUTERMOST)
    return np.array([_NORMAL.inv_cdf(float(each)) for each in inside], dtype=np.float64)
