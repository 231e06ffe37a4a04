from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], seconds: float = 30, what: str = "", every: float = 0.01) -> T:
    """Poll a condition until it gives something true, and return that.

    Raises:
        AssertionError: if it did not within `seconds`; `what` says in words what was waited for.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or condition}; it gave {found!r}")
        time.sleep(every)
