"""How much of the 2018 system's figure was leak: its protocol with all its faults, then with one fault less each time.

    python recipes/protocol_2018.py --data FOLDER --backbone FILE [--home DIR] [--json FILE]

The system of 2018 called the most upvoted memes dank and the least upvoted ones not, by raw score; split them by
chance, duplicates and all; trained twenty epochs, and reported the accuracy of the best one on the very memes that
chose it. Its head (Dense 40, Dropout 0.5, softmax 2, Adam 1e-4) is put on a frozen backbone that is to be had here, the
same for every line, and every line learns from as many memes, so that the lines differ in the protocol alone. Every
line is the mean of some seeds, with the 95 % interval of the mean; the last, which has one split in time only, varies
with the head's seed alone, and its interval is by bootstrap over blocks of time.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from dankmeme.training.evaluate import Figure, accuracy, auc, bootstrapped
from dankmeme.training.labels import NEIGHBOURS, neighbour_percentile
from dankmeme.training.material import Cut, Material, make_ready
from dankmeme.training.workshop import Workshop, open_workshop

EPOCHS, RATE = 20, 1e-4
SEEDS = 10
TEST, VALID = 0.2, 0.15
CLASS = 0.4
"""The share of all memes that is most, and that is least upvoted."""
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Protocol:
    """What is done wrong (True) or right."""

    name: str
    raw_scores: bool
    random_split: bool
    duplicates: bool
    epoch_on_test: bool


@dataclass(frozen=True)
class Run:
    """One seed's test memes: whether each is dank `[n]`, and its score `[n]`, 0–1."""

    dank: Bools
    scores: NDArray[np.float64]

    @property
    def accuracy(self) -> float:
        """Share that is called right."""
        return accuracy(self.dank, self.scores, 0.5)

    @property
    def auc(self) -> float:
        """How often a dank one is ranked above another."""
        return auc(self.dank, self.scores)

    def at(self, rows: NDArray[np.intp]) -> Run:
        """Some of its memes."""
        return Run(self.dank[rows], self.scores[rows])


@dataclass(frozen=True)
class Line:
    """A protocol's figures: means over seeds, with 95 % intervals."""

    name: str
    accuracy: float
    low: float
    high: float
    auc: float
    auc_low: float
    auc_high: float
    test_memes: float


PROTOCOLS = (
    Protocol("as in 2018", True, True, True, True),
    Protocol("the epoch chosen on a validation slice", True, True, True, False),
    Protocol("and near-duplicates on one side", True, True, False, False),
    Protocol("and ranks within listing and time, no raw scores", False, True, False, False),
    Protocol("and split by time: ours", False, False, False, False),
)


def main() -> None:
    """Run every protocol and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a dataset folder")
    parser.add_argument("--backbone", default="bundled", help="as `dank train cnn --backbone`")
    parser.add_argument("--home", type=Path, default=Path("build/protocol-2018"), help="where the cache is")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="so many runs a line")
    parser.add_argument("--json", type=Path, help="write the table here as well")
    chosen = parser.parse_args()
    with open_workshop(chosen.home, noted=print) as workshop:
        material, embedding = known(chosen.data, chosen.backbone, workshop)
    lines = [measured(protocol, material, embedding, chosen.seeds) for protocol in PROTOCOLS]
    for line in lines:
        print(
            f"{line.name:50} accuracy {line.accuracy:.3f} ({line.low:.3f}–{line.high:.3f})   "
            f"AUC {line.auc:.3f} ({line.auc_low:.3f}–{line.auc_high:.3f})   {line.test_memes:.0f} test memes"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(line) for line in lines], indent=1) + "\n")


def known(data: Path, backbone: str, workshop: Workshop) -> tuple[Material, Floats]:
    """A dataset with the frozen backbone's embeddings `[n, e]`, by time."""
    from dankmeme.training.backbones import resolve
    from dankmeme.training.cnn import embedder
    from dankmeme.training.dataset import load_dataset
    from dankmeme.training.pictures import embeddings_of

    material = make_ready(
        load_dataset(data),
        workshop.cache,
        workshop.eyes,
        workshop.told,
        parts=lambda posts, keys: Cut.untouched(len(posts)),
        to_learn=False,
    )
    found = resolve(backbone, folder=workshop.place.backbones)
    embedding, _ = embeddings_of(
        material.files,
        material.keys,
        workshop.cache,
        workshop.eyes,
        found.key,
        found.side,
        embedder(found, workshop.threads),
        lambda done, of: None,
    )
    return material, embedding


