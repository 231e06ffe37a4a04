"""Many distinct memes to ingest, made once and kept in a folder outside the repository.

Real memes where `DANK_DATA` has them, else drawn ones, each made anew for every number: another crop, mirrored or not,
encoded at another quality. Number n is the same picture whatever the count. Started as `pack.py COUNT [FOLDER]`.
"""

from __future__ import annotations

import functools
import io
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image, ImageOps

import pictures

SHARD = 500
"""Pictures in one file: what a broken-off build loses at most, a process."""
_DRAWN = 200


def default_folder() -> Path:
    """Where the memes are kept from run to run; apart for real and drawn ones."""
    kind = "real" if pictures.data_folder("reddit_memes_2018") else "drawn"
    return Path(os.environ.get("TMPDIR") or tempfile.gettempdir()) / "dank-bench" / f"memes-{kind}"


def build(count: int, folder: Path | None = None) -> list[Path]:
    """Make what is not there yet of the first `count` memes.

    Returns:
        The files that hold them, `SHARD` each. Beside a file of pictures end to end lies one with their lengths.
    """
    folder = folder or default_folder()
    folder.mkdir(parents=True, exist_ok=True)
    shards = [folder / f"{number:04}.pack" for number in range(-(-count // SHARD))]
    if missing := [shard for shard in shards if not shard.exists()]:
        originals = _originals(folder)
        with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as processes:
            list(processes.map(functools.partial(_make, originals), missing))
    return shards


def lengths(shard: Path) -> list[int]:
    """Bytes of each picture of a file, in their order."""
    found: list[int] = json.loads(shard.with_suffix(".json").read_text())
    return found


def _originals(folder: Path) -> list[Path]:
    data = pictures.data_folder("reddit_memes_2018")
    if data:
        return sorted((data / "images").glob("*.jpg"))
    drawn = folder / "originals"
    drawn.mkdir(exist_ok=True)
    return [pictures.drawn(drawn / f"drawn{number}.jpg", number) for number in range(_DRAWN)]


def _make(originals: Sequence[Path], shard: Path) -> None:
    """Write one file; it has its name only once it is whole."""
    first = int(shard.stem) * SHARD
    made = [_varied(originals[number % len(originals)], number) for number in range(first, first + SHARD)]
    shard.with_suffix(".json").write_text(json.dumps([len(data) for data in made]))
    unfinished = shard.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(b"".join(made))
    unfinished.replace(shard)


def _varied(original: Path, number: int) -> bytes:
    """A meme as somebody else would post it: 3 to 12 % of both sides cut off, perhaps mirrored, quality 80 to 92."""
    chance = random.Random(number)
    with Image.open(original) as image:
        width, height = image.size
        cut = [round(side * chance.uniform(0.03, 0.12)) for side in (width, height)]
        left, top = (round(part * chance.random()) for part in cut)
        picture = image.convert("RGB").crop((left, top, width - cut[0] + left, height - cut[1] + top))
    if chance.random() < 0.5:
        picture = ImageOps.mirror(picture)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=chance.randint(80, 92))
    return written.getvalue()


def _main(count: str, *folder: str) -> None:
    started = time.perf_counter()
    shards = build(int(count), *map(Path, folder))
    took, size = time.perf_counter() - started, sum(shard.stat().st_size for shard in shards)
    print(f"{len(shards) * SHARD:,} memes, {size / 1e9:.2f} GB, {took:.0f} s, in {shards[0].parent}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
