from __future__ import annotations

import numpy as np
import pytest

from dankmeme.training.compare import BETTER, SAME, WORSE, compare
from dankmeme.training.evaluate import auc
from tests.training.memes import forecast, made


def test_a_truly_better_model_is_better_beyond_noise_and_the_other_way_round_worse() -> None:
    for seed in range(3):
        each = made(1_500, seed)
        sharp, blunt = forecast(each.quality, 0.3, seed), forecast(each.quality, 2.0, seed + 100)
        assert compare(each.rows, sharp, blunt).better
        assert compare(each.rows, blunt, sharp).verdict == WORSE


def test_two_equally_good_models_are_seldom_told_apart() -> None:
    verdicts = []
    for seed in range(12):
        each = made(1_000, seed + 50)
        one, other = (forecast(each.quality, 1.5, 2 * seed + side) for side in (5_000, 5_001))
        verdicts.append(compare(each.rows, one, other).verdict)
    assert verdicts.count(SAME) >= 10


def test_a_model_differs_from_itself_by_nothing() -> None:
    each = made(400)
    found = compare(each.rows, forecast(each.quality), forecast(each.quality), thresholds=(0.3, 0.3))
    assert found.verdict == SAME
    assert all(figure.difference.value == 0 and figure.verdict == SAME for figure in found.figures.values())
    assert {"auc", "accuracy", "brier", "pair_accuracy", "spearman"} <= set(found.figures)


def test_pairing_tells_apart_what_two_intervals_would_not() -> None:
    each = made(1_500)
    one, other = forecast(each.quality, 0.8, 1), forecast(each.quality, 0.8, 1)
    worse = type(other)(other.probability, other.ranking + 0.25 * np.random.default_rng(5).normal(size=1_500))
    found = compare(each.rows, one, worse).figures["auc"]
    ends = each.rows.ends
    assert found.one == pytest.approx(auc(each.rows.dank[ends], one.ranking[ends]))
    assert found.difference.value == pytest.approx(found.one - found.other)
    assert found.difference.high - found.difference.low < 0.05


def test_less_error_is_better() -> None:
    each = made(1_500)
    good, loud = forecast(each.quality), forecast(each.quality)
    loud = type(loud)(np.where(loud.probability > 0.3, 0.99, 0.01), loud.score)
    found = compare(each.rows, good, loud)
    assert found.figures["brier"].difference.high < 0
    assert found.figures["brier"].verdict == BETTER
    assert found.verdict == SAME


def test_too_few_memes_are_not_told_apart_and_it_is_said_why() -> None:
    each = made(15)
    found = compare(each.rows, forecast(each.quality), forecast(-each.quality))
    assert found.verdict == SAME
    assert "it takes 10 of each" in found.words


def test_the_words_have_the_figures() -> None:
    each = made(1_500, strength=0.7)
    found = compare(each.rows, forecast(each.quality), forecast(each.quality, 2.0, 1))
    gap = found.figures["auc"].difference
    assert found.words.startswith("better beyond noise: AUC 0.")
    assert f"{gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})" in found.words
