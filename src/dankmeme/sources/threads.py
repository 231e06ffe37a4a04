"""Blocking work that an event loop waits for without standing still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_DONE = object()


async def in_thread(items: Generator[_Item]) -> AsyncIterator[_Item]:
    """What a generator gives, which runs in a thread of its own and is closed there, also when nobody wants the rest.

    Args:
        items: does something blocking (files, decompression) between one item and the next.
    """
    loop, pool = asyncio.get_running_loop(), ThreadPoolExecutor(1, thread_name_prefix="source")
    try:
        while (item := await loop.run_in_executor(pool, next, items, _DONE)) is not _DONE:
            yield item  # type: ignore[misc]
    finally:
        pool.submit(items.close)
        pool.shutdown(wait=False)
