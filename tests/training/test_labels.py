from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dankmeme.posts import ImageRef, Post
from dankmeme.training.labels import (
    COMPARABLE,
    DANK_FROM,
    NOT_DANK_TO,
    Labels,
    ends,
    kind_of,
    labels_of,
    neighbour_percentile,
)


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


def post(number: int, **more: Any) -> Post:
    fields: dict[str, Any] = {"community": "memes", "title": "", "images": (ImageRef(file=f"/{number}.jpg"),)} | more
    return Post(id=f"files:a:{number}", source="files", **fields)


def one_part(posts: list[Post]) -> np.ndarray:
    return np.full(len(posts), "fit")


def test_ranks_that_stand_in_the_data_come_before_scores_and_these_before_classes() -> None:
    given, followed = post(1, percentile=0.5), post(2, score_at={48.0: 3.0}, score=4)
    scored, labelled, bare = post(3, score=2), post(4, label=1), post(5)

    assert kind_of([bare, labelled, scored, followed, given]) == "given"
    assert kind_of([bare, labelled, scored, followed]) == "followed"
    assert kind_of([bare, labelled, scored]) == "score"
    assert kind_of([bare, labelled]) == "class"
    assert kind_of([bare]) is None


def test_scores_at_another_age_are_not_scores_at_this_one() -> None:
    assert kind_of([post(1, score_at={24.0: 3.0}, score=1)]) == "score"
    assert kind_of([post(1, score_at={24.0: 3.0}, score=1)], age=24.0) == "followed"


def test_posts_are_ranked_among_those_of_their_part_community_and_block_alone() -> None:
    posts = [
        post(number, score=number % 30 + lift, community=community, block=block)
        for lift, community, block in ((0, "a", None), (1_000, "b", None), (50_000, "b", "x"))
        for number in range(60)
    ]
    parts = np.array(["fit"] * 30 + ["test"] * 30 + ["fit"] * 120)
    labels = labels_of(posts, parts, "score")

    assert labels.percentile[:30] == pytest.approx(np.arange(30) / 29)
    assert labels.percentile[30:60] == pytest.approx(np.arange(30) / 29)
    for rows in (slice(60, 120), slice(120, 180)):
        assert labels.percentile[rows].mean() == pytest.approx(0.5)
        assert labels.percentile[rows].max() > 0.95
    assert labels.kind == "score"


def test_a_community_that_is_too_small_gives_no_ranks() -> None:
    posts = [post(number, score=number, community="small") for number in range(COMPARABLE - 1)]
    posts += [post(100 + number, score=number, community="large") for number in range(COMPARABLE)]
    labels = labels_of(posts, one_part(posts), "score")

    assert labels.known.tolist() == [False] * (COMPARABLE - 1) + [True] * COMPARABLE
    assert not labels.ends[: COMPARABLE - 1].any()


def test_a_post_that_was_not_followed_gets_no_label_and_moves_nobody() -> None:
    posts = [post(number, score_at={48.0: float(number)}, score=0) for number in range(30)]
    lone = [*posts, post(99, score=10**6)]
    labels = labels_of(lone, one_part(lone), "followed")

    assert np.isnan(labels.percentile[-1])
    assert not labels.known[-1]
    assert np.array_equal(labels.percentile[:-1], labels_of(posts, one_part(posts), "followed").percentile)


def test_classes_are_taken_as_they_are() -> None:
    posts = [post(1, label=1), post(2, label=0), post(3)]
    labels = labels_of(posts, one_part(posts), "class")

    assert labels.dank.tolist() == [True, False, False]
    assert labels.not_dank.tolist() == [False, True, False]
    assert labels.known.tolist() == [True, True, False]
    assert labels.target[:2].tolist() == [1.0, 0.0]
    assert np.isnan(labels.target[2])


def test_given_ranks_are_taken_as_they_are() -> None:
    posts = [post(1, percentile=0.9), post(2, percentile=0.1), post(3, percentile=0.5), post(4)]
    labels = labels_of(posts, one_part(posts), "given")

    assert labels.target[:3].tolist() == [0.9, 0.1, 0.5]
    assert (labels.dank.tolist(), labels.not_dank.tolist()) == (
        [True, False, False, False],
        [False, True, False, False],
    )
    assert labels.at(np.array([2, 0])).percentile.tolist() == [0.5, 0.9]


def test_labels_are_drawn_to_others_by_a_share_and_stay_where_it_is_nought() -> None:
    percentile = np.array([0.2, 0.5, np.nan, 0.9])
    dank, not_dank = ends(percentile)
    mixed = Labels(percentile, dank, not_dank, "score").mixed(
        np.array([1.0, 1.0, 1.0, 0.1]), np.array([0.5, 0.0, 0.5, 1.0])
    )
    assert mixed.percentile == pytest.approx([0.6, 0.5, np.nan, 0.1], nan_ok=True)
    assert mixed.dank.tolist() == [False, False, False, False]
    assert mixed.not_dank.tolist() == [False, False, False, True]


def test_a_class_is_drawn_to_a_percentile() -> None:
    yes, no = np.array([True, False, True]), np.array([False, True, False])
    mixed = Labels(np.full(3, np.nan), yes, no, "class").mixed(np.array([0.2, 0.6, 0.5]), np.array([0.5, 0.5, 0.0]))
    assert mixed.target == pytest.approx([0.6, 0.3, 1.0])
    assert mixed.dank.tolist() == [False, False, True]
    assert mixed.not_dank.tolist() == [False, True, False]
