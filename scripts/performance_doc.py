"""Put what the bench measured into `docs/performance.md`, with its curves of growth.

    python scripts/performance_doc.py build/bench.json …    takes the results of runs in, and writes the page
    python scripts/performance_doc.py                       writes the page from what was taken in
    python scripts/performance_doc.py --check               says whether page, results and bench are in step

Results are kept in `docs/performance.json`, a program of the bench at a time: a later run of a program replaces what it
measured before, and nothing else. A quick run is refused: it shows that the bench runs, not what it measures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "scripts")]

from growth import CHARTS, Points, drawn

from programs import PROGRAMS

PAGE = ROOT / "docs" / "performance.md"
KEPT = ROOT / "docs" / "performance.json"
IMAGES = ROOT / "docs" / "images"
START, END = "<!-- measured -->", "<!-- /measured -->"
_ABOUT = ("measured_at", "cores", "machine", "python", "bundle", "real_memes")

Kept = dict[str, dict[str, Any]]
"""What each program measured last, with the circumstances, by the program's name."""


@dataclass(frozen=True)
class Promise:
    """A goal of the project, and the figure that says whether it is kept.

    Attributes:
        what: in words.
        goal: as it stands where nothing was measured yet; a measured figure brings its own.
        program: which measures it.
        figure: the figure's name.
    """

    what: str
    goal: str
    program: str
    figure: str


PROMISES = (
    Promise(
        "a picture taken in, against a bare loop that fetches, decodes, hashes and encodes",
        "ratio ≥ 0.8",
        "ingest",
        "ingest 2,000 images, embedded",
    ),
    Promise(
        "two workers on PostgreSQL, against one process on SQLite", "ratio ≥ 1", "ingest", "… 2 workers on PostgreSQL"
    ),
    Promise("30,000 pictures taken in, without captions", "≤ 300 s", "feat", "the 2018 feat: 30,000 images"),
    Promise(
        "a verdict over HTTP, image model alone: CPU against a bare ONNX Runtime loop",
        "ratio ≤ 1.4",
        "image",
        "image model, 16 clients: CPU an image",
    ),
    Promise("the slowest of a hundred such", "ratio ≤ 1", "image", "image model, 16 clients: p99"),
    Promise(
        "a verdict with its caption read, against the OCR library alone",
        "ratio ≥ 0.8",
        "captions",
        "verdict with caption, 8 clients: throughput",
    ),
    Promise("reading captions, against the first version", "ratio ≥ 2", "reading", "captions read, one process"),
    Promise(
        "images a second, against the stack of 2018", "ratio ≥ 10", "stack2018", "2018 stack, 16 clients: throughput"
    ),
    Promise("memory, against the stack of 2018", "ratio ≤ 1", "stack2018", "2018 stack, 16 clients: memory"),
    Promise(
        "from start to the first picture answered", "≤ 2 s", "stack2018", "2018 stack, 16 clients: first picture after"
    ),
    Promise("a page of the feed at 10⁴ posts, SQLite", "≤ 20 ms", "feed", "a feed page, p95, 10,000 posts, SQLite"),
    Promise("a page of the feed at 10⁵ posts, SQLite", "≤ 20 ms", "feed", "a feed page, p95, 100,000 posts, SQLite"),
    Promise(
        "a page of the feed at 10⁶ posts, SQLite", "≤ 20 ms", "million", "a feed page, p95, 1,000,000 posts, SQLite"
    ),
    Promise(
        "a page of the feed at 10⁴ posts, PostgreSQL", "≤ 20 ms", "feed", "a feed page, p95, 10,000 posts, PostgreSQL"
    ),
    Promise(
        "a page of the feed at 10⁵ posts, PostgreSQL", "≤ 20 ms", "feed", "a feed page, p95, 100,000 posts, PostgreSQL"
    ),
    Promise(
        "a page of the feed at 10⁶ posts, PostgreSQL",
        "≤ 20 ms",
        "million",
        "a feed page, p95, 1,000,000 posts, PostgreSQL",
    ),
    Promise("look-alikes among a million hashes", "≤ 30 ms", "lookalikes", "look-alikes among 1,000,000 hashes"),
    Promise("the web app's first load, compressed", "≤ 200 kB", "page", "web app, first load"),
    Promise("… until it can be used", "≤ 1 s", "page", "… until it can be used"),
    Promise("memory in an hour at 70 % load", "≤ 5 MB/h", "soak", "soak of 60 minutes: memory grows by"),
    Promise("… in the second half of it", "≤ 5 MB/h", "soak", "… in the second half of it"),
    Promise("… lost in it", "≤ 0", "soak", "… lost"),
    Promise("… failures without a reason in it", "≤ 0", "soak", "… failures without a reason"),
    Promise("… lost in the busy hour of a thousand communities", "≤ 0", "thousand", "… lost"),
    Promise("training time grows no faster than the data", "ratio ≤ 1", "training", "the same against 3,000 memes"),
    Promise(
        "training on 30,000 memes from what is kept",
        "≤ 600 s",
        "training",
        "training 30,000 memes, embeddings and captions kept",
    ),
)
"""In the order of the table."""


