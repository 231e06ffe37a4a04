"""AutoML: a search over feature sets, families and their settings under a time budget; the winner becomes ONNX.

What is maximised is the AUC on the two ends over spans of time, each forecast by what came before it alone (rolling
origin: Tashman, "Out-of-sample tests of forecasting accuracy", 2000). Tastes drift: a model that saw both sides of a
week knows more of it than any will of the next. Every finished trial is a line of a file, so that an interrupted search
goes on where it stopped, the time it has used included.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.scoring import FEATURE_SETS
from dankmeme.training.evaluate import auc
from dankmeme.training.labels import Labels
from dankmeme.training.learners import FAMILIES, Model, Settings, fit, suggest

FOLDS, BEFORE = 4, 2
"""So many spans of time are forecast, the first of them by so many of equal length before it."""
COMPONENTS = 64
"""An embedding longer than this is reduced to its main components before a model reads it."""
FIRST_TRIALS = 12
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Table:
    """Examples in order of time: feature blocks `[n, d]` by set, and labels `[n]`; sets may be missing."""

    blocks: dict[str, Floats]
    labels: Labels

    @property
    def sets(self) -> tuple[str, ...]:
        """The feature sets there are, in their order."""
        return tuple(name for name in FEATURE_SETS if name in self.blocks)

    def __len__(self) -> int:
        return len(self.labels.dank)


@dataclass(frozen=True)
class Trial:
    """One try: what was tried, how it ranked (mean AUC over the folds, and each fold's), and how long it took."""

    settings: Settings
    sets: tuple[str, ...]
    auc: float
    folds: tuple[float, ...]
    seconds: float


@dataclass(frozen=True)
class Fitted:
    """A model with all that lies between feature sets and its own inputs.

    Attributes:
        model: reads what `reduced` gives.
        sets: the feature sets it reads, in their order.
        components: `[e, c]`, what embeddings are multiplied with; None where they are read as they are, or not at all.
    """

    model: Model
    sets: tuple[str, ...]
    components: Floats | None

    def __call__(self, blocks: dict[str, Floats]) -> NDArray[np.float64]:
        """Probabilities `[n]`."""
        return self.model(reduced(blocks, self.sets, self.components))


def search(
    table: Table,
    seconds: float,
    journal: Path,
    threads: int,
    told: Callable[[int, float, float], object] = lambda trials, spent, best: None,
    most: int = 200,
) -> list[Trial]:
    """Search for a while.

    Args:
        table: the examples.
        seconds: for how long, earlier tries in the journal included; the first try of each family is always made.
        journal: the file of finished trials.
        threads: of LightGBM.
        told: after each trial: how many there are, the seconds used, the best AUC.
        most: so many trials at most.

    Returns:
        All trials, the best first.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    components = components_of(table.blocks)
    study = optuna.create_study(direction="maximize", sampler=_sampler(0))
    trials = _take_up(study, journal)
    study.sampler = _sampler(len(trials))  # a search that goes on does not draw again what it drew at first
    for settings in _starts()[len(trials) :]:
        study.enqueue_trial(settings)
    while len(trials) < most and (len(trials) < len(_starts()) or sum(trial.seconds for trial in trials) < seconds):
        begun = time.monotonic()
        asked = study.ask()
        settings, sets = suggest(asked), _suggest_sets(asked, table.sets)
        folds = folded_aucs(table, settings, sets, components, threads) if sets else (0.5,) * FOLDS
        found = float(np.mean(folds))
        told_of = study.tell(asked, found)
        trial = Trial(settings, sets, found, folds, time.monotonic() - begun)
        _write_down(told_of, trial, journal)
        trials.append(trial)
        told(len(trials), sum(each.seconds for each in trials), max(each.auc for each in trials))
    return sorted(trials, key=lambda trial: -trial.auc)


def folded(
    table: Table, settings: Settings, sets: tuple[str, ...], components: Floats | None, threads: int
) -> NDArray[np.float64]:
    """Probabilities `[n]` of the rows of the folds by models that saw earlier rows alone; 0.5 of the rows before."""
    features = reduced(table.blocks, sets, components)
    out = np.full(len(table), 0.5)
    for fold in _folds(len(table)):
        earlier = np.arange(fold[0])
        labels = table.labels.at(earlier)
        if 0 < labels.dank.sum() < len(earlier):
            out[fold] = fit(features[earlier], labels, settings, threads)(features[fold])
    return out


def folded_aucs(
    table: Table, settings: Settings, sets: tuple[str, ...], components: Floats | None, threads: int
) -> tuple[float, ...]:
    """The AUC on the two ends, in each fold; 0.5 in one with a single class."""
    scores = folded(table, settings, sets, components, threads)
    values = []
    for fold in _folds(len(table)):
        labels = table.labels.at(fold)
        found = auc(labels.dank[labels.ends], scores[fold][labels.ends])
        values.append(0.5 if math.isnan(found) else found)
    return tuple(values)


def fit_best(table: Table, trial: Trial, threads: int) -> Fitted:
    """Fit what a trial tried on all rows."""
    components = components_of(table.blocks) if "embedding" in trial.sets else None
    features = reduced(table.blocks, trial.sets, components)
    return Fitted(fit(features, table.labels, trial.settings, threads), trial.sets, components)


def components_of(blocks: dict[str, Floats]) -> Floats | None:
    """The main components of long embeddings, `[e, COMPONENTS]`, scaled to spread 1 (they know nothing of labels)."""
    embedding = blocks.get("embedding")
    if embedding is None or embedding.shape[1] <= COMPONENTS:
        return None
    some = embedding[np.random.default_rng(0).permutation(len(embedding))[:6_000]].astype(np.float64)
    centred = some - some.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    kept: Floats = (vectors[:, ::-1][:, :COMPONENTS] / np.sqrt(np.maximum(values[::-1][:COMPONENTS], 1e-8))).astype(
        "f4"
    )
    return kept


def reduced(blocks: dict[str, Floats], sets: tuple[str, ...], components: Floats | None) -> Floats:
    """The feature sets side by side, float32 `[n, d]`, embeddings reduced; the embedding is always the last."""
    parts = [
        blocks[name] @ components if name == "embedding" and components is not None else blocks[name]
        for name in FEATURE_SETS
        if name in sets
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _folds(count: int) -> list[NDArray[np.intp]]:
    """Runs of consecutive rows; before the first of them lies what it is forecast by."""
    return np.array_split(np.arange(count), FOLDS + BEFORE)[BEFORE:]


def _sampler(seed: int) -> Any:
    import optuna

    return optuna.samplers.TPESampler(seed=1 + seed, n_startup_trials=FIRST_TRIALS)


def _starts() -> list[dict[str, Any]]:
    """What is tried first: every family, with everything but the embedding, which costs most and helps least."""
    return [{"family": family} | {f"use_{name}": name != "embedding" for name in FEATURE_SETS} for family in FAMILIES]


def _suggest_sets(trial: Any, there: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in there if trial.suggest_categorical(f"use_{name}", [True, False]))


def _write_down(told_of: Any, trial: Trial, journal: Path) -> None:
    """Add a trial, as Optuna knows it and as we do, to the journal."""
    from optuna.distributions import distribution_to_json

    distributions = {name: distribution_to_json(each) for name, each in told_of.distributions.items()}
    line = json.dumps(asdict(trial) | {"params": told_of.params, "distributions": distributions})
    journal.parent.mkdir(parents=True, exist_ok=True)
    with journal.open("a+b") as file:
        if file.tell() and not _is_whole(journal):
            line = "\n" + line  # a kill cut the last line off
        file.write(f"{line}\n".encode())


def _is_whole(journal: Path) -> bool:
    with journal.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _take_up(study: Any, journal: Path) -> list[Trial]:
    """The finished trials of an interrupted search; a line that was cut off is left out."""
    from optuna.distributions import json_to_distribution
    from optuna.trial import create_trial

    trials = []
    for line in journal.read_bytes().splitlines() if journal.exists() else ():
        try:
            kept = json.loads(line)
        except ValueError:
            continue
        distributions = {name: json_to_distribution(text) for name, text in kept.pop("distributions").items()}
        study.add_trial(create_trial(params=kept.pop("params"), distributions=distributions, value=kept["auc"]))
        trials.append(Trial(**kept | {"sets": tuple(kept["sets"]), "folds": tuple(kept["folds"])}))
    return trials
