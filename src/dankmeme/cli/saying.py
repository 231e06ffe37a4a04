"""Lines for a person. What strangers wrote into titles and file names must not steer the terminal."""

from __future__ import annotations

import unicodedata

import typer

_STEERING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories: controls, halves of pairs, separators of lines and of paragraphs."""
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reorder what stands around them (Unicode Technical Report 36)."""


def say(line: str, *, error: bool = False) -> None:
    """Print one line to standard output, or to standard error."""
    typer.echo(shown(line), err=error)


def shown(text: str) -> str:
    """Text on one line, as it may stand on a terminal: what would steer it is escaped as Python would write it."""
    return "".join(_escaped(each) if _steers(each) else each for each in text)


def wrong(message: str, hint: str | None = None) -> typer.BadParameter:
    """Wrong usage, to be raised.

    Args:
        message: what is wrong.
        hint: the argument or option.
    """
    return typer.BadParameter(shown(message), param_hint=hint)


def _steers(character: str) -> bool:
    return unicodedata.category(character) in _STEERING or character in _DIRECTIONS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
