"""`prepare` and `keep` in a limited worker process: what everything that meets strangers' bytes calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from dankmeme.errors import ImageError
from dankmeme.images.decode import Picture
from dankmeme.images.fingerprint import Pdq
from dankmeme.images.keep import Kept, keep
from dankmeme.images.pool import Arrays, Limits, Reply, Task, WorkerPool
from dankmeme.images.prepare import Prepared, prepare

TOGETHER_SECONDS = 3.0


def decode_pool(size: int, seconds: float = 8.0) -> WorkerPool:
    """Workers that decode, for `prepare_isolated` and `kept_isolated` alike."""
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
    request = {"job": "prepare", "side": side, "keep_picture": keep_picture}
    answer, arrays = pool.call(request, {"data": np.frombuffer(data, dtype=np.uint8)})
    picture = Picture(arrays["pixels"], answer["format"], answer["width"], answer["height"], answer["animated"])
    look = Pdq(answer["pdq"], answer["quality"])
    return Prepared(answer["sha256"], look, arrays["model_input"], picture, arrays["detail"].tobytes())


def kept_isolated(pool: WorkerPool, data: bytes) -> Kept:
    """`images.keep.keep` in a worker.

    Args:
        pool: from `decode_pool`.
        data: the image's bytes.

    Raises:
        ImageError: as `decode`, and `decode-timeout` or `decode-failed`.
    """
    (kept,) = many_kept_isolated(pool, [data])
    if isinstance(kept, ImageError):
        raise kept
    return kept


def many_kept_isolated(pool: WorkerPool, images: Sequence[bytes]) -> list[Kept | ImageError]:
    """`images.keep.keep` of a few images in one worker: going there and back costs as much for one as for four.

    Where they break the worker, or take more than `TOGETHER_SECONDS`, each is tried alone: one cannot spoil the others.

    Args:
        pool: from `decode_pool`.
        images: the bytes of each.

    Returns:
        What became of each, in order; errors as `kept_isolated` raises them.
    """
    sent = {str(place): np.frombuffer(data, dtype=np.uint8) for place, data in enumerate(images)}
    try:
        answer, arrays = pool.call({"job": "keep"}, sent, seconds=TOGETHER_SECONDS if len(images) > 1 else None)
    except ImageError as error:
        return [error] if len(images) == 1 else [many_kept_isolated(pool, [data])[0] for data in images]
    return [_kept(told, place, arrays) for place, told in enumerate(answer["kept"])]


def _kept(answer: dict[str, Any], place: int, arrays: Arrays) -> Kept | ImageError:
    if "error" in answer:
        return ImageError(answer["error"]["code"], answer["error"]["message"])
    return Kept(
        sha256=answer["sha256"],
        pdq=Pdq(answer["pdq"], answer["quality"]),
        detail=arrays[f"{place}.detail"].tobytes(),
        format=answer["format"],
        width=answer["width"],
        height=answer["height"],
        animated=answer["animated"],
        normal=arrays[f"{place}.normal"].tobytes(),
        normal_size=(answer["normal_size"][0], answer["normal_size"][1]),
        thumbnail=arrays[f"{place}.thumbnail"].tobytes(),
        thumbnail_size=(answer["thumbnail_size"][0], answer["thumbnail_size"][1]),
    )


def task() -> Task:
    """The worker's side."""
    return _run


def _run(header: dict[str, Any], arrays: Arrays) -> Reply:
    if header["job"] == "keep":
        return _keep([arrays[str(place)].tobytes() for place in range(len(arrays))])
    return _prepare(arrays["data"].tobytes(), header)


def _keep(images: list[bytes]) -> Reply:
    answers: list[dict[str, Any]] = []
    results: Arrays = {}
    for place, data in enumerate(images):
        try:
            kept = keep(data)
        except ImageError as error:
            answers.append({"error": {"code": error.code, "message": error.message}})
            continue
        answer = asdict(kept) | {"pdq": kept.pdq.hex, "quality": kept.pdq.quality}
        for name in ("detail", "normal", "thumbnail"):
            results[f"{place}.{name}"] = np.frombuffer(answer.pop(name), dtype=np.uint8)
        answers.append(answer)
    return {"kept": answers}, results


def _prepare(data: bytes, header: dict[str, Any]) -> Reply:
    prepared = prepare(data, header["side"], keep_picture=header["keep_picture"])
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
    look = np.frombuffer(prepared.detail, dtype=np.uint8)
    return answer, {"model_input": prepared.model_input, "pixels": pixels, "detail": look}
