from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from dankmeme.training.evaluate import (
    Figure,
    Forecast,
    Rows,
    accuracy,
    auc,
    average_precision,
    balanced_accuracy,
    best_threshold,
    bootstrapped,
    brier,
    calibration_error,
    evaluate,
    grouped_auc,
    pair_accuracy,
    spearman,
)
from dankmeme.training.evaluate import resampling as drawn_figures
from dankmeme.training.evaluate.curves import precision_recall, reliability, roc, wilson
from tests.training.memes import forecast, made


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


def same_as_drawing_rows(found: Figure | None, figure: Callable[[np.ndarray], float], count: int) -> None:
    expected = bootstrapped(figure, count)
    assert found is not None
    assert found.value == pytest.approx(expected.value)
    assert found.low == pytest.approx(min(expected.low, expected.value))
    assert found.high == pytest.approx(max(expected.high, expected.value))


def test_figures_by_blocks_are_those_that_drawing_rows_gives() -> None:
    rows, quality = (each := made(403, communities=3)).rows, each.quality
    said = forecast(quality, 1.0)
    called = np.round(said.probability, 1)
    found = evaluate(rows, {"a": Forecast(said.probability, called)}, thresholds={"a": 0.3}).models["a"].figures
    dank, ends, p = rows.dank, rows.ends, said.probability

    def at_ends(figure: Callable[[np.ndarray], float]) -> Callable[[np.ndarray], float]:
        return lambda r: figure(r[ends[r]])

    slow = {
        "auc": at_ends(lambda r: auc(dank[r], called[r])),
        "within_group_auc": at_ends(lambda r: grouped_auc(dank[r], called[r], rows.group[r])),
        "average_precision": at_ends(lambda r: average_precision(dank[r], called[r])),
        "accuracy": at_ends(lambda r: accuracy(dank[r], p[r], 0.3)),
        "balanced_accuracy": at_ends(lambda r: balanced_accuracy(dank[r], p[r], 0.3)),
        "brier": lambda r: brier(dank[r], p[r]),
        "spearman": lambda r: spearman(rows.percentile[r], called[r]),
    }
    for name, figure in slow.items():
        same_as_drawing_rows(found[name], figure, len(rows))


def test_draws_of_a_figure_that_fewer_rows_raise_are_moved_to_have_it_as_their_mean() -> None:
    drawn = np.array([0.05, 0.06, 0.07, 0.08, 0.09])
    plain, moved = (drawn_figures.figure(drawn, biased=biased) for biased in (False, True))
    assert plain is not None
    assert moved is not None
    assert plain.low == plain.value == 0.05
    assert moved.low < moved.value < moved.high
    assert moved.high - moved.low == pytest.approx(np.quantile(drawn[1:], 0.975) - np.quantile(drawn[1:], 0.025))


def test_pairs_are_of_one_group_close_in_time_and_clearly_apart() -> None:
    outcome = np.array([0.9, 0.1, 0.8, 0.75, 0.0])
    found = drawn_figures.pairs(outcome, np.array(["a", "b", "a", "a", "b"]), apart=2)
    assert sorted(zip(found.better, found.worse, strict=True)) == []
    found = drawn_figures.pairs(outcome, np.array(["a", "a", "b", "a", "b"]), apart=1)
    assert sorted(zip(found.better.tolist(), found.worse.tolist(), strict=True)) == [(0, 1), (2, 4), (3, 1)]


def test_pair_accuracy_of_one_group_is_that_of_the_plain_figure() -> None:
    each = made(500, communities=1)
    found = evaluate(each.rows, {"a": forecast(each.quality, 1.0)}).models["a"].figures["pair_accuracy"]
    assert found.value == pytest.approx(pair_accuracy(each.rows.percentile, forecast(each.quality, 1.0).ranking))
    assert found.low < found.value < found.high


