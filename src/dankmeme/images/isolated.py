"""`prepare` in a limited worker process: what everything that meets strangers' bytes calls."""

from __future__ import annotations

from typing import Any

import numpy as np

from dankmeme.images.decode import Picture
from dankmeme.images.fingerprint import Pdq
from dankmeme.images.pool import Arrays, Limits, Reply, Task, WorkerPool
from dankmeme.images.prepare import Prepared, prepare


def decode_pool(size: int, seconds: float = 8.0) -> WorkerPool:
    """Workers that decode; see `prepare_isolated`."""
    return WorkerPool("dankmeme.images.isolated:task", size, Limits(seconds=seconds), "decode")


def prepare_isolated(pool: WorkerPool, data: bytes, side: int, *, keep_picture: bool) -> Prepared:
    """`images.prepare.prepare` in a worker.

    Args:
        pool: from `decode_pool`.
        data: the image's bytes.
        side: of the model input, in pixels.
        keep_picture: whether the clean picture's pixels come back too (they are needed to read the caption);
            without them `picture.pixels` has the shape `[0, 0, 3]`.

    Raises:
        ImageError: as `decode`, and `decode-timeout` or `decode-failed`.
    """
    request = {"side": side, "keep_picture": keep_picture}
    answer, arrays = pool.call(request, {"data": np.frombuffer(data, dtype=np.uint8)})
    picture = Picture(arrays["pixels"], answer["format"], answer["width"], answer["height"], answer["animated"])
    return Prepared(answer["sha256"], Pdq(answer["pdq"], answer["quality"]), arrays["model_input"], picture)


def task() -> Task:
    """The worker's side."""
    return _run


def _run(header: dict[str, Any], arrays: Arrays) -> Reply:
    prepared = prepare(arrays["data"].tobytes(), header["side"], keep_picture=header["keep_picture"])
    picture = prepared.picture
    pixels = picture.pixels if header["keep_picture"] else np.empty((0, 0, 3), dtype=np.uint8)
    answer = {
        "sha256": prepared.sha256,
        "pdq": prepared.pdq.hex,
        "quality": prepared.pdq.quality,
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "animated": picture.animated,
    }
    return answer, {"model_input": prepared.model_input, "pixels": pixels}
