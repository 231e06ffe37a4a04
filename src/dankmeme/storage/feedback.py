"""What people think of verdicts: one JSON object a line, kept beside the data. No picture is kept."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any


class FeedbackFile:
    """An append-only file of feedback, safe to use from many threads and processes.

    Args:
        path: the file; its folder is made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def keep(self, entry: dict[str, Any]) -> None:
        """Append one entry and wait until it is on disk.

        Raises:
            OSError: if it cannot be written; nothing half-written is left behind a later entry.
        """
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(file, line)
                os.fsync(file)
            finally:
                os.close(file)
