"""Which pair is shown next."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from dankmeme.training.people import choice
from tests.training.people.simulation import raters as simulated

SURE, UNKNOWN = 0.01, 1.0


def chosen(memes: choice.Standing, count: int, judged: set[tuple[int, int]] | None = None) -> list[tuple[int, int]]:
    chance = np.random.default_rng(0)
    found = [choice.choose(memes, judged or set(), chance) for _ in range(count)]
    return [each for each in found if each is not None]


def test_memes_of_which_little_is_known_are_shown() -> None:
    variance = np.where(np.arange(60) < 6, UNKNOWN, SURE)
    pairs = chosen(choice.standing(np.zeros(60), variance, 1.0), 60)
    assert all(min(pair) < 6 for pair in pairs)


def test_pairs_whose_outcome_is_plain_are_not_shown() -> None:
    worth = np.repeat([-3.0, 3.0], 20)
    pairs = chosen(choice.standing(worth, np.full(40, UNKNOWN), 2.0), 60)
    assert all(abs(worth[left] - worth[right]) < 1 for left, right in pairs)


def test_what_memes_share_counts() -> None:
    """Two memes whose difference is known, though their places are not, are not shown together."""
    covariance = np.full((4, 4), 0.0)
    covariance[:2, :2] = 0.99
    covariance[2:, 2:] = 0.2
    np.fill_diagonal(covariance, 1.0)
    memes = choice.standing(np.zeros(4), np.ones(4), 1.0, covariance)
    left, right = (np.array(each) for each in zip(*combinations(range(4), 2), strict=True))
    told = dict(zip(zip(left.tolist(), right.tolist(), strict=True), choice.telling(memes, left, right), strict=True))
    assert min(told, key=lambda pair: told[pair]) == (0, 1)
    assert told[0, 1] == pytest.approx(told[1, 0] if (1, 0) in told else told[0, 1])


def test_a_pair_that_was_judged_is_not_shown_again_until_none_is_left() -> None:
    memes = choice.standing(np.zeros(5), np.ones(5), 1.0)
    judged: set[tuple[int, int]] = set()
    chance = np.random.default_rng(1)
    for _ in range(10):
        pair = choice.choose(memes, judged, chance)
        assert pair is not None
        assert (min(pair), max(pair)) not in judged
        judged.add((min(pair), max(pair)))
    assert choice.choose(memes, judged, chance) is None


def test_those_who_ask_at_once_get_different_pairs_on_either_side() -> None:
    pairs = chosen(choice.standing(np.zeros(300), np.ones(300), 1.0), 200)
    assert len({frozenset(pair) for pair in pairs}) > 190
    assert 60 < sum(left < right for left, right in pairs) < 140


def test_some_pairs_are_shown_by_chance_and_some_again() -> None:
    chance = np.random.default_rng(0)
    counts = Counter(choice.kind(chance) for _ in range(5_000))
    assert counts["uniform"] / 5_000 == pytest.approx(choice.UNIFORM, abs=0.02)
    assert counts["again"] / 5_000 == pytest.approx(choice.AGAIN, abs=0.02)


def test_choosing_ranks_sooner_than_chance() -> None:
    """Small: the figures of the full simulation stand in the log."""

    def reached(*, unsure: bool) -> float:
        how = simulated.Choosing(unsure=unsure, spread=simulated.WIDE)
        curves = [simulated.curve(60, 10, 500, how, seed)[8:] for seed in range(6)]
        return float(np.mean([value for curve in curves for _, value in curve]))

    assert reached(unsure=True) > reached(unsure=False) + 0.01
