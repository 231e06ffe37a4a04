"""Waiting for what is away: a database or a bucket that fails is nobody's fault, and comes back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from dankmeme.errors import first_line
from dankmeme.storage import bucket, database

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 5.0


class Stopped(BaseException):
    """This process is ending; the work is handed back. Not an `Exception`: the engine must not take it for a result."""


class Patience:
    """Repeats what failed because the database or the bucket is away, until it is back or this process ends."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        """Let all who wait give up."""
        self._stop.set()

    def check(self) -> None:
        """Raise `Stopped` if this process is ending."""
        if self._stop.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sleep, unless this process ends.

        Raises:
            Stopped: if it does.
        """
        if self._stop.wait(seconds):
            raise Stopped

    def insist(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What `work` gives, once database and bucket let it.

        Raises:
            Stopped: if this process ends before.
        """
        pause, since = 0.1, 0.0
        while True:
            self.check()
            try:
                result = work(*args, **kwargs)
            except Exception as error:
                if not (database.is_outage(error) or bucket.is_outage(error)):
                    raise
                if not since:
                    since = time.monotonic()
                    _log.warning("waiting for storage: %s", first_line(error))
                self.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                if since:
                    _log.warning("storage is back after %.0f s", time.monotonic() - since)
                return result
