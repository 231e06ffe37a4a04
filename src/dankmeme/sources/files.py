"""Files on this machine: `posts.jsonl`, a table, a folder of pictures, or two folders `dank/` and `not_dank/`."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import AsyncIterator, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from dankmeme.errors import SourceError
from dankmeme.fetch import Fetcher
from dankmeme.images.signature import looks_like_a_picture
from dankmeme.posts import ImageRef, Post
from dankmeme.settings import Settings
from dankmeme.sources import plain
from dankmeme.sources.lines import LineFile
from dankmeme.sources.paging import END, Mark, Sieve
from dankmeme.sources.rows import identity, inside, post_of
from dankmeme.sources.source import Page, Query, Sort, bad_query, no_scores, only
from dankmeme.sources.threads import in_thread

PAGE = 500
MOST_NOTES = 10
LABELS = {"dank": 1, "not_dank": 0}
_PICTURES = frozenset(
    {
        "jpg",
        "jpeg",
        "jpe",
        "jfif",
        "png",
        "gif",
        "webp",
        "avif",
        "bmp",
        "tif",
        "tiff",
        "heif",
        "heic",
        "jp2",
        "j2k",
        "mpo",
    }
)

_Found = tuple[str, Post | str | None]
"""Where it was found, in words; and the post, or the reason why there is none, or None for an empty line."""


class FilesSource:
    """Posts of files, in the order in which they stand there; of pictures, in the order of their names.

    Args:
        settings: none of them matters here.
        fetcher: not used.
    """

    name = "files"
    local = True

    def __init__(self, settings: Settings, fetcher: Fetcher) -> None:
        pass

    async def pages(self, query: Query, position: str | None = None) -> AsyncIterator[Page]:
        """What the file or folder holds; see `Source.pages`.

        Raises:
            SourceError: also `bad-posts-file`, it cannot be read, or there is nothing in it to read.
        """
        only(self.name, query, sorts=[Sort.NEW])
        if not query.where:
            raise bad_query("name a file (posts.jsonl, posts.csv) or a folder")
        async for page in in_thread(_pages(query, Mark.read(position))):
            yield page

    async def scores(self, ids: Sequence[str]) -> dict[str, int]:
        """A file does not know what a post scores now."""
        raise no_scores(self.name)

    async def close(self) -> None:
        """Nothing to close: a file is closed when its pages end."""


def _pages(query: Query, mark: Mark) -> Generator[Page]:
    if mark.cursor == END:
        return
    begin, sieve = _begin(mark), Sieve(query, mark.given)
    posts, skipped, notes, number = list[Post](), Counter[str](), list[str](), 0
    with closing(_opened(Path(query.where).expanduser(), begin)) as opened:
        for number, (place, found) in enumerate(opened, begin + 1):
            wanted, reasons = sieve.sift([_of_community(found, query.community)] if found is not None else [])
            posts += wanted
            skipped.update(reasons)
            if isinstance(found, str) and len(notes) < MOST_NOTES:
                notes.append(f"{place}: {found}")
            if sieve.full:
                break
            if len(posts) >= PAGE or sum(skipped.values()) >= 10 * PAGE:
                yield Page(tuple(posts), dict(skipped), str(Mark(sieve.given, str(number))), sieve.share, tuple(notes))
                posts, skipped, notes = [], Counter(), []
    yield Page(tuple(posts), dict(skipped), str(Mark(sieve.given, END)), 1.0, tuple(notes))


def _begin(mark: Mark) -> int:
    if not mark.cursor:
        return 0
    if not mark.cursor.isascii() or not mark.cursor.isdecimal():
        raise bad_query(f"{mark.cursor[:40]!r} is no position in a file")
    return int(mark.cursor)


def _of_community(found: Post | str, community: str | None) -> Post | str:
    other = isinstance(found, Post) and community is not None and found.community.lower() != community.lower()
    return "filtered" if other else found


def _opened(path: Path, begin: int) -> Generator[_Found]:
    """What a path holds, after its first `begin` entries."""
    if path.is_dir():
        for name in ("posts.jsonl", "posts.csv"):
            if (path / name).is_file():
                return _opened(path / name, begin)
        return _of_folder(path, begin)
    if path.is_file() and looks_like_a_picture(path):
        raise SourceError("bad-posts-file", f"{path} is a picture; name its folder, or a list of posts")
    return _of_table(path, begin) if path.suffix.lower() == ".csv" else _of_lines(path, begin)


def _of_lines(path: Path, begin: int) -> Generator[_Found]:
    folder, dataset = _named(path)
    with closing(LineFile(path, code="bad-posts-file")) as file:
        for number, (line, _) in enumerate(file.lines(), 1):
            if number <= begin:
                continue
            try:
                row = plain.parsed(line) if line is not None else None
            except ValueError:
                row = None
            found = post_of(row, dataset, folder) if isinstance(row, dict) else "broken line"
            yield f"line {number}", found if line is None or line.strip() else None


def _of_table(path: Path, begin: int) -> Generator[_Found]:
    folder, dataset = _named(path)
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.DictReader(file)
            for number, row in enumerate(_rows(reader), 1):
                if number > begin:
                    place = f"line {reader.line_num}"
                    yield place, "broken line" if row is None else post_of(row, dataset, folder)
    except OSError as error:
        raise SourceError("bad-posts-file", f"{path}: {error.strerror or 'cannot be read'}") from None


def _rows(reader: csv.DictReader[str]) -> Iterator[dict[str, object] | None]:
    """Rows of a table; None for one that cannot be read."""
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            yield None
            continue
        if row is None:
            return
        yield {name: value for name, value in row.items() if isinstance(name, str)}


def _of_folder(path: Path, begin: int) -> Generator[_Found]:
    folder, dataset = _named(path / "posts")
    labelled = [name for name in LABELS if (folder / name).is_dir()]
    two = len(labelled) == len(LABELS)
    files = sorted(_files(folder, labelled if two else ["."]))
    if not any(map(_is_meant_as_a_picture, files)):
        raise SourceError("bad-posts-file", f"{path} holds neither posts.jsonl nor a picture")
    for number, file in enumerate(files):
        if number >= begin:
            name = file.relative_to(folder)
            yield plain.text(str(name)), _picture(file, folder, dataset, number, LABELS[name.parts[0]] if two else None)


def _files(folder: Path, below: Sequence[str]) -> Iterator[Path]:
    for name in below:
        for place, _, files in os.walk(folder / name):
            yield from (Path(place) / file for file in files)


def _picture(file: Path, folder: Path, dataset: str, number: int, label: int | None) -> Post | str:
    name = file.relative_to(folder)
    if not _is_text(str(name)):
        return "file name is not text"
    if not file.is_symlink() and not _is_meant_as_a_picture(file):
        return "not a picture"
    path = inside(folder, str(name))
    if path is None:
        return "file outside the folder"
    if not _is_meant_as_a_picture(file):
        return "not a picture"
    return Post(
        id=identity(dataset, os.fsencode(name)),
        source=FilesSource.name,
        community=dataset,
        title=plain.text(name.stem),
        images=(ImageRef(file=str(path)),),
        label=label,
        order=number,
    )


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_meant_as_a_picture(file: Path) -> bool:
    """By its bytes or by its name: what then cannot be decoded is a failure with a reason, not one file less."""
    return file.is_file() and (file.suffix.lower().lstrip(".") in _PICTURES or looks_like_a_picture(file))


def _named(path: Path) -> tuple[Path, str]:
    """The folder of a list of posts, links followed, and the name of the data."""
    folder = path.parent.resolve()
    return folder, plain.text(folder.name if path.stem == "posts" else path.stem) or "files"
