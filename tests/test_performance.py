from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def doc() -> ModuleType:
    return _script("performance_doc")


def row(program: str, name: str, measured: float = 12.0, **more: Any) -> dict[str, Any]:
    return {
        "program": program, "name": name, "measured": measured, "unit": "ms", "against": "", "rival": None,
        "ratio": None, "goal": "≤ 20 ms", "met": True, "note": "", "curve": None, "size": None,
    } | more  # fmt: skip


def run(*rows: dict[str, Any], quick: bool = False) -> dict[str, Any]:
    """What the bench writes."""
    about = {"measured_at": "2026-11-30T12:00:00+00:00", "cores": 2, "machine": "x86_64, Some CPU", "python": "3.11.2"}
    programs = {each["program"]: {"seconds": 9, "others_cores": 0.1} for each in rows}
    return about | {
        "bundle": "imgflip-1", "real_memes": True, "quick": quick, "programs": programs, "figures": list(rows)
    }  # fmt: skip


def test_the_page_is_in_step_with_the_results_and_the_bench(doc: ModuleType) -> None:
    assert doc.main(["--check"]) == 0


def test_every_program_of_the_bench_is_on_the_page(doc: ModuleType) -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    assert [name for name in doc.PROGRAMS if f"`{name}`" not in page and f"### {name}\n" not in page] == []


def test_a_later_run_replaces_what_its_programs_measured_before_and_nothing_else(doc: ModuleType) -> None:
    before = doc.taken_in({}, run(row("feed", "a page", 30.0), row("image", "a verdict", 40.0)))
    after = doc.taken_in(before, run(row("feed", "a page", 10.0)))
    assert [each["measured"] for each in after["feed"]["figures"]] == [10.0]
    assert after["image"] == before["image"]


def test_a_quick_run_is_refused(doc: ModuleType) -> None:
    with pytest.raises(ValueError, match="quick"):
        doc.taken_in({}, run(row("feed", "a page"), quick=True))


def test_a_figure_that_the_bench_does_not_give_is_found(doc: ModuleType) -> None:
    promise = next(each for each in doc.PROMISES if each.program == "lookalikes")
    kept = doc.taken_in({}, run(row("lookalikes", "by another name")))
    assert doc.faults(kept) == [f"lookalikes measured no '{promise.figure}'"]
    assert doc.faults({"nosuch": kept["lookalikes"]}) == ["there is no program nosuch"]
    assert doc.faults(doc.taken_in({}, run(row("lookalikes", promise.figure)))) == []


def test_what_was_not_measured_is_said_and_what_missed_its_goal_too(doc: ModuleType) -> None:
    promise = next(each for each in doc.PROMISES if each.program == "lookalikes")
    slow = row("lookalikes", promise.figure, 45.0, rival=15.0, ratio=3.0, against="plain scan", met=False)
    page = doc.rendered(f"{doc.START}{doc.END}", doc.taken_in({}, run(slow)))
    assert f"| {promise.what} | 45.0 ms | 15.0 ms plain scan | 3.00 | ≤ 20 ms | **no** | `lookalikes` |" in page
    assert "| not measured yet |" in page
    assert "`bench/run.py lookalikes`" in page or "bench/run.py lookalikes" in page
    assert "`million`" in page[page.index("Not measured yet") :]


def test_curves_are_drawn_where_there_are_two_points(doc: ModuleType) -> None:
    rows = [row("feed", f"{n}", v, curve="feed, SQLite", size=n) for n, v in ((10_000, 5.0), (100_000, 6.0))]
    found = doc.curves(doc.taken_in({}, run(*rows, row("growth", "one", curve="ingest", size=10))))
    assert found == {"feed, SQLite": [(10_000, 5.0), (100_000, 6.0)], "ingest": [(10, 12.0)]}
    charts = {chart.file: doc.drawn(chart, found) for chart in doc.CHARTS}
    assert charts["ingest-growth.svg"] is None
    assert "10,000: 5.0 ms" in charts["feed-growth.svg"]
    assert "20 ms</text>" in charts["feed-growth.svg"]  # the goal


def test_results_that_are_kept_are_readable(doc: ModuleType) -> None:
    if doc.KEPT.exists():
        assert set(json.loads(doc.KEPT.read_text())) <= set(doc.PROGRAMS)
