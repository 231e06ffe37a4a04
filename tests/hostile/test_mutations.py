"""Pictures with bytes changed, cut, doubled and swapped, through the real worker processes: none is lost, none hangs.

`DANK_MUTATIONS` says how many, `DANK_SEED` repeats a run.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest

from dankmeme.errors import ImageError
from dankmeme.images.decode import FORMATS
from dankmeme.images.isolated import decode_pool, kept_isolated, many_kept_isolated
from dankmeme.images.keep import Kept
from dankmeme.images.pool import WorkerPool
from tests.drawing import animation, encoded, texture

COUNT = int(os.environ.get("DANK_MUTATIONS", "400"))
SEED = int(os.environ.get("DANK_SEED", str(time.time_ns() % 1_000_000)))
SECONDS, WORKERS, TOGETHER = 8.0, 2, 4
KNOWN = {
    "empty",
    "not-an-image",
    "too-many-pixels",
    "broken-image",
    "file-too-large",
    "decode-timeout",
    "decode-failed",
}


def good() -> list[bytes]:
    """Pictures of every format and of the modes that decoders treat apart."""
    drawn = texture(120, 160, 5)
    grey = np.ascontiguousarray(drawn[..., 0])
    found = [encoded(drawn, kind) for kind in FORMATS]
    found += [encoded(grey, kind) for kind in ("JPEG", "PNG", "BMP")]
    found += [encoded(drawn, "JPEG", progressive=True), encoded(drawn, "WEBP", lossless=True)]
    found += [encoded(grey.astype(np.uint16) * 257, "PNG"), *(animation(kind) for kind in ("GIF", "WEBP", "PNG"))]
    return found


def mutated(picture: bytes, chance: Random) -> bytes:
    """A picture with a few accidents, of which some keep its length and others do not."""
    data = bytearray(picture)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8, 40))):
        place, size = chance.randrange(max(1, len(data))), chance.choice((1, 1, 2, 4, 16, 64))
        match chance.randrange(7):
            case 0:
                data[place : place + size] = chance.randbytes(min(size, max(1, len(data) - place)))
            case 1:
                data[place : place + 1] = bytes([chance.choice((0, 1, 0x7F, 0x80, 0xFF))])
            case 2:
                del data[place : place + size]
            case 3:
                data[place:place] = data[place : place + size]
            case 4:
                other = chance.randrange(max(1, len(data)))
                data[place : place + size], data[other : other + size] = (
                    data[other : other + size],
                    data[place : place + size],
                )
            case 5:
                data[place : place + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\0\xff\xff"))
            case _ if chance.random() < 0.3:
                del data[place:]
            case _:
                data[place : place + 1] = bytes([(data[place] if data else 0) ^ (1 << chance.randrange(8))])
    return bytes(data)


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = decode_pool(WORKERS, seconds=SECONDS)
    yield pool
    pool.close()


def test_each_mutated_picture_is_kept_or_refused_with_its_reason_and_good_ones_are_kept_in_between(
    pool: WorkerPool,
) -> None:
    chance, pictures = Random(SEED), good()
    reference, processes = kept_isolated(pool, pictures[0]), set(pool.processes)
    started = time.monotonic()

    def keep(batch: list[bytes]) -> list[Kept | ImageError]:
        found = many_kept_isolated(pool, batch)
        processes.update(pool.processes)
        return found

    # Those whose worker may die go in fours with a good picture: it must come out whatever becomes of the others.
    batches = [
        [mutated(chance.choice(pictures), chance) for _ in range(TOGETHER - 1)] + [pictures[0]]
        for _ in range(-(-COUNT // (TOGETHER - 1)))
    ]
    with ThreadPoolExecutor(WORKERS) as threads:
        found = list(threads.map(keep, batches))
    took = time.monotonic() - started
    assert [batch[-1] for batch in found] == [reference] * len(batches), f"seed {SEED}"
    outcomes = Counter("kept" if isinstance(each, Kept) else each.code for batch in found for each in batch[:-1])
    assert outcomes.total() == len(batches) * (TOGETHER - 1)
    assert set(outcomes) <= KNOWN | {"kept"}, f"seed {SEED}: {outcomes}"
    assert all(each.message for batch in found for each in batch if isinstance(each, ImageError))
    print(
        f"seed {SEED}: {outcomes.total():,} mutated pictures in {took:.0f} s: {dict(outcomes.most_common())}; "
        f"{len(processes) - WORKERS:+} workers replaced"
    )
    assert kept_isolated(pool, pictures[0]) == reference
