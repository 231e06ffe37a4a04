"""Files on this machine: `posts.jsonl`, a table, a folder of pictures, or two folders `dank/` and `not_dank/`."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from dankmeme.errors import SourceError
from dankmeme.fetch import Fetcher
from dankmeme.images.signature import looks_like_a_picture
from dankmeme.posts import ImageRef, Post
from dankmeme.settings import Settings
from dankmeme.sources import plain, table
from dankmeme.sources.lines import LONGEST_LINE, LineFile
from dankmeme.sources.paging import END, Mark, Sieve
from dankmeme.sources.rows import identity, inside, is_text, post_of
from dankmeme.sources.source import Page, Query, Sort, bad_query, no_scores, only
from dankmeme.sources.threads import in_thread

PAGE = 500
MOST_NOTES = 10
LISTS = ("posts.jsonl", "posts.csv")
"""A folder with one of these is what that lists, not the pictures in it."""
_PACKED = "unpack it first (a dump of Reddit's is read by the source archive)"
_TABLE = "write it as CSV, or as JSON with one post a line"
_UNREADABLE = {
    **dict.fromkeys((".gz", ".zst", ".xz", ".bz2", ".zip", ".tar", ".7z"), _PACKED),
    **dict.fromkeys((".parquet", ".feather", ".xlsx", ".xls", ".ods", ".sqlite", ".db"), _TABLE),
}
"""Files that people have lists of posts in, and what to do with them."""
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

Found = tuple[str, Post | str | None]
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
    begin, sieve, usable = _begin(mark), Sieve(query, mark.given), False
    posts, skipped, notes = list[Post](), Counter[str](), list[str]()
    with closing(entries(Path(query.where).expanduser(), begin)) as opened:
        for number, (place, found) in enumerate(opened, begin + 1):
            wanted, reasons = sieve.sift([_of_community(found, query.community)] if found is not None else [])
            posts += wanted
            skipped.update(reasons)
            usable = usable or _is_usable(found)
            if isinstance(found, str):
                notes.append(f"{place}: {found}")
            if sieve.full:
                break
            if len(posts) >= PAGE or sum(skipped.values()) >= 10 * PAGE:
                yield _page(posts, skipped, Mark(sieve.given, str(number)), sieve.share, notes)
                posts, skipped, notes = [], Counter(), []
    if not usable and not begin and not sieve.full:
        example = f"; {notes[0]}" if notes else ""
        raise SourceError("bad-posts-file", f"{query.where} holds no post{example}")
    yield _page(posts, skipped, Mark(sieve.given, END), 1.0, notes)


def _page(posts: list[Post], skipped: Counter[str], mark: Mark, done: float | None, notes: list[str]) -> Page:
    """A page; a reason is counted by what stands before its colon, and only some are told in full."""
    reasons = Counter[str]()
    for reason, count in skipped.items():
        reasons[reason.partition(":")[0]] += count
    more = [f"and {len(notes) - MOST_NOTES:,} more like these"] if len(notes) > MOST_NOTES else []
    return Page(tuple(posts), dict(reasons), str(mark), done, tuple(notes[:MOST_NOTES] + more))


def _is_usable(found: Post | str | None) -> bool:
    return isinstance(found, Post) or found == "no image"


def _begin(mark: Mark) -> int:
    if not mark.cursor:
        return 0
    if not mark.cursor.isascii() or not mark.cursor.isdecimal():
        raise bad_query(f"{mark.cursor[:40]!r} is no position in a file")
    return int(mark.cursor)


def _of_community(found: Post | str, community: str | None) -> Post | str:
    other = isinstance(found, Post) and community is not None and found.community.lower() != community.lower()
    return "filtered" if other else found


def entries(path: Path, begin: int = 0) -> Generator[Found]:
    """What a path holds, after its first `begin` entries.

    Raises:
        SourceError: `bad-posts-file`, it cannot be read.
    """
    if path.is_dir():
        for name in LISTS:
            if (path / name).is_file():
                return entries(path / name, begin)
        return _of_folder(path, begin)
    if path.is_file() and looks_like_a_picture(path):
        raise SourceError("bad-posts-file", f"{path} is a picture; name its folder, or a list of posts")
    if how := _UNREADABLE.get(path.suffix.lower()):
        raise SourceError("bad-posts-file", f"{path} cannot be read as it is: {how}")
    return _of_table(path, begin) if path.suffix.lower() in table.ENDINGS else _of_lines(path, begin)


def _of_lines(path: Path, begin: int) -> Generator[Found]:
    folder, dataset = _named(path)
    with closing(LineFile(path, code="bad-posts-file")) as file:
        for number, (line, _) in enumerate(file.lines(), 1):
            if number <= begin:
                continue
            yield f"line {number}", _of_line(line, dataset, folder)


def _of_line(line: bytes | None, dataset: str, folder: Path) -> Post | str | None:
    if line is None:
        return f"broken line: longer than {LONGEST_LINE / 1e6:.0f} MB"
    if not line.strip():
        return None
    try:
        row = plain.parsed(line)
    except ValueError:
        return "broken line: not JSON"
    return post_of(row, dataset, folder) if isinstance(row, dict) else "broken line: not a JSON object"


def _of_table(path: Path, begin: int) -> Generator[Found]:
    folder, dataset = _named(path)
    with closing(table.rows(path)) as rows:
        for number, (place, row) in enumerate(rows, 1):
            if number > begin:
                yield place, row if isinstance(row, str) else post_of(row, dataset, folder)


def _of_folder(path: Path, begin: int) -> Generator[Found]:
    folder, dataset = _named(path / "posts")
    labelled = class_folders(folder)
    two = len(labelled) == len(LABELS)
    unread: list[OSError] = []
    files = sorted(_files(folder, list(labelled) if two else ["."], unread.append))
    if not any(map(_is_meant_as_a_picture, files)):
        raise SourceError("bad-posts-file", f"{path} holds neither posts.jsonl nor posts.csv nor a picture")
    for number, file in enumerate(files):
        if number >= begin:
            name = file.relative_to(folder)
            yield (
                plain.text(str(name)),
                _picture(file, folder, dataset, number, labelled[name.parts[0]] if two else None),
            )
    for error in unread[max(0, begin - len(files)) :]:
        yield plain.text(str(error.filename)), f"folder that cannot be read: {error.strerror}"


def class_folders(folder: Path) -> dict[str, int]:
    """The folders of classes in a folder, with their labels, however they are spelt: `Not Dank` is `not_dank`."""
    found: dict[int, str] = {}
    for each in sorted(folder.iterdir()):
        label = LABELS.get(re.sub("[^a-z]+", "_", each.name.lower()).strip("_")) if each.is_dir() else None
        if label is not None:
            found.setdefault(label, each.name)
    return {name: label for label, name in sorted(found.items(), reverse=True)}


def _files(folder: Path, below: Sequence[str], failed: Callable[[OSError], object]) -> Iterator[Path]:
    for name in below:
        for place, _, files in os.walk(folder / name, onerror=failed):
            yield from (Path(place) / file for file in files)


def _picture(file: Path, folder: Path, dataset: str, number: int, label: int | None) -> Post | str:
    name = file.relative_to(folder)
    if not is_text(str(name)):
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


def _is_meant_as_a_picture(file: Path) -> bool:
    """By its bytes or by its name: what then cannot be decoded is a failure with a reason, not one file less."""
    return file.is_file() and (file.suffix.lower().lstrip(".") in _PICTURES or looks_like_a_picture(file))


def _named(path: Path) -> tuple[Path, str]:
    """The folder of a list of posts, links followed, and the name of the data."""
    folder = path.parent.resolve()
    return folder, plain.text(folder.name if path.stem == "posts" else path.stem) or "files"
