"""Calls from many threads become few calls on large batches."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

LARGEST_BATCH = 16


class Batcher(Generic[Item, Result]):
    """Runs a function on whatever is waiting, up to `LARGEST_BATCH` items at once.

    Nothing waits for a batch to fill: a lone item is run at once, and those that arrive meanwhile go together.

    Args:
        run: takes items, gives one result for each, in order.
        threads: how many batches may run at the same time.
    """

    def __init__(self, run: Callable[[Sequence[Item]], Sequence[Result]], threads: int = 1) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._closed = False
        self._waiting: queue.SimpleQueue[tuple[Item, Future[Result]] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._loop, name="batcher", daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def __call__(self, item: Item) -> Result:
        """Run one item and wait for its result; an error of its batch is raised, or a RuntimeError once closed."""
        future: Future[Result] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the batcher is closed")
            self._waiting.put((item, future))
        return future.result()

    def close(self) -> None:
        """End the threads once what waits is done."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for _ in self._threads:
                    self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _loop(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            ended = False
            while len(batch) < LARGEST_BATCH and not ended:
                try:
                    following = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    ended = True
                else:
                    batch.append(following)
            self._run_batch(batch)
            if ended:
                return

    def _run_batch(self, batch: list[tuple[Item, Future[Result]]]) -> None:
        try:
            results = self._run([item for item, _ in batch])
            if len(results) != len(batch):
                raise RuntimeError(f"{len(batch)} items gave {len(results)} results")
        except BaseException as error:  # every waiting caller is told
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)
