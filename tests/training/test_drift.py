"""Drift is told where it is beyond chance and matters, and not where it is neither; too little is told as such."""

from __future__ import annotations

import numpy as np
import pytest

from dankmeme.training.drift import NEEDED, RECENT, Drift, drift, stability_index
from dankmeme.training.ledger import Entry

COUNT = 2_000


def entries(outcome: np.ndarray, forecast: np.ndarray) -> list[Entry]:
    return [
        Entry(
            post=f"p{number:05d}",
            community="memes",
            block=None,
            created=3_600.0 * number,
            score=float(score),
            live=True,
            model="verdict",
            version="a-1",
            forecast=float(said),
        )
        for number, (score, said) in enumerate(zip(outcome, forecast, strict=True))
    ]


def told(*, seed: int = 0, shift: float = 0.0, silent: float = 0.05, off: float = 0.0, lost: bool = False) -> Drift:
    """Drift of a model whose newest forecasts differ from those before."""
    chance = np.random.default_rng(seed)
    newest = np.arange(COUNT) >= COUNT - RECENT
    percentiles = np.clip(chance.uniform(size=COUNT) ** (1 + shift * newest), 0, 1)
    abstained = chance.uniform(size=COUNT) < np.where(newest, silent, 0.05)
    outcome = chance.uniform(size=COUNT)
    signal = np.where(newest & lost, chance.uniform(size=COUNT), outcome)
    forecast = np.clip(0.3 + 0.3 * (signal - 0.5) + chance.normal(0, 0.1, COUNT) + off * newest, 0, 1)
    return drift("a-1", percentiles.tolist(), abstained.tolist(), entries(outcome, forecast))


def drifted(found: Drift) -> set[str]:
    return {each.name for each in found.checks if each.drifted}


@pytest.mark.parametrize("seed", range(5))
def test_where_nothing_changed_no_retrain_is_due(seed: int) -> None:
    found = told(seed=seed)
    assert (found.due, drifted(found)) == (False, set())
    assert found.words == "nothing says that a retrain is due"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"shift": 1.5}, "scores"),
        ({"silent": 0.3}, "abstentions"),
        ({"off": 0.15}, "calibration"),
        ({"lost": True}, "ranking"),
    ],
)
def test_each_change_is_found_by_its_own_check_and_makes_a_retrain_due(change: dict[str, float], name: str) -> None:
    found = told(**change)  # type: ignore[arg-type]
    assert name in drifted(found)
    assert found.due
    assert found.words.startswith("a retrain is due")


def test_what_is_beyond_chance_but_does_not_matter_is_left_alone() -> None:
    assert not told(silent=0.1).due


def test_too_little_is_told_as_such() -> None:
    found = drift("a-1", [0.5] * NEEDED, [False] * NEEDED, [])
    assert not found.due
    assert [each.words for each in found.checks] == [
        f"too few to tell: {NEEDED} of {RECENT + NEEDED} posts",
        f"too few to tell: {NEEDED} of {RECENT + NEEDED} posts",
        f"too few to tell: 0 of {NEEDED} posts with an outcome",
        f"too few to tell: 0 of {RECENT + NEEDED} posts with an outcome",
    ]


def test_the_stability_index_by_hand() -> None:
    before = np.repeat([0.0, 1.0], 100)
    now = np.repeat([0.0, 1.0], [50, 150])
    assert stability_index(before, before) == pytest.approx(0.0)
    assert stability_index(now, before) == pytest.approx(0.25 * np.log(1.5) - 0.25 * np.log(0.5), abs=0.01)
