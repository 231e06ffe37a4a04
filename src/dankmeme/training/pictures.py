"""Pictures are looked at: decoded in processes of their own, fingerprinted, their captions read, all of it kept.

What was found of a picture is kept in the `Cache` by the picture's SHA-256, so that an interrupted run goes on where it
stopped and a second run starts at once. Pictures come from strangers: they go the way they go when served.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import DankError, ImageError
from dankmeme.images.fingerprint import sha256
from dankmeme.images.prepare import Prepared
from dankmeme.models.caption import READER, Caption, Line
from dankmeme.models.eyes import Eyes
from dankmeme.models.features import colour_statistics
from dankmeme.models.scoring import Captioned
from dankmeme.training.cache import Cache
from dankmeme.training.place import replace_text

SMALLEST_SIDE = 32
_BATCH = 32
_THREADS = 6
_AHEAD = 64
_TRIES = 3
_FACTS = "facts:2"
_CAPTION = f"caption:{READER}"
_PASSING = ("decode-timeout", "decode-failed", "file-unreadable")
"""What a busy machine does to a picture says nothing about the picture: it is tried again the next time."""
Result = TypeVar("Result")
Inputs = NDArray[np.uint8]
Told = Callable[[int, int], object]
"""Told how many pictures are done, and of how many."""


@dataclass(frozen=True)
class Facts:
    """What is known of a picture from its bytes.

    Attributes:
        pdq: look-alike hash, 64 hexadecimal digits.
        quality: of the hash, 0–100.
        detail: what `images.lookalike.differs` compares.
        width: of the upright original, in pixels.
        height: likewise.
    """

    pdq: str
    quality: int
    detail: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Broken:
    """A picture that cannot be used, and why."""

    code: str
    message: str


def facts_of(files: Sequence[Path], keys: Sequence[str], cache: Cache, eyes: Eyes, told: Told) -> list[Facts | Broken]:
    """Decode and fingerprint pictures.

    Args:
        files: the pictures.
        keys: SHA-256 of each.
        cache: what is in there is not done again.
        eyes: decodes.
        told: of progress.
    """
    found = cache.get(_FACTS, keys)
    missing = _first_of(keys, found)
    results = _decoded(missing, files, eyes, lambda prepared: _packed_facts(_facts(prepared)), picture=False)
    for number, (row, result) in enumerate(_kept(results, keys, cache, _FACTS), 1):
        found[keys[row]] = result
        told(number, len(missing))
    return [_read_facts(found[key]) for key in keys]


def known_facts(keys: Sequence[str], cache: Cache) -> dict[str, Facts]:
    """What is known already of pictures, by SHA-256; nothing of those that are broken or that nobody looked at."""
    found = {key: _read_facts(kept) for key, kept in cache.get(_FACTS, keys).items()}
    return {key: facts for key, facts in found.items() if isinstance(facts, Facts)}


def captions_of(
    files: Sequence[Path], keys: Sequence[str], cache: Cache, eyes: Eyes, told: Told
) -> list[Caption | None]:
    """Read the captions of pictures; None where one could not be read (too slow, or the picture is broken)."""
    found = cache.get(_CAPTION, keys)
    missing = _first_of(keys, found)
    results = _decoded(missing, files, eyes, lambda prepared: _packed_caption(eyes.read(prepared.picture.pixels)))
    for number, (row, result) in enumerate(_kept(results, keys, cache, _CAPTION), 1):
        found[keys[row]] = result
        told(number, len(missing))
    return [_read_caption(found[key]) for key in keys]


def keep_captions(captions: dict[str, Caption], cache: Cache) -> None:
    """Keep captions that were read elsewhere, by SHA-256 of their pictures: workers have read those of the feed."""
    cache.put(_CAPTION, {key: _packed_caption(caption) for key, caption in captions.items()})


def keep_embeddings(seen: dict[str, tuple[bytes, bytes]], trunk: str, side: int, cache: Cache) -> None:
    """Keep what was seen elsewhere, by SHA-256 of the pictures: colour statistics and embedding, float32 each."""
    cache.put(_embedding(trunk, side), {key: colour + embedding for key, (colour, embedding) in seen.items()})


def embeddings_of(
    files: Sequence[Path],
    keys: Sequence[str],
    cache: Cache,
    eyes: Eyes,
    trunk: str,
    side: int,
    embed: Callable[[Inputs], NDArray[np.float32]],
    told: Told,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What an image model sees in pictures, and their colours.

    Args:
        files: the pictures, all sound.
        keys: SHA-256 of each.
        cache: what is in there is not done again.
        eyes: decodes.
        trunk: names what embeds.
        side: of its model input.
        embed: uint8 `[n, side, side, 3]` → float32 `[n, e]`.
        told: of progress.

    Returns:
        Embeddings `[n, e]` and colour statistics `[n, 10]`.
    """
    kind = _embedding(trunk, side)
    found = cache.get(kind, keys)
    missing = _first_of(keys, found)
    done = 0
    for rows, inputs in _batched(missing, files, eyes, side):
        seen = embed(inputs)
        fresh = {keys[row]: _packed_view(seen[place], inputs[place]) for place, row in enumerate(rows)}
        cache.put(kind, fresh)
        found.update(fresh)
        done += len(rows)
        told(done, len(missing))
    values = np.stack([np.frombuffer(found[key], dtype=np.float32) for key in keys])
    colours = len(colour_statistics(np.zeros((2, 2, 3), dtype=np.uint8)))
    return values[:, colours:], values[:, :colours]


