"""A wall clock that a test sets: with this folder on `PYTHONPATH`, every Python process is off by what a file says."""

import os
import time
from pathlib import Path

_FILE, _REAL, _REAL_NS = Path(os.environ["CLOCK_OFFSET"]), time.time, time.time_ns
_read = [0.0, 0.0]


def _offset() -> float:
    """Seconds, looked up again after a moment."""
    now = time.monotonic()
    if now >= _read[0]:
        _read[:] = now + 0.05, float(_FILE.read_text())
    return _read[1]


time.time = lambda: _REAL() + _offset()
time.time_ns = lambda: _REAL_NS() + int(_offset() * 1e9)
