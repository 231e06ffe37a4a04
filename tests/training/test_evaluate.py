from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from dankmeme.training.evaluate import (
    accuracy,
    auc,
    average_precision,
    balanced_accuracy,
    best_threshold,
    bootstrapped,
    brier,
    calibration_error,
    grouped_auc,
    pair_accuracy,
    spearman,
)


def drawn(seed: int, count: int = 60, levels: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, count) / levels
    labels = rng.uniform(0, 1, count) < 0.2 + 0.6 * scores
    return labels, scores


def pairs_won(labels: np.ndarray, scores: np.ndarray) -> list[float]:
    return [0.5 + 0.5 * np.sign(good - bad) for good, bad in itertools.product(scores[labels], scores[~labels])]


@pytest.mark.parametrize("seed", range(5))
def test_auc_is_the_share_of_pairs_in_the_right_order(seed: int) -> None:
    labels, scores = drawn(seed)
    assert auc(labels, scores) == pytest.approx(np.mean(pairs_won(labels, scores)))
    assert auc(labels, np.exp(5 * scores)) == pytest.approx(auc(labels, scores))
    assert auc(labels, -scores) == pytest.approx(1 - auc(labels, scores))


def test_auc_without_one_of_the_classes_is_not_a_number() -> None:
    assert np.isnan(auc(np.array([True, True]), np.array([0.1, 0.2])))
    assert np.isnan(auc(np.array([False]), np.array([0.1])))


@pytest.mark.parametrize("seed", range(3))
def test_grouped_auc_compares_within_groups_alone(seed: int) -> None:
    labels, scores = drawn(seed)
    groups = np.arange(60) % 4
    won = [pair for group in range(4) for pair in pairs_won(labels[groups == group], scores[groups == group])]
    assert grouped_auc(labels, scores, groups) == pytest.approx(np.mean(won))


def test_telling_groups_apart_wins_nothing() -> None:
    groups = np.repeat([0, 1], 50)
    labels = np.random.default_rng(0).uniform(0, 1, 100) < np.where(groups == 1, 0.9, 0.1)
    assert auc(labels, groups) > 0.8
    assert grouped_auc(labels, groups, groups) == 0.5
    assert np.isnan(grouped_auc(labels, groups, np.arange(100)))


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_is_the_mean_precision_at_each_hit(seed: int) -> None:
    labels, _ = drawn(seed)
    scores = np.random.default_rng(seed).permutation(60) / 60
    precisions = [labels[scores >= score].mean() for score in scores[labels]]
    assert average_precision(labels, scores) == pytest.approx(np.mean(precisions))
    assert np.isnan(average_precision(np.zeros(3, dtype=bool), scores[:3]))


def test_average_precision_of_equal_scores_is_the_share_of_positives() -> None:
    assert average_precision(np.array([True, True, False, False]), np.full(4, 0.5)) == 0.5


def test_accuracies_count_each_row_or_each_class() -> None:
    labels, scores = np.array([True, False, False, False]), np.array([0.4, 0.1, 0.2, 0.5])
    assert accuracy(labels, scores, 0.5) == 0.5
    assert accuracy(labels, scores, 0.4) == 0.75
    assert balanced_accuracy(labels, scores, 0.4) == pytest.approx((1 + 2 / 3) / 2)


def test_the_best_threshold_is_at_least_as_good_as_any_other() -> None:
    labels, scores = drawn(4, count=400, levels=50)
    best = balanced_accuracy(labels, scores, best_threshold(labels, scores))
    assert all(best >= balanced_accuracy(labels, scores, each) for each in np.linspace(0.1, 0.9, 41))


def test_brier_and_calibration_error_are_nought_for_a_prophet() -> None:
    labels = np.random.default_rng(0).uniform(0, 1, 300) < 0.3
    assert brier(labels, labels.astype(float)) == calibration_error(labels, labels.astype(float)) == 0
    assert brier(labels, 1 - labels.astype(float)) == 1


def test_calibration_error_tells_honest_from_boastful() -> None:
    rng = np.random.default_rng(1)
    honest = rng.uniform(0.3, 0.7, 6_000)
    labels = rng.uniform(0, 1, 6_000) < honest
    assert calibration_error(labels, honest) < 0.03
    assert calibration_error(labels, np.where(honest > 0.5, 0.95, 0.05)) > 0.25


@pytest.mark.parametrize("seed", range(3))
def test_rank_correlation_agrees_with_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, 10, 80).astype(float), rng.integers(0, 10, 80).astype(float)
    assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic)


def test_pair_accuracy_compares_neighbours_whose_outcomes_are_clearly_apart() -> None:
    outcomes, scores = np.array([0.9, 0.1, 0.85, 0.0]), np.array([3.0, 1.0, 1.0, 2.0])
    won = {(0, 1): 1.0, (0, 3): 1.0, (1, 2): 0.5, (2, 3): 0.0}
    assert pair_accuracy(outcomes, scores) == pytest.approx(np.mean(list(won.values())))
    assert pair_accuracy(outcomes, scores, apart=1) == pytest.approx(np.mean([1.0, 0.5, 0.0]))
    assert np.isnan(pair_accuracy(np.full(5, 0.5), np.arange(5.0)))


def test_a_figure_has_an_interval_that_holds_the_truth_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(60):
        values = np.random.default_rng(seed).normal(1.0, 1.0, 400)
        figure = bootstrapped(lambda rows, values=values: float(values[rows].mean()), 400, draws=200)
        assert figure.low <= figure.value <= figure.high
        assert figure.value == pytest.approx(values.mean())
        held += figure.low <= 1.0 <= figure.high
    assert held >= 50


def test_rows_that_share_their_fate_widen_the_interval() -> None:
    rng = np.random.default_rng(5)
    alike = np.repeat(rng.normal(0, 1, 40), 25)
    apart = rng.permutation(alike)
    wide, narrow = (
        bootstrapped(lambda rows, values=values: float(values[rows].mean()), 1_000) for values in (alike, apart)
    )
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_a_figure_is_the_same_each_time_and_prints_with_its_interval() -> None:
    one, again = (bootstrapped(lambda rows: float(rows.mean()) / 100, 100) for _ in range(2))
    assert one == again
    assert str(one) == f"{one.value:.3f} ({one.low:.3f}–{one.high:.3f})"
