"""Pictures of posts are fetched, decoded, fingerprinted and stored, each once, or fail with a reason."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import stat
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import uvloop

from dankmeme import metrics
from dankmeme.errors import DankError, FetchError, ImageError
from dankmeme.fetch import Fetcher
from dankmeme.images.decode import MAX_BYTES
from dankmeme.images.isolated import many_kept_isolated
from dankmeme.images.keep import Kept
from dankmeme.images.pool import WorkerPool
from dankmeme.pipeline.batches import Batches
from dankmeme.pipeline.patience import Patience, Stopped
from dankmeme.pipeline.work import PREDICT, Later
from dankmeme.storage import images, posts
from dankmeme.storage.bank import Bank, Match, Use
from dankmeme.storage.bucket import NORMAL, ORIGINAL, THUMBNAIL, Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.images import ImageFacts, Relations
from dankmeme.storage.posts import Failed, Wanted
from dankmeme.storage.uploads import REFERENCE, let_go

IN_FLIGHT = 32
"""Pictures being fetched or in memory at once."""
MOST_RELATED = 500
"""New images that are compared with all others in one transaction."""
BATCH = 4
"""Pictures that go to a decoding process together, where they wait."""
REMOTE_THREADS = 8
"""Pictures being decoded, or on their way to a bucket elsewhere, at once."""
DECODE_TRIES = 2
"""A picture that broke the process decoding it is tried once more: it may have been somebody else's fault."""

_log = logging.getLogger(__name__)
_PLACEHOLDER_PAGES = ("https://i.imgur.com/removed.png", "http://i.imgur.com/removed.png")


@dataclass(frozen=True)
class Retries:
    """How often a picture is tried in all, and how many seconds pass before the second try; each pause is four times
    the one before.
    """

    attempts: int = 5
    seconds: float = 2.0

    def pause(self, attempts: int, asked: float | None) -> float:
        """Seconds until the next try, after so many; never less than the host asked for."""
        return max(self.seconds * 4.0 ** min(attempts, 6), asked or 0.0)


@dataclass(frozen=True)
class _Stored:
    """A picture whose objects are in the bucket; `facts` is None where it was there before."""

    sha256: str
    facts: ImageFacts | None


