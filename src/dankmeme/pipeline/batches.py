"""Work that costs less together: what waits while all threads are busy goes to the next free one at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Batches(Generic[Item, Outcome]):
    """Hands items to threads, a few together where a few are waiting. To be used on one event loop.

    Args:
        work: gives the outcome of each item, in order; called on a thread.
        threads: how many call it at once.
        most: items in one call.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Outcome]], threads: int, most: int) -> None:
        self._work, self._free, self._most = work, threads, most
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="batch")
        self._waiting: deque[tuple[Item, asyncio.Future[Outcome]]] = deque()

    async def do(self, item: Item) -> Outcome:
        """The outcome of an item; raises whatever the call that it was part of raised."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        self._begin()
        return await future

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _begin(self) -> None:
        while self._waiting and self._free:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            self._free -= 1
            items = [item for item, _ in batch]
            call = asyncio.get_running_loop().run_in_executor(self._threads, self._work, items)
            call.add_done_callback(lambda call, batch=batch: self._deliver(batch, call))  # type: ignore[misc]

    def _deliver(
        self, batch: list[tuple[Item, asyncio.Future[Outcome]]], call: asyncio.Future[Sequence[Outcome]]
    ) -> None:
        self._free += 1
        error = asyncio.CancelledError() if call.cancelled() else call.exception()
        outcomes = [] if error else call.result()
        for place, (_, future) in enumerate(batch):
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(outcomes[place])
        self._begin()
