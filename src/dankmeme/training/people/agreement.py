"""How far raters agree beyond chance: Krippendorff's alpha ("Computing Krippendorff's alpha-reliability", 2011).

1 is perfect agreement, 0 what chance alone would give, and below 0 they disagree more than by chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dankmeme.storage.answers import Judgement, Vote
from dankmeme.training.people.answers import Floats

DRAWS = 400
LEVELS = (0.025, 0.975)


@dataclass(frozen=True)
class Agreement:
    """How far raters agree.

    Attributes:
        alpha: Krippendorff's; None where no two said something of the same, or all said the same of everything.
        low: lower end of the 95 % interval, by bootstrap over what was rated; None without an alpha.
        high: upper end.
        units: of how many memes, or pairs, several raters said something.
        answers: how many answers these are.
    """

    alpha: float | None
    low: float | None
    high: float | None
    units: int
    answers: int


def of_votes(votes: Iterable[Vote]) -> Agreement:
    """On what is dank; memes that several voted on count."""
    units: dict[str, list[int]] = defaultdict(list)
    for vote in votes:
        units[vote.post].append(int(vote.dank))
    return agreement(_table(units.values(), 2))


def of_pairs(judgements: Iterable[Judgement], drawn: Sequence[str] | None = None) -> Agreement:
    """On which of two is danker, neither being a third answer; pairs that several judged count.

    Which of a pair is the first is nothing but a name: chance is reckoned as if every pair stood there both ways round.

    Args:
        judgements: by whom.
        drawn: count only pairs that were shown for one of these reasons, None for all.
    """
    units: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in judgements:
        if drawn is None or each.drawn in drawn:
            said = 2 if each.winner is None else int(each.winner == each.other)
            units[each.one, each.other].append(said)
    table = _table(units.values(), 3)
    return agreement(table, np.concatenate([table, table[:, [1, 0, 2]]]))


def agreement(table: Floats, chance: Floats | None = None, seed: int = 1) -> Agreement:
    """Krippendorff's alpha of nominal answers.

    Args:
        table: `[u, c]`, how many raters gave each answer to each unit, two or more in each row.
        chance: `[m u, c]`, the same with other names of the answers below it, by which chance is reckoned; None for
            the table.
        seed: of the bootstrap.
    """
    units = len(table)
    if not units:
        return Agreement(None, None, None, 0, 0)
    whole = table if chance is None else chance
    whole = whole.reshape(-1, units, table.shape[1]).sum(axis=0)
    draws = np.random.default_rng(seed).integers(0, units, (DRAWS, units))
    weights = np.stack([np.bincount(draw, minlength=units) for draw in draws]).astype(np.float64)
    found = _alpha(table, whole, np.concatenate([np.ones((1, units)), weights]))
    if np.isnan(found[0]):
        return Agreement(None, None, None, units, int(table.sum()))
    low, high = np.nanquantile(found[1:], LEVELS) if np.isfinite(found[1:]).any() else (found[0], found[0])
    return Agreement(float(found[0]), float(low), float(high), units, int(table.sum()))


def _alpha(table: Floats, whole: Floats, weights: Floats) -> Floats:
    """For each row of weights of the units `[d, u]`, `[d]`; NaN where all said the same."""
    size = table.sum(axis=1)
    apart = (size**2 - (table**2).sum(axis=1)) / (size - 1)
    observed = weights @ apart / (weights @ size)
    totals = weights @ whole
    count = totals.sum(axis=1)
    expected = (count**2 - (totals**2).sum(axis=1)) / (count * (count - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(expected > 0, 1 - observed / expected, np.nan)
    return found


def _table(units: Iterable[list[int]], answers: int) -> Floats:
    several = [np.bincount(said, minlength=answers) for said in units if len(said) > 1]
    return np.array(several, dtype=np.float64).reshape(-1, answers)
