"""How `dank dataset show` prints a dataset."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dankmeme.cli.following import counted
from dankmeme.cli.saying import say, shown

if TYPE_CHECKING:
    from dankmeme.training.showing import Overview

BAR = 32
"""Characters of the longest bar."""
_LABELS = {
    "given": "ranks that stand in the data",
    "followed": "scores at {age:g} h",
    "score": "scores, of whatever age",
    "class": "two classes",
    None: "none",
}


def print_overview(told: Overview) -> None:
    """Print the figures: tables on a terminal, plain columns elsewhere."""
    console = Console(highlight=False)
    _print(console, told.name, list(_facts(told)), 0)
    if told.scores:
        _print(console, "scores", _scores(told), 2)
    for file, why in told.broken.items():
        say(f"cannot be used: {file}: {why}", error=True)
    for warning in told.warnings:
        say(f"training would refuse it: {warning}", error=True)


def _scores(told: Overview) -> list[tuple[str, ...]]:
    """How many posts have which score, with a bar."""
    most = max(each.count for each in told.scores)
    rows = list[tuple[str, ...]]()
    for each in told.scores:
        span = f"{each.low:,.0f}" if each.high <= each.low else f"{each.low:,.0f} to {each.high:,.0f}"
        rows.append((span, f"{each.count:,}", "█" * round(BAR * each.count / most)))
    return rows


def _facts(told: Overview) -> list[tuple[str, ...]]:
    facts: list[tuple[str, ...]] = [
        ("version", told.version[:12]),
        ("posts", f"{told.posts:,} with {counted(told.pictures, 'picture')}"),
        ("time", _time(told)),
        ("labels", _labels(told)),
        ("scores", ", ".join(f"{percent} %: {score:,.0f}" for percent, score in told.quantiles.items()) or "none"),
        ("score ages", ", ".join(f"{hours} h: {count:,}" for hours, count in told.score_ages.items()) or "not told"),
        ("near-duplicates", _families(told)),
        ("communities", _communities(told)),
        ("authors", f"{told.authors:,}, the busiest with {told.busiest_author:.1%} of the posts"),
        ("NSFW", f"{told.nsfw:.1%}"),
        ("with a title", f"{told.titled:.1%}"),
        *([("people's labels", f"{told.people:,}")] if told.people else []),
        ("default split", ", ".join(f"{count:,} {part}" for part, count in told.parts.items()) or "none"),
    ]
    left_out = ", ".join(f"{count:,} {why}" for why, count in told.left_out.items())
    return facts + ([("left out", left_out)] if left_out else [])


def _time(told: Overview) -> str:
    if told.time is None:
        return "not told, but their order is" if told.ordered else "not told"
    first, last = (f"{datetime.fromtimestamp(each, UTC):%Y-%m-%d}" for each in told.time)
    return f"{first} to {last}"


def _labels(told: Overview) -> str:
    kind = _LABELS[told.label].format(age=told.age_hours)
    if told.label is None:
        return kind
    ends = f"{told.dank:,} dank (from {told.dank_from:.2f}), {told.not_dank:,} not dank (to {told.not_dank_to:.2f})"
    return f"{kind}: {ends}, {told.middle:,} between, {told.unlabelled:,} without"


def _families(told: Overview) -> str:
    if not told.families:
        return "none"
    return f"{told.in_families:,} posts in {told.families:,} families, {told.largest_family:,} in the largest"


def _communities(told: Overview) -> str:
    more = told.community_count - len(told.communities)
    largest = ", ".join(f"{name} {count:,}" for name, count in told.communities.items())
    return f"{largest}, and {more:,} more" if more > 0 else largest


def _print(console: Console, title: str, rows: list[tuple[str, ...]], right: int) -> None:
    """A table, whose first columns stand at the right; no frame and no folding where nobody looks at a terminal."""
    rows = [tuple(map(shown, row)) for row in rows]
    if not console.is_terminal:
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        print(shown(title))
        for row in rows:
            cells = [f"{cell:{'>' if place < right else '<'}{widths[place]}}" for place, cell in enumerate(row)]
            print(f"  {'  '.join(cells)}".rstrip())
        return
    table = Table(title=Text(shown(title)), title_justify="left", show_header=False, box=ROUNDED)
    for place in range(len(rows[0])):
        last = place == len(rows[0]) - 1
        table.add_column(justify="right" if place < right else "left", no_wrap=not last, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