def test_a_faultless_forecast_is_off_by_no_more_than_chance_and_a_boastful_one_by_more() -> None:
    rng = np.random.default_rng(3)
    probability = rng.uniform(0.05, 0.6, 2_000)
    dank = rng.random(2_000) < probability
    rows = replace(made(2_000).rows, percentile=np.full(2_000, np.nan), dank=dank, not_dank=~dank)
    boastful = np.where(probability > 0.3, 0.9, 0.02)
    models = evaluate(rows, {"honest": Forecast(probability), "boastful": Forecast(boastful)}).models
    honest, loud = (models[name] for name in ("honest", "boastful"))
    assert honest.figures["calibration_error"].value == pytest.approx(honest.calibration_by_chance.mean, abs=0.012)
    assert honest.figures["calibration_error"].value <= honest.calibration_by_chance.high
    assert loud.figures["calibration_error"].value > 10 * loud.calibration_by_chance.high


def test_telling_communities_apart_wins_nothing_within_them() -> None:
    each = made(2_000, communities=2)
    first = each.rows.group == "r/0"
    dank = np.random.default_rng(0).random(2_000) < np.where(first, 0.7, 0.3)
    rows = replace(each.rows, percentile=np.full(2_000, np.nan), dank=dank, not_dank=~dank)
    figures = evaluate(rows, {"a": Forecast(np.where(first, 0.7, 0.3))}).models["a"].figures
    assert figures["auc"].low > 0.6
    assert figures["within_group_auc"] == Figure(0.5, 0.5, 0.5)


def test_too_few_memes_give_reasons_in_place_of_figures() -> None:
    each = made(30)
    found = evaluate(each.rows[:12], {"a": forecast(each.quality[:12])})
    assert found.models["a"].figures == {}
    assert any(message.startswith("AUC, ") and "it takes 10 of each" in message for message in found.could_not)
    assert any("Brier score, Calibration error: rows: 12" in message for message in found.could_not)
    assert evaluate(each.rows[:0], {"a": forecast(each.quality[:0])}).base_rate is None


def test_classes_without_percentile_or_time_give_what_can_be_given() -> None:
    each = made(400)
    nothing = np.full(400, np.nan)
    rows = replace(
        each.rows, percentile=nothing, time=nothing, author=np.full(400, ""), template=np.empty(0, dtype=str)
    )
    found = evaluate(rows, {"a": forecast(each.quality)}, thresholds={"a": 0.3}, seen_authors=np.zeros(400, dtype=bool))
    assert {"auc", "brier", "accuracy"} <= set(found.models["a"].figures)
    assert not {"spearman", "pair_accuracy", "within_template_auc"} & set(found.models["a"].figures)
    words = "\n".join(found.could_not)
    assert "Spearman: rows with a percentile: 0" in words
    assert "nothing is known of time" in words
    assert "no authors are known" in words


def test_blocks_of_random_rows_stand_in_where_time_is_unknown() -> None:
    """Folders come class by class: blocks of consecutive rows would hold one class each."""
    each = made(600)
    order = np.argsort(each.rows.percentile)
    rows = replace(each.rows, time=np.full(600, np.nan))[order]
    found = evaluate(rows, {"a": forecast(each.quality[order], 1.0)}).models["a"].figures["auc"]
    assert 0.02 < found.high - found.low < 0.15


def test_a_model_without_labels_or_a_threshold_has_no_accuracy_and_it_is_said() -> None:
    each = made(300)
    labelled = replace(forecast(each.quality), label=each.quality > 0)
    found = evaluate(each.rows, {"bare": forecast(each.quality), "labelled": labelled})
    assert "accuracy" not in found.models["bare"].figures
    assert "accuracy" in found.models["labelled"].figures
    assert found.could_not == [
        "Accuracy of bare: no threshold was chosen on validation rows",
        "Figures for seen and unseen authors: those of the training part are not known",
    ]


