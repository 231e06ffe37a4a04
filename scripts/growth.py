"""Curves of growth as SVG: what grows, against how much there is of what it grows with. Needs no library."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDE, HIGH, LEFT, RIGHT, TOP, LOW = 640, 360, 70, 30, 30, 50
COLOURS = ("#c2410c", "#0e7490", "#4d7c0f")
FAINT = "#a8a29e"

Points = Sequence[tuple[int, float]]
"""How much there was, and what was measured; by size."""


@dataclass(frozen=True)
class Chart:
    """One picture.

    Attributes:
        file: its name.
        title: what it shows, for who cannot see it.
        curves: names of the curves in it.
        across: what the curves grow with.
        unit: of what was measured.
        limit: a goal, drawn as a line; None for the line of what grows as fast as its data.
    """

    file: str
    title: str
    curves: tuple[str, ...]
    across: str
    unit: str
    limit: float | None = None


CHARTS = (
    Chart("feed-growth.svg", "95 % of pages of the feed", ("feed, SQLite", "feed, PostgreSQL"), "posts", "ms", 20.0),
    Chart("ingest-growth.svg", "Time to take pictures in", ("ingest",), "pictures", "s"),
    Chart("training-time.svg", "Seconds of training", ("training",), "memes", "s"),
)


def drawn(chart: Chart, curves: Mapping[str, Points]) -> str | None:
    """A chart as SVG; None where none of its curves has two points."""
    found = {name: sorted(curves[name]) for name in chart.curves if len(curves.get(name, ())) > 1}
    if not found:
        return None
    to_x, to_y = _places(chart, [point for points in found.values() for point in points])
    reference = _limit(chart.limit, chart.unit, to_y) if chart.limit is not None else ""
    if chart.limit is None:
        reference = _straight(next(iter(found.values())), to_x, to_y)
    lines = "".join(
        _curve(points, chart.unit, COLOURS[number % len(COLOURS)], to_x, to_y)
        for number, points in enumerate(found.values())
    )
    told = "; ".join(f"{name}: {_told(points, chart.unit)}" for name, points in found.items())
    dashed = "the goal" if chart.limit is not None else "what grows as fast as its data"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" font-family="sans-serif" '
        f'font-size="13" fill="#78716c"><title>{escape(chart.title)}</title><desc>{escape(told)}</desc>'
        f'<path d="M{LEFT} {TOP - 10}V{HIGH - LOW}H{WIDE - 20}" stroke="{FAINT}" fill="none"/>'
        f"{reference}{lines}"
        f'<text x="{LEFT}" y="14">{escape(chart.unit)}{_key(list(found))}</text>'
        f'<text x="{WIDE - 20}" y="{HIGH - 18}" text-anchor="end">{escape(chart.across)}; dashed: {dashed}</text>'
        "</svg>\n"
    )


def _places(chart: Chart, points: Points) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """From sizes and values to pixels; sizes by their logarithm where a chart has a limit, since these are flat."""
    sizes, values = [size for size, _ in points], [value for _, value in points]
    most = 1.15 * max([*values, chart.limit or 0.0])
    first = math.log(min(sizes)) if chart.limit is not None else 0.0
    last = math.log(max(sizes)) if chart.limit is not None else float(max(sizes))

    def to_x(size: float) -> float:
        at = math.log(size) if chart.limit is not None else size
        begin = LEFT + (40 if chart.limit is not None else 0)
        return begin + (at - first) / ((last - first) or 1) * (WIDE - begin - RIGHT)

    return to_x, lambda value: HIGH - LOW - value / most * (HIGH - LOW - TOP)


def _curve(
    points: Points, unit: str, colour: str, to_x: Callable[[float], float], to_y: Callable[[float], float]
) -> str:
    way = " ".join(f"{to_x(size):.0f},{to_y(value):.0f}" for size, value in points)
    marks = "".join(
        f'<circle cx="{to_x(size):.0f}" cy="{to_y(value):.0f}" r="4" fill="{colour}"/>'
        f'<text x="{to_x(size):.0f}" y="{to_y(value) - 12:.0f}" text-anchor="end" fill="{colour}">'
        f"{size:,}: {_value(value)} {unit}</text>"
        for size, value in points
    )
    return f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>{marks}'


def _limit(limit: float, unit: str, to_y: Callable[[float], float]) -> str:
    y = to_y(limit)
    words = f'<text x="{WIDE - 20}" y="{y - 6:.0f}" text-anchor="end">{limit:g} {unit}</text>'
    return f'<path d="M{LEFT} {y:.0f}H{WIDE - 20}" stroke="{FAINT}" stroke-dasharray="4 4"/>{words}'


def _straight(points: Points, to_x: Callable[[float], float], to_y: Callable[[float], float]) -> str:
    """From nothing through the first point: what grows as fast as its data; it ends at the upper edge."""
    (size, value), (most, _) = points[0], points[-1]
    end = min(float(most), size * (HIGH - LOW - 10) / max(HIGH - LOW - to_y(value), 1e-9))
    far = f"L{to_x(end):.0f} {to_y(value * end / size):.0f}"
    return f'<path d="M{to_x(0):.0f} {to_y(0):.0f}{far}" stroke="{FAINT}" stroke-dasharray="4 4"/>'


def _key(names: Sequence[str]) -> str:
    """Which colour is which, where there are several."""
    if len(names) < 2:
        return ""
    return "".join(
        f'<tspan dx="14" fill="{COLOURS[number % len(COLOURS)]}">{escape(name)}</tspan>'
        for number, name in enumerate(names)
    )


def _told(points: Points, unit: str) -> str:
    return ", ".join(f"{_value(value)} {unit} at {size:,}" for size, value in points)


def _value(value: float) -> str:
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}"
