"""How something that takes a while in several steps shows how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from dankmeme.cli.following import QUIET_SECONDS
from dankmeme.cli.remaining import Rate, duration

RATE_SECONDS = 60.0
"""The time that is left is reckoned from so many seconds."""
Told = Callable[[str, float, float], None]
"""Told what is being done, how much of it is done, and of how much; 0 where that is not known."""


@contextmanager
def steps() -> Iterator[Told]:
    """Show steps on standard error: a bar for the one under way; without a terminal, a line now and then."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[amount]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield _Steps(console, bar).show


class _Steps:
    """The bars, one a step; what stands in brackets behind a step's name changes while it is under way."""

    def __init__(self, console: Console, bar: Progress) -> None:
        self._console, self._bar = console, bar
        self._step, self._task, self._rate = "", TaskID(0), Rate()
        self._said = time.monotonic()

    def show(self, what: str, done: float, of: float) -> None:
        """Show how far one step is."""
        step = what.partition(" (")[0]
        if step != self._step:
            if self._step:
                self._bar.update(self._task, visible=False)
            self._step, self._rate = step, Rate(RATE_SECONDS)
            self._task = self._bar.add_task(what, total=None, amount="")
        amount = f"{done:,.0f}/{of:,.0f}" if of else f"{done:,.0f}"
        rate = self._rate.at(done)
        if rate > 0 and done < of:
            amount += f", {duration((of - done) / rate)} left"
        self._bar.update(self._task, description=what, completed=done, total=of or None, amount=amount)
        if done and not self._console.is_terminal and time.monotonic() - self._said >= QUIET_SECONDS:
            self._said = time.monotonic()
            self._console.print(f"{what}: {amount}", highlight=False, markup=False)
