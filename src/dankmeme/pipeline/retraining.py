"""A schedule trains anew: a process that can train begins it when it is due, in a process of its own."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

from dankmeme.pipeline.schedule import following
from dankmeme.settings import Settings
from dankmeme.storage import retrains
from dankmeme.storage.database import Database
from dankmeme.storage.retrains import Retrain

GRACE_SECONDS = 600.0
"""So long after its time a training is ended."""
_NEEDED = ("torch", "keras", "lightgbm", "optuna")
_log = logging.getLogger(__name__)


class Retrainer:
    """Begins trainings, keeps an eye on them, and ends those that take too long.

    Args:
        settings: with the rhythm, and how long a training may take.
        database: where trainings are written down.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._child: tuple[Retrain, subprocess.Popen[bytes], float] | None = None

    def check(self) -> None:
        """See whether the rhythm makes sense.

        Raises:
            SettingError: `bad-schedule`.
        """
        if self._settings.retrain:
            following(self._settings.retrain, time.time())

    def tend(self) -> None:
        """Do what is to be done now; called every few seconds."""
        if self._child is not None:
            self._watch(*self._child)
            return
        cron = self._settings.retrain
        if not cron:
            return
        now = time.time()
        retrains.plan(self._database, cron, following(cron, now))
        if can_train():
            found = retrains.claim(self._database, now, following(cron, now))
            if found is not None:
                self._begin(found)

    def stop(self) -> None:
        """End a training of this process; another process, or this one when it starts again, goes on with it."""
        if self._child is not None:
            _end(self._child[1])
            self._child = None

    def _begin(self, found: Retrain) -> None:
        log = self._settings.home / "logs" / f"retrain-{found.id[:12]}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "dankmeme.cli", "retrain", "--run", found.id]
        command += ["--budget", str(self._settings.retrain_minutes)]
        command += ["--any-age"] if self._settings.retrain_any_age else []
        with log.open("ab") as file:
            child = subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        _log.info("training anew; see %s", log)
        self._child = found, child, time.monotonic()

    def _watch(self, found: Retrain, child: subprocess.Popen[bytes], began: float) -> None:
        if child.poll() is None:
            retrains.beat(self._database, found.id)
            if time.monotonic() - began > 60 * self._settings.retrain_minutes + GRACE_SECONDS:
                _end(child)
                minutes = self._settings.retrain_minutes
                retrains.end(self._database, found.id, "failed", f"it took longer than {minutes} minutes")
                self._child = None
            return
        self._child = None
        if child.returncode < 0:
            retrains.give_up(self._database, found.id)
            return
        retrains.end(self._database, found.id, "failed", f"the training ended with exit code {child.returncode}")


def can_train() -> bool:
    """Whether this installation has what training needs."""
    return all(find_spec(name) is not None for name in _NEEDED)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(20)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
