from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from dankmeme.training.ceiling import ceiling
from dankmeme.training.evaluate import Rows
from dankmeme.training.labels import ends
from tests.training.memes import made


def posted_twice(count: int, likeness: float, seed: int = 0) -> Rows:
    """The second half posts the pictures of the first half again; a picture explains `likeness` of its rank."""
    chance = np.random.default_rng(seed)
    picture = np.tile(chance.normal(size=count), 2)
    score = np.sqrt(likeness) * picture + np.sqrt(1 - likeness) * chance.normal(size=2 * count)
    percentile = score.argsort().argsort() / (2 * count - 1)
    dank, not_dank = ends(percentile)
    family = np.tile(np.array([f"picture {number}" for number in range(count)]), 2)
    return replace(made(2 * count).rows, percentile=percentile, dank=dank, not_dank=not_dank, family=family)


def test_the_ceiling_is_how_one_posting_tells_of_the_next() -> None:
    rows = posted_twice(400, 0.5)
    found = ceiling(rows)
    assert (found.pictures, found.postings, found.could_not) == (400, 400, None)
    assert found.spearman.value == pytest.approx(spearmanr(rows.percentile[:400], rows.percentile[400:]).statistic)
    assert 0.4 < found.spearman.value < 0.6
    assert found.auc.low > 0.6
    assert found.pair_accuracy.low > 0.55
    assert found.elsewhere == (rows.group[:400] != rows.group[400:]).sum()


def test_a_faultless_reader_reaches_the_root_of_what_one_posting_tells() -> None:
    found = ceiling(posted_twice(3_000, 0.36))
    assert found.reachable == pytest.approx(0.6, abs=0.05)


def test_luck_alone_leaves_nothing_to_read() -> None:
    found = ceiling(posted_twice(600, 0.0))
    assert found.spearman.low < 0 < found.spearman.high
    assert found.auc.low < 0.5 < found.auc.high


def test_each_posting_is_compared_with_the_next_one_alone() -> None:
    rows = posted_twice(100, 0.5)
    thrice = replace(rows, family=np.array([f"picture {number % 50}" for number in range(200)]))
    assert (ceiling(thrice).pictures, ceiling(thrice).postings) == (50, 150)


@pytest.mark.parametrize(
    ("again", "words"), [(0, "no picture was"), (1, "only 1 picture was"), (3, "only 3 pictures were")]
)
def test_too_few_reposts_are_said(again: int, words: str) -> None:
    rows = made(100).rows
    family = rows.family.copy()
    family[50 : 50 + again] = family[:again]
    assert ceiling(replace(rows, family=family)).could_not == (
        f"the ceiling cannot be taken: {words} posted more than once"
    )
