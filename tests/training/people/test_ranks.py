"""Worths become percentiles."""

from __future__ import annotations

import numpy as np
import pytest

from dankmeme.training.people.ranks import from_elsewhere, normal_place, percentiles


def test_what_is_known_for_sure_has_its_rank() -> None:
    percentile, low, high = percentiles(np.array([3.0, -1.0, 0.5, 2.0]), np.full(4, 1e-12))
    assert percentile == pytest.approx([0.875, 0.125, 0.375, 0.625], abs=1e-6)
    assert (low <= percentile).all()
    assert (high >= percentile).all()


def test_what_nobody_knows_stands_in_the_middle_with_a_wide_interval() -> None:
    percentile, low, high = percentiles(np.array([0.0, 2.0, -2.0]), np.array([9.0, 0.01, 0.01]))
    assert percentile[0] == pytest.approx(0.5, abs=0.01)
    assert high[0] - low[0] > 0.8
    assert high[1] - low[1] < 0.5


def test_no_memes_have_no_percentiles() -> None:
    assert [len(each) for each in percentiles(np.empty(0), np.empty(0))] == [0, 0, 0]


def test_places_and_percentiles_are_each_others_inverse() -> None:
    assert normal_place(np.array([0.5, 0.975, 0.0])) == pytest.approx([0, 1.95996, -2.5758], abs=1e-4)


def test_a_label_of_no_weight_says_nothing() -> None:
    place, firm = from_elsewhere(np.array([0.5, 0.9]), np.array([0.0, 0.9]))
    assert firm[0] < 1e-5
    assert firm[1] == pytest.approx(9)
    assert place[1] > 1.2
