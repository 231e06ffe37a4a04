"""The bootstrap over blocks of time without going over the rows in each draw.

A draw only says how often each block counts. What it needs is summed up once per block or pair of blocks, or sorted
once; a figure is then an array of its value on all rows, followed by its value in each draw. Two figures of the same
draws may be subtracted: that is a paired bootstrap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.evaluate.figures import Bools, Figure, Floats

BLOCKS, DRAWS = 40, 400
CALIBRATION_BINS = 15

Drawn = NDArray[np.float64]
"""A figure `[1 + draws]`: first on all rows, then in each draw; NaN where it cannot be taken."""


@dataclass(frozen=True)
class Resampling:
    """Which block each row `[n]` is in, and how often each block counts, `[1 + draws, blocks]`; first each once."""

    block: NDArray[np.intp]
    weights: NDArray[np.float64]

    def __getitem__(self, kept: Bools) -> Resampling:
        return Resampling(self.block[kept], self.weights)

    def sums(self, values: Floats | Bools) -> Drawn:
        """Sum of values `[n]` in each draw."""
        total: Drawn = self.weights @ np.bincount(self.block, weights=values, minlength=self.weights.shape[1])
        return total

    def share(self, values: Floats | Bools) -> Drawn:
        """Mean of values `[n]` in each draw."""
        return quotient(self.sums(values), self.sums(np.ones(len(values))))


def resampling(count: int, *, in_order: bool = True, blocks: int = BLOCKS, draws: int = DRAWS) -> Resampling:
    """Blocks of consecutive rows, drawn with replacement; always the same ones, those of `figures.bootstrapped`.

    Args:
        count: how many rows there are.
        in_order: whether they are in order of time; where nothing is known of it, rows are dealt to blocks by chance.
        blocks: into how many blocks they are cut.
        draws: how many times as many blocks are drawn.
    """
    blocks = min(blocks, count)
    block = np.repeat(
        np.arange(blocks), [len(part) for part in np.array_split(np.arange(count), max(blocks, 1))][:blocks]
    )
    if not in_order:
        block = np.random.default_rng(1).permutation(block)
    picked = np.random.default_rng(0).integers(0, max(blocks, 1), (draws, blocks))
    drawn = table(np.repeat(np.arange(draws), blocks), picked.ravel(), (draws, blocks))
    return Resampling(block, np.vstack([np.ones(blocks), drawn]))


def figure(drawn: Drawn, *, biased: bool = False) -> Figure | None:
    """A figure with its 95 % interval, which always holds it; None where it cannot be taken of all rows.

    Args:
        drawn: its values.
        biased: whether draws are off to one side, as a calibration error is: fewer distinct rows are farther from the
            truth. They are then moved to have the figure as their mean.
    """
    value = float(drawn[0])
    if not np.isfinite(value):
        return None
    kept = drawn[1:][np.isfinite(drawn[1:])]
    if biased and len(kept):
        kept = np.maximum(kept - kept.mean() + value, 0)
    low, high = np.quantile(kept, [0.025, 0.975]).tolist() if len(kept) else (value, value)
    return Figure(value, min(low, value), max(high, value))


def auc(draws: Resampling, dank: Bools, not_dank: Bools, scores: Floats, groups: NDArray[np.generic]) -> Drawn:
    """AUC of dank against not dank rows, over pairs of one group alone; ties count half."""
    level, first, group = _levels(scores, groups)
    blocks = draws.weights.shape[1]
    won = np.empty((blocks, blocks))
    for number in range(blocks):
        losers = np.bincount(level[not_dank & (draws.block == number)], minlength=len(level))
        before = np.concatenate([[0], np.cumsum(losers)])
        beaten = before[level[dank]] + losers[level[dank]] / 2 - before[first[dank]]
        won[:, number] = np.bincount(draws.block[dank], weights=beaten, minlength=blocks)
    shape = int(group.max(initial=0)) + 1, blocks
    winners, losing = (table(group[part], draws.block[part], shape) for part in (dank, not_dank))
    return quotient(quadratic(won, draws.weights), quadratic(winners.T @ losing, draws.weights))


def average_precision(draws: Resampling, dank: Bools, scores: Floats) -> Drawn:
    """Area under the precision–recall curve as a sum over distinct scores."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    block, hit = draws.block[order], dank[order]
    out = np.empty(len(draws.weights))
    for number, weights in enumerate(draws.weights):
        row = weights[block]
        called, found = np.cumsum(row)[last], np.cumsum(row * hit)[last]
        gained = np.diff(found, prepend=0.0)
        out[number] = (gained * found / np.maximum(called, 1)).sum() / found[-1] if found[-1] else np.nan
    return out


def balanced_accuracy(draws: Resampling, dank: Bools, right: Bools) -> Drawn:
    """Mean of the two classes' shares that were called right."""
    return (draws[dank].share(right[dank]) + draws[~dank].share(right[~dank])) / 2


def brier(draws: Resampling, dank: Bools, probability: Floats) -> Drawn:
    """Mean squared difference of probability and outcome."""
    return draws.share((probability - dank) ** 2)


