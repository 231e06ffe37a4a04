"""Single keys from a terminal; where nobody types on one, the first character of each line."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

END = ""
"""There is nothing more to read."""
LEFT, RIGHT, DOWN, OTHER = "left", "right", "down", "other"
_ARROWS = {b"[D": LEFT, b"[C": RIGHT, b"[B": DOWN}
_SEQUENCE_SECONDS = 0.05


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
    """The next key: a small letter, a space, or `LEFT`, `RIGHT`, `DOWN`; `END` at the end, `OTHER` for another."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line[:1].lower() if line else END
    file = sys.stdin.fileno()
    found = os.read(file, 1)
    if found in (b"", b"\x04"):
        return END
    if found != b"\x1b":
        return found.decode("latin-1").lower()
    while select.select([file], [], [], _SEQUENCE_SECONDS)[0]:  # all that one key sends (ECMA-48)
        found += os.read(file, 16)
    return _ARROWS.get(found[1:].replace(b"O", b"["), OTHER)
