"""The PDQ hash against the reference implementation.

Started as `fingerprints.py FILE...`, with one thread for NumPy as in our workers; prints a `Compared` as JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.images.decode import decode
from dankmeme.images.fingerprint import HASH_SIDE, pdq
from figures import Figure
from floor import ONE_THREAD

PICTURES = 50


@dataclass(frozen=True)
class Compared:
    """Milliseconds of each on a picture, and how many bits they are apart at most; None where it is not installed."""

    ours: float
    reference: float | None = None
    apart: int | None = None


def fingerprint(memes: Sequence[Path]) -> list[Figure]:
    """Milliseconds a picture of at most 512 px; the reference is left out where it is not installed."""
    command = [sys.executable, __file__, *map(str, memes[:PICTURES])]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    seen = Compared(**json.loads(run.stdout))
    if seen.reference is None:
        return [Figure("PDQ of one picture", seen.ours, "ms", note="the reference package pdqhash is not installed")]
    note = f"pictures of ≤ {HASH_SIDE} px; at most {seen.apart} of 256 bits apart"
    return [Figure("PDQ of one picture", seen.ours, "ms", "pdqhash", seen.reference, note=note)]


def _compared(files: Sequence[str]) -> Compared:
    pictures = [decode(Path(file).read_bytes(), longest=HASH_SIDE).pixels for file in files]
    ours = _milliseconds(pdq, pictures)
    try:
        import pdqhash
    except ImportError:
        return Compared(ours)
    apart = max(_bits_apart(picture, pdqhash) for picture in pictures)
    return Compared(ours, _milliseconds(pdqhash.compute, pictures), apart)


def _milliseconds(hashed: Callable[[NDArray[np.uint8]], object], pictures: Sequence[NDArray[np.uint8]]) -> float:
    """The median, after a pass that fills caches."""
    times = []
    for timed in (False, True):
        for picture in pictures:
            started = time.perf_counter()
            hashed(picture)
            if timed:
                times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def _bits_apart(picture: NDArray[np.uint8], reference: Any) -> int:
    bits, _ = reference.compute(picture)
    theirs = "".join(map(str, bits))
    return (int(theirs, 2) ^ int(pdq(picture).hex, 16)).bit_count()


if __name__ == "__main__":
    print(json.dumps(asdict(_compared(sys.argv[1:]))))
