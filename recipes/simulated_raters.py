"""Raters whose worths and habits are known, because we made them up: what is found of them, and what choosing saves.

    python recipes/simulated_raters.py [--seeds 20] [--out figures.json]

Six in ten raters are honest, with small habits; one in ten says dank and takes the left one nearly whatever there is to
see, one in ten does the opposite, and two in ten answer by chance. Answers are drawn from the model that is fitted, so
that this tells whether the fit works, and not whether people are like that.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.people import choice
from dankmeme.training.people.answers import LEFT, NEITHER, RIGHT, Answers, Pairs, Votes
from dankmeme.training.people.ranks import percentiles
from dankmeme.training.people.raters import HABIT, PASSING, RELIABILITY, SIDE, pair_chances, vote_chances
from dankmeme.training.people.worth import Worths, fit

Floats = NDArray[np.float64]
HONEST, YES, NO, CHANCE = range(4)
KINDS = (0.6, 0.1, 0.1, 0.2)
"""Shares of the raters: honest, always dank and left, never dank and always right, by chance."""
SPREAD, WIDE = 1.2, 2.5
"""Of worths, in log odds: of two memes at random an honest answer picks the better one three times in four, or five
times in six."""
LEVELS = (0.6, 0.7, 0.8, 0.85, 0.9)
DRAWS = 500
MANY = 200
"""From so many memes on, half the seeds have to do."""


@dataclass(frozen=True)
class Truth:
    """Memes and raters as they are.

    Attributes:
        worth: `[n]`.
        raters: `[k, 4]`, as in `people.raters`.
        kind: `[k]`, of raters.
    """

    worth: Floats
    raters: Floats
    kind: NDArray[np.intp]


def made_up(
    memes: int,
    raters: int,
    chance: np.random.Generator,
    shares: Sequence[float] = KINDS,
    spread: float = SPREAD,
) -> Truth:
    """Make memes and raters up."""
    kind = chance.choice(len(shares), raters, p=shares)
    found = np.zeros((raters, 4))
    found[:, RELIABILITY] = np.where(kind == CHANCE, 0.0, chance.uniform(0.6, 1.4, raters))
    found[:, HABIT] = np.select([kind == YES, kind == NO], [2.5, -2.5], chance.normal(-0.3, 0.4, raters))
    found[:, SIDE] = np.select([kind == YES, kind == NO], [2.5, -2.5], chance.normal(0, 0.2, raters))
    found[:, PASSING] = chance.normal(-2, 0.5, raters)
    return Truth(chance.normal(0, spread, memes), found, kind)


def answered(truth: Truth, votes: int, pairs: int, chance: np.random.Generator) -> Answers:
    """Answers about memes that chance chose, by raters of whom each sees but some."""
    memes, raters = len(truth.worth), len(truth.raters)
    left = chance.integers(0, memes, pairs)
    right = (left + chance.integers(1, memes, pairs)) % memes
    cast = Votes(chance.integers(0, memes, votes), chance.integers(0, raters, votes), np.zeros(votes, dtype=bool))
    judged = Pairs(left, right, chance.integers(0, raters, pairs), np.zeros(pairs, dtype=np.intp), np.ones(pairs, bool))
    return _said(truth, cast, judged, chance)


def _said(truth: Truth, votes: Votes, pairs: Pairs, chance: np.random.Generator) -> Answers:
    """The same with what raters say of it."""
    asked = Answers(len(truth.worth), len(truth.raters), votes, pairs, np.ones(len(truth.raters)))
    dank = chance.random(len(votes.meme)) < vote_chances(asked, truth.worth, truth.raters)
    odds, drawn = pair_chances(asked, truth.worth, truth.raters), chance.random(len(pairs.left))
    said = np.where(drawn < odds.left, LEFT, np.where(drawn < odds.left + odds.right, RIGHT, NEITHER))
    cast = Votes(votes.meme, votes.rater, dank)
    judged = Pairs(pairs.left, pairs.right, pairs.rater, said.astype(np.intp), pairs.sided)
    return Answers(asked.memes, asked.raters, cast, judged, asked.trust)


@dataclass(frozen=True)
class Recovery:
    """What was found of what is known.

    Attributes:
        corrected: Spearman correlation of the worths with the true ones.
        plain: the same where all raters are taken for the usual one.
        habit: correlation of the raters' habits with the true ones; NaN where nobody voted.
        side: likewise, of sides; NaN where nobody judged pairs.
        honest: mean reliability of raters who are neither biased nor answer by chance.
        by_chance: of those who answer by chance.
        covered: share of the memes whose true percentile is within the 95 % interval.
    """

    corrected: float
    plain: float
    habit: float
    side: float
    honest: float
    by_chance: float
    covered: float


def recovery(memes: int, raters: int, votes: int, pairs: int, seed: int) -> Recovery:
    """Fit answers of raters that are known."""
    chance = np.random.default_rng(seed)
    truth = made_up(memes, raters, chance)
    answers = answered(truth, votes, pairs, chance)
    found, plain = fit(answers), fit(answers, corrected=False)
    _, low, high = percentiles(found.worth, found.variance)
    place = (truth.worth.argsort().argsort() + 0.5) / memes
    return Recovery(
        spearman(found.worth, truth.worth),
        spearman(plain.worth, truth.worth),
        _correlation(found.raters[:, HABIT], truth.raters[:, HABIT]) if votes else float("nan"),
        _correlation(found.raters[:, SIDE], truth.raters[:, SIDE]) if pairs else float("nan"),
        float(found.reliability[truth.kind == HONEST].mean()),
        float(found.reliability[truth.kind == CHANCE].mean()),
        float(((low <= place) & (place <= high)).mean()),
    )


@dataclass(frozen=True)
class Choosing:
    """How pairs are chosen.

    Attributes:
        unsure: whether those that tell most are shown, with the shares by chance and again as they are for people.
        forecast: correlation of a model's forecasts with the true worths, which choosing may go by; 0 for none.
        spread: of the worths.
    """

    unsure: bool
    forecast: float = 0.0
    spread: float = SPREAD


def curve(memes: int, raters: int, pairs: int, how: Choosing, seed: int) -> list[tuple[int, float]]:
    """How many pairs were judged, and Spearman of the labels with the truth then.

    Whoever comes next is asked; the fit is made anew now and then, as it is while people are judging. Labels never go
    by forecasts.
    """
    chance = np.random.default_rng(seed)
    truth = made_up(memes, raters, chance, spread=how.spread)
    rho = how.forecast
    place = rho * truth.worth / how.spread + np.sqrt(1 - rho**2) * chance.normal(0, 1, memes)
    expected = rho * how.spread * place
    known = choice.standing(expected, np.ones(memes), 1.0)
    judged: list[set[tuple[int, int]]] = [set() for _ in range(raters)]
    uniform: list[tuple[int, int]] = []
    answers, found, due = _nothing(truth), list[tuple[int, float]](), 20
    rows = list[tuple[int, int, int, int]]()
    for count in range(1, pairs + 1):
        rater = int(chance.integers(raters))
        left, right = _next(how, known, judged[rater], uniform, chance)
        judged[rater].add((min(left, right), max(left, right)))
        one = Pairs(*(np.array([each]) for each in (left, right, rater, 0)), np.array([True]))
        rows.append((left, right, rater, int(_said(truth, Votes(), one, chance).pairs.said[0])))
        if count >= due or count == pairs:
            due = max(count + 20, int(1.04 * count))
            columns = np.array(rows, dtype=np.intp).T
            answers = Answers(memes, raters, Votes(), Pairs(*columns, np.ones(count, dtype=bool)), answers.trust)
            labels = fit(answers)
            found.append((count, spearman(labels.worth, truth.worth)))
            known = _standing(labels, answers, expected) if how.unsure else known
    return found


def _next(
    how: Choosing,
    known: choice.Standing,
    judged: set[tuple[int, int]],
    uniform: list[tuple[int, int]],
    chance: np.random.Generator,
) -> tuple[int, int]:
    kind = choice.kind(chance) if how.unsure else "uniform"
    if kind == "again" and uniform:
        left, right = uniform[int(chance.integers(len(uniform)))]
        return (left, right) if chance.random() < 0.5 else (right, left)
    if kind == "unsure" and (chosen := choice.choose(known, judged, chance)) is not None:
        return chosen
    left, right = (int(each) for each in chance.choice(len(known.worth), 2, replace=False))
    uniform.append((left, right))
    return left, right


def _standing(found: Worths, answers: Answers, expected: Floats) -> choice.Standing:
    """Memes as they are known; those of which nobody has said anything are where they are expected."""
    worth = np.where(answers.counts > 0, found.worth, expected)
    return choice.standing(worth, found.variance, found.scale, found.covariance)


def _nothing(truth: Truth) -> Answers:
    return Answers(len(truth.worth), len(truth.raters), Votes(), Pairs(), np.ones(len(truth.raters)))


def needed(counts: Sequence[int], values: Floats, level: float) -> float:
    """How many pairs it takes to reach a level, between two fits in a straight line; NaN where none does.

    Args:
        counts: `[t]`, rising: of pairs.
        values: `[t]`: what was reached with so many.
        level: that is to be reached.
    """
    reached = np.flatnonzero(values >= level)
    if not len(reached):
        return float("nan")
    at = int(reached[0])
    if at == 0:
        return float(counts[0])
    share = (level - values[at - 1]) / (values[at] - values[at - 1])
    return float(counts[at - 1] + share * (counts[at] - counts[at - 1]))


def spearman(one: Floats, other: Floats) -> float:
    """Rank correlation; nothing here is tied."""
    return _correlation(one.argsort().argsort().astype(np.float64), other.argsort().argsort().astype(np.float64))


def _correlation(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _interval(values: Sequence[float]) -> str:
    """Mean and 95 % interval of the mean, over seeds."""
    array = np.array(values, dtype=np.float64)
    array = array[~np.isnan(array)]
    if not len(array):
        return "never"
    reach = 1.96 * array.std(ddof=1) / np.sqrt(len(array)) if len(array) > 1 else float("nan")
    return f"{array.mean():.3g} ± {reach:.2g} ({len(array)})"


def _recoveries(seeds: int, told: Callable[[str], object]) -> dict[str, dict[str, str]]:
    found = {}
    for memes, raters, votes, pairs in ((300, 80, 6_000, 0), (300, 80, 0, 6_000), (300, 80, 3_000, 3_000)):
        name = f"{memes} memes, {raters} raters, {votes:,} votes, {pairs:,} pairs"
        runs = [recovery(memes, raters, votes, pairs, seed) for seed in range(seeds)]
        found[name] = {field: _interval([getattr(run, field) for run in runs]) for field in vars(runs[0])}
        found[name]["gain"] = _interval([run.corrected - run.plain for run in runs])
        told(f"{name}: {found[name]}")
    return found


def _savings(
    memes: int, raters: int, pairs: int, spread: float, seeds: int, told: Callable[[str], object]
) -> dict[str, dict[str, str]]:
    """Pairs that it takes until the mean over the seeds reaches a level, and as a share of what chance takes."""
    ways = {
        "by chance": Choosing(unsure=False, spread=spread),
        "unsure": Choosing(unsure=True, spread=spread),
        "unsure, with forecasts (correlation 0.4)": Choosing(unsure=True, forecast=0.4, spread=spread),
    }
    found: dict[str, dict[str, str]] = {}
    base = np.empty((0, 0))
    for name, how in ways.items():
        curves = [curve(memes, raters, pairs, how, seed) for seed in range(seeds)]
        counts, values = [count for count, _ in curves[0]], np.array([[value for _, value in each] for each in curves])
        base = base if len(base) else values
        found[name] = {f"{level:g}": _told(counts, values, base, level) for level in LEVELS}
        found[name]["at the end"] = _interval([each[-1] for each in values])
        told(f"{memes} memes spread by {spread:g}, {raters} raters, {name}: {found[name]}")
    return found


def _told(counts: Sequence[int], values: Floats, base: Floats, level: float) -> str:
    """Pairs, and their share of the base's, each with a 95 % interval by bootstrap over seeds, the same for both."""
    seeds, chance = len(values), np.random.default_rng(1)
    draws = [np.arange(seeds), *chance.integers(0, seeds, (DRAWS, seeds))]
    mine = np.array([needed(counts, values[draw].mean(axis=0), level) for draw in draws])
    share = mine / [needed(counts, base[draw].mean(axis=0), level) for draw in draws]
    if np.isnan(share).any():
        return "never" if np.isnan(mine[0]) else f"{mine[0]:,.0f}, too seldom to say more"
    (low, high), (least, most) = (np.quantile(each[1:], (0.025, 0.975)) for each in (mine, share))
    return f"{mine[0]:,.0f} ({low:,.0f} to {high:,.0f}), {share[0]:.2f} ({least:.2f} to {most:.2f}) of by chance"


def main() -> None:
    """Run it all and print the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--out", type=Path)
    asked = options.parse_args()
    figures: dict[str, object] = {"recovery": _recoveries(asked.seeds, print)}
    for memes, raters, pairs, spread in ((100, 40, 3_000, SPREAD), (100, 40, 1_600, WIDE), (300, 80, 6_000, SPREAD)):
        seeds = asked.seeds if memes < MANY else max(asked.seeds // 2, 2)
        figures[f"{memes} memes spread by {spread:g}"] = _savings(memes, raters, pairs, spread, seeds, print)
    if asked.out:
        asked.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
