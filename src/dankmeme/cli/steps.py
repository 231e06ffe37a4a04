"""How something that takes a while in several steps shows how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from dankmeme.cli.following import QUIET_SECONDS

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
    """The bars, one a step."""

    def __init__(self, console: Console, bar: Progress) -> None:
        self._console, self._bar = console, bar
        self._tasks: dict[str, TaskID] = {}
        self._said = time.monotonic()

    def show(self, what: str, done: float, of: float) -> None:
        """Show how far one step is."""
        amount = f"{done:,.0f}/{of:,.0f}" if of else f"{done:,.0f}"
        if what not in self._tasks:
            for task in self._tasks.values():
                self._bar.update(task, visible=False)
            self._tasks[what] = self._bar.add_task(what, total=None, amount="")
        self._bar.update(self._tasks[what], completed=done, total=of or None, amount=amount)
        if done and not self._console.is_terminal and time.monotonic() - self._said >= QUIET_SECONDS:
            self._said = time.monotonic()
            self._console.print(f"{what}: {amount}", highlight=False, markup=False)
