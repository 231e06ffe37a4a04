from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from dankmeme.errors import ImageError
from dankmeme.images.isolated import decode_pool, kept_isolated, many_kept_isolated, prepare_isolated
from dankmeme.images.keep import Kept, keep
from dankmeme.images.pool import Arrays, Reply, WorkerPool
from dankmeme.images.prepare import prepare
from tests.drawing import chunk, encoded, png, png_header, texture


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    pool = decode_pool(1, seconds=30)
    yield pool
    pool.close()


def test_a_worker_gives_what_the_same_process_would(pool: WorkerPool) -> None:
    data = encoded(texture(300, 400), "JPEG")
    here, there = prepare(data, 96), prepare_isolated(pool, data, 96, keep_picture=True)
    assert (there.sha256, there.pdq) == (here.sha256, here.pdq)
    assert np.array_equal(there.model_input, here.model_input)
    assert np.array_equal(there.picture.pixels, here.picture.pixels)
    named = ("format", "width", "height", "animated")
    assert [getattr(there.picture, name) for name in named] == [getattr(here.picture, name) for name in named]


def test_the_picture_stays_behind_unless_it_is_asked_for(pool: WorkerPool) -> None:
    prepared = prepare_isolated(pool, encoded(texture(300, 400), "PNG"), 96, keep_picture=False)
    assert prepared.picture.pixels.shape == (0, 0, 3)
    assert (prepared.picture.width, prepared.picture.height) == (400, 300)


def test_one_pool_both_prepares_and_keeps(pool: WorkerPool) -> None:
    data = encoded(texture(300, 400), "PNG")
    assert kept_isolated(pool, data) == keep(data)
    assert prepare_isolated(pool, data, 96, keep_picture=False).pdq == kept_isolated(pool, data).pdq


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"text", "not-an-image"),
        (encoded(texture(99, 99), "JPEG")[:900], "broken-image"),
        (png(png_header(50_000, 50_000), chunk(b"IDAT", b"")), "too-many-pixels"),
        (bytes(20_000_001), "file-too-large"),
    ],
    ids=["empty", "text", "truncated", "bomb", "large"],
)
def test_refusals_keep_their_code_across_the_pipe(pool: WorkerPool, data: bytes, code: str) -> None:
    with pytest.raises(ImageError) as caught:
        prepare_isolated(pool, data, 96, keep_picture=False)
    assert caught.value.code == code
    with pytest.raises(ImageError) as caught:
        kept_isolated(pool, data)
    assert caught.value.code == code


def test_pictures_and_rubbish_mixed_from_many_threads_keep_apart(pool: WorkerPool) -> None:
    def one(seed: int) -> bool:
        data = encoded(texture(64, 64 + seed, seed), "PNG")
        if seed % 3 == 0:
            with pytest.raises(ImageError):
                prepare_isolated(pool, data[: len(data) // 2], 64, keep_picture=False)
            return True
        return prepare_isolated(pool, data, 64, keep_picture=False).sha256 == prepare(data, 64).sha256

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(one, range(24)))


def test_a_few_pictures_go_together_and_a_bad_one_spoils_none(pool: WorkerPool) -> None:
    good = [encoded(texture(64, 64 + seed, seed), kind) for seed, kind in enumerate(("PNG", "JPEG", "WEBP"))]
    together = many_kept_isolated(pool, [good[0], b"no picture", good[1], b"", good[2]])
    alone = [keep(data) for data in good]
    assert [each for each in together if isinstance(each, Kept)] == alone
    assert [each.code for each in together if isinstance(each, ImageError)] == ["not-an-image", "empty"]


def test_where_the_worker_dies_each_picture_is_tried_alone() -> None:
    class Dying:
        """A pool whose worker dies of one picture, and of whatever is with it."""

        def call(self, header: dict[str, Any], arrays: Arrays, *, seconds: float | None = None) -> Reply:
            if any(data.tobytes() == b"bad" for data in arrays.values()):
                raise ImageError("decode-failed", "the picture broke the process")
            return {"kept": [{"error": {"code": "empty", "message": "fine"}} for _ in arrays]}, {}

    kept = many_kept_isolated(Dying(), [b"a", b"bad", b"c"])  # type: ignore[arg-type]
    assert [each.code for each in kept if isinstance(each, ImageError)] == ["empty", "decode-failed", "empty"]
