"""Posts are gathered for a dataset folder, each with its picture brought there under the SHA-256 of its bytes."""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from dankmeme.errors import StorageError
from dankmeme.models.bundle import Bundle
from dankmeme.models.caption import READER, Caption, Line
from dankmeme.models.eyes import Eyes
from dankmeme.posts import ImageRef, PeopleSay, Post
from dankmeme.sources.files import entries
from dankmeme.sources.rows import post_of
from dankmeme.storage import Storage
from dankmeme.storage.cards import SAMPLE
from dankmeme.storage.export import Stored, Wish, bring, stored
from dankmeme.storage.follow_ups import lateness
from dankmeme.storage.sights import KeptCaption, captions_of, sights_of
from dankmeme.training.cache import Cache
from dankmeme.training.dataset import Dataset, checksums
from dankmeme.training.pictures import Broken, facts_of, keep_captions, keep_embeddings

if TYPE_CHECKING:
    from dankmeme.training.backbones import Backbone

Told = Callable[[str, int, int], object]
"""Told what is being done, how much of it is done, and of how much."""
BROKEN, UNSCORED, ELSEWHERE = "picture that cannot be used", "no score at that age", "known with another picture"
_ENDINGS = ((0, b"\xff\xd8\xff", "jpg"), (0, b"\x89PNG", "png"), (0, b"GIF8", "gif"), (8, b"WEBP", "webp"))
_OTHER_ENDINGS = ((4, b"ftyp", "avif"), (0, b"BM", "bmp"))


@dataclass
class Gathered:
    """Posts for a dataset folder.

    Attributes:
        posts: each with the file of its picture, which lies in the folder.
        left_out: how many others there were, by reason.
        broken: why pictures cannot be used, by their file.
    """

    posts: list[Post] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    broken: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scores:
    """Which scores of stored posts count.

    Attributes:
        age: in hours: only those that were taken then.
        last: also the last known ones, of whatever age; all are then compared as they are.
    """

    age: float
    last: bool = False

    def of(self, post: Post) -> Post | None:
        """The post with the score that counts; None where it was not taken. A rank or a class that stands in the data
        needs none.
        """
        taken = [hours for hours in post.score_at if self.age <= hours <= self.age + lateness(self.age) / 3_600]
        found = post.score_at[min(taken)] if taken else None
        if self.last:
            score = post.score if found is None else round(found)
            return replace(post, score=score, score_at={}) if score is not None or _is_labelled(post) else None
        if found is not None:
            return replace(post, score_at=post.score_at | {self.age: found})
        return post if _is_labelled(post) else None


def from_files(dataset: Dataset, folder: Path, cache: Cache, eyes: Eyes, told: Told) -> Gathered:
    """Bring the posts of files with their pictures, linked where that can be done.

    Args:
        dataset: as it was read.
        folder: where pictures go; those that are there stay.
        cache: keeps what is found of pictures.
        eyes: decodes them: one that cannot be decoded is left out.
        told: of progress.
    """
    files = dataset.files
    keys = checksums(files, lambda done: told("reading pictures", done, len(files)))
    there = [(file, key) for file, key in zip(files, keys, strict=True) if key is not None]
    facts = facts_of(*_columns(there), cache, eyes, lambda done, of: told("checking pictures", done, of))
    found = dict(zip((key for _, key in there), facts, strict=True))
    gathered = Gathered(left_out=Counter(dataset.skipped))
    for number, (post, file, key) in enumerate(zip(dataset.posts, files, keys, strict=True), 1):
        fact = found[key] if key is not None else Broken("file-missing", "there is no such file that can be read")
        if key is None or isinstance(fact, Broken):
            gathered.broken[str(file)] = fact.message if isinstance(fact, Broken) else ""
        else:
            gathered.posts.append(_at(post, _linked(file, folder, key)))
        told("bringing pictures", number, len(files))
    if gathered.broken:
        gathered.left_out[BROKEN] += len(gathered.broken)
    return gathered


