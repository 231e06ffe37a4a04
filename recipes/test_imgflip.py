"""The recipe's parts at a small size. Needs the `train` extra; `make prove` runs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")
sys.path.insert(0, str(Path(__file__).parent / "imgflip"))

import numpy as np
import onnxruntime
import pandas as pd
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file of captions in the lab's form; every hundredth caption is said again much later."""
    folder = tmp_path_factory.mktemp("imgflip")
    chance = np.random.default_rng(0)
    words = np.array(["cat", "dog", "monday", "code", "bug", "tea", "why", "never", "always", "one"])
    captions = [[" ".join(chance.choice(words, 6)), f"number {row if row % 100 else 0}"] for row in range(3_000)]
    frame = pd.DataFrame(
        {
            "id": [f"m{row}" for row in range(3_000)],
            "template": chance.choice(["Cat-Says", "Dog-Asks"], 3_000),
            "title": "",
            "author": "u_1",
            "votes": chance.poisson(3, 3_000),
            "boxes": captions,
            "order": np.arange(3_000),
        }
    )
    frame.to_parquet(folder / "captions.parquet")
    return folder


def test_no_caption_stands_in_two_parts_and_every_label_is_a_rank(data: Path) -> None:
    from rows import load_rows

    frame = load_rows(data)
    assert (frame.groupby("key")["part"].nunique() == 1).all()
    assert frame["order"].is_monotonic_increasing
    assert frame["percentile"].between(0, 1).all()
    assert frame["within"].between(0, 1).all()


def test_the_rehearsal_and_the_test_share_no_meme(data: Path) -> None:
    import rows

    frame = rows.load_rows(data)
    small = dict.fromkeys(rows.DRAWN, 100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "DRAWN", small)
        rehearsal, test = (set(rows.drawn_sample(frame, part)["id"]) for part in ("rehearsal", "test"))
    assert len(rehearsal) == len(test) == 100
    assert not rehearsal & test


def test_noise_fitted_on_readings_spoils_captions_alike() -> None:
    from noise import fit_noise, spoil

    chance = np.random.default_rng(4)
    captions = [" ".join("".join(chance.choice(list("aelmost"), 5)) for _ in range(4)) for _ in range(300)]
    pairs = [("Scroll", caption, caption.replace("l", "i") + " TRUTH") for caption in captions]
    noise = fit_noise(pairs)
    spoilt = [spoil("hello hello hello", "Scroll", noise, np.random.default_rng(n)) for n in range(50)]
    letters = "".join(spoilt)
    assert letters.count("i") > letters.count("l")
    assert sum("truth" in text for text in spoilt) > 45


def test_the_caption_head_says_the_same_as_a_graph(tmp_path: Path) -> None:
    from dankmeme.models.scoring import caption_scores
    from text import apply_head, export_head, fit_head, matrix

    captions = [f"{'good' if n % 2 else 'bad'} caption number {n}" for n in range(300)] + [""]
    grams = matrix(captions)
    targets = np.column_stack([np.arange(301) % 2, np.arange(301) % 3]).astype(float)
    weights = export_head(fit_head(grams, targets), tmp_path / "caption.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "caption.onnx"))
    served = np.stack([caption_scores(session, caption) for caption in captions])
    assert np.abs(served - apply_head(grams, weights)).max() < 1e-5


@pytest.mark.parametrize("family", ["boosting", "soft boosting", "logistic"])
def test_every_family_says_the_same_as_a_graph_and_finds_a_signal(family: str, tmp_path: Path) -> None:
    import automl
    from dankmeme.models.scoring import FEATURE_SETS

    chance = np.random.default_rng(1)
    blocks = {name: chance.normal(size=(800, 3)).astype(np.float32) for name in FEATURE_SETS}
    percentile = 1 / (1 + np.exp(-2 * blocks["caption"][:, 0] - chance.normal(size=800)))
    table = automl.Table(blocks, percentile)
    settings = {f"use_{name}": name in ("caption", "text") for name in FEATURE_SETS} | {
        "family": family, "c": 0.1, "rate": 0.05, "trees": 60, "leaves": 4, "child": 20,
        "columns": 1.0, "rows": 0.9, "penalty": 1.0, "softness": 0.1,
    }  # fmt: skip
    assert automl.folded_auc(table, settings, 1) > 0.8
    features = automl._features(table, settings)
    model = automl.fit(features, percentile, settings, 1)
    assert automl.export(model, features.shape[1], tmp_path / "automl.onnx", features[:100]) < 1e-5


def test_the_network_and_its_refitted_layer_say_the_same_as_a_graph(tmp_path: Path) -> None:
    import cnn

    network = cnn.build_network(5)
    inputs = np.random.default_rng(2).integers(0, 256, (64, cnn.SIDE, cnn.SIDE, 3), dtype=np.uint8)
    percentile = np.random.default_rng(3).random(64)
    head, unseen = cnn.refit(cnn.predict(network, inputs), percentile)
    assert unseen.shape == (64,)
    assert cnn.export(network, head, tmp_path / "cnn.onnx") < 1e-3
