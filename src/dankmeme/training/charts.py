"""Charts as inline SVG: coloured by the page's variables, named for a screen reader, of no library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from dankmeme.training.evaluate import Curve, Figure, Histogram, ReliabilityBin

SHADES = 4
"""How many models have a colour of their own; further ones begin anew."""


@dataclass(frozen=True)
class Axis:
    """One side of a chart, in the numbers it shows."""

    name: str
    low: float
    high: float
    ticks: Sequence[float]


@dataclass(frozen=True)
class Line:
    """One line of a ladder: a figure joined with all below (filled), and alone (hollow)."""

    name: str
    joined: Figure | None
    alone: Figure | None


PERCENT = (0.0, 0.25, 0.5, 0.75, 1.0)
WIDTH, HEIGHT = 340.0, 310.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 326.0, 12.0, 262.0
STEP = 54.0
LADDER_WIDTH = 480.0


def reliability(bins: Sequence[ReliabilityBin], base_rate: float, *, shade: int = 1) -> str:
    """Forecast against what came true, with Wilson's intervals; points on the diagonal are as good as their word."""
    high = max(0.1, *(each.high for each in bins), *(each.forecast for each in bins)) if bins else 1.0
    top = min(1.0, -(-high * 10 // 1) / 10)
    axis = _percent_ticks(top)
    sides = axis("Forecast, %"), axis("Turned out dank, %")
    x, y = _places(*sides)
    whiskers = "".join(_path(f"whisker m{shade}", f"M{x(b.forecast):.1f} {y(b.low):.1f}V{y(b.high):.1f}") for b in bins)
    dots = "".join(
        f'<circle class="dot m{shade}" cx="{x(b.forecast):.1f}" cy="{y(b.observed):.1f}" r="5">'
        f"<title>{_percent(b.forecast)} forecast, {_percent(b.observed)} came true "
        f"({_percent(b.low)} to {_percent(b.high)}), {b.rows:,} memes</title></circle>"
        for b in bins
    )
    even = _path("even", f"M{x(0):.1f} {y(0):.1f}L{x(top):.1f} {y(top):.1f}")
    base = _path("base", f"M{x(0):.1f} {y(base_rate):.1f}H{x(top):.1f}") if base_rate <= top else ""
    told = "; ".join(f"forecast {_percent(b.forecast)}, came true {_percent(b.observed)}" for b in bins)
    return _chart("Reliability diagram", told, *sides, even + base + whiskers + dots)


def roc(curves: Mapping[str, Curve], areas: Mapping[str, float]) -> str:
    """Hits against false alarms for every threshold; the diagonal is a coin."""
    x, y = Axis("Not dank called dank, %", 0, 1, PERCENT), Axis("Dank called dank, %", 0, 1, PERCENT)
    to_x, to_y = _places(x, y)
    even = _path("even", f"M{to_x(0):.1f} {to_y(0):.1f}L{to_x(1):.1f} {to_y(1):.1f}")
    told = "; ".join(f"{name} has an area of {area:.3f}" for name, area in areas.items())
    return _chart("ROC curves", f"{told}; a coin has 0.5", x, y, even + _lines(curves, to_x, to_y))


def precision_recall(curves: Mapping[str, Curve], areas: Mapping[str, float], base_rate: float) -> str:
    """Precision against recall for every threshold; the dotted line is the base rate at the two ends."""
    x, y = Axis("Dank called dank, %", 0, 1, PERCENT), Axis("Called dank that are, %", 0, 1, PERCENT)
    to_x, to_y = _places(x, y)
    base = _path("base", f"M{to_x(0):.1f} {to_y(base_rate):.1f}H{to_x(1):.1f}")
    told = "; ".join(f"{name} has an average precision of {area:.3f}" for name, area in areas.items())
    told = f"{told}; chance has {base_rate:.3f}"
    return _chart("Precision and recall", told, x, y, base + _lines(curves, to_x, to_y))


def histogram(counts: Histogram) -> str:
    """How many memes of each kind have each probability, one kind upon the other."""
    parts = (("not", counts.not_dank), ("middle", counts.middle), ("dank", counts.dank))
    totals = [sum(column) for column in zip(*(part for _, part in parts), strict=True)]
    step = _round_step(max([*totals, 1]) / 4)
    high = step * -(-max([*totals, 1]) // step)
    x = Axis("Probability, %", 0, 1, PERCENT)
    y = Axis("Memes", 0, high, [step * tick for tick in range(int(high / step) + 1)])
    told = f"{sum(counts.dank):,} dank, {sum(counts.middle):,} in the middle, {sum(counts.not_dank):,} not dank"
    return _chart("Histogram of the probabilities", told, x, y, _bars(parts, *_places(x, y)))


def ladder(lines: Sequence[Line], *, chance: float = 0.5) -> str:
    """Rungs from the bottom of what is known downwards, each with its interval."""
    found = [figure for line in lines for figure in (line.joined, line.alone) if figure]
    low = min([chance - 0.05, *(figure.low for figure in found)])
    high = max([chance + 0.1, *(figure.high for figure in found)])
    axis = Axis("AUC", low, high, _ticks(low, high))
    height = STEP * len(lines) + 40
    to_x = _linear(low, high, 14, LADDER_WIDTH - 14)
    grid = "".join(
        _path("grid", f"M{to_x(tick):.1f} 4V{height - 38:.1f}") + _text(to_x(tick), height - 20, f"{tick:.2f}")
        for tick in axis.ticks
    )
    coin = _path("even", f"M{to_x(chance):.1f} 4V{height - 38:.1f}")
    rungs = "".join(_rung(line, STEP * place, to_x) for place, line in enumerate(lines))
    name = _text(LADDER_WIDTH / 2, height - 3, axis.name, "name")
    told = "; ".join(f"{line.name}: {line.joined or line.alone}" for line in lines)
    return _svg("Ladder", told, LADDER_WIDTH, height, grid + coin + rungs + name, "wide")


def interval(figure: Figure, chance: float, low: float, high: float) -> str:
    """One figure on a line with its interval and what chance gets."""
    to_x = _linear(low, high, 8, 312)
    body = (
        _path("rail", "M8 22H312")
        + _path("coin", f"M{to_x(chance):.1f} 10V34")
        + _path("span", f"M{to_x(figure.low):.1f} 22H{to_x(figure.high):.1f}")
        + f'<circle class="mark" cx="{to_x(figure.value):.1f}" cy="22" r="9"/>'
        + _text(to_x(chance), 50, f"a coin {chance * 100:.0f}", "onstage")
        + _text(312, 50, f"always {high * 100:.0f}", "onstage end")
    )
    return _svg("AUC with its 95 % interval", f"{figure}; chance gives {chance:.2f}", 320, 56, body, "rail-chart")


def _rung(line: Line, top: float, to_x: Callable[[float], float]) -> str:
    """Its name, and below it the joined figure, and the figure alone where it differs."""
    out = [f'<text class="rung" x="14" y="{top + 20:.1f}">{escape(line.name)}</text>']
    main = line.joined or line.alone
    if main:
        out.append(f'<text class="rung value" x="{LADDER_WIDTH - 14:.1f}" y="{top + 20:.1f}">{main.value:.3f}</text>')
    if line.joined:
        out.append(_path("whisker m1", f"M{to_x(line.joined.low):.1f} {top + 33:.1f}H{to_x(line.joined.high):.1f}"))
        out.append(f'<circle class="dot m1" cx="{to_x(line.joined.value):.1f}" cy="{top + 33:.1f}" r="6"/>')
    if line.alone and line.alone != line.joined:
        out.append(_path("whisker faint", f"M{to_x(line.alone.low):.1f} {top + 45:.1f}H{to_x(line.alone.high):.1f}"))
        out.append(f'<circle class="dot hollow" cx="{to_x(line.alone.value):.1f}" cy="{top + 45:.1f}" r="4.5"/>')
    return "".join(out)


def _bars(
    parts: Sequence[tuple[str, Sequence[int]]], to_x: Callable[[float], float], to_y: Callable[[float], float]
) -> str:
    """Bars of each kind upon those of the kinds before."""
    bars = []
    for place, column in enumerate(zip(*(counts for _, counts in parts), strict=True)):
        left, right = to_x(place / len(parts[0][1])) + 0.75, to_x((place + 1) / len(parts[0][1])) - 0.75
        below = 0
        for (kind, _), count in zip(parts, column, strict=True):
            upper, lower = to_y(below + count), to_y(below)
            bars.append(_bar(kind, left, upper, right - left, lower - upper))
            below += count
    return "".join(bars)


def _lines(curves: Mapping[str, Curve], to_x: Callable[[float], float], to_y: Callable[[float], float]) -> str:
    drawn = []
    for number, curve in enumerate(curves.values()):
        points = "L".join(f"{to_x(x):.1f} {to_y(y):.1f}" for x, y in zip(curve.x, curve.y, strict=True))
        drawn.append(_path(f"line m{number % SHADES + 1}", f"M{points}"))
    return "".join(reversed(drawn))


def _chart(title: str, told: str, x: Axis, y: Axis, body: str) -> str:
    """A chart with a grid, its ticks and the names of both axes."""
    to_x, to_y = _places(x, y)
    grid = "".join(_path("grid", f"M{to_x(tick):.1f} {TOP}V{BOTTOM}") for tick in x.ticks)
    grid += "".join(_path("grid", f"M{LEFT} {to_y(tick):.1f}H{RIGHT}") for tick in y.ticks)
    ticks = "".join(_text(to_x(tick), BOTTOM + 18, _tick(x, tick)) for tick in x.ticks)
    ticks += "".join(_text(LEFT - 7, to_y(tick) + 4, _tick(y, tick), "tick end") for tick in y.ticks)
    middle = (TOP + BOTTOM) / 2
    names = _text((LEFT + RIGHT) / 2, HEIGHT - 8, x.name, "name")
    names += f'<text class="name" transform="translate(11 {middle:.1f}) rotate(-90)">{escape(y.name)}</text>'
    return _svg(title, told, WIDTH, HEIGHT, grid + body + ticks + names)


def _svg(title: str, told: str, width: float, height: float, body: str, kind: str = "square") -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>{body}</svg>"
    )


def _places(x: Axis, y: Axis) -> tuple[Callable[[float], float], Callable[[float], float]]:
    return _linear(x.low, x.high, LEFT, RIGHT), _linear(y.low, y.high, BOTTOM, TOP)


def _linear(low: float, high: float, first: float, last: float) -> Callable[[float], float]:
    return lambda value: first + (value - low) / (high - low) * (last - first)


def _percent_ticks(top: float) -> Callable[[str], Axis]:
    step = 0.25 if top > 0.8 else 0.2 if top > 0.4 else 0.1
    ticks = [number * step for number in range(int(top / step + 1e-9) + 1)]
    return lambda name: Axis(name, 0.0, top, ticks)


def _ticks(low: float, high: float) -> list[float]:
    step = 0.05 if high - low < 0.3 else 0.1
    return [number * step for number in range(int(-(-low // step)), int(high // step) + 1)]


def _round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20 … that is at least so much."""
    return next(step for power in range(12) for unit in (1, 2, 5) if (step := unit * int(10**power)) >= least)


def _tick(axis: Axis, tick: float) -> str:
    return f"{tick * 100:.0f}" if axis.name.endswith("%") else f"{tick:,.0f}"


def _percent(value: float) -> str:
    return f"{value * 100:.0f} %"


def _path(kind: str, way: str) -> str:
    return f'<path class="{kind}" d="{way}"/>'


def _bar(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="bar {kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _text(x: float, y: float, words: str, kind: str = "tick") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