def inputs_of(files: Sequence[Path], keys: Sequence[str], eyes: Eyes, side: int, path: Path, told: Told) -> Inputs:
    """Model inputs of sound pictures, uint8 `[n, side, side, 3]`, in a file that is mapped into memory.

    How many of which pictures the file holds stands beside it: an unfinished one is gone on with.
    """
    beside, name = path.with_suffix(".json"), sha256(json.dumps([side, *keys]).encode())
    done = _how_many(path, beside, name)
    if done < len(files):
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (len(files), side, side, 3)
        out = np.lib.format.open_memmap(path, mode="r+" if done else "w+", dtype=np.uint8, shape=shape)
        with path.open("r+b") as file:  # a disk that is full later would end the process without a word
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        for rows, inputs in _batched(list(range(done, len(files))), files, eyes, side):
            out[rows] = inputs
            done += len(rows)
            replace_text(beside, json.dumps({"pictures": name, "done": done}))
            told(done, len(files))
        out.flush()
    return np.lib.format.open_memmap(path, mode="r")


def _how_many(path: Path, beside: Path, name: str) -> int:
    """How many pictures a file of model inputs holds already."""
    try:
        found = json.loads(beside.read_text())
        return int(found["done"]) if path.is_file() and found["pictures"] == name else 0
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def captioned(facts: Facts, caption: Caption) -> Captioned:
    """A caption with what surrounds it, as it is served."""
    return Captioned(caption, caption.text, facts.width, facts.height)


def _first_of(keys: Sequence[str], found: dict[str, bytes]) -> list[int]:
    """The rows to look at: the first of each key that nothing is known of."""
    rows: dict[str, int] = {}
    for row, key in enumerate(keys):
        if key not in found:
            rows.setdefault(key, row)
    return list(rows.values())


def _decoded(
    rows: Sequence[int], files: Sequence[Path], eyes: Eyes, then: Callable[[Prepared], bytes], *, picture: bool = True
) -> Iterator[tuple[int, bytes]]:
    """Pictures prepared ahead of need and in order; what cannot be decoded is told by its error."""

    def one(row: int) -> bytes:
        try:
            return then(_prepared(files[row], eyes, SMALLEST_SIDE, picture=picture))
        except DankError as error:
            return _packed_broken(error)

    yield from _ahead(rows, one)