class Ingester:
    """Does pieces of work, several at once, on one event loop of its own.

    Args:
        database: where posts and images are written down.
        bucket: where pictures rest.
        fetcher: the way out to the network.
        pool: processes that decode, from `images.isolated.decode_pool`.
        retries: for faults that pass.
        patience: ends all waiting when this process does.
    """

    def __init__(
        self,
        database: Database,
        bucket: Bucket,
        fetcher: Fetcher,
        pool: WorkerPool,
        retries: Retries,
        patience: Patience,
    ) -> None:
        self._database, self._bucket, self._fetcher, self._pool = database, bucket, fetcher, pool
        self._retries, self._patience = retries, patience
        self._bank = Bank(database)
        self._relations = Relations(database)
        self._relating = threading.Lock()
        self._files = ThreadPoolExecutor(2, thread_name_prefix="files")
        self._batches = Batches(self._keep, _threads(bucket, pool), BATCH)
        self._loop = uvloop.new_event_loop()
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._waiting: set[asyncio.Task[tuple[bytes, str]]] = set()
        self._runner = threading.Thread(target=self._loop.run_forever, name="ingest-loop", daemon=True)
        self._runner.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def hurry(self) -> None:
        """Wait for no host any more: this process ends (`patience` must have been stopped)."""
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._waiting])

    def close(self) -> None:
        """End the loop and the threads."""
        asyncio.run_coroutine_threadsafe(self._fetcher.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._runner.join()
        self._loop.close()
        self._files.shutdown(wait=False, cancel_futures=True)
        self._batches.close()

    def ingest(self, chunk: str) -> list[Later]:
        """Do a piece of work. It may be repeated: what is done is not done again.

        Returns:
            The pieces of work that what failed in passing was moved to, and those of the predictions that are wanted.

        Raises:
            Stopped: if this process ends; what was done until then is written down.
        """
        insist = self._patience.insist
        insist(self._bank.refresh)
        todo = insist(posts.wanted, self._database, chunk)
        if not todo:
            return []
        outcomes = asyncio.run_coroutine_threadsafe(self._all(todo), self._loop).result()
        facts = [each.facts for each in outcomes.values() if isinstance(each, _Stored) and each.facts]
        there = insist(images.add, self._database, facts)
        later = insist(self._write_down, chunk, todo, outcomes, there)
        self._patience.check()
        return later

    def relate(self, *, wait: bool = False, between: Callable[[], None] = lambda: None) -> None:
        """Compare new images with all others. One thread of this process does it for all.

        Args:
            wait: whether to wait where another thread is at it, and to look then for what came meanwhile.
            between: called between two batches.
        """
        if self._relating.acquire(blocking=wait):
            try:
                while self._patience.insist(self._relations.update, MOST_RELATED) == MOST_RELATED:
                    between()
            finally:
                self._relating.release()

    async def _all(self, todo: list[Wanted]) -> dict[Wanted, _Stored | Failed]:
        """What became of each picture; those that were not begun before this process ends are missing."""
        done = await asyncio.gather(*(self._one(each) for each in todo))
        return {each: outcome for each, outcome in zip(todo, done, strict=True) if outcome is not None}

    async def _one(self, wanted: Wanted) -> _Stored | Failed | None:
        async with self._room:
            if self._patience.stopped:
                return None
            try:
                data, place = await self._unless_hurried(wanted)
                outcome = await self._batches.do((data, place))
            except (Stopped, asyncio.CancelledError):
                return None
            except Exception as error:
                outcome = error
            return outcome if isinstance(outcome, _Stored | Failed) else _failed(outcome, wanted)

    async def _unless_hurried(self, wanted: Wanted) -> tuple[bytes, str]:
        task = asyncio.create_task(self._bytes(wanted))
        self._waiting.add(task)
        try:
            return await task
        finally:
            self._waiting.discard(task)

    async def _bytes(self, wanted: Wanted) -> tuple[bytes, str]:
        """The bytes of a picture, and where they were in the end."""
        if wanted.file is not None:
            return await self._loop.run_in_executor(self._files, read_file, Path(wanted.file)), wanted.file
        if (wanted.url or "").startswith(REFERENCE):
            return await self._loop.run_in_executor(self._files, self._uploaded, wanted.url or ""), wanted.url or ""
        fetched = await self._fetcher.get(wanted.url or "")
        return fetched.body, fetched.url

    def _uploaded(self, reference: str) -> bytes:
        """The bytes of an upload, which are in the bucket already."""
        data: bytes | None = self._patience.insist(self._bucket.get, reference.removeprefix(REFERENCE), ORIGINAL)
        if data is None:
            raise ImageError("image-missing", "the upload is not there any more; send it again")
        return data

    def _keep(self, pictures: Sequence[tuple[bytes, str]]) -> list[_Stored | Failed | Exception]:
        """What becomes of pictures, by their bytes and where they were: stored, refused, or an error, for each."""
        hashes = [hashlib.sha256(data).hexdigest() for data, _ in pictures]
        met = self._patience.insist(images.met_before, self._database, hashes)
        outcomes: list[_Stored | Failed | Exception | None] = [
            self._known(data, place, sha256, met.get(sha256))
            for (data, place), sha256 in zip(pictures, hashes, strict=True)
        ]
        fresh = [place for place, outcome in enumerate(outcomes) if outcome is None]
        metrics.looked_up("picture", hits=len(pictures) - len(fresh), misses=len(fresh))
        kept = many_kept_isolated(self._pool, [pictures[place][0] for place in fresh]) if fresh else []
        for place, each in zip(fresh, kept, strict=True):
            outcomes[place] = each if isinstance(each, ImageError) else self._store(pictures[place][0], each)
        return [outcome for outcome in outcomes if outcome is not None]

    def _known(self, data: bytes, place: str, sha256: str, met: bool | None) -> _Stored | Failed | None:
        """What is known of a picture before it is decoded; None where nothing is."""
        match = self._bank.match_bytes(sha256, hashlib.md5(data, usedforsecurity=False).hexdigest())
        if place in _PLACEHOLDER_PAGES:
            match = Match(Use.placeholder, "imgur", 0)
        if match is not None:
            return _refusal(match)
        if met is None:
            return None
        return _Stored(sha256, None) if met else Failed("image-deleted", "this image was deleted for good")

    def _store(self, data: bytes, kept: Kept) -> _Stored | Failed | Exception:
        try:
            match = self._bank.match_look(bytes.fromhex(kept.pdq.hex), kept.pdq.quality)
            if match is not None:
                return _refusal(match)
            objects = {ORIGINAL: data, NORMAL: kept.normal, THUMBNAIL: kept.thumbnail}
            self._patience.insist(self._bucket.put, kept.sha256, objects)
            return _Stored(kept.sha256, _facts(kept, len(data)))
        except Exception as error:
            return error

    def _write_down(
        self, chunk: str, todo: list[Wanted], outcomes: dict[Wanted, _Stored | Failed], there: set[str]
    ) -> list[Later]:
        stored: dict[tuple[str, int], str] = {}
        failed: dict[tuple[str, int], Failed] = {}
        again: dict[tuple[str, int], Failed] = {}
        seconds = 0.0
        for wanted, outcome in outcomes.items():
            where = (wanted.post_id, wanted.position)
            if isinstance(outcome, _Stored) and (outcome.facts is None or outcome.sha256 in there):
                stored[where] = outcome.sha256
                metrics.INGESTED.labels("known" if outcome.facts is None else "stored", "").inc()
                continue
            why = outcome if isinstance(outcome, Failed) else _DELETED_MEANWHILE
            if why.passing and wanted.attempts + 1 < self._retries.attempts:
                again[where] = why
                metrics.INGESTED.labels("again", why.code).inc()
                seconds = max(seconds, self._retries.pause(wanted.attempts, why.retry_after))
            else:
                failed[where] = why
                metrics.INGESTED.labels("failed", why.code).inc()
        left = [Later(each, queue=PREDICT) for each in posts.settle(self._database, stored, failed)]
        let_go(self._database, [each.url or "" for each in outcomes if (each.post_id, each.position) in failed])
        later = posts.next_chunk(chunk)
        if again and posts.postpone(self._database, chunk, again, later):
            left.append(Later(later, seconds))
        return left


def _threads(bucket: Bucket, pool: WorkerPool) -> int:
    """One more than can decode at once keeps all of them busy; a bucket elsewhere lets some wait."""
    return pool.size + 1 if bucket.folder is not None else max(REMOTE_THREADS, pool.size + 1)


def read_file(path: Path) -> bytes:
    """The bytes of a regular file on this machine.

    Raises:
        ImageError: `file-missing`, `file-unreadable`, `not-a-file` or `file-too-large`.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except PermissionError as error:
        raise ImageError("file-unreadable", f"{path.name} cannot be read: {error.strerror}") from None
    except (OSError, ValueError):
        raise ImageError("file-missing", f"there is no file {path.name} that can be read") from None
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)
        raise ImageError("not-a-file", f"{path.name} is not a file")
    with os.fdopen(handle, "rb") as file:
        if facts.st_size > MAX_BYTES:
            raise ImageError("file-too-large", f"the file has more than {MAX_BYTES / 1e6:.0f} MB")
        return file.read(MAX_BYTES + 1)


def _failed(error: Exception, wanted: Wanted) -> Failed:
    """Why a picture is not there, as a person may read it."""
    if isinstance(error, FetchError):
        return Failed(error.code, error.message, error.passing, error.retry_after)
    if isinstance(error, DankError):
        passing = error.code == "decode-failed" and wanted.attempts + 1 < DECODE_TRIES
        return Failed(error.code, error.message, passing)
    _log.error("unexpected error on %s", wanted.url or wanted.file, exc_info=error)
    return Failed("internal-error", f"something went wrong here: {type(error).__name__}", passing=True)


_DELETED_MEANWHILE = Failed("image-deleted", "this image was deleted while it came in", passing=True)


def _refusal(match: Match) -> Failed:
    if match.use == Use.placeholder:
        return Failed("image-removed", f"the host shows a placeholder for a deleted image ({match.list})")
    return Failed("image-blocked", f"it matches a hash of the list “{match.list}”", distance=match.distance)


def _facts(kept: Kept, size: int) -> ImageFacts:
    return ImageFacts(
        sha256=kept.sha256,
        pdq=bytes.fromhex(kept.pdq.hex),
        quality=kept.pdq.quality,
        detail=kept.detail,
        format=kept.format,
        width=kept.width,
        height=kept.height,
        animated=kept.animated,
        bytes=size,
    )