def taken_in(kept: Kept, results: dict[str, Any]) -> Kept:
    """What is kept, with what a run measured in place of what its programs measured before.

    Raises:
        ValueError: if the run was a quick one, or is of another bench than this.
    """
    if results.get("quick", True):
        raise ValueError("a quick run shows that the bench runs, not what it measures")
    about = {name: results[name] for name in _ABOUT}
    fresh: Kept = {}
    for program, run in results["programs"].items():
        figures = [
            {k: v for k, v in row.items() if k != "program"} for row in results["figures"] if row["program"] == program
        ]
        if figures:
            fresh[program] = {**about, **run, "figures": figures}
    merged = kept | fresh
    return {name: merged[name] for name in PROGRAMS if name in merged}


def faults(kept: Kept) -> list[str]:
    """What the table says that the bench does not: programs that there are not, figures that no program gave."""
    known = [f"there is no program {name}" for name in kept if name not in PROGRAMS]
    known += [f"there is no program {each.program}" for each in PROMISES if each.program not in PROGRAMS]
    return known + [
        f"{each.program} measured no '{each.figure}'"
        for each in PROMISES
        if each.program in kept and not _figure(kept, each)
    ]


def rendered(page: str, kept: Kept) -> str:
    """The page with its tables as they should be."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{_measured(kept)}\n\n{END}{after}"


def curves(kept: Kept) -> dict[str, Points]:
    """The points of each curve of growth."""
    found: dict[str, list[tuple[int, float]]] = {}
    for run in kept.values():
        for row in run["figures"]:
            if row["curve"]:
                found.setdefault(row["curve"], []).append((row["size"], row["measured"]))
    return {name: sorted(points) for name, points in found.items()}


def _measured(kept: Kept) -> str:
    parts = ["## The goals", "", *_promises(kept), "", *_charts(kept)]
    parts += ["## Everything that was measured", ""]
    for name in kept:
        parts += [*_program(name, kept[name]), ""]
    missing = [f"`{name}` ({program.about})" for name, program in PROGRAMS.items() if name not in kept]
    if missing:
        parts += [f"Not measured yet by a run that had its machine to itself: {', '.join(missing)}.", ""]
    return "\n".join(parts).strip()


def _promises(kept: Kept) -> list[str]:
    lines = ["| what | measured | against | ratio | goal | met | program |", "|---|---|---|---|---|---|---|"]
    for each in PROMISES:
        row = _figure(kept, each)
        cells = _cells(row) if row else ["not measured yet", "", "", each.goal, ""]
        lines.append(f"| {each.what} | {' | '.join(cells)} | `{each.program}` |")
    return lines


def _program(name: str, run: dict[str, Any]) -> list[str]:
    """The figures of one program, and how they came about."""
    memes = "real memes" if run["real_memes"] else "drawn memes"
    when = run["measured_at"][:10]
    how = (
        f"{PROGRAMS[name].about.capitalize()}. `.venv/bin/python bench/run.py {name}`, {when}, {run['cores']} cores "
        f"({run['machine']}), Python {run['python']}, {run['bundle']}, {memes}; it took {run['seconds']:,} s, others used "
        f"{run['others_cores']:.1f} cores."
    )
    lines = [
        f"### {name}",
        "",
        how,
        "",
        "| what | measured | against | ratio | goal | met |",
        "|---|---|---|---|---|---|",
    ]
    lines += [f"| {row['name']} | {' | '.join(_cells(row))} |" for row in run["figures"]]
    notes = [f"- {row['name']}: {row['note']}" for row in run["figures"] if row["note"]]
    return [*lines, *(["", *notes] if notes else [])]


def _charts(kept: Kept) -> list[str]:
    found = curves(kept)
    lines = []
    for chart in CHARTS:
        picture = drawn(chart, found)
        if picture is not None:
            told = picture.partition("<desc>")[2].partition("</desc>")[0]
            lines += [f"![{chart.title}. {told}](images/{chart.file})", ""]
    return lines


def _figure(kept: Kept, promise: Promise) -> dict[str, Any] | None:
    rows = kept.get(promise.program, {"figures": []})["figures"]
    return next((row for row in rows if row["name"] == promise.figure), None)


def _cells(row: dict[str, Any]) -> list[str]:
    rival = "" if row["rival"] is None else f"{_value(row['rival'], row['unit'])} {row['against']}"
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    met = {None: "", True: "yes", False: "**no**"}[row["met"]]
    return [_value(row["measured"], row["unit"]), rival, ratio, row["goal"], met]


def _value(value: float, unit: str) -> str:
    digits = 0 if value >= 100 or (not unit and value == int(value)) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def _kept() -> Kept:
    found: Kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    return found


def main(arguments: Sequence[str]) -> int:
    """0 if all is in step (or was written), 1 if not."""
    kept = _kept()
    page = PAGE.read_text()
    if "--check" in arguments:
        wrong = faults(kept)
        if page != rendered(page, kept):
            wrong.append("docs/performance.md is out of step with docs/performance.json")
        for each in wrong:
            print(f"{each}: run scripts/performance_doc.py", file=sys.stderr)
        return 1 if wrong else 0
    for path in arguments:
        kept = taken_in(kept, json.loads(Path(path).read_text()))
    if arguments:
        KEPT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    for chart in CHARTS:
        picture = drawn(chart, curves(kept))
        if picture is not None:
            (IMAGES / chart.file).write_text(picture)
    PAGE.write_text(rendered(page, kept))
    wrong = faults(kept)
    for each in wrong:
        print(each, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
