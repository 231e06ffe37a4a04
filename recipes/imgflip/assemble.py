"""The second model's examples, the combination, its calibration, and the files that ship."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tqdm import tqdm

from automl import Table
from dankmeme.models.bundle import FORMAT
from dankmeme.models.calibration import fit_curve, merged
from dankmeme.models.caption import Caption
from dankmeme.models.features import colour_statistics
from dankmeme.models.scoring import Captioned, Look, feature_blocks, log_odds, look
from dankmeme.training.evaluate import auc, best_threshold
from dankmeme.training.labels import DANK_FROM, ends
from noise import Noise, spoil
from pictures import load_inputs
from text import TARGETS, apply_head, fit_head, matrix

COMPARED_WITH = "memes made on imgflip from well-known templates around 2016–2018"
VERSION = "1"
HEAD_FOLDS = 5
REFERENCES = 1_500
NEIGHBOURS = 5
TOO_FAR = 0.97
"""Share of unseen real pictures (and drawn memes) that count as near enough to what was learnt from."""
TOO_DIFFERENT = 0.95
"""Share of validation memes on which the two models' difference counts as agreement."""


@dataclass(frozen=True)
class Read:
    """A part's memes that were read back from pixels, in order of time.

    Attributes:
        rows: the frame's rows.
        inputs: uint8 `[n, side, side, 3]`.
        captions: what was read, with the picture's size.
        seen: the cnn's look at them.
    """

    rows: pd.DataFrame
    inputs: NDArray[np.uint8]
    captions: list[Captioned]
    seen: Look

    @property
    def texts(self) -> list[str]:
        """The captions as read."""
        return [caption.text for caption in self.captions]


def session(path: Path) -> Any:
    """An ONNX Runtime session on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def look_at(graph: Path, inputs: NDArray[np.uint8]) -> Look:
    """The exported cnn's look at many pictures."""
    running = session(graph)
    looks = [
        look(running, list(inputs[start : start + 64]))
        for start in tqdm(range(0, len(inputs), 64), desc="look", mininterval=10)
    ]
    return Look(*(np.concatenate([getattr(each, name) for each in looks]) for name in Look.__annotations__))


def read_part(
    frame: pd.DataFrame,
    part: str,
    readings: dict[str, Caption],
    sizes: dict[str, tuple[int, int]],
    graph: Path,
    build: Path,
) -> Read:
    """The memes of a part whose captions were read; `sizes` are the templates' widths and heights."""
    inputs, ids, _ = load_inputs(build, part)
    order = frame.set_index("id").loc[ids]["order"].to_numpy()
    places = [place for place in np.argsort(order) if ids[place] in readings]
    rows = frame.set_index("id", drop=False).loc[[ids[place] for place in places]]
    captions = [
        Captioned(readings[identity], readings[identity].text, *sizes[template])
        for identity, template in zip(rows["id"], rows["template"], strict=True)
    ]
    picked = inputs[places]
    return Read(rows, picked, captions, look_at(graph, picked))


