from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dankmeme.models.scoring import joined
from dankmeme.training.automl import COMPONENTS, FOLDS, Fitted, Table, Trial, components_of, fit_best, reduced, search
from dankmeme.training.automl_graph import export
from dankmeme.training.evaluate import auc
from dankmeme.training.labels import Labels, ends
from dankmeme.training.learners import FAMILIES, fit

pytestmark = [
    pytest.mark.filterwarnings("ignore:X does not have valid feature names"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
COUNT = 400
Floats = np.ndarray[Any, np.dtype[np.float32]]
SETTINGS: dict[str, dict[str, Any]] = {
    "boosting": {"trees": 30, "rate": 0.1, "leaves": 7, "child": 10, "columns": 0.8, "rows": 0.8, "penalty": 1.0},
    "soft boosting": {
        "trees": 30,
        "rate": 0.1,
        "leaves": 7,
        "child": 10,
        "columns": 0.8,
        "rows": 0.8,
        "penalty": 1.0,
        "softness": 0.1,
    },
    "logistic": {"strength": 0.01},
    "ridge": {"ridge": 100.0},
    "network": {"hidden": 8, "decay": 1.0, "passes": 60},
}


def blocks(seed: int, length: int = 6, count: int = COUNT) -> dict[str, Floats]:
    """Three feature sets; only `text` knows anything, the others are noise."""
    chance = np.random.default_rng(seed)
    widths = {"text": 3, "colour": 4, "embedding": length}
    return {name: chance.normal(2, 3, (count, width)).astype(np.float32) for name, width in widths.items()}


def table(length: int = 6, *, classes: bool = False, strength: float = 1.0) -> Table:
    made = blocks(1, length)
    score = strength * made["text"][:, 1] + np.random.default_rng(2).normal(0, 2, COUNT)
    percentile = score.argsort().argsort() / (COUNT - 1)
    dank, not_dank = ends(percentile)
    labels = Labels(percentile, dank, not_dank, "score")
    return Table(made, Labels(np.full(COUNT, np.nan), dank, ~dank, "class") if classes else labels)


TABLE = table()


def lines(journal: Path) -> list[str]:
    return journal.read_text().splitlines()


def searched(journal: Path, most: int, seconds: float = 1e9, examples: Table = TABLE) -> list[Trial]:
    return search(examples, seconds, journal, 1, most=most)


def test_the_search_finds_what_there_is_to_learn_and_tries_every_family(tmp_path: Path) -> None:
    told: list[tuple[int, float, float]] = []
    trials = search(TABLE, 1e9, tmp_path / "new" / "trials.jsonl", 1, lambda *how: told.append(how), most=8)
    assert {trial.settings["family"] for trial in trials} == set(FAMILIES)
    assert trials[0].auc == max(trial.auc for trial in trials) == told[-1][2] > 0.85
    assert "text" in trials[0].sets
    assert [count for count, _, _ in told] == list(range(1, 9))
    assert len(trials[0].folds) == FOLDS
    assert trials[0].auc == pytest.approx(np.mean(trials[0].folds))


def test_of_labels_without_sense_the_search_promises_little(tmp_path: Path) -> None:
    trials = searched(tmp_path / "trials.jsonl", 5, examples=table(strength=0.0))
    assert max(abs(trial.auc - 0.5) for trial in trials) < 0.12


@pytest.mark.parametrize("length", [6, COMPONENTS + 10], ids=["short embedding", "long embedding"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_says_the_same_as_onnx(family: str, length: int, tmp_path: Path) -> None:
    trial = Trial({"family": family} | SETTINGS[family], ("text", "colour", "embedding"), 0.5, (), 0.0)
    fitted = fit_best(table(length), trial, 1)
    assert (fitted.components is None) == (length <= COMPONENTS)
    unseen = blocks(9, length)
    assert export(fitted, unseen, tmp_path / "automl.onnx") < 1e-5
    said = fitted(unseen)
    assert said.shape == (COUNT,)
    assert 0 <= said.min() < said.max() <= 1
    assert auc(unseen["text"][:, 1] > 2, said) > 0.65


def test_a_model_of_the_embedding_alone_is_exported_too(tmp_path: Path) -> None:
    trial = Trial({"family": "ridge", "ridge": 10.0}, ("embedding",), 0.5, (), 0.0)
    fitted = fit_best(table(COMPONENTS + 10), trial, 1)
    assert fitted.components is not None
    assert export(fitted, blocks(9, COMPONENTS + 10), tmp_path / "automl.onnx") < 1e-5


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_learns_from_classes_alone(family: str) -> None:
    examples = table(classes=True)
    model = fit(examples.blocks["text"], examples.labels, {"family": family} | SETTINGS[family], 1)
    assert auc(examples.labels.dank, model(examples.blocks["text"])) > 0.7


def test_components_make_long_embeddings_short_and_of_spread_1() -> None:
    examples = table(COMPONENTS + 10)
    components = components_of(examples.blocks)
    assert components is not None
    features = reduced(examples.blocks, ("text", "embedding"), components)
    assert features.shape == (COUNT, 3 + COMPONENTS)
    np.testing.assert_allclose(features[:, 3:].std(axis=0), 1, atol=1e-3)
    assert components_of(TABLE.blocks) is None
    assert components_of({"text": TABLE.blocks["text"]}) is None
    np.testing.assert_array_equal(
        reduced(TABLE.blocks, ("embedding", "text"), None), joined(TABLE.blocks, ("text", "embedding"))
    )


def test_a_search_goes_on_where_it_stopped(tmp_path: Path) -> None:
    journal = tmp_path / "trials.jsonl"
    first = searched(journal, 4)
    before = journal.read_bytes()
    both = searched(journal, 7)
    assert journal.read_bytes().startswith(before)
    assert len(lines(journal)) == len(both) == 7
    assert all(trial in both for trial in first)
    assert {trial.settings["family"] for trial in both} == set(FAMILIES)
    assert searched(journal, 7) == both


def test_a_search_that_is_killed_after_each_try_tries_something_else_each_time(tmp_path: Path) -> None:
    for most in range(5, 9):
        trials = searched(tmp_path / "trials.jsonl", most)
    assert len({json.dumps([trial.settings, trial.sets]) for trial in trials}) == 8


def test_a_line_that_was_cut_off_is_left_out_and_spoils_no_later_one(tmp_path: Path) -> None:
    journal = tmp_path / "trials.jsonl"
    searched(journal, 4)
    whole = lines(journal)
    journal.write_text("\n".join(whole[:3]) + "\n" + whole[3][:50])
    assert len(searched(journal, 5)) == 5
    assert lines(journal)[:4] == [*whole[:3], whole[3][:50]]
    assert len(searched(journal, 5)) == 5
    assert len(lines(journal)) == 6


def test_the_budget_counts_what_earlier_searches_took(tmp_path: Path) -> None:
    journal = tmp_path / "trials.jsonl"
    searched(journal, 6)
    spent = sum(json.loads(line)["seconds"] for line in lines(journal))
    assert len(searched(journal, 200, spent)) == 6
    assert len(searched(journal, 200, spent + 1e-6)) == 7


def test_each_family_is_tried_once_whatever_the_budget(tmp_path: Path) -> None:
    assert len(searched(tmp_path / "trials.jsonl", 200, 0.0)) == len(FAMILIES)


def test_a_fold_of_one_class_counts_as_chance(tmp_path: Path) -> None:
    order = np.argsort(~TABLE.labels.dank, kind="stable")
    sorted_by_class = Table({name: block[order] for name, block in TABLE.blocks.items()}, TABLE.labels.at(order))
    for trial in searched(tmp_path / "trials.jsonl", 5, examples=sorted_by_class):
        assert np.isfinite(trial.folds).all()
        assert 0.5 in trial.folds


def test_a_fitted_model_reads_its_sets_alone() -> None:
    fitted = Fitted(fit(TABLE.blocks["text"], TABLE.labels, {"family": "ridge", "ridge": 1.0}, 1), ("text",), None)
    np.testing.assert_array_equal(fitted(TABLE.blocks), fitted({"text": TABLE.blocks["text"]}))


def test_a_threshold_that_float32_cannot_hold_decides_as_it_did(tmp_path: Path) -> None:
    """Features that lie exactly where thresholds would be rounded to: the next float32 above each."""
    labels = TABLE.labels
    for seed in range(3):
        features = np.random.default_rng(seed).normal(0, 1, (COUNT, 4)).astype(np.float32)
        model = fit(features, labels, {"family": "soft boosting", **SETTINGS["soft boosting"]}, 1)
        dumped = model.model.booster_.trees_to_dataframe()
        bounds = dumped.dropna(subset=["threshold"])[["split_feature", "threshold"]]
        probes = np.repeat(features[:1], len(bounds), axis=0)
        for place, (name, bound) in enumerate(bounds.itertuples(index=False)):
            probes[place, int(name.removeprefix("Column_"))] = np.float32(bound)
        assert export(Fitted(model, ("text",), None), {"text": probes}, tmp_path / "automl.onnx") < 1e-5
