"""How long something took, calls that were killed included."""

from __future__ import annotations

import json
import time
from pathlib import Path

from dankmeme.training.place import replace_text

EVERY_SECONDS = 1.0


class Stopwatch:
    """Runs from when it is made, with what a file says of earlier calls in advance.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        earlier = json.loads(path.read_text()) if path.exists() else 0.0
        self.began = time.monotonic() - float(earlier)
        """When it would have begun without a break, on the monotonic clock."""
        self._kept = time.monotonic()

    @property
    def seconds(self) -> float:
        """So far."""
        return time.monotonic() - self.began

    def keep(self) -> None:
        """Write down how long it took so far, unless that was just done."""
        if time.monotonic() - self._kept < EVERY_SECONDS:
            return
        self._kept = time.monotonic()
        replace_text(self._path, json.dumps(self.seconds))