def heads(
    frame: pd.DataFrame, noise: Noise, search_ids: set[str]
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """The caption head on all that comes before calibration, and out-of-fold weights for the search part.

    Returns:
        The final weights, and for each id of `search_ids` the weights of a head that never saw its row.
    """
    rows = frame[frame["part"].isin(["text", "fit", "search"])].reset_index(drop=True)
    chance = np.random.default_rng(7)
    spoilt = [
        spoil(caption, template, noise, chance)
        for caption, template in zip(tqdm(rows["caption"], desc="spoil", mininterval=10), rows["template"], strict=True)
    ]
    grams = matrix(spoilt)
    targets = rows[list(TARGETS)].to_numpy()
    fold = np.where(rows["part"] == "search", np.random.default_rng(5).integers(0, HEAD_FOLDS, len(rows)), -1)
    unseen: dict[str, NDArray[np.float32]] = {}
    for number in range(HEAD_FOLDS):
        weights = fit_head(grams[fold != number], targets[fold != number])
        for identity in set(rows["id"][fold == number]) & search_ids:
            unseen[identity] = weights
    return fit_head(grams, targets), unseen


def caption_columns(texts: list[str], weights: list[NDArray[np.float32]] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Caption scores `[n, h]` of texts, each by its own head (or all by one)."""
    grams = matrix(texts)
    if isinstance(weights, np.ndarray):
        return apply_head(grams, weights)
    out = np.empty((len(texts), weights[0].shape[1]), dtype=np.float32)
    for head in {id(each): each for each in weights}.values():
        rows = [row for row, each in enumerate(weights) if each is head]
        out[rows] = apply_head(grams[rows], head)
    return out


def table(read: Read, scores: NDArray[np.float32]) -> Table:
    """The examples of the automl model."""
    blocks = feature_blocks(read.seen, [colour_statistics(each) for each in read.inputs], read.captions, list(scores))
    return Table(blocks, read.rows["percentile"].to_numpy())


def export_novelty(references: NDArray[np.float32], path: Path) -> None:
    """ONNX: `embedding` `[n, e]` → `distance` `[n]`, the mean cosine distance to the nearest references."""
    unit = references / np.linalg.norm(references, axis=1, keepdims=True)
    nodes = [
        helper.make_node("LpNormalization", ["embedding"], ["unit"], axis=1, p=2),
        helper.make_node("MatMul", ["unit", "references"], ["similar"]),
        helper.make_node("TopK", ["similar", "k"], ["nearest", "places"], axis=1),
        helper.make_node("ReduceMean", ["nearest"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Sub", ["one", "mean"], ["distance"]),
    ]
    constants = [
        numpy_helper.from_array(np.ascontiguousarray(unit.T.astype(np.float32)), "references"),
        numpy_helper.from_array(np.array([NEIGHBOURS], dtype=np.int64), "k"),
        numpy_helper.from_array(np.float32(1), "one"),
    ]
    graph = helper.make_graph(
        nodes,
        "novelty",
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", references.shape[1]])],
        [helper.make_tensor_value_info("distance", TensorProto.FLOAT, ["n"])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


@dataclass(frozen=True)
class Decision:
    """How the two models become a verdict, chosen on the calibration part."""

    automl_share: float
    thresholds: dict[str, float]
    disagreement_limit: float
    calibrators: dict[str, dict[str, list[float]]]
    probabilities: dict[str, NDArray[np.float64]]


def decide(cnn: NDArray[np.float64], automl: NDArray[np.float64], percentile: NDArray[np.float64]) -> Decision:
    """Choose the combination's weight, fit the calibrators, and set the limits.

    Forecasts lose strength with time: the slope of outcome on score falls by a quarter from the first to the second
    half of the calibration part. The weight is chosen on all of it, everything else on its newest half.

    Args:
        cnn: raw probabilities `[n]` of the calibration part.
        automl: likewise.
        percentile: labels `[n]`.
    """
    dank, not_dank = ends(percentile)
    either = dank | not_dank
    odds = {"cnn": log_odds(cnn), "automl": log_odds(automl)}
    shares = np.linspace(0.5, 1.0, 11)
    share = float(max(shares, key=lambda w: auc(dank[either], (w * odds["automl"] + (1 - w) * odds["cnn"])[either])))
    odds["verdict"] = share * odds["automl"] + (1 - share) * odds["cnn"]
    newest = slice(len(percentile) // 2, None)
    dank_enough = percentile >= DANK_FROM
    calibrators, thresholds, probabilities = {}, {}, {}
    for name, scores in odds.items():
        scores = scores[newest]
        fitted = fit_curve(scores, dank_enough[newest])
        probabilities[name] = merged(*fitted.interval(scores))
        thresholds[name] = best_threshold(dank[newest][either[newest]], probabilities[name][either[newest]])
        quantiles = np.quantile(scores, np.linspace(0, 1, 1_001))
        calibrators[name] = {
            "scores": fitted.scores.tolist(),
            "p0": fitted.p0.tolist(),
            "p1": fitted.p1.tolist(),
            "quantiles": quantiles.tolist(),
        }
    apart = np.abs(probabilities["cnn"] - probabilities["automl"])
    return Decision(share, thresholds, float(np.quantile(apart, TOO_DIFFERENT)), calibrators, probabilities)


def write_bundle(
    folder: Path,
    graphs: Path,
    decision: Decision,
    sets: tuple[str, ...],
    novelty_limit: float,
    side: int,
    base_rate: float,
    texts: dict[str, str | bytes],
) -> None:
    """Put the bundle together; the manifest, which names every file's checksum, comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name in ("cnn.onnx", "caption.onnx", "automl.onnx", "novelty.onnx"):
        shutil.copyfile(graphs / name, folder / name)
    (folder / "calibration.json").write_text(json.dumps(decision.calibrators))
    for name, content in texts.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    manifest = {
        "format": FORMAT,
        "name": "imgflip",
        "version": VERSION,
        "created": datetime.now(UTC).date().isoformat(),
        "compared_with": COMPARED_WITH,
        "side": side,
        "base_rate": base_rate,
        "dank_from": decision.thresholds["verdict"],
        "dank_from_cnn": decision.thresholds["cnn"],
        "dank_from_automl": decision.thresholds["automl"],
        "novelty_limit": novelty_limit,
        "disagreement_limit": decision.disagreement_limit,
        "automl_share": decision.automl_share,
        "feature_sets": list(sets),
        "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
