"""What every training has at hand: its place, its processes, and someone who is told how far it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import TrainingError
from dankmeme.models.bundle import Bundle
from dankmeme.models.eyes import Eyes
from dankmeme.training.cache import Cache
from dankmeme.training.dataset import Dataset, load_dataset
from dankmeme.training.evaluate import Rows
from dankmeme.training.labels import AGE_HOURS
from dankmeme.training.material import Material, make_ready
from dankmeme.training.place import Place
from dankmeme.training.split import PARTS, Shares

NEEDED = ("keras", "lightgbm", "onnx", "onnxmltools", "optuna", "scipy", "sklearn", "torch")
"""What the extra `train` brings."""
MIXING = 1
"""Raised when the same share of what people think comes to mean other labels."""
Step = Callable[[str, float, float], object]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True)
class Workshop:
    """Where a training happens.

    Attributes:
        place: its folders.
        cache: what was found of pictures.
        eyes: decodes pictures and reads captions.
        told: of progress.
        noted: told what a person should know, a sentence each.
        threads: of the processor.
    """

    place: Place
    cache: Cache
    eyes: Eyes
    told: Step
    noted: Callable[[str], object]
    threads: int = 2

    def step(self, name: str) -> Callable[[int, int], object]:
        """Tells of one step."""
        return lambda done, of: self.told(name, done, of)


@contextmanager
def open_workshop(
    home: Path,
    told: Step = lambda what, done, of: None,
    noted: Callable[[str], object] = lambda text: None,
    threads: int | None = None,
) -> Iterator[Workshop]:
    """A workshop below a folder; its processes end with it.

    Args:
        home: `DANK_HOME`.
        told: of progress.
        noted: told what a person should know.
        threads: of the processor; None for as many as there are cores.

    Raises:
        TrainingError: `no-training-library`; `bad-home`: one of its folders cannot be used.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise TrainingError(
            "no-training-library",
            f"training needs {', '.join(missing)}: `make train` or `pip install 'dankmeme[train]'` installs it",
        )
    os.environ.setdefault("KERAS_BACKEND", "torch")
    place = Place(home.absolute())
    try:
        (place.home / "cache").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError("bad-home", f"{error.filename} cannot be used: {error.strerror}") from None
    for folder in (place.models, place.reports, place.home / "training"):
        if folder.exists() and not folder.is_dir():
            raise TrainingError("bad-home", f"{folder} cannot be used: it is no folder")
    with place.cache() as cache, closing(Eyes()) as eyes:
        yield Workshop(place, cache, eyes, told, noted, threads or len(os.sched_getaffinity(0)))


@dataclass(frozen=True)
class Data:
    """What to learn from, and how it is cut.

    Attributes:
        path: a dataset folder, a list of posts, or a table.
        shares: of the parts of the split.
        age: in hours, of the scores that are compared, where they were followed.
        shuffled: a seed to shuffle all labels with: nothing can be learnt from them, and the figures must say so.
        people: how far what people think is mixed into labels, 0–1: see `Material.with_people`.
    """

    path: Path
    shares: Shares = field(default_factory=Shares)
    age: float = AGE_HOURS
    shuffled: int | None = None
    people: float = 0.0

    def facts(self) -> dict[str, Any]:
        """What tells one use of a dataset from another; what is not used is not told, so that it changes no name."""
        mixed = {"people": [MIXING, self.people]} if self.people else {}
        return {"shares": vars(self.shares), "age_hours": self.age, "shuffled": self.shuffled} | mixed


@dataclass(frozen=True)
class Made:
    """A bundle that was trained, with what it says of the validation slice it was calibrated on."""

    bundle: Bundle
    material: Material
    facts: dict[str, Any]


def material_of(data: Data, workshop: Workshop) -> Material:
    """Check a dataset and make it ready; what was left out is noted.

    Raises:
        SourceError, TrainingError: see `load_dataset` and `make_ready`.
    """
    dataset = load_dataset(data.path)
    workshop.noted(f"{dataset.name}: {len(dataset.posts):,} memes{'' if dataset.ordered else ', no time known'}")
    material = make_ready(dataset, workshop.cache, workshop.eyes, workshop.told, shares=data.shares, age=data.age)
    note_material(dataset, material, workshop)
    if data.people:
        before, material = material, material.with_people(data.people)
        workshop.noted(_mixed(before, material))
    return material if data.shuffled is None else material.with_shuffled_labels(data.shuffled)


def _mixed(before: Material, after: Material) -> str:
    """What mixing did, in words."""
    moved = before.labels.target != after.labels.target
    far = float(np.abs(before.labels.target - after.labels.target)[moved].mean())
    return f"what people think moves the labels of {int(moved.sum()):,} memes, by {far:.2f} on average"


def note_material(dataset: Dataset, material: Material, workshop: Workshop) -> None:
    """Say what is left out, and how the rest is cut."""
    for note in dataset.notes:
        workshop.noted(note)
    for file, broken in list(material.broken.items())[:5]:
        workshop.noted(f"left out: {file}: {broken.message}")
    if material.left_out:
        workshop.noted("left out: " + ", ".join(f"{count:,} {why}" for why, count in material.left_out.items()))
    counts = {part: int((material.parts == part).sum()) for part in (*PARTS, "gap", "twin") if part in material.parts}
    workshop.noted("parts: " + ", ".join(f"{count:,} {part}" for part, count in counts.items()))


def rows_of(material: Material, picked: NDArray[np.intp]) -> Rows:
    """Some rows of a material as the evaluation takes them."""
    labels = material.labels.at(picked)
    return Rows(
        percentile=labels.percentile,
        dank=labels.dank,
        not_dank=labels.not_dank,
        group=material.groups[picked],
        time=material.times[picked],
        author=material.authors[picked],
        image=np.array(material.keys)[picked],
        family=material.family[picked],
    )
