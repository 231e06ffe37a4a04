from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from dankmeme.pipeline.batches import Batches


def test_what_waits_while_all_threads_are_busy_goes_together() -> None:
    begun, go_on, calls = threading.Event(), threading.Event(), list[list[int]]()

    def work(items: Sequence[int]) -> list[int]:
        calls.append(list(items))
        begun.set()
        assert go_on.wait(10)
        return [-item for item in items]

    async def run() -> list[int]:
        batches = Batches[int, int](work, threads=1, most=3)
        first = asyncio.create_task(batches.do(0))
        await asyncio.to_thread(begun.wait, 10)
        others = [asyncio.create_task(batches.do(item)) for item in range(1, 6)]
        await asyncio.sleep(0)
        go_on.set()
        outcomes = await asyncio.gather(first, *others)
        batches.close()
        return outcomes

    assert asyncio.run(run()) == [0, -1, -2, -3, -4, -5]
    assert calls == [[0], [1, 2, 3], [4, 5]]


def test_an_error_reaches_all_that_went_together_and_nobody_else() -> None:
    def work(items: Sequence[str]) -> Sequence[str]:
        if "bad" in items:
            raise ValueError("bad")
        return items

    async def run() -> None:
        batches = Batches[str, str](work, threads=2, most=1)
        assert await batches.do("good") == "good"
        with pytest.raises(ValueError, match="bad"):
            await batches.do("bad")
        assert await batches.do("good") == "good"
        batches.close()

    asyncio.run(run())


def test_one_who_stopped_waiting_does_not_keep_the_others_from_theirs() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(items: Sequence[int]) -> Sequence[int]:
        begun.set()
        assert go_on.wait(10)
        return items

    async def run() -> None:
        batches = Batches[int, int](work, threads=1, most=4)
        tasks = [asyncio.create_task(batches.do(item)) for item in range(4)]
        await asyncio.to_thread(begun.wait, 10)
        tasks[0].cancel()
        tasks[2].cancel()
        go_on.set()
        assert await asyncio.gather(tasks[1], tasks[3]) == [1, 3]
        batches.close()

    asyncio.run(run())
