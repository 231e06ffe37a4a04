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
from dankmeme.posts import Post
from dankmeme.training.bundling import Examples, read_facts
from dankmeme.training.context import is_file_name
from dankmeme.training.dataset import load_dataset
from dankmeme.training.evaluate import Forecast, Rows
from dankmeme.training.forecasting import Known, forecasts, in_context, look_through, raw_scores
from dankmeme.training.labels import AGE_HOURS
from dankmeme.training.material import GOOD_HASH, NEAR, Cut, Material, make_ready, same_details
from dankmeme.training.pictures import known_facts
from dankmeme.training.sights import trunk_of
from dankmeme.training.workshop import Workshop, note_material, rows_of

COPY = 10
"""A test picture whose PDQ hash is this near to one that was learnt from is taken for its copy, where nobody knows the
details of that one any more."""
OWN = 0.5
"""Where more than this share of the posts that a bundle was trained on are in a dataset, that is the bundle's own."""


@dataclass(frozen=True)
class Placed:
    """A dataset in the parts that it has for a bundle.

    Attributes:
        material: what the bundle never heard of is in the part `test`.
        own: whether it is the dataset that the bundle was trained on, as it was or with posts added since.
    """

    material: Material
    own: bool


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
        """Titles of the posts; empty where there is none but the name of a file."""
        posts = (self.material.posts[row] for row in self.picked)
        return ["" if is_file_name(post) else post.title for post in posts]


def placed(path: Path, examples: Examples | None, facts: dict[str, Any], workshop: Workshop) -> Placed:
    """A dataset in the parts, and with the labels, that a bundle was trained with."""
    dataset = load_dataset(path)
    register = _Register(examples)

    def cut(posts: Sequence[Post], keys: Sequence[str]) -> Cut:
        return register.cut(posts, keys, ordered=dataset.ordered)

    age = facts.get("data", {}).get("age_hours", AGE_HOURS)
    material = make_ready(dataset, workshop.cache, workshop.eyes, workshop.told, parts=cut, age=age, to_learn=False)
    note_material(dataset, material, workshop)
    shuffled = facts.get("data", {}).get("shuffled") if register.own else None
    if shuffled is None:
        return Placed(material, register.own)
    workshop.noted("it was trained on shuffled labels, and is measured on shuffled ones: it must rank at 0.5")
    return Placed(material.with_shuffled_labels(shuffled), register.own)


class _Register:
    """The posts that a bundle was trained on: found by id, and where the folder was renamed by picture and time.

    Args:
        examples: of the bundle.
    """

    def __init__(self, examples: Examples | None) -> None:
        self.own = False
        self._examples = examples
        self._rows: dict[str, int] = {}
        if examples is not None:
            names = zip(examples.keys.tolist(), examples.times.tolist(), strict=True)
            self._rows = {_by_picture(key, time): row for row, (key, time) in enumerate(names)}
            self._rows |= {name: row for row, name in enumerate(examples.ids.tolist())}

    def cut(self, posts: Sequence[Post], keys: Sequence[str], *, ordered: bool) -> Cut:
        """The parts of posts; those of its own dataset that came later are tested, what else is new there is not."""
        examples = self._examples
        if examples is None:
            return Cut.untouched(len(posts))
        found = [self._row(post, key) for post, key in zip(posts, keys, strict=True)]
        known = {row for row in found if row is not None}
        self.own = len(known) > OWN * len(examples.ids)
        last = max((place for place, row in enumerate(found) if row is not None), default=-1)
        new = ["test" if not (self.own and ordered) or place > last else "gap" for place in range(len(posts))]
        cut, parts = (
            np.array([each if row is None else named[row] for row, each in zip(found, new, strict=True)], dtype="<U9")
            for named in (examples.cut.tolist(), examples.parts.tolist())
        )
        return Cut(cut, parts)

    def _row(self, post: Post, key: str) -> int | None:
        times = (post.created_utc, post.order, None)
        names = [post.id, *(_by_picture(key, time) for time in times)]
        return next((self._rows[name] for name in names if name in self._rows), None)


def _by_picture(key: str, time: float | None) -> str:
    return f"{key} {'' if time is None or np.isnan(time) else f'{time:.0f}'}"


def unlearnt(
    material: Material, rows: NDArray[np.intp], examples: Examples | None, workshop: Workshop
) -> NDArray[np.intp]:
    """The test rows without near-duplicates of what was learnt from."""
    if examples is None:
        workshop.noted("the bundle does not say what it was trained on: that no test meme was among it is not checked")
        return rows
    learnt = np.flatnonzero(examples.learnt)
    keys = examples.keys[learnt].tolist()
    known = known_facts(keys, workshop.cache)
    index, same = HashIndex(), set(keys)
    index.add(learnt, np.ascontiguousarray(examples.pdq[learnt]).view(np.uint64).reshape(-1, 4))

    def is_copy(row: int) -> bool:
        facts = material.facts[row]
        if material.keys[row] in same:
            return True
        if facts.quality < GOOD_HASH:
            return False
        near, distances = index.within(np.frombuffer(bytes.fromhex(facts.pdq), dtype=np.uint64), NEAR)
        there = [known.get(key) for key in examples.keys[near].tolist()]
        seen = [each for each in there if each is not None and each.quality >= GOOD_HASH]
        unseen = [distance for each, distance in zip(there, distances.tolist(), strict=True) if each is None]
        return bool(same_details(facts, seen).any()) or min(unseen, default=NEAR) <= COPY

    kept = np.array([row for row in rows if not is_copy(row)], dtype=np.intp)
    if len(kept) < len(rows):
        workshop.noted(f"left out: {len(rows) - len(kept):,} test memes, near-duplicates of what it learnt from")
    return kept


def side_of(bundle: Bundle, material: Material, rows: NDArray[np.intp], workshop: Workshop) -> Side:
    """Everything that a bundle knows and says of some rows."""
    trunk = read_facts(bundle).get("trunk") or trunk_of(bundle.folder / "cnn.onnx")
    known = look_through(bundle, trunk, material.at(rows), workshop)
    workshop.told("forecasting", 0, 1)
    raw = raw_scores(bundle, known)
    context = in_context(bundle, raw, material.at(rows))
    return Side(material, rows, known, rows_of(material, rows), forecasts(bundle, raw), context)
