"""Worths of memes and habits of raters, found from answers."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dankmeme.training.people.answers import LEFT, NEITHER, RIGHT, Anchors, Answers, Pairs, Votes
from dankmeme.training.people.ranks import percentiles
from dankmeme.training.people.raters import HABIT, PASSING, RELIABILITY, SIDE
from dankmeme.training.people.worth import DENSE, fit
from tests.training.people.simulation import raters as simulated


def asked(memes: int, raters: int, *, votes: Votes | None = None, pairs: Pairs | None = None) -> Answers:
    return Answers(memes, raters, votes or Votes(), pairs or Pairs(), np.ones(raters))


def paired(*rows: tuple[int, int, int, int], sided: bool = True) -> Pairs:
    """Rows of left, right, rater and what was said."""
    return Pairs(*np.array(rows, dtype=np.intp).T, np.full(len(rows), sided))


def test_nothing_said_is_no_worth_and_no_weight() -> None:
    found = fit(asked(3, 0))
    assert found.worth.tolist() == [0, 0, 0]
    assert found.weight.max() < 0.1
    assert len(fit(asked(0, 0)).worth) == 0


def test_who_wins_more_is_worth_more_and_more_answers_weigh_more() -> None:
    rows = [(0, 1, rater, LEFT) for rater in range(8)] + [(1, 2, rater, LEFT) for rater in range(3)]
    found = fit(asked(3, 8, pairs=paired(*rows)))
    assert found.worth[0] > found.worth[1] > found.worth[2] - 0.2
    assert found.weight[1] > found.weight[2]


def test_a_pair_says_the_same_whichever_way_round_it_was_shown_where_sides_are_not_known() -> None:
    one = fit(asked(3, 2, pairs=paired((0, 1, 0, LEFT), (2, 1, 1, RIGHT), (0, 2, 1, NEITHER), sided=False)))
    other = fit(asked(3, 2, pairs=paired((1, 0, 0, RIGHT), (1, 2, 1, LEFT), (2, 0, 1, NEITHER), sided=False)))
    assert one.worth == pytest.approx(other.worth, abs=1e-6)


def test_neither_draws_two_memes_together() -> None:
    won = [(0, 1, rater, LEFT) for rater in range(3)]
    apart = fit(asked(2, 9, pairs=paired(*won)))
    drawn = fit(asked(2, 9, pairs=paired(*won, *((0, 1, rater, NEITHER) for rater in range(3, 9)))))
    gap, less = (each.worth[0] - each.worth[1] for each in (apart, drawn))
    assert 0 < less < gap
    assert drawn.variance.sum() < apart.variance.sum()


def test_the_mode_is_where_the_gradient_of_the_posterior_vanishes() -> None:
    """Against the Bradley–Terry likelihood written down plainly, for one rater of known habits."""
    chance = np.random.default_rng(3)
    left = chance.integers(0, 6, 400)
    right = (left + chance.integers(1, 6, 400)) % 6
    won = chance.random(400) < 1 / (1 + np.exp(-(left - right) / 4.0))
    pairs = Pairs(left, right, np.zeros(400, dtype=np.intp), np.where(won, LEFT, RIGHT), np.zeros(400, dtype=bool))
    found = fit(asked(6, 1, pairs=pairs), corrected=False)
    odds = found.raters[0, PASSING]
    half = 0.5 * (found.worth[left] - found.worth[right])
    whole = np.exp(half) + np.exp(-half) + np.exp(odds)
    pull = 0.5 * (np.where(won, 1.0, -1.0) - (np.exp(half) - np.exp(-half)) / whole)
    gradient = np.bincount(left, pull, 6) - np.bincount(right, pull, 6) - found.worth / found.scale**2
    assert np.abs(gradient).max() < 0.2
    assert np.corrcoef(found.worth, np.arange(6))[0, 1] > 0.9


def test_a_voter_who_says_dank_to_everything_counts_for_nothing() -> None:
    chance = np.random.default_rng(0)
    truth = simulated.made_up(60, 20, chance, (1.0, 0.0, 0.0, 0.0))
    honest = simulated.answered(truth, 1_500, 0, chance).votes
    some = np.arange(30)
    votes = Votes(
        np.concatenate([honest.meme, some]),
        np.concatenate([honest.rater, np.full(30, 20)]),
        np.concatenate([honest.dank, np.ones(30, dtype=bool)]),
    )
    before, after = fit(asked(60, 21, votes=honest)), fit(asked(60, 21, votes=votes))
    assert np.abs(after.worth - before.worth).max() < 0.15
    assert after.raters[20, HABIT] > 1.5


def test_memes_that_lenient_voters_saw_are_not_taken_for_better() -> None:
    """Two halves of equal worth; one was seen by those who like everything, one by those who like nothing."""
    chance = np.random.default_rng(1)
    habit = np.repeat([2.0, -2.0], 10)
    meme = np.concatenate([chance.integers(0, 60, 1_000), chance.integers(40, 100, 1_000)])
    rater = np.concatenate([chance.integers(0, 10, 1_000), chance.integers(10, 20, 1_000)])
    worth = chance.normal(0, 1, 100)
    dank = chance.random(2_000) < 1 / (1 + np.exp(-(worth[meme] + habit[rater])))
    answers = asked(100, 20, votes=Votes(meme, rater, dank))
    gaps = [
        found.worth[:40].mean() - found.worth[60:].mean() - worth[:40].mean() + worth[60:].mean()
        for found in (fit(answers), fit(answers, corrected=False))
    ]
    assert abs(gaps[0]) < 0.5
    assert gaps[1] > 1.0


def test_ranks_habits_and_reliabilities_of_simulated_raters_are_recovered() -> None:
    runs = [simulated.recovery(120, 40, 2_000, 2_000, seed) for seed in range(4)]
    mean = {name: float(np.mean([getattr(run, name) for run in runs])) for name in vars(runs[0])}
    assert mean["corrected"] > 0.88
    assert mean["corrected"] > mean["plain"]
    assert mean["habit"] > 0.9
    assert mean["side"] > 0.85
    assert mean["by_chance"] < 0.5 * mean["honest"]
    assert 0.9 < mean["covered"] <= 1.0


def test_who_says_the_opposite_of_all_others_is_believed_in_nothing() -> None:
    chance = np.random.default_rng(2)
    truth = simulated.made_up(40, 12, chance, (1.0, 0.0, 0.0, 0.0))
    pairs = simulated.answered(truth, 0, 2_000, chance).pairs
    said = np.where((pairs.rater == 0) & (pairs.said != NEITHER), 1 - pairs.said, pairs.said)
    found = fit(asked(40, 12, pairs=Pairs(pairs.left, pairs.right, pairs.rater, said, pairs.sided)))
    assert found.raters[0, RELIABILITY] == 0
    assert found.raters[1:, RELIABILITY].min() > 0.4


def test_who_always_takes_the_left_one_has_a_side() -> None:
    chance = np.random.default_rng(5)
    truth = simulated.made_up(40, 10, chance, (1.0, 0.0, 0.0, 0.0))
    pairs = simulated.answered(truth, 0, 1_500, chance).pairs
    said = np.where(pairs.rater == 0, LEFT, pairs.said)
    found = fit(asked(40, 10, pairs=Pairs(pairs.left, pairs.right, pairs.rater, said, pairs.sided)))
    assert found.raters[0, SIDE] > 1.2
    assert np.abs(found.raters[1:, SIDE]).max() < 1.0


def test_a_label_made_elsewhere_alone_gives_back_its_percentile_and_its_weight() -> None:
    places = np.linspace(0.02, 0.98, 200)
    anchors = Anchors(np.arange(200), 0.5 + (places - 0.5) * 0.8, np.full(200, 0.6))
    found = fit(Answers(200, 0, Votes(), Pairs(), np.empty(0), anchors))
    percentile, _, _ = percentiles(found.worth, found.variance)
    assert found.weight == pytest.approx(0.6, abs=0.05)
    assert percentile == pytest.approx(anchors.percentile, abs=0.06)


def test_many_answers_about_many_memes_take_seconds() -> None:
    chance = np.random.default_rng(4)
    truth = simulated.made_up(2_000, 500, chance)
    answers = simulated.answered(truth, 25_000, 25_000, chance)
    began = time.perf_counter()
    found = fit(answers)
    assert time.perf_counter() - began < 20
    assert simulated.spearman(found.worth, truth.worth) > 0.9


def test_more_memes_than_are_inverted_as_a_whole_have_nearly_the_same_variances(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = np.random.default_rng(6)
    truth = simulated.made_up(150, 30, chance)
    answers = simulated.answered(truth, 500, 1_500, chance)
    whole = fit(answers)
    monkeypatch.setattr("dankmeme.training.people.worth.DENSE", 100)
    near = fit(answers)
    assert DENSE > 150
    assert near.covariance is None
    assert near.variance == pytest.approx(whole.variance, rel=0.25)
    assert near.worth == pytest.approx(whole.worth)