def test_abstaining_where_it_is_wrong_makes_accuracy_better() -> None:
    each = made(1_000)
    said = forecast(each.quality)
    wrong = (said.probability >= 0.3) != each.rows.dank
    found = evaluate(each.rows, {"a": replace(said, abstained=wrong)}, thresholds={"a": 0.3}).models["a"].abstention
    assert found.share.value == pytest.approx(wrong.mean())
    assert found.accuracy_without.value == 1 > found.accuracy.value
    assert found.auc_without.value > found.auc.value


def test_parts_have_figures_of_their_own() -> None:
    each = made(2_000)
    seen = np.arange(2_000) % 2 == 0
    known = np.where(seen, each.quality, np.random.default_rng(1).normal(size=2_000))
    found = evaluate(each.rows, {"a": forecast(known)}, seen_authors=seen)
    parts = {part.name: part for part in found.models["a"].slices}
    assert parts["authors seen in training"].auc.low > parts["authors not seen in training"].auc.high
    assert (found.seen_authors, found.unseen_authors) == (1_000, 1_000)
    assert {part.kind for part in parts.values()} == {"author", "group", "time"}
    assert sum(part.rows for part in parts.values() if part.kind == "time") == 2_000
    assert all(f"r/{number}" in parts for number in range(4))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"author": np.array(["one"])}, "differ in length"),
        ({"time": np.arange(20.0)[::-1]}, "order of time"),
        ({"not_dank": np.ones(20, dtype=bool)}, "both dank and not dank"),
    ],
)
def test_rows_that_make_no_sense_are_refused(change: dict[str, np.ndarray], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(made(20).rows, **change)


def test_forecasts_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Forecast(np.array([0.1, np.nan]))
    with pytest.raises(ValueError, match="between 0 and 1"):
        Forecast(np.array([0.1, 1.2]))
    with pytest.raises(ValueError, match="of score"):
        Forecast(np.array([0.1, 0.2]), np.array([1.0]))
    with pytest.raises(ValueError, match="20 rows but 3 forecasts of a"):
        evaluate(made(20).rows, {"a": Forecast(np.full(3, 0.5))})


def test_wilson_interval_is_that_of_the_textbook() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)


def test_reliability_bins_hold_every_row_once_and_equal_forecasts_together() -> None:
    probability = np.repeat([0.1, 0.2, 0.8], [40, 30, 30])
    dank = np.arange(100) % 10 < probability * 10
    bins = reliability(dank, probability)
    assert [each.forecast for each in bins] == pytest.approx([0.1, 0.2, 0.8])
    assert [each.observed for each in bins] == pytest.approx([0.1, 0.2, 0.8])
    assert [each.rows for each in bins] == [40, 30, 30]


def test_curves_have_the_areas_of_their_figures() -> None:
    labels, scores = drawn(2, count=150, levels=1_000)
    curve = roc(labels, scores)
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(auc(labels, scores))
    found = precision_recall(labels, scores)
    gained = np.diff(found.x, prepend=0.0)
    assert (gained * found.y).sum() == pytest.approx(average_precision(labels, scores))


def test_everything_is_counted_in_the_histogram() -> None:
    each = made(500)
    found = evaluate(each.rows, {"a": forecast(each.quality)}).models["a"].histogram
    assert sum(found.dank) == each.rows.dank.sum()
    assert sum(found.not_dank) == each.rows.not_dank.sum()
    assert sum(found.middle) == 500 - each.rows.ends.sum()


def test_only_numpy_is_needed() -> None:
    code = (
        "import sys, dankmeme.training.evaluate, dankmeme.training.compare, dankmeme.training.report\n"
        "heavy = {'keras', 'torch', 'lightgbm', 'sklearn', 'scipy', 'pandas', 'optuna'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_rows_are_cut_like_arrays() -> None:
    rows = made(50).rows
    assert len(rows[:10]) == 10
    assert rows[np.flatnonzero(rows.dank)].dank.all()
    assert isinstance(rows[rows.ends], Rows)
