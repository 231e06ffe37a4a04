"""A person's own wish for predictions of what is stored already: this process makes them."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from dankmeme.models.predictors import Predictors
from dankmeme.pipeline.lineup import Keeper
from dankmeme.pipeline.patience import Patience
from dankmeme.pipeline.predict import Predictor
from dankmeme.pipeline.work import PREDICT
from dankmeme.storage import Storage, predictions, versions
from dankmeme.storage.predictions import FAILED, SUCCESS


class Forecasting:
    """Wants predictions, and makes them or leaves them to others.

    Args:
        storage: open.
        predictors: the model versions of this process.
        newest: only the newest pictures, so many; None for all.
        keeper: keeps those on the bundles that the registry wants; None where it is not asked.

    Attributes:
        faults: why versions, and whole bundles, cannot predict, by their names.
    """

    def __init__(
        self, storage: Storage, predictors: Predictors, newest: int | None, keeper: Keeper | None = None
    ) -> None:
        self._database, self._patience, self._newest = storage.database, Patience(), newest
        self._predictor = Predictor(storage.database, storage.bucket, predictors, self._patience, newest, keeper)
        self._chunks: dict[str, int] = {}
        self._predictor.adopt()
        self._active = [version for version in versions.everyone(self._database) if version.active]
        self.faults = dict(self._predictor.lost) | (keeper.faults if keeper is not None else {})
        self.faults |= {f"{each.model} {each.version}": each.fault for each in self._active if each.fault is not None}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patience.stop()
        self._predictor.close()

    def want(self) -> int:
        """Want what the versions have not said of the pictures; how many pictures wait for it."""
        able = [version.key for version in self._active if version.fault is None]
        predictions.backfill(self._database, able, self._newest)
        self._chunks = predictions.pending_pictures(self._database)
        return sum(self._chunks.values())

    def hand_over(self) -> None:
        """Queue what is wanted for others to work on."""
        from dankmeme.pipeline.engine import enqueue_from_outside

        enqueue_from_outside(self._database, PREDICT, list(self._chunks))

    def work(self, show: Callable[[int], None]) -> tuple[int, int]:
        """Make all predictions that are wanted.

        Args:
            show: told of how many pictures they are made.

        Returns:
            How many were made, and how many failed.
        """
        done = made = failed = 0
        for chunk, pictures in self._chunks.items():
            self._predictor.predict(chunk)
            states = predictions.outcome(self._database, chunk)
            made, failed = made + states.get(SUCCESS, 0), failed + states.get(FAILED, 0)
            done += pictures
            show(done)
        return made, failed
