from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import helper

from dankmeme.errors import TrainingError
from dankmeme.models.scoring import Look, look
from dankmeme.training import candidates, epochs
from dankmeme.training.augment import MILD, YEAR_2018, augment
from dankmeme.training.backbones import Backbone, resolve
from dankmeme.training.cnn import Options, Pictures, Progress, Trained, embed, train
from dankmeme.training.epochs import class_weights, loss
from dankmeme.training.evaluate import auc
from dankmeme.training.heads import Head, ridge_head, targets
from dankmeme.training.operators import OPERATORS
from tests.training.small_graphs import SIDE, convolutional, model, saved

OPTIONS = Options(epochs=3, fine_tune_epochs=0, batch=16, threads=1)


def pictures(seed: int, count: int = 60) -> Pictures:
    """The danker a meme, the redder it is."""
    drawn = np.random.default_rng(seed)
    percentile = drawn.uniform(0, 1, count).astype(np.float32)
    inputs = drawn.integers(0, 160, (count, SIDE, SIDE, 3))
    inputs[..., 0] += (95 * percentile).astype(int)[:, None, None]
    ends = (percentile >= 0.7) | (percentile <= 0.35)
    keys = tuple(f"{seed}-{row}" for row in range(count))
    return Pictures(inputs.astype(np.uint8), percentile >= 0.7, percentile, ends, keys)


FIT, VALID, UNSEEN = pictures(1), pictures(2), pictures(3)


def silent(progress: Progress) -> None:
    del progress


def small_backbone(folder: Path, made: onnx.ModelProto | None = None) -> Backbone:
    return resolve(str(saved(made or convolutional(), folder / "small.onnx")), folder=folder)


def seen_by(graph: Path, some: Pictures) -> Look:
    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    return look(session, list(some.inputs))


def ranks(trained: Trained) -> float:
    return auc(UNSEEN.dank[UNSEEN.ends], seen_by(trained.graph, UNSEEN).probability[UNSEEN.ends])


def test_a_signal_is_learnt_over_a_frozen_backbone_and_exported(tmp_path: Path) -> None:
    told: list[Progress] = []
    trained = train(FIT, VALID, small_backbone(tmp_path), OPTIONS, tmp_path / "run", told.append)
    assert ranks(trained) > 0.95
    assert trained.auc > 0.95
    assert trained.largest_difference < 1e-4
    assert "frozen" in trained.kept
    assert trained.embedding == 8
    assert [entry["stage"] for entry in trained.history] == ["head"] * 3
    seen = seen_by(trained.graph, UNSEEN)
    assert np.corrcoef(seen.percentile, UNSEEN.percentile)[0, 1] > 0.9
    np.testing.assert_allclose(np.exp(seen.template).sum(axis=1), 1, rtol=1e-4)
    heads = [each for each in told if each.stage == "head"]
    assert [each.done for each in heads][-1] == heads[-1].total == 180
    assert heads[-1].epoch == 3
    assert {"loss", "auc"} <= set(heads[-1].figures)


def test_both_heads_are_tried_and_the_better_one_is_kept(tmp_path: Path) -> None:
    trained = train(FIT, VALID, small_backbone(tmp_path), OPTIONS, tmp_path / "run", silent)
    tried = [note for note in trained.notes if "AUC" in note]
    assert len(tried) == 2
    best = max(tried, key=lambda note: float(note.rpartition("AUC ")[2].split()[0]))
    assert best.startswith(trained.kept)


def blind_to_red() -> onnx.ModelProto:
    """A backbone that has to be trained to see what the memes of these tests differ in."""
    made = convolutional()
    weights = next(each for each in made.graph.initializer if each.name == "w1")
    values = onnx.numpy_helper.to_array(weights).copy()
    values[:, 0] = 0
    weights.CopyFrom(onnx.numpy_helper.from_array(values, "w1"))
    return made


def test_an_onnx_backbone_is_fine_tuned_and_kept_where_it_ranks_better(tmp_path: Path) -> None:
    options = replace(OPTIONS, fine_tune_epochs=4, rate=2e-2)
    trained = train(FIT, VALID, small_backbone(tmp_path, blind_to_red()), options, tmp_path / "run", silent)
    assert [entry["stage"] for entry in trained.history] == ["head"] * 3 + ["fine-tune"] * 4
    assert trained.fine_tuned
    assert "over the fine-tuned backbone" in trained.kept
    assert trained.largest_difference < 1e-4
    assert ranks(trained) > 0.9


