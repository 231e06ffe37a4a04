from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from dankmeme.models.batching import LARGEST_BATCH, Batcher


class Gate:
    """A function for a batcher that waits at a gate and remembers its batches."""

    def __init__(self, function: Callable[[Sequence[int]], Sequence[int]]) -> None:
        self.function = function
        self.batches: list[list[int]] = []
        self.entered, self.open = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.batches.append(list(items))
        self.entered.set()
        assert self.open.wait(20)
        return self.function(items)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as executor:
        yield executor


def queued(batcher: Batcher[int, int], gate: Gate, threads: ThreadPoolExecutor, count: int) -> list[Future[int]]:
    """One call held at the gate, then as many more waiting behind it, in order."""
    calls = [threads.submit(batcher, 0)]
    assert gate.entered.wait(20)
    for item in range(1, count + 1):
        calls.append(threads.submit(batcher, item))
        while batcher._waiting.qsize() < item:
            assert not calls[-1].done()
    return calls


def squares(items: Sequence[int]) -> list[int]:
    return [item * item for item in items]


def test_a_lone_item_is_run_at_once() -> None:
    batcher = Batcher(squares)
    assert batcher(7) == 49
    batcher.close()


def test_what_waits_goes_together_up_to_the_largest_batch_and_in_order(threads: ThreadPoolExecutor) -> None:
    gate = Gate(squares)
    batcher = Batcher(gate)
    calls = queued(batcher, gate, threads, 40)
    gate.open.set()
    assert [call.result(20) for call in calls] == squares(range(41))
    assert [len(batch) for batch in gate.batches] == [1, LARGEST_BATCH, LARGEST_BATCH, 8]
    assert [item for batch in gate.batches for item in batch] == list(range(41))
    batcher.close()


@pytest.mark.parametrize("size", [1, 3])
def test_every_caller_gets_its_own_result(threads: ThreadPoolExecutor, size: int) -> None:
    batcher = Batcher(squares, threads=size)
    assert list(threads.map(batcher, range(500))) == squares(range(500))
    batcher.close()


def fail(_: Sequence[int]) -> Sequence[int]:
    raise ValueError("the model broke")


def leave(_: Sequence[int]) -> Sequence[int]:
    raise SystemExit


def lose_one(items: Sequence[int]) -> Sequence[int]:
    return items[1:]


@pytest.mark.parametrize(
    ("function", "error"),
    [(fail, ValueError), (leave, SystemExit), (lose_one, RuntimeError)],
    ids=["error", "exit", "lost"],
)
def test_an_error_reaches_every_caller_of_its_batch_and_the_next_batch_runs(
    threads: ThreadPoolExecutor, function: Callable[[Sequence[int]], Sequence[int]], error: type[BaseException]
) -> None:
    gate = Gate(function)
    batcher = Batcher(gate)
    calls = queued(batcher, gate, threads, 5)
    gate.open.set()
    assert not wait(calls, timeout=20).not_done
    assert {type(call.exception()) for call in calls} == {error}
    gate.function = squares
    assert batcher(3) == 9
    batcher.close()


def test_close_finishes_what_waits(threads: ThreadPoolExecutor) -> None:
    gate = Gate(squares)
    batcher = Batcher(gate)
    calls = queued(batcher, gate, threads, 20)
    closing = threads.submit(batcher.close)
    gate.open.set()
    closing.result(20)
    assert [call.result(20) for call in calls] == squares(range(21))
    assert not any(thread.is_alive() for thread in batcher._threads)


def test_a_call_after_close_is_an_error_and_does_not_hang() -> None:
    batcher = Batcher(squares, threads=2)
    batcher.close()
    batcher.close()
    with pytest.raises(RuntimeError, match="closed"):
        batcher(1)
