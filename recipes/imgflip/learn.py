"""Stage `cnn`, wired: drawn memes and real pictures become the network's examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cnn import TEACHER, Examples, export, predict, refit, teach, train
from dankmeme.training.labels import DANK_FROM
from pictures import load_inputs
from reddit import RealPictures

if TYPE_CHECKING:
    import keras

TAUGHT = 12_000
"""How many drawn memes the larger backbone looks at (all real pictures are looked at)."""
REAL_REPEATS = 3
"""Real pictures are few: each stands this often among the examples, at a third of the weight."""
WATCHED = 4_000
"""Memes of the search part that decide which epoch is kept."""


def template_names(frame: pd.DataFrame) -> list[str]:
    """The templates with captions, in the order of the network's classes."""
    return sorted(frame["template"].unique())


def learn(
    frame: pd.DataFrame, real: RealPictures, backbone: Path | None, build: Path, epochs: int, threads: int
) -> keras.Model:
    """Train the cnn on the `fit` part and the real pictures; the last memes of `search` choose the epoch."""
    drawn = examples(frame, "fit", build)
    watched = examples(frame, "search", build)
    last = slice(len(watched.inputs) - min(WATCHED, len(watched.inputs) // 2), None)
    seen = real.part == "fit"
    both = np.concatenate([drawn.inputs[:TAUGHT], real.inputs[seen]])
    teacher = _teacher(both, backbone, build)
    drawn.teacher[: min(TAUGHT, len(drawn.inputs))] = teacher[: min(TAUGHT, len(drawn.inputs))]
    pictured = _real_examples(real, seen, teacher[min(TAUGHT, len(drawn.inputs)) :])
    parts = [drawn, *[pictured] * REAL_REPEATS]
    joined = Examples(*(np.concatenate([getattr(part, name) for part in parts]) for name in Examples.__annotations__))
    held = Examples(*(getattr(watched, name)[last] for name in Examples.__annotations__))
    return train(joined, held, len(template_names(frame)), build, epochs, threads)


def finish_head(network: keras.Model, frame: pd.DataFrame, build: Path) -> None:
    """Fit the last layer on the `search` part, export the network, and keep what unseen heads said of that part."""
    inputs, ids, _ = load_inputs(build, "search")
    percentile = frame.set_index("id").loc[ids]["percentile"].to_numpy()
    head, unseen = refit(predict(network, inputs), percentile)
    np.savez(build / "outlook.npz", ids=np.array(ids), probability=unseen)
    print(json.dumps({"largest_difference_onnx": export(network, head, build / "cnn.onnx")}))


def examples(frame: pd.DataFrame, part: str, build: Path) -> Examples:
    """A part's drawn memes with their targets."""
    inputs, ids, _ = load_inputs(build, part)
    rows = frame.set_index("id").loc[ids]
    classes = {name: number for number, name in enumerate(template_names(frame))}
    percentile = rows["percentile"].to_numpy(dtype=np.float32)
    return Examples(
        inputs,
        (percentile >= DANK_FROM).astype(np.float32),
        percentile,
        rows["template"].map(classes).to_numpy(dtype=np.int64),
        np.log1p(rows["caption"].str.len().to_numpy(dtype=np.float32)),
        np.full((len(ids), TEACHER), np.nan, dtype=np.float32),
        np.ones(len(ids), dtype=np.float32),
    )


def _real_examples(real: RealPictures, seen: NDArray[np.bool_], teacher: NDArray[np.float32]) -> Examples:
    count = int(seen.sum())
    percentile = real.percentile[seen].astype(np.float32)
    return Examples(
        real.inputs[seen],
        (percentile >= DANK_FROM).astype(np.float32),
        percentile,
        np.full(count, -1),
        np.full(count, np.nan, dtype=np.float32),
        teacher,
        np.full(count, 1 / REAL_REPEATS, dtype=np.float32),
    )


def _teacher(inputs: NDArray[np.uint8], backbone: Path | None, build: Path) -> NDArray[np.float32]:
    """The backbone's view, reduced to its main components and scaled to unit length; NaN without a backbone."""
    if backbone is None:
        return np.full((len(inputs), TEACHER), np.nan, dtype=np.float32)
    cache = build / "teacher.npy"
    if not cache.exists():
        seen = teach(inputs, backbone)
        centred = seen - seen.mean(axis=0)
        _, scale, axes = np.linalg.svd(
            centred[np.random.default_rng(0).permutation(len(centred))[:6_000]], full_matrices=False
        )
        reduced = centred @ axes[:TEACHER].T / np.sqrt(scale[:TEACHER])
        np.save(cache, (reduced / np.linalg.norm(reduced, axis=1, keepdims=True)).astype(np.float32))
    return np.load(cache)