def test_arithmetic_of_16_bits_learns_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU; a processor can do it too."""
    monkeypatch.setattr(epochs, "_mixed", lambda device: torch.autocast(device.type, dtype=torch.bfloat16))
    options = replace(OPTIONS, fine_tune_epochs=2, rate=3e-3)
    trained = train(FIT, VALID, small_backbone(tmp_path), options, tmp_path / "run", silent)
    assert min(entry["auc"] for entry in trained.history[-2:]) > 0.8


def test_fine_tuning_that_is_no_better_is_not_kept(tmp_path: Path) -> None:
    options = replace(OPTIONS, fine_tune_epochs=1, rate=0.0)
    trained = train(FIT, VALID, small_backbone(tmp_path), options, tmp_path / "run", silent)
    assert not trained.fine_tuned
    assert "frozen backbone" in trained.kept


def test_a_backbone_that_cannot_be_trained_through_stays_frozen(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("CumSum", ["mean", "axis"], ["embedding"]),
    ]
    axis = onnx.numpy_helper.from_array(np.array(1, dtype=np.int64), "axis")
    backbone = small_backbone(tmp_path, model(nodes, [axis], outputs={"embedding": ["n", 3]}))
    trained = train(FIT, VALID, backbone, replace(OPTIONS, fine_tune_epochs=2), tmp_path / "run", silent)
    assert any("stays frozen" in note and "CumSum" in note for note in trained.notes)
    assert ranks(trained) > 0.95


def test_a_backbone_that_pytorch_sees_otherwise_stays_frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATORS, "Relu", lambda _, inputs: inputs[0])
    options = replace(OPTIONS, fine_tune_epochs=1)
    trained = train(FIT, VALID, small_backbone(tmp_path), options, tmp_path / "run", silent)
    assert any("stays frozen: PyTorch sees other things" in note for note in trained.notes)
    assert not trained.fine_tuned


def test_embeddings_can_be_handed_in(tmp_path: Path) -> None:
    backbone, asked = small_backbone(tmp_path), []

    def kept(some: Pictures) -> np.ndarray:
        asked.append(some.sha256)
        return embed(backbone, some.inputs, silent)

    train(FIT, VALID, backbone, OPTIONS, tmp_path / "run", silent, kept)
    assert asked == [FIT.sha256, VALID.sha256]


CHILD = """
import sys, time
from pathlib import Path
from tests.training.test_cnn import FIT, VALID, RESUMED, small_backbone
from dankmeme.training.cnn import train

folder = Path(sys.argv[1])

def told(progress):
    if progress.stage == sys.argv[2] and progress.epoch == 2:
        (folder / "reached").touch()
        time.sleep(600)

train(FIT, VALID, small_backbone(folder), RESUMED, folder / "run", told)
"""
RESUMED = Options(epochs=3, fine_tune_epochs=3, rate=1e-3, batch=16, threads=1)


def test_a_killed_run_goes_on_to_the_same_end(tmp_path: Path) -> None:
    """Killed in the second epoch of fine-tuning; the frozen stage and the first epoch are not done again."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    killed.mkdir()
    whole.mkdir()
    with subprocess.Popen([sys.executable, "-c", CHILD, str(killed), "fine-tune"]) as child:
        wait_for(killed / "reached", child)
        os.kill(child.pid, signal.SIGKILL)
    told: list[Progress] = []
    resumed = train(FIT, VALID, small_backbone(killed), RESUMED, killed / "run", told.append)
    straight = train(FIT, VALID, small_backbone(whole), RESUMED, whole / "run", silent)
    assert not [each for each in told if each.stage == "head"]
    assert min(each.epoch or 0 for each in told if each.stage == "fine-tune") == 2
    assert [entry["stage"] for entry in resumed.history] == ["head"] * 3 + ["fine-tune"] * 3
    losses = [[entry["loss"] for entry in each.history] for each in (resumed, straight)]
    np.testing.assert_allclose(*losses, rtol=1e-4)
    one, other = seen_by(resumed.graph, UNSEEN), seen_by(straight.graph, UNSEEN)
    np.testing.assert_allclose(one.probability, other.probability, atol=1e-5)
    np.testing.assert_allclose(one.embedding, other.embedding, atol=1e-4)


