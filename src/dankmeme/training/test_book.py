"""How often a test part was scored: whoever picks the best of many scores has chosen on the test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scored:
    """How often a test part was scored before.

    Attributes:
        itself: how often this bundle was.
        others: how many other bundles were.
    """

    itself: int
    others: int

    @property
    def words(self) -> str:
        """In a sentence's part."""
        if not self.others:
            times = "for the first time" if not self.itself else f"{_times(self.itself)} before, by this bundle alone"
            return f"scored {times}"
        others = "one other bundle" if self.others == 1 else f"{self.others} other bundles"
        return f"{others} scored on it before: whoever picks one by these figures has chosen on the test"


class TestBook:
    """A file with a line for each time that a bundle was scored on a test part.

    Args:
        path: of the file; made where it is missing.
    """

    __test__ = False

    def __init__(self, path: Path) -> None:
        self._path = path

    def enter(self, bundle: str, pictures: Sequence[str]) -> Scored:
        """Write down that a bundle was scored; how often that part had been before.

        Args:
            bundle: its version.
            pictures: SHA-256 of the test part's.
        """
        part = hashlib.sha256("".join(sorted(pictures)).encode()).hexdigest()
        before = [line["bundle"] for line in self._lines() if line.get("part") == part]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.write(json.dumps({"part": part, "bundle": bundle}) + "\n")
        return Scored(before.count(bundle), len(set(before) - {bundle}))

    def _lines(self) -> list[dict[str, str]]:
        found = []
        for line in self._path.read_text().splitlines() if self._path.exists() else ():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue  # a kill cut it off
        return found


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
