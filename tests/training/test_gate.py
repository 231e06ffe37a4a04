"""The gate refuses what is worse, and what might well be; it lets pass what is better, and what is as good."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dankmeme.training.gate import FEWEST, rule, rule_on_ledger
from dankmeme.training.ledger import Entry
from tests.training.rivals import Rivals, rivals

HOUR = 3_600.0


def code(found: Rivals) -> str:
    return rule(found.comparison(), "posts").code


def passed(found: Rivals) -> bool:
    return rule(found.comparison(), "posts").passed


def test_a_model_of_shuffled_labels_is_refused() -> None:
    for seed in range(5):
        found = rivals(1_000, seed=seed)
        shuffled = replace(found, candidate=np.random.default_rng(seed).permutation(found.candidate))
        assert code(shuffled) == "worse"


def test_a_slightly_worse_model_is_refused_and_a_better_one_passes() -> None:
    worse = [passed(rivals(4_000, candidate=0.85, seed=seed)) for seed in range(10)]
    better = [passed(rivals(4_000, candidate=1.15, seed=seed)) for seed in range(10)]
    assert sum(worse) <= 1
    assert sum(better) >= 9


def test_the_same_model_passes_as_good_where_the_rows_can_tell() -> None:
    found = rivals(4_000)
    same = replace(found, candidate=found.active)
    assert code(same) == "as good"


def test_where_little_is_known_nothing_passes_that_is_not_clearly_better() -> None:
    assert code(rivals(FEWEST - 1)) == "too few"
    assert code(rivals(300, candidate=0.95, seed=1)) in ("unclear", "worse")


def test_probabilities_that_are_worse_are_refused_though_the_order_is_the_same() -> None:
    found = rivals(4_000)
    skewed = replace(found, candidate=found.active**0.3)
    assert code(skewed) == "worse"
    assert "probabilities" in rule(skewed.comparison(), "posts").words


def entries(found: Rivals, *, live: bool = True, of: slice = slice(None)) -> list[Entry]:
    """The ledger's rows of both, versions `new` and `old`."""
    return [
        Entry(
            post=f"post:{live}:{number:05d}",
            community="memes",
            block=None,
            created=HOUR * number,
            score=float(found.outcome[number]),
            live=live,
            model="verdict",
            version=version,
            forecast=float(column[number]),
        )
        for version, column in (("new", found.candidate), ("old", found.active))
        for number in range(len(found.outcome))[of]
    ]


def test_the_ledger_says_what_the_rows_say_and_its_order_is_no_matter() -> None:
    found = rivals(2_000, candidate=1.3)
    rows = entries(found)
    ruling = rule_on_ledger(rows[::-1], "new", "old")
    assert (ruling.on, ruling.rows, ruling.code) == ("live posts", 2_000, "better")
    turned = rule_on_ledger(rows, "old", "new")
    assert ruling.auc is not None
    assert turned.auc is not None
    assert turned.auc.difference.value == pytest.approx(-ruling.auc.difference.value)
    assert turned.code == "worse"


def test_live_posts_count_before_replayed_ones_where_there_are_enough() -> None:
    good, bad = rivals(600, candidate=1.4), rivals(600, candidate=0.1)
    assert rule_on_ledger([*entries(good), *entries(bad, live=False)], "new", "old").on == "live posts"
    few = entries(good, of=slice(50))
    ruling = rule_on_ledger([*few, *entries(bad, live=False)], "new", "old")
    assert (ruling.on, ruling.code) == ("replayed posts", "worse")


def test_only_posts_that_both_forecast_count() -> None:
    rows = entries(rivals(1_000))
    half = [each for each in rows if each.version == "old" or int(each.post[-1]) % 2]
    assert rule_on_ledger(half, "new", "old").rows == 500
    none = rule_on_ledger([each for each in rows if each.version == "old"], "new", "old")
    assert (none.code, none.passed, none.rows) == ("too few", False, 0)
    assert "0 live posts" in none.words
