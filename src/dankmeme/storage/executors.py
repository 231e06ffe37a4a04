"""Which processes work on the queues, and which of them are dead."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.tables import executors

SILENT_SECONDS = 30.0
"""A process on another machine is taken for dead when its count of beats has stood still for so long."""


@dataclass(frozen=True)
class Executor:
    """A process: `host` names machine and process namespace, `process_started` tells a process from a later one with
    its number.
    """

    id: str
    host: str
    process: int
    process_started: float
    beats: int


class Pulse:
    """Says that this process lives, and tells which others do not.

    Whether another one is silent is measured by this process's own clock that never jumps, from the moments at which it
    saw the other's count stand still; so no two clocks are compared.

    Args:
        database: where all processes meet.
        executor: this process's id.
        clock: seconds, never going back.
    """

    def __init__(self, database: Database, executor: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._id, self._clock = database, executor, clock
        self._beats = 0
        self._seen: dict[str, tuple[int, float]] = {}

    def beat(self) -> None:
        """Say that this process lives."""
        self._beats += 1
        row = Executor(self._id, _host(), os.getpid(), _started(os.getpid()), self._beats)
        with self._database.write() as connection:
            self._database.put(connection, executors, [vars(row)])

    def dead(self, running: set[str]) -> set[str]:
        """Ids that are dead, or unknown, among those that seem to be running something and those that beat once.

        Args:
            running: ids in whose name something seems to run.
        """
        with self._database.read() as connection:
            rows = [Executor(*row) for row in connection.execute(sa.select(executors))]
        now = self._clock()
        self._seen = {
            row.id: before if (before := self._seen.get(row.id)) and before[0] == row.beats else (row.beats, now)
            for row in rows
        }
        dead = {row.id for row in rows if _ended(row) or now - self._seen[row.id][1] > SILENT_SECONDS}
        return (dead | (running - {row.id for row in rows})) - {self._id}

    def bury(self, dead: set[str]) -> None:
        """Forget dead processes, once somebody else has their work."""
        if dead:
            with self._database.write() as connection:
                connection.execute(sa.delete(executors).where(executors.c.id.in_(dead)))

    def end(self) -> None:
        """Say that this process ends."""
        self.bury({self._id})


def _ended(executor: Executor) -> bool:
    """Whether it was a process of this machine, and is gone: known at once."""
    return executor.host == _host() and _started(executor.process) != executor.process_started


def _host() -> str:
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def _started(process: int) -> float:
    """When a process started, in the system's own ticks; 0 where that cannot be known, -1 where there is none."""
    try:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return -1.0 if after_name[0] == "Z" else float(after_name[19])
    except FileNotFoundError:
        if not Path("/proc/self/stat").exists():
            return _alive_elsewhere(process)
        return -1.0
    except (OSError, ValueError, IndexError):
        return -1.0


def _alive_elsewhere(process: int) -> float:
    """Where there is no /proc: whether the number is taken is all that can be known."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return -1.0
    except OSError:
        return 0.0
    return 0.0
