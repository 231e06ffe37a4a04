"""Tables of figures for a person: as wide as the terminal, and never folded where nobody looks at one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dankmeme.cli.saying import say, shown

UNFOLDED = 500
"""Characters of a line that goes to a file or a pipe."""


def say_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table with its title above and a blank line before it."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = UNFOLDED
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(Text(shown(heading)))
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    say("")
    say(title)
    console.print(table)


def say_list(title: str, lines: Iterable[str]) -> None:
    """Print lines with their title above and a blank line before it; nothing where there are none."""
    if kept := list(lines):
        say("")
        say(title)
        for line in kept:
            say(f"  {line}")
