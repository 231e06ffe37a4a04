"""Where things rest, for the routes: opened when it is first needed, and again where it was away."""

from __future__ import annotations

import logging
import threading
import time
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from dankmeme.errors import DankError, StorageError, first_line
from dankmeme.settings import Settings
from dankmeme.storage import Storage, open_storage

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0


class Resting:
    """Database and bucket of this process. A database that is away keeps nobody from asking for a verdict.

    Args:
        settings: of this process.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._storage: Storage | None = None
        self._failed: tuple[float, str] = (float("-inf"), "")

    @property
    def opened(self) -> Storage | None:
        """The storage, where it is open."""
        return self._storage

    def open(self) -> Storage:
        """The storage.

        Raises:
            DankError: `database-away`, where it cannot be opened now.
        """
        storage = self._storage
        return storage if storage is not None else self._open()

    def close(self) -> None:
        """Let go of it."""
        with self._lock:
            if self._storage is not None:
                self._storage.database.close()
                self._storage = None

    def _open(self) -> Storage:
        with self._lock:
            if self._storage is None:
                if time.monotonic() - self._failed[0] < _PAUSE_SECONDS:
                    raise DankError("database-away", self._failed[1])
                try:
                    self._storage = open_storage(self._settings)
                except StorageError as error:
                    _log.warning("the database cannot be opened: %s", first_line(error))
                    self._failed = time.monotonic(), "the database cannot be reached now; try again in a little while"
                    raise DankError("database-away", self._failed[1]) from error
            return self._storage


async def storage_of(request: Request) -> Storage:
    """The storage, as a route depends on it; a thread is asked only where it has to be opened."""
    resting: Resting = request.app.state.resting
    opened = resting.opened
    return opened if opened is not None else await run_in_threadpool(resting.open)


Rest = Annotated[Storage, Depends(storage_of)]
