from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dankmeme.training.labels import DANK_FROM, NOT_DANK_TO, ends, neighbour_percentile


def by_brute_force(scores: np.ndarray, neighbours: int) -> list[float]:
    """Compare each with each in its window."""
    count, window = len(scores), min(neighbours + 1, len(scores))
    found = []
    for row in range(count):
        start = row - window // 2
        while start < 0:
            start += 1
        while start + window > count:
            start -= 1
        others = [scores[other] for other in range(start, start + window) if other != row]
        points = sum(1.0 if other < scores[row] else 0.5 if other == scores[row] else 0.0 for other in others)
        found.append(points / len(others) if others else 0.5)
    return found


@given(st.lists(st.integers(-3, 10), max_size=40), st.integers(1, 50))
def test_the_percentile_is_the_share_of_neighbours_below_with_ties_counted_half(
    scores: list[int], neighbours: int
) -> None:
    found = neighbour_percentile(np.array(scores, dtype=np.int64), neighbours)
    assert found.shape == (len(scores),)
    assert found == pytest.approx(by_brute_force(np.array(scores), neighbours))
    assert np.all((found >= 0) & (found <= 1))


def test_the_best_is_one_and_the_worst_nought() -> None:
    assert neighbour_percentile(np.array([5, 1, 9]), 100).tolist() == [0.5, 0.0, 1.0]


def test_all_alike_stand_in_the_middle() -> None:
    assert neighbour_percentile(np.full(9, 3), 4).tolist() == [0.5] * 9


def test_one_alone_or_none_has_no_rank() -> None:
    assert neighbour_percentile(np.array([7]), 10).tolist() == [0.5]
    assert neighbour_percentile(np.array([]), 10).tolist() == []


def test_a_season_of_high_scores_makes_nobody_danker() -> None:
    rng = np.random.default_rng(0)
    quiet = rng.integers(0, 100, 400)
    both = np.concatenate([quiet, quiet * 50])
    percentile = neighbour_percentile(both, 100)
    assert percentile[50:350] == pytest.approx(percentile[450:750], abs=0.05)


def test_an_order_preserving_change_of_scores_changes_nothing() -> None:
    scores = np.random.default_rng(1).integers(0, 1_000, 200)
    assert np.array_equal(neighbour_percentile(scores, 30), neighbour_percentile(np.exp(scores / 100), 30))


def test_groups_are_ranked_apart_and_keep_their_rows() -> None:
    rng = np.random.default_rng(2)
    scores, groups = rng.integers(0, 50, 120), np.array(["b", "a", "lone", "c"])[rng.integers(0, 4, 120)]
    percentile = neighbour_percentile(scores, 10, groups)
    for group in "abc":
        rows = groups == group
        assert np.array_equal(percentile[rows], neighbour_percentile(scores[rows], 10))


def test_a_group_of_one_stands_in_the_middle() -> None:
    assert neighbour_percentile(np.array([1, 9, 5]), 10, np.array([0, 0, 1])).tolist() == [0.0, 1.0, 0.5]


def test_scores_beyond_the_precision_of_small_numbers_are_told_apart() -> None:
    assert neighbour_percentile(np.array([2**40, 2**40 + 1]), 10).tolist() == [0.0, 1.0]


def test_the_ends_are_apart_and_leave_the_middle_out() -> None:
    percentile = np.array(
        [0.0, NOT_DANK_TO, np.nextafter(NOT_DANK_TO, 1), 0.5, np.nextafter(DANK_FROM, 0), DANK_FROM, 1.0]
    )
    dank, not_dank = ends(percentile)
    assert dank.tolist() == [False] * 5 + [True] * 2
    assert not_dank.tolist() == [True] * 2 + [False] * 5
