"""What a process and all its descendants use."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

_MODULES = {"decoders": "dankmeme.images.isolated", "readers": "dankmeme.models.reading"}
"""What the command of such a process names."""


def members(root: int) -> list[psutil.Process]:
    """A process and its descendants; none where it is gone."""
    try:
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(root: int) -> float:
    """User and system time that a tree has used so far, that of members that ended included."""
    total = 0.0
    for process in members(root):
        try:
            total += sum(process.cpu_times()[:4])  # user, system, and both for children that ended
        except psutil.NoSuchProcess:
            continue
    return total


def others_seconds() -> float:
    """CPU time so far of what is neither this process nor a descendant that ended: the noise of a shared machine."""
    all_of_it = psutil.cpu_times()
    return float(all_of_it.user + all_of_it.nice + all_of_it.system + all_of_it.steal - sum(os.times()[:4]))


def memory(root: int) -> float:
    """Megabytes (10⁶ bytes) that a tree holds: proportional set size, in which shared pages count once."""
    return sum(_proportional(process.pid) for process in members(root)) / 1000


def memory_by_kind(root: int) -> dict[str, float]:
    """`memory` of a tree, by what its processes do: `decoders`, `readers` of captions, and `itself`."""
    held = {"itself": 0.0, "decoders": 0.0, "readers": 0.0}
    for process in members(root):
        held[_kind(process)] += _proportional(process.pid) / 1000
    return held


def _kind(process: psutil.Process) -> str:
    try:
        said = " ".join(process.cmdline())
    except psutil.Error:  # it is gone, and holds nothing
        return "itself"
    return next((kind for kind, module in _MODULES.items() if module in said), "itself")


def _proportional(process: int) -> int:
    """Kilobytes (10³ bytes, rounded)."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except (OSError, ProcessLookupError):
        return 0
    kibibytes = next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)
    return round(kibibytes * 1.024)


class MemoryPeak:
    """Watches a tree's memory in a thread.

    Args:
        root: the tree's first process.
        every: seconds between two looks.
    """

    def __init__(self, root: int, every: float = 0.25) -> None:
        self._root, self._every = root, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak = 0.0
        """Megabytes, the most that was seen."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak = max(self.peak, memory(self._root))
            if self._ended.wait(self._every):
                return
