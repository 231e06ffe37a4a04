"""Numbers and moments as a reader meets them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from dankmeme.training.evaluate import Figure

_NAME = re.compile(r"\S*\w[._/]\w")


def number(value: float, *, signed: bool = False) -> str:
    """Three decimals with a true minus."""
    return f"{value:{'+' if signed else ''}.3f}".replace("-", "−")


def share(value: float) -> str:
    """A fraction as whole percent, on one line."""
    return f"{value * 100:.0f}\N{NO-BREAK SPACE}%"


def span(figure: Figure, *, signed: bool = False) -> str:
    """The interval of a figure; a dash between signed numbers would be read as a minus."""
    low, high = (number(each, signed=signed) for each in (figure.low, figure.high))
    return f"{low} to {high}" if signed or figure.low < 0 else f"{low}–{high}"


def told(figure: Figure | None, *, signed: bool = False) -> str:
    """A figure with its interval; a dash where there is none."""
    return f"{number(figure.value, signed=signed)} ({span(figure, signed=signed)})" if figure else "–"


def sentence(words: str) -> str:
    """With a full stop, and a capital first letter unless it begins with the name of a file or of a setting."""
    start = words if _NAME.match(words) else words[:1].upper() + words[1:]
    return start if start.endswith((".", "!", "?")) else f"{start}."


def day(moment: float) -> str:
    """Seconds since 1970 as a date, UTC."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"