def _batched(rows: Sequence[int], files: Sequence[Path], eyes: Eyes, side: int) -> Iterator[tuple[list[int], Inputs]]:
    """Model inputs in batches, with their rows."""
    batch: list[tuple[int, Inputs]] = []
    for row, pixels in _ahead(rows, lambda row: _prepared(files[row], eyes, side, picture=False).model_input):
        batch.append((row, pixels))
        if len(batch) == _BATCH:
            yield [row for row, _ in batch], np.stack([pixels for _, pixels in batch])
            batch = []
    if batch:
        yield [row for row, _ in batch], np.stack([pixels for _, pixels in batch])


def _ahead(rows: Sequence[int], work: Callable[[int], Result]) -> Iterator[tuple[int, Result]]:
    """Work done in threads some rows ahead, given in order; the threads wait for processes."""
    waiting: deque[tuple[int, Future[Result]]] = deque()
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="look") as threads:
        try:
            for row in rows:
                waiting.append((row, threads.submit(work, row)))
                if len(waiting) >= _AHEAD:
                    first, result = waiting.popleft()
                    yield first, result.result()
            while waiting:
                first, result = waiting.popleft()
                yield first, result.result()
        finally:
            threads.shutdown(cancel_futures=True)


def _prepared(file: Path, eyes: Eyes, side: int, *, picture: bool = True) -> Prepared:
    """Decoded; what a busy machine did to it is tried again."""
    for left in reversed(range(_TRIES)):
        try:
            return eyes.prepare(file.read_bytes(), side, keep_picture=picture)
        except OSError as error:
            raise ImageError("file-unreadable", f"{file} cannot be read: {error.strerror}") from None
        except ImageError as error:
            if error.code not in _PASSING or not left:
                raise
    raise AssertionError("unreachable")


def _kept(
    results: Iterator[tuple[int, bytes]], keys: Sequence[str], cache: Cache, kind: str
) -> Iterator[tuple[int, bytes]]:
    """Results as they come, each written down with some others, unless another time may give another one."""
    fresh: dict[str, bytes] = {}
    for row, result in results:
        if not _is_passing(result):
            fresh[keys[row]] = result
        if len(fresh) >= _BATCH:
            cache.put(kind, fresh)
            fresh = {}
        yield row, result
    cache.put(kind, fresh)


def _is_passing(result: bytes) -> bool:
    fields = json.loads(result.partition(b"\n")[0])
    return fields is None or fields.get("code") in _PASSING


def _facts(prepared: Prepared) -> Facts:
    picture = prepared.picture
    return Facts(prepared.pdq.hex, prepared.pdq.quality, prepared.detail, picture.width, picture.height)


def _packed_facts(facts: Facts) -> bytes:
    """A line of JSON, and the detail behind it as it is."""
    fields = {name: value for name, value in vars(facts).items() if name != "detail"}
    return json.dumps(fields).encode() + b"\n" + facts.detail


def _packed_broken(error: DankError) -> bytes:
    return json.dumps({"code": error.code, "message": error.message}).encode()


def _read_facts(kept: bytes) -> Facts | Broken:
    line, _, detail = kept.partition(b"\n")
    fields = json.loads(line)
    return Broken(**fields) if "code" in fields else Facts(**fields, detail=detail)


def _packed_caption(caption: Caption | None) -> bytes:
    return json.dumps(None if caption is None else asdict(caption)).encode()


def _read_caption(kept: bytes) -> Caption | None:
    fields = json.loads(kept)
    if fields is None or "code" in fields:
        return None
    return Caption(tuple(Line(**line) for line in fields["lines"]), fields["complete"])


def _embedding(trunk: str, side: int) -> str:
    return f"embedding:{trunk}:{side}"


def _packed_view(embedding: NDArray[np.float32], pixels: Inputs) -> bytes:
    return np.concatenate([colour_statistics(pixels), embedding]).astype(np.float32).tobytes()
