"""Ingestion against its floor, and two workers on PostgreSQL against the embedded mode.

`dank ingest` starts with an empty home on memes that a loopback server hands out, as a person would start it.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import ingest_floor
import stored
import tree
from figures import Figure, Goal, Point, matching
from floor import Floor
from pictures_server import PicturesServer
from server import DANK, environment

PROCESSES = 2
"""Of the floor, and workers on PostgreSQL: one a core."""
_PATIENCE = 1800.0
_CALM = 0.05
"""Cores: a process that uses less has started up."""


@dataclass(frozen=True)
class Ingested:
    """What one ingestion took.

    Attributes:
        images: how many were stored.
        seconds: from the start of the command to its end, or to the last post done where workers do the work.
        starting: seconds of these until the first picture was asked for.
        cpu_seconds: user and system time of all its processes.
        memory: megabytes that these held at most.
    """

    images: int
    seconds: float
    starting: float
    cpu_seconds: float
    memory: float

    @property
    def throughput(self) -> float:
        """Images per second once the first was asked for, what comes after the last included."""
        return self.images / (self.seconds - self.starting)

    @property
    def overall(self) -> float:
        """Images per second of the whole time."""
        return self.images / self.seconds

    @property
    def cpu_an_image(self) -> float:
        """Milliseconds of CPU time an image."""
        return 1000 * self.cpu_seconds / self.images


@dataclass(frozen=True)
class _Round:
    floor: Floor
    ours: Ingested
    workers: Ingested | None


def ingestion(*, count: int, rounds: int) -> list[Figure]:
    """Ingest `count` memes, in turns with the floor and, where there is a PostgreSQL, with two workers on it.

    What a round leaves is removed after the last: for a minute ext4 looks for inodes that were not freed just now, and
    the next round would pay for it.
    """
    shared = stored.postgres_answers()
    with PicturesServer(count) as server, tempfile.TemporaryDirectory() as folder:
        seen = [
            _Round(
                ingest_floor.measure(server.urls, processes=PROCESSES),
                embedded(server, Path(folder) / f"embedded-{number}"),
                on_postgres(server, Path(folder) / f"shared-{number}") if shared else None,
            )
            for number in range(rounds)
        ]
    figures = _against_floor(seen, count)
    if shared:
        return figures + _workers(seen)
    print(f"    no PostgreSQL answers at {stored.POSTGRES}: workers are not measured", file=sys.stderr)
    return figures


def growth(counts: Sequence[int]) -> list[Figure]:
    """How long `dank ingest` takes for more and more pictures, its start included, each time with an empty home."""
    figures = []
    for count in counts:
        with PicturesServer(count) as server, tempfile.TemporaryDirectory() as folder:
            seen = embedded(server, Path(folder))
        note = f"{seen.throughput:.0f} images/s, {seen.memory:.0f} MB at most"
        figures.append(
            Figure(f"ingest of {count:,} images, in all", seen.seconds, "s", note=note, point=Point("ingest", count))
        )
    return [*figures, _grown(figures)]


def _grown(figures: Sequence[Figure]) -> Figure:
    """The last of them against the first, scaled up: more pictures must not cost more a picture."""
    first, last = figures[0], figures[-1]
    sizes = [each.point.size for each in (first, last) if each.point]
    times = sizes[1] / sizes[0]
    return Figure(
        f"… {sizes[1]:,} against {sizes[0]:,}",
        last.measured,
        "s",
        f"{times:g} times the time of {sizes[0]:,}",
        times * first.measured,
        Goal("at most", 1, of="ratio"),
    )


def embedded(server: PicturesServer, folder: Path) -> Ingested:
    """`dank ingest` with an empty home, in a new folder.

    Raises:
        RuntimeError: if the command fails or not every post was stored.
    """
    home = folder / "home"
    home.mkdir(parents=True)
    posts = write_posts(server.urls, folder)
    ingested = timed([str(DANK), "ingest", str(posts)], settings(server, home), server, len(server.urls))
    _check(stored.embedded_states(home), len(server.urls))
    return ingested


def on_postgres(server: PicturesServer, folder: Path) -> Ingested:
    """`dank ingest --queue-only` with two `dank worker` that have started up.

    Raises:
        RuntimeError: if a command fails or not every post was stored.
    """
    count = len(server.urls)
    folder.mkdir(parents=True)
    with stored.FreshPostgres() as database, ExitStack() as running:
        posts = write_posts(server.urls, folder)
        env = settings(server, folder / "home", database_url=database.url)
        workers = [running.enter_context(_Worker(env)) for _ in range(PROCESSES)]
        _wait_until_calm(workers)
        peaks = [running.enter_context(tree.MemoryPeak(worker.root, every=0.5)) for worker in workers]
        server.seen()
        before, started = sum(tree.cpu_seconds(worker.root) for worker in workers), time.monotonic()
        subprocess.run([str(DANK), "ingest", "--queue-only", str(posts)], check=True, env=env, capture_output=True)
        ended = database.wait_until(
            lambda states: sum(states.values()) == count and not states.get("pending"),
            lambda: all(worker.alive for worker in workers),
            _PATIENCE,
        )
        cpu = sum(tree.cpu_seconds(worker.root) for worker in workers) - before
        _check(database.states(), count)
        memory = sum(peak.peak for peak in peaks)
        return Ingested(count, ended - started, server.seen().first - started, cpu, memory)


def timed(command: Sequence[str], env: dict[str, str], server: PicturesServer, count: int) -> Ingested:
    """Run a command that is to ask the server for `count` pictures.

    Raises:
        RuntimeError: with the end of what it said, if it fails or asks for another number: each once is enough.
    """
    server.seen()
    before, started = _children_seconds(), time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, env=env, stdout=said, stderr=subprocess.STDOUT)
        with tree.MemoryPeak(process.pid, every=0.5) as memory:
            code = process.wait(_PATIENCE)
        ended, seen = time.monotonic(), server.seen()
        if code or seen.pictures != count:
            said.seek(0)
            raise RuntimeError(
                f"{' '.join(command)} ended with {code}, {seen.pictures} asked for: {said.read()[-2000:]}"
            )
    return Ingested(count, ended - started, seen.first - started, _children_seconds() - before, memory.peak)


def settings(server: PicturesServer, home: Path, **more: str) -> dict[str, str]:
    """The environment of every command that is measured: captions are not read."""
    home.mkdir(parents=True, exist_ok=True)
    return environment(home, fetch_allow=server.allowed, captions="false", predict="false", **more)


def write_posts(urls: Sequence[str], folder: Path) -> Path:
    """A `posts.jsonl` with one post a URL."""
    lines = [
        {
            "id": f"bench{number}",
            "url": url,
            "title": f"meme number {number}",
            "score": number % 997,
            "created_utc": 1.5e9 + 60 * number,
            "author": f"u_{number % 501}",
            "community": "dankmemes",
        }
        for number, url in enumerate(urls)
    ]
    path = folder / "posts.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


class _Worker:
    """A `dank worker`."""

    def __init__(self, env: dict[str, str]) -> None:
        self._process = subprocess.Popen([str(DANK), "worker"], env=env, stdout=subprocess.DEVNULL)

    @property
    def root(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            for process in tree.members(self.root):
                process.kill()
            self._process.wait()


def _wait_until_calm(workers: Sequence[_Worker], seconds: float = 60.0) -> None:
    """Until the workers have been started and use next to no CPU for half a second."""
    deadline, used = time.monotonic() + seconds, 0.0
    while time.monotonic() < deadline:
        time.sleep(0.5)
        before, used = used, sum(tree.cpu_seconds(worker.root) for worker in workers)
        if before and used - before < 0.5 * len(workers) * _CALM:
            return
        if not all(worker.alive for worker in workers):
            raise RuntimeError("a worker ended")
    raise RuntimeError("the workers did not come to rest")


def _against_floor(seen: Sequence[_Round], count: int) -> list[Figure]:
    ours = [each.ours for each in seen]
    loop = f"bare loop in {PROCESSES} processes"
    speed, overall = (
        statistics.median(values) for values in zip(*((o.throughput, o.overall) for o in ours), strict=True)
    )
    cost = statistics.median(each.cpu_an_image for each in ours)
    starting = statistics.median(each.starting for each in ours)
    return [
        Figure(
            f"ingest {count:,} images, embedded",
            speed,
            "images/s",
            loop,
            matching(speed, [each.ours.throughput / each.floor.throughput for each in seen]),
            Goal("at least", 0.8, of="ratio"),
            note="from the first picture asked for to the end of the command",
        ),
        Figure(
            "… with its start",
            overall,
            "images/s",
            loop,
            matching(overall, [each.ours.overall / each.floor.throughput for each in seen]),
            note=f"the first picture is asked for after {starting:.1f} s",
        ),
        Figure(
            "… CPU an image",
            cost,
            "ms",
            loop,
            matching(cost, [each.ours.cpu_an_image / each.floor.cpu_an_image for each in seen]),
        ),
        Figure("… memory: peak", max(each.memory for each in ours), "MB"),
    ]


def _workers(seen: Sequence[_Round]) -> list[Figure]:
    pairs = [(each.workers, each.ours) for each in seen if each.workers]
    speed = statistics.median(workers.throughput for workers, _ in pairs)
    return [
        Figure(
            f"… {PROCESSES} workers on PostgreSQL",
            speed,
            "images/s",
            "embedded",
            matching(speed, [workers.throughput / ours.throughput for workers, ours in pairs]),
            Goal("at least", 1, of="ratio"),
            note="PostgreSQL and the server of the pictures share the cores with the workers",
        ),
        Figure("… memory of both: peak", max(workers.memory for workers, _ in pairs), "MB"),
    ]


def _children_seconds() -> float:
    """CPU time of all descendants that have ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _check(states: dict[str, int], count: int) -> None:
    if states != {"stored": count}:
        raise RuntimeError(f"wanted {count} stored posts, got {states}")