def calibration_error(draws: Resampling, dank: Bools, probability: Floats) -> Drawn:
    """Expected calibration error over bins of equally many rows, as in `figures.calibration_error`."""
    order = np.argsort(probability, kind="stable")
    difference, block = (probability - dank)[order], draws.block[order]
    out = np.empty(len(draws.weights))
    for number, weights in enumerate(draws.weights):
        drawn = np.repeat(difference, weights[block].astype(np.intp))
        out[number] = np.abs(np.add.reduceat(drawn, _starts(len(drawn)))).sum() / len(drawn)
    return out


def spearman(draws: Resampling, one: Floats, other: Floats) -> Drawn:
    """Rank correlation; NaN where one side is constant."""
    levels = [np.unique(side, return_inverse=True)[1] for side in (one, other)]
    out = np.empty(len(draws.weights))
    for number, weights in enumerate(draws.weights):
        row = weights[draws.block]
        first, second = (_weighted_ranks(level, row) for level in levels)
        spread = np.sqrt((row * first**2).sum() * (row * second**2).sum())
        out[number] = (row * first * second).sum() / spread if spread else np.nan
    return out


def pair_accuracy(draws: Resampling, pairs: Pairs, scores: Floats) -> Drawn:
    """How often the better of a pair is ranked higher; ties count half. Pairs of two copies of one block never met."""
    shape = draws.weights.shape[1], draws.weights.shape[1]
    block = draws.block[pairs.better], draws.block[pairs.worse]
    won = (np.sign(scores[pairs.better] - scores[pairs.worse]) + 1) / 2
    return quotient(*(_met(table(*block, shape, each), draws.weights) for each in (won, np.ones(len(won)))))


@dataclass(frozen=True)
class Pairs:
    """Row numbers `[p]` of the better and the worse one of each pair."""

    better: NDArray[np.intp]
    worse: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.better)


def pairs(outcome: Floats, groups: NDArray[np.generic], *, apart: int = 20) -> Pairs:
    """Pairs of one group, at most `apart` of its rows apart, whose outcomes differ by 0.2 or more."""
    order = np.argsort(np.unique(groups, return_inverse=True)[1], kind="stable")
    first = np.concatenate([order[:-step] for step in range(1, apart + 1)])
    second = np.concatenate([order[step:] for step in range(1, apart + 1)])
    gap = outcome[first] - outcome[second]
    kept = (groups[first] == groups[second]) & (np.abs(gap) >= 0.2)
    ahead = gap[kept] > 0
    first, second = first[kept], second[kept]
    return Pairs(np.where(ahead, first, second), np.where(ahead, second, first))


def table(
    row: NDArray[np.intp], column: NDArray[np.intp], shape: tuple[int, int], weights: Floats | None = None
) -> NDArray[np.float64]:
    """How many (or what sum of weights) fall into each cell."""
    cells = np.bincount(row * shape[1] + column, weights=weights, minlength=shape[0] * shape[1])
    return cells.reshape(shape).astype(np.float64)


def quadratic(cells: NDArray[np.float64], weights: NDArray[np.float64]) -> Drawn:
    """Sum of a `[blocks, blocks]` table over all pairs of blocks in each draw."""
    # Not `@`: its threads wait for each other, which on a busy machine takes many times as long as so small a product.
    total: Drawn = (np.einsum("da,ab->db", weights, cells) * weights).sum(axis=1)
    return total


def quotient(sums: Drawn, counts: Drawn) -> Drawn:
    """Sums by counts; NaN where there is nothing."""
    out: Drawn = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return out


def _met(cells: NDArray[np.float64], weights: NDArray[np.float64]) -> Drawn:
    within = np.diag(cells)
    total: Drawn = weights @ within + quadratic(cells - np.diag(within), weights)
    return total


def _levels(scores: Floats, groups: NDArray[np.generic]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Of each row `[n]`: the place of its score, groups one after the other; its group's first place; its group."""
    group = np.unique(groups, return_inverse=True)[1]
    order = np.lexsort((scores, group))
    new_group = np.diff(group[order], prepend=-1) != 0
    new_level = new_group | np.append(True, np.diff(scores[order]) != 0)[: len(order)]
    place = np.cumsum(new_level) - 1
    level = np.empty(len(scores), dtype=np.intp)
    level[order] = place
    return level, place[new_group][group], group


def _weighted_ranks(level: NDArray[np.intp], weights: Floats) -> NDArray[np.float64]:
    """Mid-ranks `[n]` less their mean, where each row counts as often as its weight."""
    counts = np.bincount(level, weights=weights)
    ranks = np.cumsum(counts) - counts / 2
    centred: NDArray[np.float64] = ranks[level] - (ranks * counts).sum() / counts.sum()
    return centred


def _starts(count: int) -> NDArray[np.intp]:
    """Where `np.array_split` would start each bin that is not empty."""
    bins = max(1, min(CALIBRATION_BINS, count))
    return np.arange(bins) * (count // bins) + np.minimum(np.arange(bins), count % bins)
