"""One line of the table: what was measured, against what, and whether that is good enough."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

WIDTH = 150
"""Columns that the table needs; no cell is cut, whatever the terminal."""


@dataclass(frozen=True)
class Goal:
    """A bound on a figure.

    Attributes:
        kind: whether the bound is a largest or a smallest value.
        limit: the bound, in the figure's unit, or a ratio.
        of: whether it bounds the measured value or its ratio to the rival's.
    """

    kind: Literal["at most", "at least"]
    limit: float
    of: Literal["measured", "ratio"] = "measured"

    def met(self, value: float) -> bool:
        """Whether a value keeps the bound."""
        return value <= self.limit if self.kind == "at most" else value >= self.limit


@dataclass(frozen=True)
class Point:
    """Where on a curve of growth a figure stands: which curve, and at how many of what it grows with."""

    curve: str
    size: int


@dataclass(frozen=True)
class Figure:
    """A measured value.

    Attributes:
        name: what was measured.
        measured: the value.
        unit: its unit, e.g. `s`, `images/s`, `MB`.
        against: what the floor or rival is; empty where there is none.
        rival: the floor's or rival's value, in the same unit.
        goal: the bound to keep; None for a figure that only informs.
        note: what a reader of the figure should know besides.
        point: where it stands on a curve; None for a figure that stands alone.
    """

    name: str
    measured: float
    unit: str
    against: str = ""
    rival: float | None = None
    goal: Goal | None = None
    note: str = ""
    point: Point | None = None

    @property
    def ratio(self) -> float | None:
        """Measured over rival."""
        return self.measured / self.rival if self.rival else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        value = self.measured if self.goal.of == "measured" else self.ratio
        return value is not None and self.goal.met(value)


@dataclass(frozen=True)
class Measured:
    """What one program measured.

    Attributes:
        program: its name.
        figures: what came of it.
        seconds: how long it took.
        others_cores: cores that others used meanwhile.
    """

    program: str
    figures: Sequence[Figure]
    seconds: float
    others_cores: float


def show(figures: Sequence[Figure], title: str) -> None:
    """Print the table."""
    table = Table(title=title, box=None, pad_edge=False, header_style="bold", title_justify="left")
    table.add_column("name", no_wrap=True)
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("floor/rival", no_wrap=True)
    table.add_column("ratio", justify="right", no_wrap=True)
    table.add_column("goal", no_wrap=True)
    table.add_column("met?", no_wrap=True)
    for figure in figures:
        rival = "" if figure.rival is None else f"{_value(figure.rival, figure.unit)} {figure.against}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        met = {None: "–", True: "[green]yes[/green]", False: "[red]no[/red]"}[figure.met]
        table.add_row(figure.name, _value(figure.measured, figure.unit), rival, ratio, _goal(figure), met)
    console = Console(highlight=False, width=max(WIDTH, Console().width))
    console.print(table)
    for figure in figures:
        if figure.note:
            console.print(f"[dim]{figure.name}: {figure.note}[/dim]", soft_wrap=True)


def matching(measured: float, ratios: Sequence[float]) -> float:
    """The rival's value that makes the shown ratio the median of the rounds' own ratios."""
    print(f"    ratios of the rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)}", file=sys.stderr)
    return measured / statistics.median(ratios)


def write(programs: Sequence[Measured], circumstances: dict[str, Any], path: Path) -> None:
    """Write all figures, and the circumstances of the run, as JSON."""
    runs = {
        each.program: {"seconds": round(each.seconds), "others_cores": round(each.others_cores, 2)} for each in programs
    }
    rows = [
        {
            "program": each.program,
            "name": figure.name,
            "measured": figure.measured,
            "unit": figure.unit,
            "against": figure.against,
            "rival": figure.rival,
            "ratio": figure.ratio,
            "goal": _goal(figure),
            "met": figure.met,
            "note": figure.note,
            "curve": figure.point.curve if figure.point else None,
            "size": figure.point.size if figure.point else None,
        }
        for each in programs
        for figure in each.figures
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({**circumstances, "programs": runs, "figures": rows}, indent=1, ensure_ascii=False) + "\n"
    )


def _value(value: float, unit: str) -> str:
    digits = 0 if value >= 100 or (not unit and value == int(value)) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    sign = "≤" if figure.goal.kind == "at most" else "≥"
    limit = f"{figure.goal.limit:g}"
    return f"ratio {sign} {limit}" if figure.goal.of == "ratio" else f"{sign} {limit} {figure.unit}".strip()
