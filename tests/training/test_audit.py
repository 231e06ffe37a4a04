from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dankmeme.training.audit import CHECKS, SHUFFLES, Audit, Case, Features, Finding, audit
from dankmeme.training.evaluate import Forecast, Rows, auc
from dankmeme.training.labels import ends
from tests.training.memes import HOUR, forecast, made

COUNT, SPLIT, START = 2_000, 1_400, 1_460


def case(seed: int = 0) -> Case:
    """A clean one: 60 hours between the parts, a feature that knows a little, a text that knows nothing."""
    each = made(COUNT, seed)
    chance = np.random.default_rng(seed + 50)
    values = np.column_stack([each.quality + 2 * chance.normal(size=COUNT), chance.normal(size=COUNT)])
    texts = chance.choice(["one does not simply", "much wow 2024", "is this a pigeon", ""], COUNT).tolist()
    features = Features(
        ["a little", "nothing"], values[:SPLIT], values[START:], {"title": (texts[:SPLIT], texts[START:])}
    )
    relearnt = learning(values[:SPLIT], values[START:], each.rows[:SPLIT], each.rows[START:])
    model = forecast(each.quality[START:], 1.0, seed)
    return Case(each.rows[:SPLIT], each.rows[START:], model, features, 48 * HOUR, relearnt)


def learning(train: np.ndarray, test: np.ndarray, first: Rows, second: Rows, *, peeks: bool = False):
    """Trains by least squares; one that peeks learns from the outcomes of the test rows as well."""

    def run(seed: int | None) -> float:
        deal = (lambda rows: rows) if seed is None else np.random.default_rng(seed).permutation
        learnt, tested = deal(np.arange(len(first))), deal(np.arange(len(second)))
        outcome, values = first.outcome[learnt], train
        if peeks:
            outcome, values = second.outcome[tested], test
        weights = np.linalg.lstsq(values, outcome - outcome.mean(), rcond=None)[0]
        ends = second.ends[tested]
        return auc(second.dank[tested][ends], (test @ weights)[ends])

    return run


def finding(found: Audit, name: str) -> Finding:
    return next(each for each in found.findings if each.name == name)


def failed(found: Audit) -> list[str]:
    return [each.name for each in found.findings if not each.passed]


@pytest.mark.parametrize("seed", range(4))
def test_a_clean_set_passes_every_check(seed: int) -> None:
    found = audit(case(seed))
    assert failed(found) == []
    assert found.could_not == []
    assert found.leaks == []
    assert [each.name for each in found.findings] == list(CHECKS)


def test_a_picture_in_both_parts_is_a_leak() -> None:
    clean = case()
    image = clean.test.image.copy()
    image[7] = clean.train.image[3]
    found = audit(replace(clean, test=replace(clean.test, image=image, family=image)))
    assert failed(found) == ["same picture in both parts", "near-duplicates in both parts"]
    assert finding(found, "same picture in both parts").words.startswith("1 of 540 test memes")


def test_a_near_duplicate_in_both_parts_is_a_leak() -> None:
    clean = case()
    family = clean.test.family.copy()
    family[:2] = clean.train.family[:2]
    found = audit(replace(clean, test=replace(clean.test, family=family)))
    assert [each.name for each in found.leaks] == ["near-duplicates in both parts"]
    assert finding(found, "near-duplicates in both parts").words.startswith("2 of 540")


def test_training_on_the_future_is_a_leak() -> None:
    clean = case()
    mixed = made(COUNT).rows
    odd = np.arange(COUNT) % 2 == 1
    test = mixed[~odd][-540:]
    found = audit(replace(clean, train=mixed[odd], test=test, features=None, relearnt=None))
    late = finding(found, "training before test")
    assert not late.passed
    assert late.words.startswith(f"{(mixed[odd].time > test.time[0]).sum()} training memes are later")


def test_test_memes_within_the_age_of_the_label_are_a_leak() -> None:
    found = audit(replace(case(), gap=72 * HOUR))
    assert failed(found) == ["training before test"]
    assert "11 test memes lie within 72 h" in finding(found, "training before test").words


def test_authors_that_carry_the_model_are_a_leak() -> None:
    """Ten authors are always dank, in both parts; the model knows them and nothing else."""
    chance = np.random.default_rng(0)
    each = made(COUNT, strength=0.1)
    lucky = chance.random(COUNT) < 0.4
    percentile = np.where(lucky, chance.uniform(0.7, 1, COUNT), chance.uniform(0, 0.9, COUNT))
    new = chance.random(COUNT) < 0.3
    names = np.where(lucky, "lucky ", "author ").astype(object) + (np.arange(COUNT) % 10).astype(str).astype(object)
    names[new] = [f"new {number}" for number in np.flatnonzero(new)]
    dank, not_dank = ends(percentile)
    rows = replace(each.rows, percentile=percentile, dank=dank, not_dank=not_dank, author=names.astype(str))
    knows = np.where(new, 0.5, np.where(lucky, 0.9, 0.1)) + 0.01 * chance.random(COUNT)
    found = audit(Case(rows[:SPLIT], rows[START:], Forecast(knows[START:]), gap=48 * HOUR))
    leak = finding(found, "authors in both parts")
    assert not leak.passed
    assert leak.severity == "leak"
    assert "what authors got before ranks theirs with AUC 0.8" in leak.words