def wait_for(path: Path, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not path.exists():
        assert child.poll() is None, "the training ended before it could be killed"
        assert time.monotonic() < deadline, "the training did not get there"
        time.sleep(0.02)


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    backbone = small_backbone(tmp_path)
    first = train(FIT, VALID, backbone, OPTIONS, tmp_path / "run", silent)
    told: list[Progress] = []
    again = train(FIT, VALID, backbone, OPTIONS, tmp_path / "run", told.append)
    assert {each.stage for each in told} == {"export"}
    assert again.history == first.history


def test_a_checkpoint_of_other_data_or_options_is_not_taken_up(tmp_path: Path) -> None:
    backbone = small_backbone(tmp_path)
    train(FIT, VALID, backbone, OPTIONS, tmp_path / "run", silent)
    for fit, options in ((FIT, replace(OPTIONS, seed=2)), (replace(FIT, dank=FIT.percentile >= 0.6), OPTIONS)):
        told: list[Progress] = []
        afresh = train(fit, VALID, backbone, options, tmp_path / "run", told.append)
        assert "head" in {each.stage for each in told}
        assert any("began afresh" in note for note in afresh.notes)


def test_training_ends_when_its_time_is_up(tmp_path: Path) -> None:
    options = replace(OPTIONS, fine_tune_epochs=500, budget=0.0)
    trained = train(FIT, VALID, small_backbone(tmp_path), options, tmp_path / "run", silent)
    assert any("time for training was up" in note for note in trained.notes)
    assert len(trained.history) < 3
    graph = trained.graph.read_bytes()
    again = train(FIT, VALID, small_backbone(tmp_path), options, tmp_path / "run", silent)
    assert again.history == trained.history  # said again, it does not train on
    assert again.graph.read_bytes() == graph


def test_memes_of_one_class_teach_nothing(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as caught:
        train(replace(FIT, dank=np.ones(60, bool)), VALID, small_backbone(tmp_path), OPTIONS, tmp_path, silent)
    assert caught.value.code == "one-class"


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        replace(FIT, dank=FIT.dank[:-1])


def test_class_weights_make_both_classes_weigh_the_same() -> None:
    dank = np.arange(100) < 20
    other, of_dank = class_weights(dank, balanced=True)
    assert 20 * of_dank == pytest.approx(80 * other)
    assert 20 * of_dank + 80 * other == pytest.approx(100)
    assert class_weights(dank, balanced=False) == (1.0, 1.0)
    odds, unknown = torch.zeros(2), torch.full((2,), float("nan"))
    one = loss(odds[:1], None, torch.tensor([1.0]), unknown[:1], (other, of_dank))
    two = loss(odds[:1], None, torch.tensor([0.0]), unknown[:1], (other, of_dank))
    assert float(one / two) == pytest.approx(4.0)


def test_class_weights_do_not_raise_the_probability(tmp_path: Path) -> None:
    """What they add to the log odds is taken off again: a rare class stays rare."""
    drawn = np.random.default_rng(0)
    noise = replace(FIT, inputs=drawn.integers(0, 256, FIT.inputs.shape).astype(np.uint8), dank=np.arange(60) < 9)
    backbone = small_backbone(tmp_path)
    search = candidates.Search(noise, VALID, backbone, OPTIONS, tmp_path, silent, None)
    trained, ridge = search.candidates()
    for each in (trained, ridge):
        probability = each.head.probability(each.embedding)
        assert probability.mean() == pytest.approx(0.15, abs=0.1)


def test_the_loss_leaves_out_percentiles_that_are_not_known() -> None:
    odds, dank = torch.zeros(2), torch.tensor([1.0, 0.0])
    guess = torch.tensor([0.5, 9.0], requires_grad=True)
    value = loss(odds, guess, dank, torch.tensor([0.9, float("nan")]), (1.0, 1.0))
    assert float(value.detach()) == pytest.approx(np.log(2) + 2 * 0.16, abs=1e-5)


def test_ridge_ranks_and_its_probabilities_are_about_right() -> None:
    drawn = np.random.default_rng(4)
    embedding = drawn.normal(0, 1, (600, 12)).astype(np.float32) * 5 + 3
    percentile = (1 / (1 + np.exp(-(embedding[:, 0] - 3) / 5 - drawn.normal(0, 1, 600)))).astype(np.float32)
    some = pictures(0, 600)
    some = replace(some, percentile=percentile, dank=percentile >= 0.7, ends=(percentile >= 0.7) | (percentile <= 0.35))
    head = ridge_head(embedding, some, seed=1)
    probability = head.probability(embedding)
    assert auc(some.dank, probability) > 0.75
    assert probability.mean() == pytest.approx(some.dank.mean(), abs=0.02)
    assert head.percentile is not None
    assert head.percentile(embedding).mean() == pytest.approx(percentile.mean(), abs=0.01)


def test_where_only_classes_are_known_ridge_learns_from_them() -> None:
    unknown = replace(FIT, percentile=np.full(60, np.nan, dtype=np.float32))
    np.testing.assert_array_equal(targets(unknown), FIT.dank.astype(float))
    embedding = FIT.inputs.mean(axis=(1, 2)).astype(np.float32)
    head: Head = ridge_head(embedding, unknown, seed=1)
    assert head.percentile is None
    assert auc(FIT.dank, head.odds(embedding)) > 0.95
    half = FIT.percentile.copy()
    half[::2] = np.nan
    mixed = targets(replace(FIT, percentile=half))
    assert mixed[::2][FIT.dank[::2]] == pytest.approx(half[1::2][FIT.dank[1::2]].mean())


@pytest.mark.parametrize("changes", [MILD, YEAR_2018])
def test_augmentation_neither_mirrors_nor_moves_far(changes: object) -> None:
    """A mark on the left at a tenth of the side stays there to 5 % of shift, of zoom, and what 2 degrees do."""
    side, count = 100, 64
    images = torch.full((count, side, side, 3), 128.0)
    images[:, 40:60, 8:12] = 255
    changed = augment(images, changes, torch.Generator().manual_seed(1))  # type: ignore[arg-type]
    assert changed.shape == images.shape
    assert float(changed.min()) >= 0
    assert float(changed.max()) <= 255
    columns = changed[:, 40:60].mean(dim=(1, 3)).argmax(dim=1).float()
    assert bool(((columns - 10).abs() <= 5 + 2 + 3).all())
    assert float(columns.std()) > 0.5


def test_the_same_chance_changes_pictures_the_same_way() -> None:
    images = torch.from_numpy(FIT.inputs[:4].astype(np.float32))
    one, same, other = (augment(images, MILD, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_nothing_that_is_kept_is_a_pickle(tmp_path: Path) -> None:
    train(FIT, VALID, small_backbone(tmp_path), OPTIONS, tmp_path / "run", silent)
    kept = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert kept == ["cnn.onnx", "embeddings-fit.npy", "embeddings-valid.npy", "head.npz", "run.json"]
    with np.load(tmp_path / "run" / "head.npz", allow_pickle=False) as file:
        assert json.loads(file["note"].tobytes())["finished"] is True
        assert all(file[name].dtype != object for name in file.files)


def candidate(name: str, held: np.ndarray) -> candidates.Candidate:
    return candidates.Candidate(name, None, None, None, None, held, 0.5)  # type: ignore[arg-type]


def test_the_plainest_candidate_stays_unless_another_is_clearly_better() -> None:
    chance = np.random.default_rng(0)
    good = chance.normal(size=800)
    dank = good + 2 * chance.normal(size=800) > 0.5
    inputs = np.zeros((0, 8, 8, 3), dtype=np.uint8)
    valid = Pictures(inputs, dank, dank.astype(np.float32), np.ones(800, bool), ("",) * 800)
    plain = candidate("plain", good)
    better = candidate("better", good + 0.5 * np.where(dank, 1, -1))
    worse = candidate("worse", good + chance.normal(size=800))
    assert candidates.best_of([plain, worse], valid) is plain
    assert candidates.best_of([plain, worse, better], valid) is better
    same = candidate("same", good.copy())
    assert candidates.best_of([plain, same], valid) is plain
