"""What people think of verdicts: one JSON object a line, kept beside the data. No picture is kept."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Opinion:
    """What somebody unknown thinks of a picture."""

    sha256: str
    dank: bool


class FeedbackFile:
    """An append-only file of feedback, safe to use from many threads and processes.

    Args:
        path: the file; its folder is made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, entry: dict[str, Any]) -> None:
        """Append one entry and wait until it is on disk.

        Raises:
            OSError: if it cannot be written; nothing half-written is left behind a later entry.
        """
        line = (json.dumps(entry) + "\n").encode()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = os.fstat(file).st_size
            if end and os.pread(file, 1, end - 1) != b"\n":
                line = b"\n" + line  # whoever wrote last was killed half way
            try:
                _write_all(file, line)
                os.fsync(file)
            except OSError:
                os.ftruncate(file, end)
                raise
        finally:
            os.close(file)

    def opinions(self) -> list[Opinion]:
        """What was said of pictures, each opinion of one once: nobody knows whether it was said twice by one person.

        Lines that were cut off are left out.
        """
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return list(dict.fromkeys(opinion for line in lines if (opinion := _opinion(line)) is not None))


def _opinion(line: bytes) -> Opinion | None:
    try:
        entry = json.loads(line)
        return Opinion(str(entry["sha256"]), {"dank": True, "not dank": False}[entry["opinion"]])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
