"""A dataset folder is built: `posts.jsonl`, the pictures beside it by their SHA-256, and `dataset.json`, written last.

A folder without `dataset.json` is not whole. One that was being built when it was interrupted is gone on with, and one
that is whole is brought up to date: the pictures that it has are not brought again.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dankmeme.errors import TrainingError
from dankmeme.posts import Post
from dankmeme.sources.rows import row_of
from dankmeme.training.dataset import version
from dankmeme.training.gathering import UNSCORED, Gathered
from dankmeme.training.labels import kind_of

FORMAT = 1
POSTS, MANIFEST, UNFINISHED = "posts.jsonl", "dataset.json", "dataset.json.part"
MOST_COMMUNITIES = 50


@dataclass(frozen=True)
class Built:
    """A dataset folder that is whole.

    Attributes:
        folder: where it lies.
        version: of what it holds, 64 hexadecimal digits.
        posts: how many.
        pictures: how many, each once.
        left_out: how many posts were left out, by reason.
        broken: why pictures cannot be used, by their file.
        replaced: version and source of what was in the folder, where it was of another source.
    """

    folder: Path
    version: str
    posts: int
    pictures: int
    left_out: dict[str, int]
    broken: dict[str, str]
    replaced: tuple[str, str] | None = None


def build(folder: Path, source: str, age: float, gather: Callable[[Path], Gathered]) -> Built:
    """Build a dataset folder, go on with one, or bring one up to date.

    Args:
        folder: a new one, an empty one, or one that was built before.
        source: where its posts come from, in words; nothing of this machine.
        age: in hours, of the scores that are compared, where they were followed.
        gather: brings pictures into the folder and gives the posts.

    Raises:
        TrainingError: `dataset-exists` where something else is in the folder, `bad-dataset-folder` where there can be
            none, `nothing-to-build` where no post is left.
    """
    folder = folder.expanduser()
    with _being_built(folder):
        gathered = gather(folder)
        if not gathered.posts:
            raise TrainingError("nothing-to-build", f"no post with a picture is left{_because(gathered)}")
        return _finish(folder, source, age, gathered)


@contextmanager
def _being_built(folder: Path) -> Iterator[None]:
    """Mark a folder as one that is not whole; where nothing was brought it goes again."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()) and not any((folder / name).exists() for name in (MANIFEST, UNFINISHED)):
            raise TrainingError(
                "dataset-exists", f"{folder} holds something that was not built here; name a new folder"
            )
        (folder / UNFINISHED).touch()
    except OSError as error:
        raise TrainingError("bad-dataset-folder", f"{folder} cannot be written to: {error.strerror}") from None
    try:
        yield
    except Exception:
        if [each.name for each in folder.iterdir()] == [UNFINISHED]:
            (folder / UNFINISHED).unlink()
            with suppress(OSError):
                folder.rmdir() if made else None
        elif (folder / MANIFEST).exists():
            (folder / UNFINISHED).unlink()  # it is as it was
        raise


def _finish(folder: Path, source: str, age: float, gathered: Gathered) -> Built:
    posts = sorted(gathered.posts, key=lambda post: post.id)
    names = [Path(str(post.images[0].file)).name for post in posts]
    pictures = [name.partition(".")[0] for name in names]
    rows = [row_of(post) | {"file": name} for post, name in zip(posts, names, strict=True)]
    told, before = _manifest(folder, source, age, posts, pictures, gathered), _replaced(folder, source)
    (folder / MANIFEST).unlink(missing_ok=True)
    _write(folder / POSTS, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    _write(folder / UNFINISHED, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    (folder / UNFINISHED).replace(folder / MANIFEST)
    left_out = dict(gathered.left_out)
    return Built(folder, str(told["version"]), len(posts), len(set(pictures)), left_out, gathered.broken, before)


def _replaced(folder: Path, source: str) -> tuple[str, str] | None:
    try:
        before = json.loads((folder / MANIFEST).read_text())
        return None if before["source"] == source else (str(before["version"]), str(before["source"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _manifest(
    folder: Path, source: str, age: float, posts: list[Post], pictures: list[str], gathered: Gathered
) -> dict[str, object]:
    times = [post.created_utc for post in posts if post.created_utc is not None]
    communities = Counter(post.community for post in posts)
    return {
        "format": FORMAT,
        "name": folder.resolve().name,
        "version": version(posts, pictures),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": source,
        "posts": len(posts),
        "pictures": len(set(pictures)),
        "left_out": dict(gathered.left_out),
        "time": [min(times), max(times)] if times else None,
        "communities": dict(communities.most_common(MOST_COMMUNITIES)),
        "label": kind_of(posts, age),
        "age_hours": age,
    }


def _write(path: Path, text: str) -> None:
    """Write a file that is there whole, whatever happens, or as it was."""
    part = path.with_name(f"{path.name}.new")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _because(gathered: Gathered) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in gathered.left_out.items())
    example = next((f"; {file}: {why}" for file, why in gathered.broken.items()), "")
    example += "; --any-age takes the last score that is known" if UNSCORED in gathered.left_out else ""
    return (
        f": {reasons}{example}"
        if reasons
        else ", of those that were asked for. `dank scrape` and `dank ingest` bring some"
    )
