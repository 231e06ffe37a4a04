"""A table of posts (CSV), as spreadsheets and scripts write it."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Generator, Iterator
from itertools import chain
from pathlib import Path

from dankmeme.errors import SourceError
from dankmeme.sources.rows import COLUMNS, PICTURES

ENDINGS = (".csv", ".tsv")
_SEPARATORS = ",;\t"
_BY_LOWER = {name.lower(): name for name in COLUMNS}
Row = dict[str, object]


def rows(path: Path) -> Generator[tuple[str, Row | str]]:
    """Each row with the line it stands in, in words; in place of one that cannot be read, the reason.

    Separator and encoding are what the first line and the first bytes say, capitals in the names of columns do not
    matter.

    Raises:
        SourceError: `bad-posts-file`, it cannot be read, or its first line does not name the columns that a post needs.
    """
    try:
        with path.open(encoding=_encoding(path), errors="replace", newline="") as file:
            first = file.readline()
            separator = max(_SEPARATORS, key=first.count)
            header = [_column(name) for name in next(csv.reader([first], delimiter=separator), [])]
            if first.strip():
                _check(path, header)
            yield from _rows(file, header, separator)
    except OSError as error:
        raise SourceError("bad-posts-file", f"{path}: {error.strerror or 'cannot be read'}") from None


def _rows(lines: Iterator[str], header: list[str], separator: str) -> Iterator[tuple[str, Row | str]]:
    """The sign put behind the last line stands alone, unless a quote before it was never closed."""
    end = uuid.uuid4().hex
    reader, before = csv.reader(chain(lines, [end]), delimiter=separator), 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield _lines(before, reader.line_num), "broken line: an endless field; is a quote not closed?"
        else:
            if row == [end]:
                return
            if row and row[-1].endswith(end):
                yield _lines(before, reader.line_num - 1), "broken line: a quote is never closed"
                return
            if row:
                yield _lines(before, reader.line_num), dict(zip(header, row, strict=False))
        before = reader.line_num


def _lines(before: int, last: int) -> str:
    """Where a row stands; both count from behind the heading."""
    return f"line {last + 1}" if last - before <= 1 else f"lines {before + 2} to {last + 1}"


def _column(name: str) -> str:
    return _BY_LOWER.get(name.strip().lower(), name.strip())


def _check(path: Path, header: list[str]) -> None:
    if "id" not in header or not PICTURES.intersection(header):
        named = ", ".join(name[:40] for name in header[:8])
        wanted = "the first line must name the columns id, and file or url"
        raise SourceError("bad-posts-file", f"{path}: {wanted}; it names {named}")


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
