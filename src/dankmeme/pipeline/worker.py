"""A process that works on the queues: the stages wired to the engine."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from dankmeme.images.isolated import decode_pool
from dankmeme.models.predictors import Predictors
from dankmeme.pipeline.engine import Engine
from dankmeme.pipeline.follow_up import FollowUps
from dankmeme.pipeline.ingest import Ingester, Retries
from dankmeme.pipeline.lineup import Keeper
from dankmeme.pipeline.network import make_fetcher
from dankmeme.pipeline.patience import Patience
from dankmeme.pipeline.predict import Predictor
from dankmeme.pipeline.retraining import Retrainer
from dankmeme.pipeline.schedule import from_settings
from dankmeme.pipeline.scrape import Scraper
from dankmeme.pipeline.supervisor import Supervisor
from dankmeme.pipeline.work import FOLLOW, INGEST, PREDICT, SCRAPE, Later
from dankmeme.settings import Settings
from dankmeme.storage import Storage, retention, schedules

STOP_SECONDS = 20.0
"""So long an ending process waits for what it is in the middle of."""


class Worker:
    """Works on the queues from `start` to `stop`.

    Args:
        settings: of this process.
        storage: open; stays so after `stop`.
        eager: whether the processes that decode start at once, and not with the first picture.
        scheduled: whether this process also begins the runs that are due.
        predictors: the model versions that predict in this process; None where it leaves that to others.
        keeper: keeps those on the bundles that the registry wants; None where it is not asked.
    """

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        *,
        eager: bool = True,
        scheduled: bool = True,
        predictors: Predictors | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        self._settings, self.storage, self._eager = settings, storage, eager
        self._pool = decode_pool(settings.decode_workers or len(os.sched_getaffinity(0)))
        self.patience = Patience()
        self._active, self._idle = 0, threading.Condition()
        retries = Retries(settings.tries, settings.retry_seconds)
        self._ingester = Ingester(
            storage.database, storage.bucket, make_fetcher(settings), self._pool, retries, self.patience
        )
        follow_ups = FollowUps(settings, storage.database, self.patience)
        self._predictor = self._make_predictor(predictors, keeper)
        stages = {INGEST: self._ingester.ingest, SCRAPE: self._scrape, FOLLOW: follow_ups.take}
        if self._predictor is not None:
            stages[PREDICT] = self._predictor.predict
        self.engine = Engine(
            storage.database, {queue: self._counted(stage) for queue, stage in stages.items()}, room(settings)
        )
        self._scraper = Scraper(
            settings, storage.database, lambda chunk: self.engine.enqueue(INGEST, chunk), self.patience
        )
        self._retrainer = Retrainer(settings, storage.database)
        self._supervisor = Supervisor(
            storage,
            self.engine,
            self._relate,
            self.patience,
            scheduled=scheduled,
            adopt=self._predictor.adopt if self._predictor is not None else None,
            adopt_others=self._predictor.adopt_others if self._predictor is not None else list,
            tend=self._retrainer.tend,
            retain=self._retain,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to work."""
        if self._eager:
            self._pool.warm_all()
        if self._supervisor.scheduled:
            self._retrainer.check()
            self.patience.insist(schedules.adopt, self.storage.database, from_settings(self._settings))
        self._supervisor.beat()
        self.patience.insist(self.engine.launch)
        self._supervisor.start()

    @property
    def round_utc(self) -> float:
        """When the last round of the supervisor's duties began, or one last got on, seconds since 1970."""
        return self._supervisor.round_utc

    def wait(self, seconds: float) -> None:
        """Wait until a piece of work ends, but for so many seconds at most."""
        with self._idle:
            self._idle.wait(seconds)

    def finish(self) -> None:
        """Wait until nothing is being done, and every new image was compared with all others."""
        with self._idle:
            self._idle.wait_for(lambda: self._active == 0)
        self._ingester.relate(wait=True)

    def stop(self) -> None:
        """End what is being done soon, write it down, and hand back what is left."""
        self.patience.stop()
        self._ingester.hurry()
        with self._idle:
            self._idle.wait_for(lambda: self._active == 0, timeout=STOP_SECONDS)
        self._supervisor.stop()
        self._retrainer.stop()
        self.engine.destroy()
        self._supervisor.sign_off()
        self._ingester.close()
        if self._predictor is not None:
            self._predictor.close()
        self._pool.close()

    def _make_predictor(self, predictors: Predictors | None, keeper: Keeper | None) -> Predictor | None:
        if predictors is None:
            return None
        database, bucket, backfill = self.storage.database, self.storage.bucket, self._settings.backfill
        return Predictor(database, bucket, predictors, self.patience, backfill, keeper)

    def _relate(self, between: Callable[[], None]) -> None:
        self._ingester.relate(between=between)

    def _retain(self) -> int:
        """Drop a batch of pictures and uploads that were kept long enough; how many there were."""
        now = time.time()
        dropped = retention.drop_old(self.storage, self._settings.image_days, now)
        return dropped + retention.delete_old_uploads(self.storage.database, self._settings.upload_days, now)

    def _scrape(self, work: str) -> list[Later]:
        return self._scraper.scrape(work)

    def _counted(self, stage: Callable[[str], list[Later]]) -> Callable[[str], list[Later]]:
        """A stage whose running pieces of work are counted, so that the end can wait for them."""

        def counted(work: str) -> list[Later]:
            self.patience.check()
            with self._idle:
                self._active += 1
            try:
                return stage(work)
            finally:
                with self._idle:
                    self._active -= 1
                    self._idle.notify_all()

        return counted


def room(settings: Settings) -> dict[str, int]:
    """How many pieces of work of each queue a process does at once."""
    return {INGEST: settings.ingest_chunks, SCRAPE: 2, PREDICT: 1, FOLLOW: 1}
