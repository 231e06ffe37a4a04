"""A dataset made ready: pictures checked, posts cut into parts, near-duplicates kept on one side, labels given.

Everything that can be wrong with a dataset is said here, before any work on models is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import TrainingError
from dankmeme.images.lookalike import differs_from_each, is_same
from dankmeme.images.neighbours import HashIndex
from dankmeme.models.eyes import Eyes
from dankmeme.posts import Post
from dankmeme.training.cache import Cache
from dankmeme.training.dataset import FEWEST, Dataset, checksums, time_of, version
from dankmeme.training.labels import AGE_HOURS, COMPARABLE, Kind, Labels, groups_of, kind_of, labels_of
from dankmeme.training.pictures import Broken, Facts, facts_of
from dankmeme.training.split import TRAINING, Shares, dealt, split_by_content, split_by_time, straddling

NEAR = 31
"""Pictures are near-duplicates when their PDQ hashes differ in at most so many bits, and their details agree."""
GOOD_HASH = 50
DAY = 86_400.0
MOST_BROKEN = 0.2
MIXED = ("fit", "choose")
"""Parts whose labels may be mixed with what people think."""
FEWEST_AT_ENDS = 5
"""So many dank and so many not dank memes each part that is learnt from needs."""

Item = TypeVar("Item")
Told = Callable[[str, int, int], object]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True)
class Cut:
    """The parts of posts, in step.

    Attributes:
        cut: `[n]`, as they were cut: scores are ranked within these.
        parts: `[n]`, without the near-duplicates of posts in a later part, which are twins.
    """

    cut: NDArray[np.str_]
    parts: NDArray[np.str_]

    @classmethod
    def untouched(cls, count: int) -> Cut:
        """All in the part `test`: nothing was learnt from any."""
        parts = np.full(count, "test", dtype="<U9")
        return cls(parts, parts)

    @classmethod
    def of(cls, cut: NDArray[np.str_], families: Sequence[str]) -> Cut:
        """Take twins out of parts; `families` are those of near-duplicates, one a row."""
        return cls(cut, np.where(straddling(cut, families), "twin", cut))


@dataclass(frozen=True)
class Material:
    """Posts that can be learnt from, in order of time; all arrays run in step.

    Attributes:
        dataset: where they come from.
        version: of the dataset, 64 hexadecimal digits.
        posts: `[n]`.
        keys: SHA-256 of the pictures.
        facts: of the pictures.
        family: `[n]`: SHA-256 of the earliest near-duplicate, the picture's own where there is none.
        cut: `[n]`, the part of the split in which each is ranked: as it was cut, before twins were taken out.
        parts: `[n]`, of the split.
        labels: of the posts.
        left_out: how many posts nothing is learnt from, by reason; some of them are here, in a part of their own.
        broken: pictures that cannot be used: file and reason.
        unranked: the posts without a label, likewise; None where that is not of interest.
    """

    dataset: Dataset
    version: str
    posts: tuple[Post, ...]
    keys: tuple[str, ...]
    facts: tuple[Facts, ...]
    family: NDArray[np.str_]
    cut: NDArray[np.str_]
    parts: NDArray[np.str_]
    labels: Labels
    left_out: dict[str, int]
    broken: dict[str, Broken] = field(default_factory=dict)
    unranked: Material | None = None

    @property
    def files(self) -> list[Path]:
        """The pictures."""
        return [Path(str(post.images[0].file)) for post in self.posts]

    @property
    def times(self) -> NDArray[np.float64]:
        """When each was made `[n]`: seconds, or a place in an order; NaN where unknown, or known of too few."""
        return _times(self.posts, self.dataset) if self.dataset.ordered else np.full(len(self.posts), np.nan)

    @property
    def groups(self) -> NDArray[np.str_]:
        """What scores compare within `[n]`."""
        return groups_of(self.posts)

    @property
    def authors(self) -> NDArray[np.str_]:
        """Names `[n]`, empty where unknown."""
        return np.array([post.author or "" for post in self.posts])

    def at(self, rows: NDArray[np.intp]) -> Material:
        """Some rows of it."""
        numbers = rows.tolist()
        return replace(
            self,
            posts=tuple(_at(self.posts, numbers)),
            keys=tuple(_at(self.keys, numbers)),
            facts=tuple(_at(self.facts, numbers)),
            family=self.family[rows],
            cut=self.cut[rows],
            parts=self.parts[rows],
            labels=self.labels.at(rows),
        )

    def without_training(self) -> Material:
        """The same with nothing in the parts that are learnt from."""
        return replace(self, parts=np.where(np.isin(self.parts, TRAINING), "gap", self.parts))

    def with_people(self, share: float) -> Material:
        """The same with what people think mixed into the labels that models are fitted to and chosen by.

        Calibration, thresholds and the test go by the labels as they are, so that figures mean what they always mean.

        Args:
            share: 0–1, of a label of which all is known; others have a smaller one, by their weight.

        Raises:
            TrainingError: `no-people`: nothing that people think of these posts is in the dataset; `too-few-images`.
        """
        said = [post.people for post in self.posts]
        weight = np.array([0.0 if each is None else each.weight for each in said])
        percentile = np.array([0.5 if each is None else each.percentile for each in said])
        shares = np.where(np.isin(self.parts, MIXED), share * weight, 0.0)
        if not shares.any():
            raise TrainingError(
                "no-people",
                f"{self.dataset.folder}: nothing that people think is told of the memes that are learnt from; "
                "`dank dataset build --people` tells it",
            )
        mixed = replace(self, labels=self.labels.mixed(percentile, shares))
        _check_parts(mixed)
        return mixed

    def with_shuffled_labels(self, seed: int) -> Material:
        """The same with the labels of each part dealt out anew by chance: nothing can be learnt from them."""
        return replace(self, labels=self.labels.at(dealt(self.parts, seed)))

    def rows(self, *parts: str) -> NDArray[np.intp]:
        """The rows of some parts."""
        return np.flatnonzero(np.isin(self.parts, parts))


def make_ready(
    dataset: Dataset,
    cache: Cache,
    eyes: Eyes,
    told: Told,
    *,
    shares: Shares | None = None,
    parts: Callable[[Sequence[Post], Sequence[str]], Cut] | None = None,
    age: float = AGE_HOURS,
    to_learn: bool = True,
) -> Material:
    """Check a dataset and make it ready.

    Args:
        dataset: what there is.
        cache: keeps what is found of pictures.
        eyes: decodes them.
        told: of progress.
        shares: of the parts of the split.
        parts: in place of the shares: gives the parts of posts, which come with the SHA-256 of their pictures.
        age: in hours, of the scores that are compared, where they were followed.
        to_learn: whether it must be enough to learn from, and not only to be scored on.

    Raises:
        TrainingError: `no-scores`, `one-class`, `too-few-images`, `broken-images`.
    """
    kind = _checked_kind(dataset, age, FEWEST if to_learn else 2 * FEWEST_AT_ENDS)
    keys = checksums(dataset.files, lambda done: told("reading pictures", done, len(dataset.posts)))
    found = facts_of(
        [file for file, key in zip(dataset.files, keys, strict=True) if key],
        [key for key in keys if key],
        cache,
        eyes,
        lambda done, of: told("checking pictures", done, of),
    )
    posts, sound, facts, broken = _sound(dataset, keys, found)
    family = families(sound, facts)
    if parts:
        cut = parts(posts, sound)
    else:
        cut = Cut.of(_cut(posts, family, shares or Shares(), kind, age, dataset), family.tolist())
    labels = labels_of(posts, cut.cut, kind, age)
    keep = labels.known
    left_out = Counter(dataset.skipped)
    left_out.update({"near-duplicate of a later post": int(((cut.parts == "twin") & keep).sum())})
    left_out.update({"too close before a later part": int((cut.parts == "gap").sum())})
    left_out.update({"without a label": int((~keep & (cut.parts != "gap")).sum())})
    left_out.update({"broken picture": len(broken)})
    whole = Material(
        dataset,
        version(posts, sound),
        tuple(posts),
        tuple(sound),
        tuple(facts),
        family,
        cut.cut,
        cut.parts,
        labels,
        {reason: count for reason, count in left_out.items() if count},
        broken,
    )
    material = replace(whole.at(np.flatnonzero(keep)), unranked=whole.at(np.flatnonzero(~keep)))
    if to_learn:
        _check_parts(material)
    return material


def families(keys: Sequence[str], facts: Sequence[Facts]) -> NDArray[np.str_]:
    """The family of every picture `[n]`, in order of time: the earliest near-duplicate's key, else its own.

    A picture is linked to the earliest one that it looks like, and never by way of a third: pictures of one template
    are near each other, and chains of them would swallow it whole.
    """
    index = HashIndex()
    first: dict[str, int] = {}
    family = list(keys)
    for row, (key, known) in enumerate(zip(keys, facts, strict=True)):
        if key in first:
            family[row] = family[first[key]]
            continue
        first[key] = row
        if known.quality < GOOD_HASH:
            continue
        words = np.frombuffer(bytes.fromhex(known.pdq), dtype=np.uint64)
        near = index.within(words, NEAR)[0]
        same = same_details(known, [facts[earlier] for earlier in near])
        if same.any():
            family[row] = keys[near[same.argmax()]]
        else:
            index.add([row], words[None])
    return np.array(family)


def same_details(known: Facts, others: Sequence[Facts]) -> NDArray[np.bool_]:
    """Which of some pictures with near hashes show the same details as one `[n]`, captions among them."""
    if not others:
        return np.zeros(0, dtype=bool)
    differences = differs_from_each(known.detail, [other.detail for other in others])
    return np.array([is_same(each) for each in differences.tolist()])


def _checked_kind(dataset: Dataset, age: float, fewest: int) -> Kind:
    kind = kind_of(dataset.posts, age)
    if kind is None:
        raise TrainingError(
            "no-scores",
            f"{dataset.folder}: none of its {len(dataset.posts):,} memes has a score, a rank or a label to learn from",
        )
    if len(dataset.posts) < fewest:
        raise TrainingError(
            "too-few-images", f"{dataset.folder} holds {len(dataset.posts):,} memes; at least {fewest} are needed"
        )
    if kind == "class":
        classes = {post.label for post in dataset.posts if post.label is not None}
        if len(classes) < 2:
            only = "dank" if 1 in classes else "not dank"
            raise TrainingError("one-class", f"{dataset.folder}: all memes are {only}; some of the other are needed")
    elif kind == "score" and len({post.score for post in dataset.posts}) < 2:
        raise TrainingError("one-class", f"{dataset.folder}: every meme has the same score, so none is ahead")
    return kind


def _sound(
    dataset: Dataset, keys: Sequence[str | None], found: Sequence[Facts | Broken]
) -> tuple[list[Post], list[str], list[Facts], dict[str, Broken]]:
    """The posts whose pictures can be used, with those pictures' keys and facts; and what is wrong with the others."""
    posts, sound, facts, broken = list[Post](), list[str](), list[Facts](), dict[str, Broken]()
    results = iter(found)
    for post, file, key in zip(dataset.posts, dataset.files, keys, strict=True):
        result = next(results) if key else Broken("file-missing", "there is no such file, or it cannot be read")
        if key is None or isinstance(result, Broken):
            broken[str(file)] = result if isinstance(result, Broken) else Broken("", "")
        else:
            posts.append(post)
            sound.append(key)
            facts.append(result)
    if len(broken) > MOST_BROKEN * len(dataset.posts):
        name, reason = next(iter(broken.items()))
        raise TrainingError(
            "broken-images",
            f"{dataset.folder}: {len(broken):,} of {len(dataset.posts):,} pictures cannot be used, e.g. "
            f"{name}: {reason.message}",
        )
    return posts, sound, facts, broken


