"""The server's share of the pipeline: it works on the queues beside answering, on a thread of its own."""

from __future__ import annotations

import logging
import os
import threading

from dankmeme.errors import StorageError
from dankmeme.models.predictors import Predictors
from dankmeme.pipeline.lineup import Keeper
from dankmeme.settings import Settings

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 10.0


class Background:
    """Works on the queues until `stop`. A database that is away when the server starts keeps nobody from asking for a
    verdict: it is tried again until it is there.

    Args:
        settings: of this process; half its cores decode what comes in, so that those who ask need not wait.
        predictors: the model versions that predict what comes in; None where others do.
        keeper: keeps those on the bundles that the registry wants.
    """

    def __init__(self, settings: Settings, predictors: Predictors | None, keeper: Keeper) -> None:
        self._predictors, self._keeper = predictors, keeper
        cores = settings.decode_workers or len(os.sched_getaffinity(0))
        self._settings = settings.model_copy(update={"decode_workers": max(1, cores // 2)})
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pipeline", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End what is being done soon, and hand back the rest."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        from dankmeme.pipeline.worker import Worker
        from dankmeme.storage import open_storage

        pause, said = 0.5, ""
        while not self._stop.is_set():
            try:
                with (
                    open_storage(self._settings) as storage,
                    Worker(
                        self._settings, storage, eager=False, predictors=self._predictors, keeper=self._keeper
                    ) as worker,
                ):
                    worker.start()
                    said = ""
                    self._stop.wait()
            except StorageError as error:
                if error.message != said:
                    _log.warning("the pipeline waits: %s", error.message)
                    said = error.message
            except Exception:
                _log.exception("the pipeline broke, and starts anew")
            self._stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