def from_storage(
    storage: Storage,
    folder: Path,
    wish: Wish,
    cache: Cache,
    told: Told,
    *,
    scores: Scores | None = None,
    listed: Mapping[str, Post] | None = None,
    people: Mapping[str, PeopleSay] | None = None,
) -> Gathered:
    """Bring stored posts with their first pictures, and what workers have read and seen on these.

    Args:
        storage: where they are; what is in there was decoded before.
        folder: where pictures go; those that are there stay.
        wish: which posts. Samples are none, unless their source is wished for.
        cache: keeps what they found.
        told: of progress.
        scores: which count; None takes posts as they are.
        listed: posts by id as a list tells them, whose pictures alone are taken from the storage.
        people: what people think of posts, by the id that they are stored under.
    """
    gathered, done = Gathered(), 0
    for batch in stored(storage.database, wish):
        some = [each for each in batch if wish.source == SAMPLE or each.row["source"] != SAMPLE]
        wanted = list(_wanted(some, folder, scores, listed, gathered.left_out))
        for each, post in wanted:
            bring(storage, each.image, folder / each.name)
            said = replace(post, people=people.get(each.row["id"])) if people is not None else post
            gathered.posts.append(_at(said, folder / each.name))
        _bring_what_was_found(storage, {each.image for each, _ in wanted}, cache)
        done += len(batch)
        told("bringing posts", done, 0)
    return gathered


def names_addresses(path: Path) -> bool:
    """Whether a list of posts names addresses of pictures, not files alone.

    Raises:
        SourceError: `bad-posts-file`, it cannot be read.
    """
    with closing(entries(path)) as found:
        return any(isinstance(each, Post) and each.images[0].url is not None for _, each in found)


def posts_of(path: Path) -> dict[str, Post]:
    """The posts of a list by id; the last row of an id counts."""
    with closing(entries(path)) as found:
        return {each.id: each for _, each in found if isinstance(each, Post)}


def _wanted(
    some: Sequence[Stored],
    folder: Path,
    scores: Scores | None,
    listed: Mapping[str, Post] | None,
    left_out: Counter[str],
) -> Iterator[tuple[Stored, Post]]:
    for each in some:
        read = post_of(each.row | {"file": each.name}, folder.name, folder.resolve())
        post = read if listed is None else listed.get(each.row["id"])
        if not isinstance(post, Post):
            continue
        if listed is not None and each.url is not None and each.url not in {image.url for image in post.images}:
            left_out[ELSEWHERE] += 1
        elif scores is None:
            yield each, post
        elif (counted := scores.of(post)) is not None:
            yield each, counted
        else:
            left_out[UNSCORED] += 1


def _bring_what_was_found(storage: Storage, images: set[str], cache: Cache) -> None:
    """Captions that workers have read, and embeddings by the image model that ships, which is the default backbone."""
    read = captions_of(storage.database, images, READER)
    keep_captions({image: _caption(each) for image, each in read.items()}, cache)
    if find_spec("onnx") is None:  # this machine builds datasets and trains nothing
        return
    graph, backbone = _shipped()
    seen = {
        image: (each.colour, each.embedding)
        for (image, of), each in sights_of(storage.database, images).items()
        if of == graph
    }
    keep_embeddings(seen, backbone.key, backbone.side, cache)


@functools.cache
def _shipped() -> tuple[str, Backbone]:
    """What names sights by the bundle that ships, and its image model as a backbone."""
    from dankmeme.training.backbones import resolve

    return Bundle.default().graph, resolve("bundled", folder=Path())


def _caption(kept: KeptCaption) -> Caption:
    return Caption(tuple(Line(**line) for line in kept.lines), kept.complete)


def _linked(file: Path, folder: Path, key: str) -> Path:
    """The picture in the folder: a link, or a copy that is whole or not there.

    Raises:
        StorageError: `bad-folder`, it cannot be written to.
    """
    target = folder / f"{key}.{_ending(file)}"
    if target.exists():
        return target
    with suppress(OSError):
        os.link(file.resolve(), target)
        return target
    try:
        part = target.with_suffix(".part")
        part.write_bytes(file.read_bytes())
        part.replace(target)
    except OSError as error:
        raise StorageError(
            "bad-folder", f"{error.filename or file} cannot be copied to {folder}: {error.strerror}"
        ) from None
    return target


def _ending(file: Path) -> str:
    """By its first bytes: one that can be decoded is of one of these formats."""
    with file.open("rb") as opened:
        start = opened.read(16)
    signs = (*_ENDINGS, *_OTHER_ENDINGS)
    return next((ending for place, sign, ending in signs if start[place : place + len(sign)] == sign), "jpg")


def _at(post: Post, file: Path) -> Post:
    return replace(post, images=(ImageRef(file=str(file)),))


def _is_labelled(post: Post) -> bool:
    return post.label is not None or post.percentile is not None


def _columns(pairs: Sequence[tuple[Path, str]]) -> tuple[list[Path], list[str]]:
    return [file for file, _ in pairs], [key for _, key in pairs]
