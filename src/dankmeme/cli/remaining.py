"""How long something that is under way will take."""

from __future__ import annotations

import time
from collections import deque


class Rate:
    """Done a second, over the last seconds.

    Args:
        seconds: how far back it looks.
    """

    def __init__(self, seconds: float = 10.0) -> None:
        self._seconds = seconds
        self._seen: deque[tuple[float, float]] = deque()

    def at(self, done: float) -> float:
        """The rate, now that so much is done; 0 where it is not known yet."""
        now = time.monotonic()
        while self._seen and now - self._seen[0][0] > self._seconds:
            self._seen.popleft()
        self._seen.append((now, done))
        (first, before), (last, after) = self._seen[0], self._seen[-1]
        return (after - before) / (last - first) if last > first else 0.0


def duration(seconds: float) -> str:
    """Minutes and seconds, hours where there are some: 0:42, 12:30, 1:02:30."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