def measured(protocol: Protocol, material: Material, embedding: Floats, seeds: int = SEEDS) -> Line:
    """The figures of a protocol.

    Args:
        protocol: what is done wrong.
        material: the memes, in order of time.
        embedding: `[n, e]`, of their pictures.
        seeds: how many runs the figures are the mean of.
    """
    runs = [_run(protocol, material, embedding, seed) for seed in range(seeds)]
    interval = _over_seeds if protocol.random_split else _over_time
    right, area = interval(runs, lambda run: run.accuracy), interval(runs, lambda run: run.auc)
    count = float(np.mean([len(run.dank) for run in runs]))
    return Line(protocol.name, right.value, right.low, right.high, area.value, area.low, area.high, count)


def _over_seeds(runs: Sequence[Run], figure: Callable[[Run], float]) -> Figure:
    """A mean over seeds, each with a split of its own."""
    values = np.array([figure(run) for run in runs])
    mean = float(values.mean())
    half = 0.0
    if len(values) > 1:
        half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return Figure(mean, mean - half, mean + half)


def _over_time(runs: Sequence[Run], figure: Callable[[Run], float]) -> Figure:
    """A mean over seeds that share their test memes, which are in order of time."""
    return bootstrapped(lambda rows: float(np.mean([figure(run.at(rows)) for run in runs])), len(runs[0].dank))


def _run(protocol: Protocol, material: Material, embedding: Floats, seed: int) -> Run:
    """Train with one seed."""
    fit, valid, test = _parts(protocol, material, seed)
    dank, used = _classes(protocol, material, (fit, valid, test))
    fit, valid, test = (rows[used[rows]] for rows in (fit, valid, test))
    reported = test if protocol.epoch_on_test else valid
    return Run(dank[test], _head(embedding, dank, fit, reported, seed)[test])


def _parts(protocol: Protocol, material: Material, seed: int) -> tuple[NDArray[np.intp], ...]:
    """Row numbers of three parts: by chance, or by time."""
    count = len(material.posts)
    order = np.random.default_rng(seed).permutation(count) if protocol.random_split else np.arange(count)
    bounds = [round(count * (1 - TEST) * (1 - VALID)), round(count * (1 - TEST))]
    fit, valid, test = np.split(order, bounds)
    if not protocol.duplicates:
        family = material.family
        valid = valid[~np.isin(family[valid], family[test])]
        fit = fit[~np.isin(family[fit], np.concatenate([family[test], family[valid]]))]
    return fit, valid, test


def _classes(protocol: Protocol, material: Material, parts: Sequence[NDArray[np.intp]]) -> tuple[Bools, Bools]:
    """Which memes are dank, and which are looked at: most against least upvoted, of all or among their neighbours."""
    scores = np.array([post.score or 0 for post in material.posts], dtype=np.float64)
    if protocol.raw_scores:
        rank = scores.argsort(kind="stable").argsort(kind="stable") / max(len(scores) - 1, 1)
    else:
        rank = np.full(len(scores), 0.5)
        for rows in parts:
            rows = np.sort(rows)
            rank[rows] = neighbour_percentile(scores[rows], NEIGHBOURS, material.groups[rows])
    return rank >= 1 - CLASS, (rank >= 1 - CLASS) | (rank <= CLASS)


def _head(
    embedding: Floats, dank: Bools, fit: NDArray[np.intp], reported: NDArray[np.intp], seed: int
) -> NDArray[np.float64]:
    """The head of 2018, trained on `fit`, of the epoch that is most often right on `reported`; scores of all rows."""
    import keras

    keras.utils.set_random_seed(seed)
    x = (embedding - embedding[fit].mean(axis=0)) / (embedding[fit].std(axis=0) + 1e-3)
    head = keras.Sequential(
        [
            keras.layers.Dense(40, activation="relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    head.compile(keras.optimizers.Adam(RATE), "sparse_categorical_crossentropy")
    best, kept = -1.0, np.empty(0)
    for _ in range(EPOCHS):
        head.fit(x[fit], dank[fit].astype(int), batch_size=32, epochs=1, verbose=0)
        scores = head.predict(x, batch_size=512, verbose=0)[:, 1].astype(np.float64)
        right = float(((scores >= 0.5) == dank)[reported].mean())
        if right > best:
            best, kept = right, scores
    return kept


if __name__ == "__main__":
    main()
