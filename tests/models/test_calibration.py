from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import isotonic_regression

from dankmeme.models.calibration import fit_venn_abers, merged


def by_brute_force(scores: np.ndarray, labels: np.ndarray, new: float, outcome: float) -> float:
    """Isotonic regression with the new example among the others, read off at the new example."""
    everything, outcomes = np.append(scores, new), np.append(labels, outcome).astype(float)
    _, place = np.unique(everything, return_inverse=True)
    weight = np.bincount(place).astype(float)
    means = np.bincount(place, weights=outcomes) / weight
    return float(isotonic_regression(means, weights=weight).x[place[-1]])


def every_place(scores: np.ndarray) -> np.ndarray:
    """A new score for each place: on every distinct score, between them, below and above all."""
    distinct = np.unique(scores)
    between = (distinct[:-1] + distinct[1:]) / 2
    return np.sort(np.concatenate([distinct, between, [distinct[0] - 1, distinct[-1] + 1]]))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("levels", [6, 40, 10_000])
def test_the_interval_equals_isotonic_regression_at_every_place(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.round(rng.uniform(0, 1, 80) * levels) / levels
    labels = rng.uniform(0, 1, 80) < scores**2
    predictor = fit_venn_abers(scores, labels)
    new = every_place(scores)
    p0, p1 = predictor.interval(new)
    assert len(predictor.p0) == len(predictor.p1) == 2 * len(np.unique(scores)) + 1 == len(new)
    assert p0 == pytest.approx([by_brute_force(scores, labels, each, 0) for each in new])
    assert p1 == pytest.approx([by_brute_force(scores, labels, each, 1) for each in new])


@settings(max_examples=100, deadline=None)
@given(
    arrays(float, st.shared(st.integers(1, 12), key="n"), elements=st.sampled_from([-3.5, -1.0, 0.0, 0.1, 0.2, 5.0])),
    arrays(bool, st.shared(st.integers(1, 12), key="n")),
)
def test_any_scores_give_an_interval_in_order_that_rises_with_the_score(scores: np.ndarray, labels: np.ndarray) -> None:
    predictor = fit_venn_abers(scores, labels)
    p0, p1 = predictor.interval(every_place(scores))
    assert np.all((p0 >= 0) & (p0 <= p1) & (p1 <= 1))
    assert np.all(np.diff(p0) >= -1e-12)
    assert np.all(np.diff(p1) >= -1e-12)
    one = merged(p0, p1)
    assert np.all((one >= p0 - 1e-12) & (one <= p1 + 1e-12))
    assert p0 == pytest.approx([by_brute_force(scores, labels, each, 0) for each in every_place(scores)])


@pytest.mark.parametrize("outcome", [True, False])
def test_outcomes_all_alike_never_make_it_certain(outcome: bool) -> None:
    scores = np.linspace(0, 1, 50)
    p0, p1 = fit_venn_abers(scores, np.full(50, outcome)).interval(np.array([-1.0, 0.5, 2.0]))
    assert np.all(p1 - p0 > 0)
    assert np.all((merged(p0, p1) > 0) & (merged(p0, p1) < 1))


def test_one_example_says_nearly_nothing() -> None:
    p0, p1 = fit_venn_abers(np.array([0.5]), np.array([True])).interval(np.array([0.5]))
    assert (p0[0], p1[0]) == (0.5, 1.0)


def test_probabilities_come_true_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)

    def drawn(count: int) -> tuple[np.ndarray, np.ndarray]:
        scores = rng.normal(0, 1, count)
        return scores, rng.uniform(0, 1, count) < 1 / (1 + np.exp(-(3 * scores + 1)))

    predictor = fit_venn_abers(*drawn(2_000))
    scores, labels = drawn(40_000)
    p0, p1 = predictor.interval(scores)
    probability = merged(p0, p1)
    assert abs(probability.mean() - labels.mean()) < 0.02
    for low in np.arange(0, 1, 0.1):
        inside = (probability >= low) & (probability < low + 0.1)
        assert abs(probability[inside].mean() - labels[inside].mean()) < 0.06
    assert np.median(p1 - p0) < 0.1


def test_intervals_narrow_with_more_examples() -> None:
    def width(count: int) -> float:
        rng = np.random.default_rng(2)
        scores = rng.uniform(0, 1, count)
        predictor = fit_venn_abers(scores, rng.uniform(0, 1, count) < scores)
        p0, p1 = predictor.interval(np.linspace(0, 1, 101))
        return float(np.mean(p1 - p0))

    assert width(1_000) < width(200) < width(20)


def test_what_is_stored_is_bounded_and_hardly_loses() -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 1, 800)
    labels = rng.uniform(0, 1, 800) < 1 / (1 + np.exp(-scores))
    few, all_levels = fit_venn_abers(scores, labels, max_levels=150), fit_venn_abers(scores, labels, max_levels=1_000)
    assert len(few.scores) <= 150 < len(all_levels.scores)
    new = np.linspace(-3, 3, 301)
    assert np.abs(merged(*few.interval(new)) - merged(*all_levels.interval(new))).mean() < 0.03


def test_scores_beyond_all_others_take_the_outermost_place() -> None:
    predictor = fit_venn_abers(np.linspace(0, 1, 30), np.linspace(0, 1, 30) > 0.5)
    p0, p1 = predictor.interval(np.array([-np.inf, -1e300, 1e300, np.inf]))
    assert p0[0] == p0[1] == predictor.p0[0]
    assert p1[2] == p1[3] == predictor.p1[-1]


def test_certain_intervals_merge_to_their_ends() -> None:
    assert merged(np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0])).tolist() == [0.0, 1.0, 0.5]
