"""A dataset folder, read: posts with a picture each, in order of time, and what makes them a version.

A version is what the dataset holds and nothing else: the SHA-256 of its posts' rows, each with the SHA-256 of its
picture. The same posts in another folder, or listed in another order, are the same version.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import unquote

from dankmeme.errors import TrainingError
from dankmeme.images.fingerprint import sha256
from dankmeme.posts import Post
from dankmeme.sources.files import LISTS, entries
from dankmeme.sources.rows import row_of

FEWEST = 100
"""With fewer memes than this nothing is trained: not even the middle of the figures would mean anything."""
MOST_NOTES = 10
Clock = Literal["created_utc", "order"]
CLOCKS: tuple[Clock, ...] = get_args(Clock)


@dataclass(frozen=True)
class Dataset:
    """Posts to learn from.

    Attributes:
        name: of its folder.
        folder: where it lies.
        posts: each with the file of its picture, in order of time where one is known.
        clock: what their order is one of: time, a mere order, or neither.
        skipped: how many entries were left out, by reason.
        notes: what a person should know to put it right; a few at most.
    """

    name: str
    folder: Path
    posts: tuple[Post, ...]
    clock: Clock | None
    skipped: dict[str, int]
    notes: tuple[str, ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether the order of the posts is one of time."""
        return self.clock is not None

    @property
    def files(self) -> list[Path]:
        """The pictures, a post's in its place."""
        return [Path(str(post.images[0].file)) for post in self.posts]


def load_dataset(path: Path) -> Dataset:
    """Read a dataset folder, a `posts.jsonl` or a table; no picture is opened yet.

    Raises:
        SourceError: `bad-posts-file`: there is nothing to read.
        TrainingError: `no-pictures`: its posts name no picture on this machine.
    """
    path = path.expanduser()
    posts, skipped, notes = list[Post](), Counter[str](), list[str]()
    with closing(entries(path)) as found:
        for place, entry in found:
            if isinstance(entry, str):
                skipped[entry.partition(":")[0]] += 1
                notes.append(f"{place}: {entry}")
            elif entry is not None and entry.images[0].file is None:
                skipped["picture not on this machine"] += 1
            elif entry is not None:
                posts.append(entry)
    if not posts:
        raise _no_pictures(path, skipped, notes)
    if path.is_dir() and not any((path / name).is_file() for name in LISTS):
        posts = [replace(post, order=None, title="") for post in posts]  # a file's name is no title and no time
    kept, clock = _in_order(_once(posts, skipped), skipped)
    folder = path if path.is_dir() else path.parent
    name = folder.resolve().name if path.is_dir() or path.stem == "posts" else path.stem
    return Dataset(name, folder, tuple(kept), clock, dict(skipped), tuple(notes[:MOST_NOTES]))


def checksums(files: Sequence[Path], told: Callable[[int], object] = lambda _: None) -> list[str | None]:
    """SHA-256 of each file; None for one that cannot be read."""
    found: list[str | None] = []
    for file in files:
        try:
            found.append(sha256(file.read_bytes()))
        except OSError:
            found.append(None)
        told(len(found))
    return found


def version(posts: Sequence[Post], pictures: Sequence[str]) -> str:
    """Name of what a dataset holds: 64 hexadecimal digits.

    Args:
        posts: in any order.
        pictures: SHA-256 of each one's picture.
    """
    several = len({post.community for post in posts}) > 1
    rows = []
    for post, picture in zip(posts, pictures, strict=True):
        row = _without_place(post, several) | {"picture": picture}
        rows.append(json.dumps(row, sort_keys=True, ensure_ascii=False))
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def time_of(post: Post, clock: Clock | None) -> float | None:
    """When a post was made by its dataset's clock: seconds since 1970, or its place in an order."""
    return None if clock is None else getattr(post, clock)


def _without_place(post: Post, several: bool) -> dict[str, object]:
    """The row of a post without what only tells where it lies: a post without an id or a community of its own has them
    from the folder's name. A community that is that of all posts sets none apart.
    """
    row = {name: value for name, value in row_of(post).items() if name not in ("file", "url", "images")}
    source, folder, name = [*post.id.split(":", 2), "", ""][:3]
    if source == "files":
        row["id"] = name
    if not several or (source == "files" and post.community == unquote(folder)):
        del row["community"]
    return row


def _once(posts: list[Post], skipped: Counter[str]) -> list[Post]:
    """Every post once: the last row of an id counts."""
    kept = {post.id: post for post in posts}
    if len(kept) < len(posts):
        skipped["listed twice"] += len(posts) - len(kept)
    return list(kept.values())


def _in_order(posts: list[Post], skipped: Counter[str]) -> tuple[list[Post], Clock | None]:
    """By time, or by order, where most have one."""
    for name in CLOCKS:
        timed = sorted((moment, post.id, post) for post in posts if (moment := getattr(post, name)) is not None)
        if 2 * len(timed) > len(posts):
            if len(timed) < len(posts):
                skipped["no time, where the others have one"] += len(posts) - len(timed)
            return [post for _, _, post in timed], name
    return sorted(posts, key=_drawn), None


def _drawn(post: Post) -> str:
    """A place by chance that the name of a post decides: by name alone, all of one class would come first."""
    return hashlib.sha256(post.id.rpartition(":")[2].encode(errors="surrogatepass")).hexdigest()


def _no_pictures(path: Path, skipped: Counter[str], notes: list[str]) -> TrainingError:
    if skipped["picture not on this machine"]:
        told = "its posts name addresses of pictures, and none on this machine: `dank dataset build` fetches them"
    else:
        told = f"none of its entries is a post with a picture; {notes[0] if notes else 'it is empty'}"
    return TrainingError("no-pictures", f"{path}: {told}")
