"""How a command ends: in good order on Ctrl-C, and with one clear line for what a person can put right."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import typer

from dankmeme.cli.saying import say
from dankmeme.errors import DankError, first_line

INTERRUPTED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible(said: str = "the same command goes on where this stopped") -> Iterator[None]:
    """End in good order on Ctrl-C and on SIGTERM; a second one ends at once.

    Args:
        said: what a person is told then.

    Raises:
        typer.Exit: 130, once what was being done is written down.
    """
    try:
        with signals_interrupt():
            yield
    except KeyboardInterrupt:
        say(f"interrupted; {said}", error=True)
        leave(INTERRUPTED)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Have the first SIGINT or SIGTERM raise KeyboardInterrupt, and the second end the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is _interrupt:  # else it is ending: the next signal is the second
            for number, handler in before.items():
                signal.signal(number, handler)


def until_interrupted() -> NoReturn:
    """Wait for a signal of `signals_interrupt`, which ends this by KeyboardInterrupt.

    A wait without end would sleep through one that comes just as it begins, or that another thread receives: Python
    handles signals on the main thread alone, once that does something again.
    """
    while True:
        time.sleep(0.5)


def leave(code: int) -> None:
    """End this process now if a signal interrupted it: it has written down and handed back what it could, and threads
    that wait still for a database that is away would keep it for as long.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@contextmanager
def clear_errors() -> Iterator[None]:
    """One line and exit code 2 for what a person can put right."""
    try:
        yield
    except DankError as error:
        say(f"dank: {error.message} ({error.code})", error=True)
        raise typer.Exit(2) from None
    except Exception as error:
        from dankmeme.storage import bucket, database

        away = isinstance(error, OSError) or database.is_outage(error) or bucket.is_outage(error)
        if isinstance(error, BrokenPipeError) or not away:
            raise
        say(f"dank: {_said_by(error)}", error=True)
        raise typer.Exit(2) from None


def _interrupt(number: int, frame: FrameType | None) -> None:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    raise KeyboardInterrupt


def _said_by(error: Exception) -> str:
    """What the system says, in one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return first_line(getattr(error, "orig", None) or error)
