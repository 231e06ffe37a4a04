"""The two sides of an examination: what a bundle learnt from, and what it is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.images.neighbours import HashIndex
from dankmeme.models.bundle import Bundle
from dankmeme.training.bundling import Examples, read_facts
from dankmeme.training.dataset import load_dataset
from dankmeme.training.evaluate import Forecast, Rows
from dankmeme.training.forecasting import Known, forecasts, in_context, look_through, raw_scores
from dankmeme.training.labels import AGE_HOURS
from dankmeme.training.material import Material, make_ready
from dankmeme.training.sights import trunk_of
from dankmeme.training.workshop import Workshop, note_material, rows_of

COPY = 10
"""A test picture whose PDQ hash is this near to one that was learnt from is taken for its copy."""


@dataclass(frozen=True)
class Side:
    """Rows of one side of the split, with all that the bundle knows of them.

    `context` holds the context model's probabilities `[n]`, NaN where it says nothing; they are none of the forecasts,
    which know the memes alone.
    """

    material: Material
    picked: NDArray[np.intp]
    known: Known
    rows: Rows
    forecasts: dict[str, Forecast]
    context: NDArray[np.float64]

    @property
    def texts(self) -> list[str]:
        """Captions as read; empty where none could be, or where the bundle reads none."""
        captions = self.known.captions or [None] * len(self.picked)
        return [caption.text if caption else "" for caption in captions]

    @property
    def titles(self) -> list[str]:
        """Titles of the posts."""
        return [self.material.posts[row].title for row in self.picked]


def material_for(path: Path, examples: Examples | None, facts: dict[str, Any], workshop: Workshop) -> Material:
    """A dataset in the parts, and with the labels, that the bundle was trained with; what it never heard of is test."""
    dataset = load_dataset(path)
    known = {} if examples is None else dict(zip(examples.ids.tolist(), examples.parts.tolist(), strict=True))
    own = sum(post.id in known for post in dataset.posts) > len(dataset.posts) / 2

    def parts(ids: Sequence[str]) -> NDArray[np.str_]:
        last = max((row for row, name in enumerate(ids) if name in known), default=-1)
        return np.array(
            [known.get(name, "test" if row > last or not own else "gap") for row, name in enumerate(ids)], dtype="<U9"
        )

    age = facts.get("data", {}).get("age_hours", AGE_HOURS)
    material = make_ready(dataset, workshop.cache, workshop.eyes, workshop.told, parts=parts, age=age, to_learn=False)
    note_material(dataset, material, workshop)
    shuffled = facts.get("data", {}).get("shuffled") if own else None
    if shuffled is None:
        return material
    workshop.noted("it was trained on shuffled labels, and is measured on shuffled ones: it must rank at 0.5")
    return material.with_shuffled_labels(shuffled)


def unlearnt(
    material: Material, rows: NDArray[np.intp], examples: Examples | None, workshop: Workshop
) -> NDArray[np.intp]:
    """The test rows without copies of what was learnt from."""
    if examples is None:
        workshop.noted("the bundle does not say what it was trained on: that no test meme was among it is not checked")
        return rows
    index, learnt = HashIndex(), examples.learnt
    index.add(np.flatnonzero(learnt), np.ascontiguousarray(examples.pdq[learnt]).view(np.uint64).reshape(-1, 4))
    keys = set(examples.keys[learnt].tolist())

    def is_copy(row: int) -> bool:
        words = np.frombuffer(bytes.fromhex(material.facts[row].pdq), dtype=np.uint64)
        return material.keys[row] in keys or len(index.within(words, COPY)[0]) > 0

    kept = np.array([row for row in rows if not is_copy(row)], dtype=np.intp)
    if len(kept) < len(rows):
        workshop.noted(f"left out: {len(rows) - len(kept):,} test memes that are copies of what it learnt from")
    return kept


def side_of(bundle: Bundle, material: Material, rows: NDArray[np.intp], workshop: Workshop) -> Side:
    """Everything that a bundle knows and says of some rows."""
    trunk = read_facts(bundle).get("trunk") or trunk_of(bundle.folder / "cnn.onnx")
    known = look_through(bundle, trunk, material.at(rows), workshop)
    workshop.told("forecasting", 0, 1)
    raw = raw_scores(bundle, known)
    context = in_context(bundle, raw, material.at(rows))
    return Side(material, rows, known, rows_of(material, rows), forecasts(bundle, raw), context)
