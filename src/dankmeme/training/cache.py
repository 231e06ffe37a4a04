"""What was worked out of pictures, kept by their content: nothing is computed twice, whatever was interrupted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from dankmeme.errors import TrainingError

_AT_ONCE = 500


class Cache:
    """Values by kind and key in one SQLite file; safe to use from several processes, and after a kill.

    A kind names what was computed and by what (`embedding:<key of the backbone>`), a key is a picture's SHA-256.

    Args:
        path: of the file; it is made where it is missing.

    Raises:
        TrainingError: `bad-cache`: the file is something else, or cannot be used.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        try:
            self._connection = _opened(path)
        except sqlite3.Error as error:
            raise _bad(path, error) from None

    def get(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        """The values that there are, by key."""
        wanted, found = list(dict.fromkeys(keys)), dict[str, bytes]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            query = f"SELECT key, value FROM kept WHERE kind = ? AND key IN ({','.join('?' * len(some))})"  # noqa: S608
            found.update(self._connection.execute(query, [kind, *some]))
        return found

    def put(self, kind: str, values: Mapping[str, bytes]) -> None:
        """Keep values, all or none of them; those that are kept already stay.

        Raises:
            TrainingError: `bad-cache`: the disk is full, say.
        """
        if not values:
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            rows = ((kind, key, value) for key, value in values.items())
            self._connection.executemany("INSERT OR IGNORE INTO kept VALUES (?, ?, ?)", rows)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _bad(self._path, error) from None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _bad(path: Path, error: sqlite3.Error) -> TrainingError:
    return TrainingError(
        "bad-cache", f"{path} cannot be used ({error}); it holds nothing that could not be found out again"
    )


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, value BLOB, PRIMARY KEY (kind, key)) WITHOUT ROWID"
        )
    except sqlite3.Error:
        connection.close()
        raise
    return connection
