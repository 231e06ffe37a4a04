"""The processes that meet strangers' bytes: some decode pictures, others read their captions."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from dankmeme import metrics
from dankmeme.images.isolated import decode_pool, prepare_isolated
from dankmeme.images.prepare import Prepared
from dankmeme.models.caption import Caption
from dankmeme.models.reading import read_isolated, reading_pool
from dankmeme.settings import Settings
from dankmeme.traces import span


class Eyes:
    """Decodes and reads in limited processes; may be shared.

    Args:
        captions: whether captions are read.
        workers: processes that decode; None for one a core.
        readers: processes that read captions; None for one a core, at most 2.
    """

    def __init__(self, *, captions: bool = True, workers: int | None = None, readers: int | None = None) -> None:
        cores = len(os.sched_getaffinity(0))
        self.captions = captions
        self._decoders = decode_pool(workers or cores)
        self.readers = readers or min(cores, 2)
        self._readers = reading_pool(self.readers, threads=1) if captions else None

    def prepare(self, data: bytes, side: int, *, keep_picture: bool) -> Prepared:
        """`images.prepare.prepare` in a process of its own; see there."""
        with span("decode", bytes=len(data)):
            return prepare_isolated(self._decoders, data, side, keep_picture=keep_picture)

    def read(self, pixels: NDArray[np.uint8]) -> Caption | None:
        """The caption of a clean picture, uint8 `[h, w, 3]`; None where captions are not read, or reading failed."""
        if self._readers is None:
            return None
        with span("read caption"), metrics.timed(metrics.CAPTION_SECONDS):
            return read_isolated(self._readers, pixels)

    def warm(self) -> None:
        """Start all processes now, and wait until they are ready."""
        pools = [self._decoders] if self._readers is None else [self._readers, self._decoders]
        with ThreadPoolExecutor(len(pools)) as threads:
            list(threads.map(lambda pool: pool.warm(), pools))

    def close(self) -> None:
        """End the processes."""
        self._decoders.close()
        if self._readers is not None:
            self._readers.close()


def eyes_for(settings: Settings) -> Eyes:
    """Processes that decode and read; they start when they are first needed."""
    return Eyes(
        captions=settings.captions,
        workers=settings.decode_workers or None,
        readers=settings.caption_readers or None,
    )
