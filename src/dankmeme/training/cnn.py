"""The image model is trained: a backbone, frozen and then fine-tuned, with the head that ranks unseen memes best.

What is tried is in `candidates`; the one that ranks the validation slice best is exported to ONNX and checked against
what it was made from. A run that was killed goes on after its last epoch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dankmeme.errors import TrainingError
from dankmeme.training.backbones import RANDOM, Backbone
from dankmeme.training.bodies import BATCH, embed_all, open_body, session
from dankmeme.training.candidates import STOPWATCH, Candidate, Embeddings, Search, best_of
from dankmeme.training.clusters import find_clusters
from dankmeme.training.graphs import served
from dankmeme.training.lessons import Floats, Inputs, Options, Pictures, Progress, Told
from dankmeme.training.parity import CHECKED, checked

__all__ = ["Options", "Pictures", "Progress", "Trained", "embed", "embedder", "train"]

FORMAT = 4
"""Raised when the same choices come to mean another training."""
_RUN = "run.json"


@dataclass(frozen=True)
class Trained:
    """What came of training.

    Attributes:
        graph: the ONNX file that is served: see `models.scoring.Look`.
        kept: the candidate that was kept, in words.
        fine_tuned: whether its backbone was trained along, or from nothing.
        auc: its AUC on the ends of the validation slice.
        history: an entry for each epoch of each stage: `stage`, `epoch`, `loss`, `auc`.
        largest_difference: of a probability by the ONNX file from the same by what it was made from.
        seconds: that it took, earlier calls included.
        epochs: of all stages, those of earlier calls included.
        embedding: how many numbers an embedding has.
        notes: what was found and what was not done, in words.
    """

    graph: Path
    kept: str
    fine_tuned: bool
    auc: float
    history: list[dict[str, Any]]
    largest_difference: float
    seconds: float
    epochs: int
    embedding: int
    notes: list[str]


def train(
    fit: Pictures,
    valid: Pictures,
    backbone: Backbone,
    options: Options,
    folder: Path,
    told: Told,
    embeddings: Embeddings | None = None,
) -> Trained:
    """Train an image model and write it as `cnn.onnx`.

    Args:
        fit: what is learnt from.
        valid: chooses epochs and candidates.
        backbone: what to begin with.
        options: how.
        folder: where checkpoints and the graph go; a run of the same options and data goes on there.
        told: of progress.
        embeddings: gives the frozen backbone's embeddings `[n, e]` of pictures, where they are kept.

    Raises:
        TrainingError: `one-class`, `export-differs`, or what opening the backbone raises.
    """
    _check(fit)
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.allow_tf32 = False  # a GPU would round more than an exported graph may differ
    folder.mkdir(parents=True, exist_ok=True)
    notes = _taken_up(folder, _fingerprint(fit, valid, backbone, options))
    search = Search(fit, valid, backbone, options, folder, told, embeddings, notes=notes)
    if backbone.weights == RANDOM:
        search.notes.append("the backbone's weights are random: nothing was learnt before this training")
    best = best_of(search.candidates(), valid)
    search.notes.append(f"kept: {best.name}")
    graph = folder / "cnn.onnx"
    told(Progress("export", 0, 1))
    served(best.body.graph(), best.head, find_clusters(best.embedding, options.seed), graph)
    difference = _largest_difference(graph, best, valid.inputs[:CHECKED])
    told(Progress("export", 1, 1))
    return Trained(
        graph=graph,
        kept=best.name,
        fine_tuned=best.fine_tuned,
        auc=best.auc,
        history=search.history,
        largest_difference=difference,
        seconds=search.stopwatch.seconds,
        epochs=len(search.history),
        embedding=best.embedding.shape[1],
        notes=search.notes,
    )


def embed(backbone: Backbone, inputs: Inputs, told: Told, threads: int = 2) -> Floats:
    """Embeddings `[n, e]` of pictures uint8 `[n, side, side, 3]` by the frozen backbone."""
    return embed_all(open_body(backbone, threads, seed=Options.seed), inputs, "embed", told)


def embedder(backbone: Backbone, threads: int = 2) -> Callable[[Inputs], Floats]:
    """The same for a few pictures at a time; the backbone is opened once."""
    return open_body(backbone, threads, seed=Options.seed).embed


def _check(fit: Pictures) -> None:
    if fit.dank.all() or not fit.dank.any():
        raise TrainingError("one-class", "all memes to learn from are of one class: bring dank and not dank ones")


def _fingerprint(fit: Pictures, valid: Pictures, backbone: Backbone, options: Options) -> str:
    """Names what decides the result; threads do not."""
    chosen = {name: value for name, value in asdict(options).items() if name != "threads"}
    named = [FORMAT, chosen, backbone.name, backbone.key, fit.key, valid.key]
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def _taken_up(folder: Path, fingerprint: str) -> list[str]:
    """Make the folder ready for this run; what another run left is removed, and a note says so."""
    path, notes = folder / _RUN, list[str]()
    left = [file for pattern in ("*.npz", "*.npy", "*.part", STOPWATCH) for file in folder.glob(pattern)]
    if path.exists() and json.loads(path.read_text()).get("fingerprint") == fingerprint:
        return notes
    if left:
        notes.append("the folder held a run with other options or data: training began afresh")
    for file in left:
        file.unlink()
    path.write_text(json.dumps({"fingerprint": fingerprint}))
    return notes


def _largest_difference(graph: Path, kept: Candidate, inputs: Inputs) -> float:
    """Between the ONNX file and what it was made from, over the probabilities of pictures.

    Raises:
        TrainingError: `export-differs`.
    """
    exported = session(str(graph), 1)
    largest = 0.0
    for start in range(0, len(inputs), BATCH):
        batch = np.asarray(inputs[start : start + BATCH])
        got = exported.run(["probability"], {"image": batch.astype(np.float32)})[0]
        odds = kept.odds(kept.body.original(batch)).astype(np.float64)
        largest = max(largest, float(np.abs(got - 1 / (1 + np.exp(-odds))).max()))
    return checked(graph, largest)