def test_authors_who_are_often_dank_are_no_leak_when_the_model_does_as_well_on_others() -> None:
    assert finding(audit(case()), "authors in both parts").passed


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_label_in_a_column_is_a_leak(part: str) -> None:
    clean = case()
    rows = getattr(clean, part)
    leaky = getattr(clean.features, part).copy()
    leaky[:, 1] = -rows.percentile + 0.001 * np.random.default_rng(0).normal(size=len(rows))
    found = audit(replace(clean, features=replace(clean.features, **{part: leaky})))
    assert "the label in a feature" in [each.name for each in found.leaks]
    assert "nothing alone has AUC 1.000" in finding(found, "the label in a feature").words


def test_a_word_that_tells_the_label_is_a_leak() -> None:
    clean = case()
    marked = [f"{'[HOT] ' if dank and row % 3 else ''}cat" for row, dank in enumerate(clean.train.dank)]
    texts = {"caption": (marked, [""] * len(clean.test))}
    found = audit(replace(clean, features=replace(clean.features, texts=texts)))
    assert failed(found) == ["the label in a feature"]
    assert "the word “hot” stands in" in finding(found, "the label in a feature").words


def test_a_score_written_into_the_title_is_a_leak() -> None:
    clean = case()
    texts = {"title": ([""] * len(clean.train), [f"{int(1e6 * rank)} points" for rank in clean.test.percentile])}
    found = audit(replace(clean, features=replace(clean.features, texts=texts)))
    assert failed(found) == ["the label in a feature"]
    assert "the first number in" in finding(found, "the label in a feature").words


def test_a_feature_that_beats_the_model_is_named() -> None:
    clean = case()
    better = clean.features.test.copy()
    better[:, 0] = made(COUNT).quality[START:]
    poor = forecast(made(COUNT).quality[START:], 5.0)
    found = audit(replace(clean, model=poor, features=replace(clean.features, test=better)))
    assert failed(found) == ["a feature that beats the model"]
    assert "a little" in finding(found, "a feature that beats the model").words
    assert found.leaks == []


def test_a_model_that_is_too_good_is_suspect() -> None:
    clean = case()
    found = audit(replace(clean, model=Forecast(clean.test.percentile)))
    assert failed(found) == ["too good to be true"]


def test_a_drifting_label_is_seen() -> None:
    clean = case()
    rate = np.linspace(0.1, 0.6, COUNT)
    dank = np.random.default_rng(0).random(COUNT) < rate
    parts = [
        replace(rows, percentile=np.full(len(rows), np.nan), dank=dank[part], not_dank=~dank[part])
        for rows, part in ((clean.train, slice(0, SPLIT)), (clean.test, slice(START, COUNT)))
    ]
    found = audit(replace(clean, train=parts[0], test=parts[1], features=None))
    assert failed(found) == ["drift of the label"]


def test_a_training_that_peeks_at_the_labels_of_the_test_part_is_a_leak() -> None:
    clean = case()
    many = [
        np.random.default_rng(seed).normal(size=(len(rows), 60)) for seed, rows in ((1, clean.train), (2, clean.test))
    ]
    relearnt = learning(*many, clean.train, clean.test, peeks=True)
    found = audit(replace(clean, relearnt=relearnt))
    assert failed(found) == ["learning from shuffled labels"]
    assert failed(audit(replace(clean, relearnt=learning(*many, clean.train, clean.test)))) == []


def test_the_audit_says_what_the_same_training_learns_from_true_labels() -> None:
    given = []
    found = audit(replace(case(), relearnt=lambda seed: given.append(seed) or (0.71 if seed is None else 0.5)))
    assert given == [*range(SHUFFLES), None]
    words = finding(found, "learning from shuffled labels").words
    assert "mean AUC of 0.500" in words
    assert words.endswith("gets 0.710")


def test_what_could_not_be_checked_is_said() -> None:
    clean = case()
    nothing = np.full(len(clean.train), np.nan), np.full(len(clean.test), np.nan)
    train = replace(clean.train, time=nothing[0], author=np.full(len(clean.train), ""))
    test = replace(clean.test, time=nothing[1])
    found = audit(Case(train, test, clean.model))
    assert [each.split(":")[0] for each in found.could_not] == [
        "training before test",
        "authors in both parts",
        "a feature that beats the model",
        "the label in a feature",
        "drift of the label",
        "learning from shuffled labels",
    ]
