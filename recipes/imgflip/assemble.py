"""The second model's examples, how its caption head is fitted, and the files that ship."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tqdm import tqdm

from dankmeme.models.bundle import FORMAT, Bundle, Manifest
from dankmeme.models.caption import Caption
from dankmeme.models.features import colour_statistics
from dankmeme.models.scoring import Captioned, Look, feature_blocks, look
from dankmeme.training.automl import Table
from dankmeme.training.bundling import check_target, own_picture
from dankmeme.training.caption_head import apply_head, fit_head, matrix
from dankmeme.training.ensemble import Decision
from dankmeme.training.labels import Labels, ends
from dankmeme.training.sights import session_of
from noise import Noise, spoil
from pictures import load_inputs

TOO_FAR = 0.97
"""Share of unseen real memes that count as near enough to what was learnt from."""
COMPARED_WITH = "memes made on imgflip from well-known templates around 2016–2018"
VERSION = "1"
HEAD_FOLDS = 5
TARGETS = ("percentile", "within")
"""What the caption head estimates: the percentile among all memes, and among those of the same template."""
GRAPHS = ("cnn.onnx", "caption.onnx", "automl.onnx", "novelty.onnx")


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

    @property
    def labels(self) -> Labels:
        """The ranks, as training takes them."""
        percentile = self.rows["percentile"].to_numpy(dtype=np.float64)
        return Labels(percentile, *ends(percentile), "given")


def look_at(graph: Path, inputs: NDArray[np.uint8]) -> Look:
    """The exported cnn's look at many pictures."""
    running = session_of(graph)
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
    return Table(blocks, read.labels)


def write_bundle(
    folder: Path,
    graphs: Path,
    decision: Decision,
    sets: tuple[str, ...],
    novelty_limit: float,
    side: int,
    base_rate: float,
    texts: dict[str, str],
) -> Bundle:
    """Put the bundle together; the manifest, which names every file's checksum, comes last.

    Unlike those of `dank train` it names no examples: what was drawn here are no posts that come up again.

    Raises:
        BundleError: `not-a-bundle`: the folder holds something else.
    """
    check_target(folder)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name in GRAPHS:
        shutil.copyfile(graphs / name, part / name)
    (part / "selftest.jpg").write_bytes(own_picture())
    for name, text in {"calibration.json": json.dumps(decision.calibrators), **texts}.items():
        (part / name).write_text(text)
    manifest = Manifest(
        format=FORMAT,
        name="imgflip",
        version=VERSION,
        created=datetime.now(UTC).date().isoformat(),
        compared_with=COMPARED_WITH,
        side=side,
        base_rate=base_rate,
        dank_from=decision.thresholds["verdict"],
        dank_from_cnn=decision.thresholds["cnn"],
        dank_from_automl=decision.thresholds["automl"],
        novelty_limit=novelty_limit,
        disagreement_limit=decision.disagreement_limit,
        automl_share=decision.automl_share,
        feature_sets=sets,
        files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(part.iterdir())},
    )
    (part / "manifest.json").write_text(manifest.model_dump_json(indent=1) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return Bundle(folder)
