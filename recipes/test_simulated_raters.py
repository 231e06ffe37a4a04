"""The simulation of raters, small."""

from __future__ import annotations

import numpy as np
import pytest
import simulated_raters as simulated


def test_levels_are_reached_between_two_fits_or_never() -> None:
    counts, values = [10, 20, 40], np.array([0.2, 0.6, 0.8])
    assert simulated.needed(counts, values, 0.1) == 10
    assert simulated.needed(counts, values, 0.4) == pytest.approx(15)
    assert simulated.needed(counts, values, 0.7) == pytest.approx(30)
    assert np.isnan(simulated.needed(counts, values, 0.9))


def test_it_runs_as_a_whole() -> None:
    said: list[str] = []
    found = simulated._savings(20, 6, 120, simulated.SPREAD, 2, said.append)
    assert set(found) == {"by chance", "unsure", "unsure, with forecasts (correlation 0.4)"}
    assert len(said) == 3


def test_the_same_seed_is_the_same_run() -> None:
    how = simulated.Choosing(unsure=True)
    assert simulated.curve(15, 5, 60, how, 3) == simulated.curve(15, 5, 60, how, 3)
