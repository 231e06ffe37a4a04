"""How `dank classify` prints verdicts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dankmeme.api.answers import answer
from dankmeme.cli.saying import shown
from dankmeme.models.classifier import Classification, Failure
from dankmeme.models.verdict import ContextScore

_COLOURS = {"dank": "bold green", "not dank": "red", "can't tell": "yellow"}

WIDE = 110
"""Columns from which a terminal has room for captions."""


class Printer:
    """Prints results as they come (JSON), or as one table at the end with failures below.

    Args:
        as_json: one JSON object a line.
    """

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._console = Console(highlight=False)
        self._done: list[Classification] = []
        self._failed: list[Failure] = []

    def show(self, result: Classification | Failure) -> None:
        """Take one result."""
        if self._as_json:
            print(_json(result), flush=True)
        elif isinstance(result, Failure):
            self._failed.append(result)
        else:
            self._done.append(result)

    def finish(self) -> None:
        """Print what was gathered."""
        if self._done:
            self._console.print(_table(self._done, self._console.width))
            self._console.print(f"[dim]compared with {escape(self._done[0].verdict.compared_with)}[/dim]")
            for result in self._done:
                if result.context is not None:
                    self._console.print(_in_context(_name(result, self._console.width), result.context))
            reasons = {each.verdict.reason for each in self._done if each.verdict.reason}
            for reason in sorted(reasons):
                self._console.print(f"[yellow]can't tell[/yellow]: {escape(reason)}")
        errors = Console(stderr=True, highlight=False)
        for failure in self._failed:
            errors.print(
                f"[red]failed[/red] {escape(shown(failure.input))}: {escape(shown(failure.message))} "
                f"[dim]({failure.code})[/dim]"
            )


@contextmanager
def progress(total: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    """A progress bar on standard error; gives the function that advances it."""
    console = Console(stderr=True)
    columns = (TextColumn("classifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal)) as bar:
        task = bar.add_task("classify", total=total)
        yield lambda: bar.advance(task)


def _json(result: Classification | Failure) -> str:
    if isinstance(result, Failure):
        return json.dumps({"input": result.input, "error": {"code": result.code, "message": result.message}})
    return answer(result).model_dump_json()


def _table(results: list[Classification], width: int) -> Table:
    """The verdicts; captions only where the terminal is wide enough for them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    names = [_name(result, width) for result in results]
    table.add_column("meme", overflow="ellipsis", no_wrap=True, min_width=max(map(len, names)))
    for name in ("verdict", "dank", "interval", "percentile", "cnn", "automl"):
        least = 10 if name in ("verdict", "interval", "percentile") else 6
        table.add_column(name, justify="left" if name == "verdict" else "right", no_wrap=True, min_width=least)
    if width >= WIDE:
        table.add_column("caption", overflow="ellipsis", no_wrap=True, ratio=1)
    for name, result in zip(names, results, strict=True):
        verdict = result.verdict
        cells = [
            escape(name),
            f"[{_COLOURS[verdict.label]}]{verdict.label}[/]",
            _percent(verdict.probability),
            f"{_whole(verdict.low)}–{_percent(verdict.high)}",
            _percent(verdict.percentile),
            _percent(result.cnn.probability),
            _percent(result.automl.probability) if result.automl else "–",
        ]
        table.add_row(*cells, *([escape(shown(result.caption or "–"))] if width >= WIDE else []))
    return table


def _in_context(name: str, said: ContextScore) -> str:
    """The forecast that knows more than the meme, in words."""
    return f"{escape(name)} with {' and '.join(said.reads)}: [bold]{_percent(said.probability)}[/bold] dank"


def _name(result: Classification, width: int) -> str:
    """What a meme is called where there are so many columns."""
    return _short(shown(result.input), 44 if width >= WIDE else max(12, width - 62))


def _short(name: str, longest: int) -> str:
    """A long path by its end, which tells more."""
    return name if len(name) <= longest else "…" + name[1 - longest :]


def _whole(fraction: float) -> str:
    """A whole percentage without its sign; never 0 or 100, since nothing here is certain."""
    return str(min(99, max(1, round(fraction * 100))))


def _percent(fraction: float) -> str:
    return f"{_whole(fraction)} %"
