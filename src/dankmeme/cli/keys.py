"""Single keys from a terminal; where nobody types on one, the first character of each line."""

from __future__ import annotations

import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

END = ""
"""There is nothing more to read."""


@contextmanager
def keys_at_once() -> Iterator[None]:
    """Have keys come without Enter and without showing; Ctrl-C still interrupts."""
    if not sys.stdin.isatty():
        yield
        return
    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)
    try:
        tty.setcbreak(file)
        yield
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)


def key() -> str:
    """The next key, a small letter or a space; `END` at the end."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line[:1].lower() if line else END
    found = os.read(sys.stdin.fileno(), 1)
    return found.decode("latin-1").lower() if found not in (b"", b"\x04") else END
