"""The protocol of 2018 on made-up memes whose truth is known. Needs the `train` extra; `make prove` runs it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import protocol_2018
import pytest
from protocol_2018 import PROTOCOLS, measured

from dankmeme.posts import ImageRef, Post
from dankmeme.training.dataset import Dataset
from dankmeme.training.labels import Labels, ends
from dankmeme.training.material import Material
from dankmeme.training.pictures import Facts

pytestmark = pytest.mark.filterwarnings("ignore")
AS_IN_2018, OURS = PROTOCOLS[0], PROTOCOLS[-1]
COUNT, SIZE, SEEDS = 400, 8, 3


@pytest.fixture(autouse=True)
def _few_epochs_that_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol_2018, "EPOCHS", 8)
    monkeypatch.setattr(protocol_2018, "RATE", 3e-3)


def material(scores: np.ndarray, communities: np.ndarray, family: np.ndarray) -> Material:
    """Memes in order of time."""
    posts = tuple(
        Post(f"files:made:{row}", "files", str(community), "", (ImageRef(file=f"/{row}"),), score=int(score), order=row)
        for row, (score, community) in enumerate(zip(scores, communities, strict=True))
    )
    rank = np.linspace(0, 1, len(posts))
    facts = (Facts("0" * 64, 100, b"", 8, 8),) * len(posts)
    keys = tuple(str(row) for row in range(len(posts)))
    dataset = Dataset("made", Path("/"), posts, "order", {})
    parts, labels = np.full(len(posts), "test"), Labels(rank, *ends(rank), "score")
    return Material(dataset, "0" * 64, posts, keys, facts, family, parts, parts, labels, {})


def leaking(chance: np.random.Generator) -> tuple[Material, np.ndarray]:
    """Of two listings one has scores a hundred times as high, its pictures look otherwise, and each comes twice."""
    half = COUNT // 2
    listing = np.repeat(chance.integers(0, 2, half), 2)
    score = np.repeat(chance.integers(1, 100, half), 2) * np.where(listing, 100, 1)
    look = np.repeat(chance.normal(size=(half, SIZE)), 2, axis=0)
    look[:, 0] += 3 * listing
    order = chance.permutation(COUNT)
    family = np.repeat(np.arange(half), 2).astype(str)
    return material(score[order], np.array(["small", "large"])[listing[order]], family[order]), look[order].astype("f4")


def noise(chance: np.random.Generator) -> tuple[Material, np.ndarray]:
    """Scores that nothing tells of."""
    names = np.arange(COUNT).astype(str)
    made = material(chance.integers(1, 100, COUNT), np.full(COUNT, "one"), names)
    return made, chance.normal(size=(COUNT, SIZE)).astype("f4")


def test_the_protocol_of_2018_makes_much_of_leaks_and_ours_nothing() -> None:
    made, embedding = leaking(np.random.default_rng(0))
    then, now = (measured(protocol, made, embedding, SEEDS) for protocol in (AS_IN_2018, OURS))
    assert then.accuracy > now.accuracy + 0.15
    assert then.auc > now.auc + 0.15
    assert then.low > now.high
    assert now.auc_low <= 0.5 <= now.auc_high


def test_ours_finds_chance_in_pure_noise() -> None:
    line = measured(OURS, *noise(np.random.default_rng(1)), SEEDS)
    assert line.low <= 0.5 <= line.high
    assert line.auc_low <= 0.5 <= line.auc_high


def test_ours_finds_what_is_there_to_be_found() -> None:
    made, embedding = noise(np.random.default_rng(2))
    embedding[:, 0] = [(post.score or 0) / 30 for post in made.posts]
    assert measured(OURS, made, embedding, SEEDS).auc_low > 0.7


def test_a_figure_lies_within_its_interval() -> None:
    made, embedding = leaking(np.random.default_rng(3))
    for protocol in PROTOCOLS:
        line = measured(protocol, made, embedding, 2)
        assert line.low <= line.accuracy <= line.high, protocol.name
        assert line.auc_low <= line.auc <= line.auc_high, protocol.name


def test_without_duplicates_no_family_stands_in_two_parts() -> None:
    made, _ = leaking(np.random.default_rng(4))
    for protocol in PROTOCOLS:
        fit, valid, test = (set(made.family[rows]) for rows in protocol_2018._parts(protocol, made, 0))
        apart = not (fit & test or valid & test or fit & valid)
        assert apart != protocol.duplicates, protocol.name


def test_every_protocol_after_the_first_has_one_fault_less() -> None:
    faults = [[value for name, value in vars(protocol).items() if name != "name"] for protocol in PROTOCOLS]
    assert [sum(each) for each in faults] == [4, 3, 2, 1, 0]
    assert all(after <= before for one, other in pairwise(faults) for before, after in zip(one, other, strict=True))
