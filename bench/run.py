"""Measure speed and memory: one table, and `build/bench.json`.

Every figure is measured in this one run on this machine, against a floor, a rival or a bound. Run it on an idle
machine: `make bench`, with `DANK_DATA` naming the folder of real memes where there is one. `scripts/performance_doc.py`
puts what came of it into `docs/performance.md`.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import captions
import feat
import feed
import fingerprints
import first_load
import ingest
import living
import lookalikes
import odd
import pictures
import serving
import stack_2018
import starts
import training
import tree
from dankmeme.models.bundle import Bundle
from figures import Figure, Measured, show, write
from programs import PROGRAMS

OUT = Path(__file__).parent.parent / "build" / "bench.json"
LONG = tuple(name for name, program in PROGRAMS.items() if program.long)
NAMES = f"{', '.join(name for name in PROGRAMS if name not in LONG)}; only when named: {', '.join(LONG)}"
Run = Callable[[], list[Figure]]


def programs(home: Path, quick: bool) -> dict[str, Run]:
    """How each program is run; what needs data that is not here is left out."""
    memes = pictures.memes(home)
    few = 1 if quick else 3
    found: dict[str, Run] = {
        "import": lambda: starts.imported(1 if quick else 5),
        "command": lambda: starts.command(memes, home, 1 if quick else 7),
        "start": lambda: starts.served(memes, home, few),
        "page": lambda: first_load.first_load(home, 1 if quick else 9),
        "image": lambda: serving.image_model(memes, home, count=100 if quick else 1000, rounds=few),
        "captions": lambda: serving.captions(memes, home, count=12 if quick else 100, clients=8, rounds=few),
        "reading": lambda: captions.reading(memes, count=12 if quick else 190, rounds=few),
        "stack2018": lambda: stack_2018.stack_2018(memes, home, count=24 if quick else 190, rounds=few),
        "ingest": lambda: ingest.ingestion(count=200 if quick else 2000, rounds=few),
        "feed": lambda: feed.feeds(home, (10_000,) if quick else (10_000, 100_000), few),
        "million": lambda: feed.feeds(home, (1_000_000,), few),
        "growth": lambda: ingest.growth((100, 300) if quick else (1_000, 3_000, 10_000)),
        "feat": lambda: feat.feat(count=600 if quick else feat.COUNT),
        "thousand": lambda: living.thousand(home, **({"minutes": 3.0} if quick else {})),
        "soak": lambda: living.soak(home, **({"minutes": 3.0, "warm_up": 1.0, "pilot": 1.0} if quick else {})),
        "training": lambda: training.training(*(((200, 600), 0.1) if quick else ())),
        "pdq": lambda: fingerprints.fingerprint(memes),
        "lookalikes": lambda: lookalikes.lookalikes(10 if quick else 50),
    }
    odd_files = pictures.data_folder("odd_images")
    if odd_files:
        found["odd"] = lambda: odd.files(odd_files, home)
    return {name: found[name] for name in PROGRAMS if name in found}


def circumstances() -> dict[str, Any]:
    """What a figure must be read with."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "machine": f"{platform.machine()}, {_processor()}",
        "python": platform.python_version(),
        "bundle": Bundle.default().version,
        "real_memes": pictures.data_folder("reddit_originals_sample") is not None,
    }


def main() -> int:
    """Run what was asked for; 1 if a program broke (a missed goal is a figure, not a failure)."""
    parser = argparse.ArgumentParser(description="Measure speed and memory.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=NAMES)
    parser.add_argument("--quick", action="store_true", help="few repeats: whether it runs, not what it measures")
    parser.add_argument("--out", type=Path, default=OUT, help="where the JSON goes")
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in PROGRAMS]
    if unknown:
        parser.error(f"there is no program {', '.join(unknown)}; there are {NAMES}")
    about, measured, broken = circumstances() | {"quick": asked.quick}, [], False
    begun = tree.others_seconds(), time.perf_counter()
    with tempfile.TemporaryDirectory() as home:
        for name, run in programs(Path(home), asked.quick).items():
            if name not in asked.names if asked.names else name in LONG:
                continue
            others, started = tree.others_seconds(), time.perf_counter()
            print(f"{name}…", file=sys.stderr, flush=True)
            found: list[Figure] = []
            try:
                found = run()
            except Exception as error:  # the other programs' figures are worth having
                broken = True
                print(f"    broke: {type(error).__name__}: {error}", file=sys.stderr)
            took = time.perf_counter() - started
            foreign = (tree.others_seconds() - others) / took
            print(f"    {took:.0f} s; others used {foreign:.1f} cores", file=sys.stderr, flush=True)
            measured.append(Measured(name, found, took, foreign))
    about["others_cores"] = round((tree.others_seconds() - begun[0]) / (time.perf_counter() - begun[1]), 2)
    kind = "real" if about["real_memes"] else "drawn"
    busy = f"{about['others_cores']} of {about['cores']} cores used by others"
    show([figure for each in measured for figure in each.figures], f"{about['bundle']}, {kind} memes, {busy}")
    write(measured, about, asked.out)
    return 1 if broken else 0


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    sys.exit(main())
