"""How long a person waits: importing the package, one picture on the command line, a server that answers."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import load
from figures import Figure, Goal
from server import DANK, Server, environment


def imported(repeats: int) -> list[Figure]:
    """`import dankmeme` in a fresh interpreter."""
    bare = _median([sys.executable, "-c", "pass"], repeats)
    ours = _median([sys.executable, "-c", "import dankmeme"], repeats)
    note = "loads what `import dankmeme` puts off"
    whole = _median([sys.executable, "-c", "from dankmeme import Classifier"], repeats)
    return [
        Figure("import dankmeme", ours, "s", "python -c pass", bare, Goal("at most", 0.3)),
        Figure("from dankmeme import Classifier", whole, "s", "python -c pass", bare, note=note),
    ]


def command(memes: Sequence[Path], home: Path, repeats: int) -> list[Figure]:
    """`dank classify` of one picture, with its caption, in all: a different picture each time."""
    env = environment(home)
    asked = memes[:: max(1, len(memes) // repeats)][:repeats]
    times = [_seconds([str(DANK), "classify", str(path), "--json"], env) for path in (memes[0], *asked)][1:]
    note = f"{repeats} different pictures, {min(times):.2f} to {max(times):.2f} s"
    return [Figure("dank classify one.jpg", statistics.median(times), "s", goal=Goal("at most", 2), note=note)]


def served(memes: Sequence[Path], home: Path, repeats: int) -> list[Figure]:
    """From the start of `dank serve` to its first answers."""
    alive, ready, verdict = [], [], []
    for _ in range(repeats):
        with Server(home) as server:
            alive.append(server.until("/api/v1/health"))
            ready.append(server.until("/api/v1/ready"))
        with Server(home) as server:
            alive_after = server.until("/api/v1/health")
            answers = load.generate(server.url, memes[:1], count=1, clients=1)
            verdict.append(alive_after + answers.seconds)
    return [
        Figure("server: start to first answer", statistics.median(alive), "s", goal=Goal("at most", 2)),
        Figure("server: start to ready", statistics.median(ready), "s", note="models loaded, self-test passed"),
        Figure(
            "server: start to first verdict",
            statistics.median(verdict),
            "s",
            note="a picture posted at the first answer; the load generator's own start is left out",
        ),
    ]


def _median(command: Sequence[str], repeats: int) -> float:
    """Median wall time of a command, after one run that is not counted."""
    return statistics.median([_seconds(command) for _ in range(repeats + 1)][1:])


def _seconds(command: Sequence[str], env: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started