def _cut(
    posts: Sequence[Post], family: NDArray[np.str_], shares: Shares, kind: Kind, age: float, dataset: Dataset
) -> NDArray[np.str_]:
    if not dataset.ordered:
        return split_by_content(family.tolist(), shares)
    gap = age * 3_600 if dataset.clock == "created_utc" and kind == "followed" else 0.0
    return split_by_time(_times(posts, dataset), shares, gap)


def _times(posts: Sequence[Post], dataset: Dataset) -> NDArray[np.float64]:
    found = (time_of(post, dataset.clock) for post in posts)
    return np.array([np.nan if time is None else time for time in found], dtype=np.float64)


def _check_parts(material: Material) -> None:
    """Every part that is learnt from needs enough memes of either class."""
    for part in TRAINING:
        at = material.labels.at(material.parts == part)
        for word, count in (("dank", int(at.dank.sum())), ("not dank", int(at.not_dank.sum()))):
            if count < FEWEST_AT_ENDS:
                raise TrainingError(
                    "too-few-images",
                    f"{material.dataset.folder}: only {count} {word} memes of {len(material.posts):,} are left in the "
                    f"part of the data called {part}; at least {FEWEST_AT_ENDS} are needed. {_remedy(material)}",
                )


def _remedy(material: Material) -> str:
    """What would mend a dataset of which too little is left: it depends on what was left out."""
    lost = material.left_out
    close, unranked = lost.get("too close before a later part", 0), lost.get("without a label", 0)
    if close > len(material.posts) / 10:
        days = (material.times[-1] - material.times[0]) / DAY
        return (
            f"{close:,} lie too close before the test part, in data of {days:.0f} days: posts of a longer time, or a "
            "smaller --age, would mend it"
        )
    if unranked > len(material.posts) / 10:
        return (
            f"{unranked:,} have no rank, since a part holds fewer than {COMPARABLE} posts of their community (and "
            "block) to compare with: more of each community, or larger communities alone, would mend it"
        )
    return "More memes would mend it"


def _at(values: Sequence[Item], rows: Sequence[int]) -> list[Item]:
    return [values[row] for row in rows]
