"""Agreement of raters beyond chance."""

from __future__ import annotations

import numpy as np
import pytest

from dankmeme.storage.answers import Judgement, Vote
from dankmeme.training.people.agreement import agreement, of_pairs, of_votes


def test_alpha_is_that_of_krippendorffs_own_example() -> None:
    """Two observers and ten documents, nominal: "Computing Krippendorff's alpha-reliability", A: 0.095."""
    one = (0, 1, 0, 0, 0, 0, 0, 0, 1, 0)
    other = (1, 1, 1, 0, 0, 1, 0, 0, 0, 0)
    votes = [
        Vote(str(unit), name, bool(said)) for name, row in (("a", one), ("b", other)) for unit, said in enumerate(row)
    ]
    assert of_votes(votes).alpha == pytest.approx(0.095, abs=0.001)


def test_alpha_is_that_of_his_example_with_gaps_and_many_answers() -> None:
    """Four observers, twelve units, five answers, some missing: the same paper, C, nominal: 0.743."""
    rows = (
        (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
        (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
        (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
        (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
    )
    table = np.zeros((12, 5))
    for row in rows:
        for unit, said in enumerate(row):
            if said is not None:
                table[unit, said - 1] += 1
    assert agreement(table[table.sum(axis=1) > 1]).alpha == pytest.approx(0.743, abs=0.001)


def test_raters_who_answer_by_chance_do_not_agree() -> None:
    chance = np.random.default_rng(0)
    found = of_votes(
        [Vote(str(unit), str(rater), bool(chance.random() < 0.3)) for unit in range(300) for rater in range(3)]
    )
    assert found.alpha is not None
    assert found.low is not None
    assert found.high is not None
    assert abs(found.alpha) < 0.1
    assert found.low < 0.02 < found.high + 0.05
    assert (found.units, found.answers) == (300, 900)


def test_where_nobody_said_something_of_the_same_there_is_no_agreement() -> None:
    assert of_votes([Vote("a", "x", dank=True), Vote("b", "x", dank=False)]).alpha is None
    assert of_votes([Vote("a", "x", dank=True), Vote("a", "y", dank=True)]).alpha is None
    assert of_votes([]).units == 0


def test_pairs_agree_the_same_whatever_their_posts_are_called() -> None:
    """A rater who always finds the second name danker agrees with another such one, and not by chance."""
    said = [Judgement(rater, f"a{n}", f"b{n}", f"b{n}", None, "uniform") for n in range(20) for rater in "xy"]
    assert of_pairs(said).alpha == pytest.approx(1)
    mixed = [
        Judgement(rater, f"a{n}", f"b{n}", f"b{n}" if (n % 2) == (rater == "x") else f"a{n}", None, "unsure")
        for n in range(20)
        for rater in "xy"
    ]
    found = of_pairs([*said, *mixed], ("uniform", "again"))
    assert (found.alpha, found.units) == (pytest.approx(1), 20)
    contrary = of_pairs(mixed).alpha
    assert contrary is not None
    assert contrary < -0.8
