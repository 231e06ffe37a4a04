"""The service of 2018, re-created, against ours: same pictures, same clients, same route, the image model alone.

Both are started the way their users start them, over real HTTP, one after the other in every round. gunicorn is given
two chances, one worker with all cores and a worker a core, and ours is held against whichever does better.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import load
import tree
from figures import Figure, Goal, matching
from server import Server, Started, free_port

CLIENTS = 16
ROUTE = "/api/v1/memes/predictions/file"
"""Ours answers the very route of 2018."""
FIRST_ANSWER_SECONDS = 2.0
RIVAL = "Flask, gunicorn, Keras"
_HERE = Path(__file__).parent
_WARM_UP = 8
_NEEDED = ("flask", "gunicorn", "keras", "torch")


@dataclass(frozen=True)
class Seen:
    """What one start of a server was seen to do.

    Attributes:
        first: seconds from its start to the first picture answered.
        throughput: images a second.
        memory: megabytes that all its processes held at most, shared pages counted once.
    """

    first: float
    throughput: float
    memory: float


@dataclass(frozen=True)
class _Round:
    """Every contestant once."""

    one_worker: Seen
    worker_a_core: Seen
    ours: Seen

    @property
    def fastest(self) -> float:
        """Images a second of the better rival."""
        return max(self.one_worker.throughput, self.worker_a_core.throughput)

    @property
    def smallest(self) -> float:
        """Megabytes of the smaller rival."""
        return min(self.one_worker.memory, self.worker_a_core.memory)

    @property
    def earliest(self) -> float:
        """Seconds to the first answer of the quicker rival."""
        return min(self.one_worker.first, self.worker_a_core.first)


def stack_2018(memes: Sequence[Path], home: Path, *, count: int, rounds: int) -> list[Figure]:
    """Images a second, memory and the wait for the first answer, against those of 2018."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        print(f"    NOT MEASURED: {', '.join(missing)} not installed (`make bench` brings it)", file=sys.stderr)
        return []
    cores = len(os.sched_getaffinity(0))
    pictures = list(memes)[:count]
    with tempfile.TemporaryDirectory() as folder:
        model = _network(Path(folder))
        seen = [
            _Round(
                _watched(lambda: _rival(model, Path(folder), workers=1, cores=cores), pictures),
                _watched(lambda: _rival(model, Path(folder), workers=cores, cores=cores), pictures),
                _watched(lambda: Server(home, captions="false"), pictures),
            )
            for _ in range(rounds)
        ]
    return _figures(seen, cores)


def _figures(seen: Sequence[_Round], cores: int) -> list[Figure]:
    def middle(value: Callable[[_Round], float]) -> float:
        return statistics.median(value(each) for each in seen)

    throughput, memory, first = (
        middle(lambda each: each.ours.throughput),
        middle(lambda each: each.ours.memory),
        middle(lambda each: each.ours.first),
    )
    one, many = middle(lambda each: each.one_worker.throughput), middle(lambda each: each.worker_a_core.throughput)
    small, large = middle(lambda each: each.one_worker.memory), middle(lambda each: each.worker_a_core.memory)
    name = f"2018 stack, {CLIENTS} clients"
    return [
        Figure(
            f"{name}: throughput",
            throughput,
            "images/s",
            RIVAL,
            matching(throughput, [each.ours.throughput / each.fastest for each in seen]),
            Goal("at least", 10, of="ratio"),
            note=f"the rival: one worker {one:.1f} images/s, {cores} workers {many:.1f}; the better counts",
        ),
        Figure(
            f"{name}: memory",
            memory,
            "MB",
            RIVAL,
            matching(memory, [each.ours.memory / each.smallest for each in seen]),
            Goal("at most", 1, of="ratio"),
            note=f"the rival: one worker {small:.0f} MB, {cores} workers {large:.0f} MB; the smaller counts",
        ),
        Figure(
            f"{name}: first picture after",
            first,
            "s",
            RIVAL,
            matching(first, [each.ours.first / each.earliest for each in seen]),
            Goal("at most", FIRST_ANSWER_SECONDS),
        ),
    ]


def _watched(start: Callable[[], Started], pictures: Sequence[Path]) -> Seen:
    """Start a server, ask it for all pictures, and end it."""
    with start() as server:
        first = server.until_told(ROUTE, pictures[0])
        load.generate(server.url, pictures, count=_WARM_UP, clients=CLIENTS, path=ROUTE)
        with tree.MemoryPeak(server.root, every=0.5) as memory:
            seen = load.generate(server.url, pictures, count=len(pictures), clients=CLIENTS, path=ROUTE)
    if set(seen.answers) != {"200"}:
        raise RuntimeError(f"wanted only answers '200', got {seen.answers}")
    return Seen(first, seen.throughput, memory.peak)


def _rival(model: Path, folder: Path, *, workers: int, cores: int) -> Started:
    """The service of 2018: so many gunicorn workers, which share the cores out."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "app_2018:app", "--chdir", str(_HERE), "--bind", f"127.0.0.1:{port}"]
    options = ["--workers", str(workers), "--timeout", "120", "--log-level", "warning"]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(max(1, cores // workers)))
    where = {"KERAS_BACKEND": "torch", "MODEL_2018": str(model), "UPLOADS_2018": str(folder)}
    return Started([*command, *options], os.environ | threads | where, port)


def _network(folder: Path) -> Path:
    """A Keras file of the network, as the service found one."""
    path = folder / "model.keras"
    command = [sys.executable, str(_HERE / "network_2018.py"), str(path)]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"KERAS_BACKEND": "torch"})
    return path
