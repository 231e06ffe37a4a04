"""What a dataset holds, and how much of it training can use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import TrainingError
from dankmeme.models.eyes import Eyes
from dankmeme.posts import Post
from dankmeme.training.cache import Cache
from dankmeme.training.dataset import Dataset, checksums, time_of, version
from dankmeme.training.labels import DANK_FROM, NOT_DANK_TO, Kind, Labels, kind_of, labels_of
from dankmeme.training.material import Material, families, make_ready
from dankmeme.training.pictures import Broken, Facts, facts_of
from dankmeme.training.split import PARTS

Told = Callable[[str, int, int], object]
"""Told what is being done, how much of it is done, and of how much."""
QUANTILES = (0, 5, 25, 50, 75, 95, 100)
MOST_COMMUNITIES = 10
MOST_BROKEN = 5


@dataclass(frozen=True)
class Shown:
    """A dataset as it is shown; all runs in step over its posts with sound pictures, in order of time.

    Attributes:
        dataset: what was read.
        posts: `[n]`.
        keys: SHA-256 of the pictures.
        family: `[n]`: SHA-256 of the earliest near-duplicate, the picture's own where there is none.
        labels: None where there is nothing to learn from.
        age: in hours, of the scores that are compared where they were followed.
        parts: how many posts are in each part of the default split; empty where it cannot be trained on.
        broken: why pictures cannot be used, by their file.
        warnings: what keeps it from being trained on.
    """

    dataset: Dataset
    posts: tuple[Post, ...]
    keys: tuple[str, ...]
    family: NDArray[np.str_]
    labels: Labels | None
    age: float
    parts: dict[str, int]
    broken: dict[str, Broken]
    warnings: tuple[str, ...]

    @property
    def scores(self) -> NDArray[np.float64]:
        """What is compared `[n]`; NaN where it is not known."""
        followed = self.labels is not None and self.labels.kind == "followed"
        found = [post.score_at.get(self.age) if followed else post.score for post in self.posts]
        return np.array([np.nan if score is None else score for score in found], dtype=np.float64)


@dataclass(frozen=True)
class Bin:
    """How many posts have a score from `low` up to and with `high`."""

    low: float
    high: float
    dank: int
    middle: int
    not_dank: int
    unlabelled: int

    @property
    def count(self) -> int:
        """All of them."""
        return self.dank + self.middle + self.not_dank + self.unlabelled


@dataclass(frozen=True)
class Overview:
    """Figures of a dataset.

    Attributes:
        name: of its folder.
        version: 64 hexadecimal digits.
        posts: how many, with a sound picture each.
        pictures: how many different ones.
        time: first and last, in seconds since 1970; None where no time is known.
        ordered: whether the order of the posts is one of time.
        label: where labels come from; None where there is nothing to learn from.
        age_hours: the age of the scores that are compared, where they were followed.
        dank_from: the least percentile that is dank.
        not_dank_to: the highest that is not.
        dank: how many are.
        not_dank: how many are not.
        middle: how many are neither.
        unlabelled: of how many it is not known.
        quantiles: of the scores, by percent.
        scores: how many posts have which.
        score_ages: of how many posts a score at an age is known, by hours.
        families: how many groups of near-duplicates there are.
        in_families: how many posts are in one.
        largest_family: of how many posts the largest is.
        communities: the largest, with how many posts.
        community_count: how many there are.
        authors: how many are known.
        busiest_author: share of the posts that is theirs, 0–1.
        nsfw: share of the posts, 0–1.
        titled: share of the posts that have a title, 0–1.
        people: of how many posts it is told what people think.
        parts: how many posts are in each part of the default split.
        left_out: how many posts were left out, by reason.
        broken: why pictures cannot be used, by their file; a few.
        warnings: what keeps it from being trained on.
    """

    name: str
    version: str
    posts: int
    pictures: int
    time: tuple[float, float] | None
    ordered: bool
    label: Kind | None
    age_hours: float
    dank_from: float
    not_dank_to: float
    dank: int
    not_dank: int
    middle: int
    unlabelled: int
    quantiles: dict[int, float]
    scores: list[Bin]
    score_ages: dict[str, int]
    families: int
    in_families: int
    largest_family: int
    communities: dict[str, int]
    community_count: int
    authors: int
    busiest_author: float
    nsfw: float
    titled: float
    people: int
    parts: dict[str, int]
    left_out: dict[str, int]
    broken: dict[str, str]
    warnings: list[str]


def look_at(dataset: Dataset, cache: Cache, eyes: Eyes, told: Told, age: float) -> Shown:
    """Check the pictures of a dataset, and whether training would take it.

    Args:
        dataset: what was read.
        cache: keeps what is found of pictures.
        eyes: decodes them.
        told: of progress.
        age: in hours, of the scores that are compared where they were followed.
    """
    posts, keys, facts, broken = _sound(dataset, cache, eyes, told)
    ready, warnings = _ready(dataset, cache, eyes, told, age)
    kind = kind_of(posts, age)
    return Shown(
        dataset=dataset,
        posts=tuple(posts),
        keys=tuple(keys),
        family=ready.family if ready and len(ready.posts) == len(posts) else families(keys, facts),
        labels=_labels(posts, kind, ready, age) if kind else None,
        age=age,
        parts={} if ready is None else _in_order(Counter(ready.parts.tolist())),
        broken=broken,
        warnings=tuple(warnings),
    )


def overview(shown: Shown) -> Overview:
    """The figures of a dataset."""
    posts, labels = shown.posts, shown.labels
    times = [post.created_utc for post in posts if post.created_utc is not None]
    groups = [count for count in Counter(shown.family.tolist()).values() if count > 1]
    communities = Counter(post.community for post in posts)
    authors = Counter(post.author for post in posts if post.author)
    ages = Counter(f"{hours:g}" for post in posts for hours in post.score_at)
    sorts = _sorts(labels, len(posts))
    count = max(len(posts), 1)
    return Overview(
        name=shown.dataset.name,
        version=version(posts, shown.keys),
        posts=len(posts),
        pictures=len(set(shown.keys)),
        time=(min(times), max(times)) if times else None,
        ordered=shown.dataset.ordered,
        label=labels.kind if labels else None,
        age_hours=shown.age,
        dank_from=DANK_FROM,
        not_dank_to=NOT_DANK_TO,
        dank=sorts.count("dank"),
        not_dank=sorts.count("not"),
        middle=sorts.count("middle"),
        unlabelled=sorts.count(""),
        quantiles=_quantiles(shown.scores),
        scores=_bins(shown.scores, sorts),
        score_ages=dict(sorted(ages.most_common(12), key=lambda each: float(each[0]))),
        families=len(groups),
        in_families=sum(groups),
        largest_family=max(groups, default=0),
        communities=dict(communities.most_common(MOST_COMMUNITIES)),
        community_count=len(communities),
        authors=len(authors),
        busiest_author=max(authors.values(), default=0) / count,
        nsfw=sum(post.nsfw for post in posts) / count,
        titled=sum(bool(post.title) for post in posts) / count,
        people=sum(post.people is not None for post in posts),
        parts=shown.parts,
        left_out=shown.dataset.skipped | ({"broken picture": len(shown.broken)} if shown.broken else {}),
        broken={file: each.message for file, each in list(shown.broken.items())[:MOST_BROKEN]},
        warnings=list(shown.warnings),
    )


def sorts_of(shown: Shown) -> list[str]:
    """What each post is: `dank`, `middle`, `not`, or nothing where that is not known."""
    return _sorts(shown.labels, len(shown.posts))


def moments_of(shown: Shown) -> NDArray[np.float64]:
    """When each post was made `[n]`: seconds, or a place in an order; NaN where unknown."""
    return np.array(
        [np.nan if (time := time_of(post, shown.dataset.clock)) is None else time for post in shown.posts],
        dtype=np.float64,
    )


def _sound(
    dataset: Dataset, cache: Cache, eyes: Eyes, told: Told
) -> tuple[list[Post], list[str], list[Facts], dict[str, Broken]]:
    keys = checksums(dataset.files, lambda done: told("reading pictures", done, len(dataset.posts)))
    there = [(post, file, key) for post, file, key in zip(dataset.posts, dataset.files, keys, strict=True) if key]
    broken = {
        str(file): Broken("file-missing", "there is no such file, or it cannot be read")
        for file, key in zip(dataset.files, keys, strict=True)
        if key is None
    }
    found = facts_of(
        [file for _, file, _ in there],
        [key for *_, key in there],
        cache,
        eyes,
        lambda done, of: told("checking pictures", done, of),
    )
    posts, sound, facts = list[Post](), list[str](), list[Facts]()
    for (post, file, key), fact in zip(there, found, strict=True):
        if isinstance(fact, Broken):
            broken[str(file)] = fact
        else:
            posts.append(post)
            sound.append(key)
            facts.append(fact)
    return posts, sound, facts, broken


def _ready(dataset: Dataset, cache: Cache, eyes: Eyes, told: Told, age: float) -> tuple[Material | None, list[str]]:
    """What training would learn from; or what it says of it."""
    try:
        return make_ready(dataset, cache, eyes, told, age=age), []
    except TrainingError as error:
        return None, [error.message]


def _labels(posts: Sequence[Post], kind: Kind, ready: Material | None, age: float) -> Labels:
    """As training gives them, each part for itself; where it would not, those of all together."""
    if ready is None:
        return labels_of(posts, np.full(len(posts), "all"), kind, age)
    row = {post.id: number for number, post in enumerate(posts)}
    rows = np.array([row[post.id] for post in ready.posts], dtype=np.intp)
    percentile, dank, not_dank = np.full(len(posts), np.nan), np.zeros(len(posts), bool), np.zeros(len(posts), bool)
    percentile[rows], dank[rows], not_dank[rows] = ready.labels.percentile, ready.labels.dank, ready.labels.not_dank
    return Labels(percentile, dank, not_dank, kind)


def _in_order(counts: Counter[str]) -> dict[str, int]:
    return {part: counts[part] for part in (*PARTS, "gap", "twin") if part in counts}


def _sorts(labels: Labels | None, count: int) -> list[str]:
    if labels is None:
        return [""] * count
    found = np.where(labels.dank, "dank", np.where(labels.not_dank, "not", np.where(labels.known, "middle", "")))
    return [str(each) for each in found]


def _quantiles(scores: NDArray[np.float64]) -> dict[int, float]:
    known = scores[~np.isnan(scores)]
    return {} if len(known) == 0 else {each: float(np.percentile(known, each)) for each in QUANTILES}


def _bins(scores: NDArray[np.float64], sorts: Sequence[str]) -> list[Bin]:
    """Scores spread over orders of magnitude: 0, 1, 2–4, 5–9, 10–19, and so on."""
    known = scores[~np.isnan(scores)]
    if len(known) == 0:
        return []
    edges = _edges(known.min(), known.max())
    kinds, bins = np.array(sorts), []
    for low, above in pairwise(edges):
        inside = kinds[(scores >= low) & (scores < above)]
        counts = [int((inside == kind).sum()) for kind in ("dank", "middle", "not", "")]
        bins.append(Bin(low, above - 1, *counts))
    return bins


def _edges(least: float, most: float) -> list[float]:
    """Bounds of bins that hold all from the least to the most."""
    above = [float(unit * 10**power) for power in range(14) for unit in (1, 2, 5)]
    every = [-each + 1 for each in reversed(above)] + [1.0, *above[1:]]
    first = max(place for place, edge in enumerate(every) if edge <= least)
    last = next(place for place, edge in enumerate(every) if edge > most)
    return every[first : last + 1]
