"""Captions read in limited worker processes."""

from __future__ import annotations

import itertools
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import ImageError
from dankmeme.images.pool import Arrays, Limits, Reply, Task, WorkerPool
from dankmeme.memory import give_back
from dankmeme.models.caption import Caption, CaptionReader, Line

_GIVEN_BACK_AFTER = 16
"""Pictures; what they took lies between what is still used, and would add up."""


def reading_pool(size: int, threads: int, seconds: float = 4.0) -> WorkerPool:
    """Workers that read captions; each holds the OCR models (some 210 MB)."""
    limits = Limits(seconds=seconds, memory=6_000_000_000, items=2_000)
    return WorkerPool(f"dankmeme.models.reading:task_{threads}", size, limits, "read")


def read_isolated(pool: WorkerPool, pixels: NDArray[np.uint8]) -> Caption | None:
    """The caption of a clean picture, uint8 `[h, w, 3]`; None where the reader took too long or broke."""
    try:
        answer, _ = pool.call({}, {"pixels": pixels})
    except ImageError:
        return None
    return Caption(tuple(Line(**line) for line in answer["lines"]), answer["complete"])


def task_1() -> Task:
    """The worker's side, one thread."""
    return _task(CaptionReader(threads=1))


def task_2() -> Task:
    """The worker's side, two threads."""
    return _task(CaptionReader(threads=2))


def _task(reader: CaptionReader) -> Task:
    turns = itertools.cycle(range(_GIVEN_BACK_AFTER))

    def run(_: dict[str, object], arrays: Arrays) -> Reply:
        if next(turns) == _GIVEN_BACK_AFTER - 1:
            give_back()
        caption = reader.read(arrays["pixels"])
        return {"lines": [asdict(line) for line in caption.lines], "complete": caption.complete}, {}

    return run
