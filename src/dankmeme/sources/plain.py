"""What strangers wrote, taken only as what it should be: plain text, numbers, times."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime

LONGEST_TEXT = 2_000
_ENTITY = re.compile(r"&(amp|lt|gt|quot|#0?39|#x27|#x2F);")
_MEANING = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "#39": "'", "#039": "'", "#x27": "'", "#x2F": "/"}
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_END_OF_TIME = 4_102_444_800.0
"""The year 2100: a time after this is no time."""
_MILLISECONDS = 1e11
"""From here on a time is one in milliseconds: as seconds it would be the year 5138."""
_MOST_POINTS = 10**12
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+")


def mapping(value: object) -> Mapping[str, object]:
    """An object of JSON, or an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[object]:
    """A list of JSON, or an empty one."""
    return value if isinstance(value, list) else []


def parsed(data: bytes | str) -> object:
    """What JSON says.

    Raises:
        ValueError: it is none, or built to hurt (nested without end, numbers without end).
    """
    try:
        found: object = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return found


def text(value: object, longest: int = LONGEST_TEXT) -> str:
    """One line of text that any database takes: without control characters and lone surrogates; else empty."""
    if not isinstance(value, str):
        return ""
    return _UNWANTED.sub(" ", value[: 2 * longest]).strip()[:longest]


def unescaped(value: str) -> str:
    """Text without the HTML entities that web APIs put in, once: `&amp;lt;` becomes `&lt;`."""
    return _ENTITY.sub(lambda found: _MEANING[found[1]], value)


def whole(value: object) -> int | None:
    """A count of points, also where it is written as text, with commas between thousands too; else None."""
    if isinstance(value, str) and _THOUSANDS.fullmatch(value.strip()):
        value = value.replace(",", "")
    found = number(value)
    return None if found is None or abs(found) > _MOST_POINTS or found != int(found) else int(found)


def number(value: object) -> float | None:
    """A finite number, also where it is written as text; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: object) -> float | None:
    """Seconds since 1970, UTC, from a number (milliseconds where it is too large for seconds) or an ISO 8601 text (UTC
    where it names no zone); else None.
    """
    found = number(value)
    if found is None and isinstance(value, str):
        found = _iso(value)
    elif found is not None and found >= _MILLISECONDS:
        found /= 1_000
    return found if found is not None and 0 < found < _END_OF_TIME else None


def _iso(value: str) -> float | None:
    try:
        when = datetime.fromisoformat(value)
        return when.timestamp() if when.tzinfo else datetime.fromisoformat(value + "+00:00").timestamp()
    except (ValueError, OverflowError):
        return None
