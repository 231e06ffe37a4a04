"""Bars of posts of several kinds, one upon the other, as inline SVG: coloured by the page's variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 380.0, 250.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 372.0, 10.0, 206.0
_NAMED = 44
"""Characters of names that fit below the bars."""
KINDS = (("not", "not dank"), ("middle", "between"), ("dank", "dank"), ("unlabelled", "no label"))
"""The kinds in their order, from the bottom of a bar, and how a legend calls them."""


@dataclass(frozen=True)
class Column:
    """One bar: its name, and how many posts of each kind (not dank, between, dank, no label)."""

    name: str
    counts: tuple[int, int, int, int]


def bars(title: str, name: str, columns: Sequence[Column]) -> str:
    """Columns of kinds, one upon the other; some of the names are told below."""
    high = _round_up(max(sum(column.counts) for column in columns))
    step = (_RIGHT - _LEFT) / len(columns)
    drawn = "".join(_column(column, _LEFT + place * step, step, high) for place, column in enumerate(columns))
    grid = "".join(
        f'<path class="grid" d="M{_LEFT} {_height(tick, high):.1f}H{_RIGHT}"/>'
        f'<text class="tick end" x="{_LEFT - 6}" y="{_height(tick, high) + 4:.1f}">{tick:,.0f}</text>'
        for tick in (0, high / 2, high)
    )
    every = -(-len(columns) * max(len(column.name) for column in columns) // _NAMED)
    named = "".join(
        f'<text class="tick" x="{_LEFT + (place + 0.5) * step:.1f}" y="{_BOTTOM + 18}">{escape(column.name)}</text>'
        for place, column in enumerate(columns)
        if place % every == 0
    )
    below = f'<text class="name" x="{(_LEFT + _RIGHT) / 2}" y="{_HEIGHT - 6}">{escape(name)}</text>'
    told = "; ".join(f"{column.name}: {sum(column.counts):,}" for column in columns)
    return (
        f'<svg class="bars" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img"><title>{escape(title)}</title>'
        f"<desc>{escape(told)}</desc>{grid}{drawn}{named}{below}</svg>"
    )


def _column(column: Column, left: float, step: float, high: float) -> str:
    drawn, below = [], 0
    for (kind, _), count in zip(KINDS, column.counts, strict=True):
        top, foot = _height(below + count, high), _height(below, high)
        if count:
            drawn.append(
                f'<rect class="bar {kind}" x="{left + 0.08 * step:.1f}" y="{top:.1f}" width="{0.84 * step:.1f}" '
                f'height="{foot - top:.1f}"/>'
            )
        below += count
    return f"<g><title>{escape(column.name)}: {below:,}</title>{''.join(drawn)}</g>"


def legend(columns: Sequence[Column]) -> str:
    """What the colours mean that are there."""
    there = [any(column.counts[place] for column in columns) for place in range(len(KINDS))]
    items = "".join(
        f'<li class="{kind}">{words}</li>' for (kind, words), is_there in zip(KINDS, there, strict=True) if is_there
    )
    return f'<ul class="legend">{items}</ul>'


def _height(count: float, high: float) -> float:
    return _BOTTOM - count / high * (_BOTTOM - _TOP)


def _round_up(count: int) -> float:
    """The smallest of 2, 4, 6, 8, 10, 20 … that is at least so much."""
    return next(
        float(unit * 10**power) for power in range(12) for unit in (2, 4, 6, 8, 10) if unit * 10**power >= count
    )
