"""How a scrape or an import shows how far it is, and what it brought."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from dankmeme.cli.remaining import Rate, duration
from dankmeme.cli.saying import shown

if TYPE_CHECKING:
    from dankmeme.pipeline.foreground import Progress as State

QUIET_SECONDS = 10.0
"""Where nobody looks at a terminal, a line is printed so often."""


class Follower:
    """A bar with rate, failures by reason and time left; without a terminal, a line now and then.

    Args:
        console: of standard error.
        bar: started where the console is a terminal.
        task: of the bar.
    """

    def __init__(self, console: Console, bar: Progress, task: TaskID) -> None:
        self._console, self._bar, self._task = console, bar, task
        self._rate = Rate()
        self._said = time.monotonic()

    def show(self, state: State) -> None:
        """Show how far it is."""
        done, total = state.counts.all - state.counts.pending, state.counts.all
        rate = self._rate.at(done)
        more = _details(state, rate)
        self._bar.update(self._task, completed=done, total=total or None, done=f"{done:,}/{total:,}", more=more)
        if not self._console.is_terminal and time.monotonic() - self._said >= QUIET_SECONDS:
            self._said = time.monotonic()
            self._console.print(f"{done:,} of {total:,}{more}", highlight=False, markup=False)

    def say(self, text: str) -> None:
        """Print a line beside the bar."""
        self._bar.console.print(shown(text), highlight=False, markup=False)


@contextmanager
def following(what: str) -> Iterator[Follower]:
    """Show how far something is, on standard error."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), TextColumn("{task.fields[done]}"), TimeElapsedColumn())
    with Progress(
        *columns,
        TextColumn("[dim]{task.fields[more]}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        yield Follower(console, bar, bar.add_task(what, total=None, done="", more=""))


def listed(counts: dict[str, int]) -> str:
    """Reasons with their counts, the most frequent first."""
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items(), key=lambda each: -each[1]))


def counted(number: int, what: str) -> str:
    """A number with its noun: 1 post, 2 posts."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def waiting(pictures: int) -> str:
    """So many pictures wait."""
    return f"{counted(pictures, 'picture')} {'waits' if pictures == 1 else 'wait'}"


def _details(state: State, rate: float) -> str:
    parts = [f" {rate:,.0f}/s"] if rate else []
    if state.reading:
        parts.append(" still reading")
    elif rate and state.counts.pending:
        parts.append(f" {duration(state.counts.pending / rate)} left")
    if state.failures:
        parts.append(f" failed: {listed(state.failures)}")
    return "".join(f" ·{part}" for part in parts)
