from __future__ import annotations

import numpy as np
import pytest

from dankmeme.training.ensemble import ENOUGH_TO_HALVE, decide
from dankmeme.training.labels import Labels, ends

COUNT = 400


def world(count: int = COUNT) -> tuple[np.ndarray, Labels]:
    """What can be known of memes, and their labels."""
    chance = np.random.default_rng(5)
    quality = chance.normal(size=count)
    percentile = (quality + chance.normal(size=count)).argsort().argsort() / (count - 1)
    return quality, Labels(percentile, *ends(percentile), "score")


def says(quality: np.ndarray, noise: float, seed: int = 1) -> np.ndarray:
    odds = quality + noise * np.random.default_rng(seed).normal(size=len(quality))
    return 1 / (1 + np.exp(-odds))


def test_the_better_model_weighs_more_and_two_equal_ones_alike() -> None:
    quality, labels = world()
    good, bad = says(quality, 0.2), says(quality, 5.0, 2)
    assert decide(good, bad, labels).automl_share < 0.3
    assert decide(bad, good, labels).automl_share > 0.7
    assert 0.2 < decide(says(quality, 1.0, 3), says(quality, 1.0, 4), labels).automl_share < 0.8


def test_probabilities_are_calibrated_and_thresholds_lie_among_them() -> None:
    quality, labels = world()
    found = decide(says(3 * quality, 1.0), says(0.1 * quality, 0.1, 2), labels)
    assert set(found.thresholds) == set(found.calibrators) == {"cnn", "automl", "verdict"}
    for name, probability in found.probabilities.items():
        assert probability.mean() == pytest.approx(labels.dank.mean(), abs=0.05)
        high = probability > np.median(probability)
        assert labels.dank[high].mean() == pytest.approx(probability[high].mean(), abs=0.05)
        called = probability[labels.ends] >= found.thresholds[name]
        assert called[labels.dank[labels.ends]].mean() + (~called)[labels.not_dank[labels.ends]].mean() > 1.2
    apart = np.abs(found.probabilities["cnn"] - found.probabilities["automl"])
    assert (apart <= found.disagreement_limit).mean() == pytest.approx(0.95, abs=0.01)


def test_an_image_model_alone_is_its_own_verdict() -> None:
    quality, labels = world()
    found = decide(says(quality, 1.0), None, labels)
    assert found.automl_share == 0
    assert found.disagreement_limit == 1
    assert set(found.thresholds) == {"cnn", "verdict"}
    assert found.calibrators["cnn"] == found.calibrators["verdict"]


def test_of_many_rows_the_newest_half_calibrates() -> None:
    quality, labels = world(ENOUGH_TO_HALVE)
    half = ENOUGH_TO_HALVE // 2
    probability = says(quality, 1.0)
    found = decide(probability, None, labels)
    assert len(found.probabilities["cnn"]) == half
    newest = decide(probability[half:], None, labels.at(np.arange(half, ENOUGH_TO_HALVE)))
    assert found.calibrators == newest.calibrators


def test_classes_alone_are_enough() -> None:
    quality, labels = world()
    classes = Labels(np.full(COUNT, np.nan), labels.dank, ~labels.dank, "class")
    found = decide(says(quality, 0.5), says(quality, 0.5, 2), classes)
    assert np.isfinite(found.probabilities["verdict"]).all()
    assert found.probabilities["verdict"].mean() == pytest.approx(labels.dank.mean(), abs=0.05)
