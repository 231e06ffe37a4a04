from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dankmeme.errors import ImageError
from dankmeme.images.pool import Limits, WorkerPool
from dankmeme.priority import READING

KILLS = int(os.environ.get("DANK_KILLS", "20"))
MEMORY = 1_000_000_000

OpenPool = Callable[..., WorkerPool]


@pytest.fixture
def open_pool() -> Iterator[OpenPool]:
    pools: list[WorkerPool] = []

    def opened(size: int = 1, task: str = "obedient", **limits: float) -> WorkerPool:
        pool = WorkerPool(
            f"tests.images.tasks:{task}", size, Limits(**{"seconds": 20, "memory": MEMORY, **limits}), "decode"
        )
        pools.append(pool)
        return pool

    yield opened
    for pool in pools:
        pool.close()


def refusal(pool: WorkerPool, **header: object) -> str:
    with pytest.raises(ImageError) as caught:
        pool.call(header)
    return caught.value.code


def works(pool: WorkerPool) -> int:
    """Check that the next call is answered; gives the worker's process id."""
    answer, _ = pool.call({"do": "echo", "say": "hello"})
    assert answer["said"] == "hello"
    return int(answer["process"])


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def children() -> set[int]:
    """Ids of all child processes, zombies too."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == os.getpid():
            found.add(int(stat.parent.name))
    return found


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Poll a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        threading.Event().wait(0.01)


def test_header_and_arrays_come_back_as_they_went(open_pool: OpenPool) -> None:
    arrays = {
        "bytes": np.arange(256, dtype=np.uint8),
        "halves": np.linspace(0, 1, 24, dtype=np.float32).reshape(2, 3, 4),
        "none": np.empty((0, 0, 3), dtype=np.uint8),
        "one": np.array(7.5),
        "turned": np.arange(12).reshape(3, 4).T,
    }
    answer, back = open_pool().call({"do": "echo", "say": "ünïcode 🔥"}, arrays)
    assert answer["said"] == "ünïcode 🔥"
    assert back.keys() == arrays.keys()
    for name, values in arrays.items():
        assert back[name].dtype == values.dtype
        assert np.array_equal(back[name], values)


def test_twenty_megabytes_go_and_come_back(open_pool: OpenPool) -> None:
    payload = np.random.default_rng(0).integers(0, 256, 20_000_000, dtype=np.uint8)
    _, back = open_pool().call({"do": "echo", "say": ""}, {"payload": payload})
    assert np.array_equal(back["payload"], payload)


def test_a_worker_is_used_again(open_pool: OpenPool) -> None:
    pool = open_pool()
    assert works(pool) == works(pool)


def test_a_warm_pool_has_its_worker_ready(open_pool: OpenPool) -> None:
    pool = open_pool()
    pool.warm()
    (process,) = pool.processes
    assert works(pool) == process


def test_a_worker_steps_back_from_the_process_it_works_for(open_pool: OpenPool) -> None:
    process = works(open_pool())
    assert os.getpriority(os.PRIO_PROCESS, process) == os.getpriority(os.PRIO_PROCESS, 0) + READING
    group = Path(f"/proc/{process}/autogroup")
    if group.exists():  # some kernels have none
        words = group.read_text().split()
        assert not words or words[1:] == ["nice", str(READING + os.getpriority(os.PRIO_PROCESS, 0))]


def test_a_refusal_reaches_the_caller_and_the_worker_stays(open_pool: OpenPool) -> None:
    pool = open_pool()
    process = works(pool)
    with pytest.raises(ImageError, match="as I was told") as caught:
        pool.call({"do": "refuse"})
    assert caught.value.code == "broken-image"
    assert works(pool) == process


def test_a_worker_that_hangs_is_ended_in_time_and_replaced(open_pool: OpenPool) -> None:
    pool = open_pool(seconds=1.0)
    process = works(pool)
    began = time.monotonic()
    assert refusal(pool, do="hang") == "decode-timeout"
    assert time.monotonic() - began < 3
    assert process not in children()
    assert works(pool) != process


def test_the_first_item_of_a_worker_has_no_more_time_than_any_other(open_pool: OpenPool) -> None:
    pool = open_pool(seconds=1.0, start_seconds=60)
    began = time.monotonic()
    assert refusal(pool, do="hang") == "decode-timeout"
    assert time.monotonic() - began < 20


def test_a_worker_that_does_not_read_what_it_is_sent_is_ended_in_time(open_pool: OpenPool) -> None:
    pool = open_pool(seconds=1.0)
    process = works(pool)
    os.kill(process, 19)  # SIGSTOP: as in a machine that swaps
    with pytest.raises(ImageError) as caught:
        pool.call({"do": "echo", "say": ""}, {"payload": np.zeros(20_000_000, dtype=np.uint8)})
    assert caught.value.code == "decode-timeout"
    assert works(pool) != process


@pytest.mark.parametrize("death", ["exit", "kill", "crash", "raise", "half"])
def test_a_worker_that_dies_loses_only_its_item(open_pool: OpenPool, death: str) -> None:
    pool = open_pool()
    process = works(pool)
    assert refusal(pool, do=death) == "decode-failed"
    assert process not in children()
    assert works(pool) != process


def test_a_worker_that_dies_while_idle_loses_nothing(open_pool: OpenPool) -> None:
    pool = open_pool()
    process = works(pool)
    os.kill(process, 9)
    until(lambda: Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
    assert works(pool) != process


def test_a_worker_has_no_more_memory_than_its_limit(open_pool: OpenPool) -> None:
    pool = open_pool()
    answer, _ = pool.call({"do": "devour", "bytes": MEMORY // 10})
    assert answer["got"] == MEMORY // 10
    assert refusal(pool, do="devour", bytes=MEMORY) == "decode-failed"
    works(pool)


def test_a_worker_is_replaced_after_its_number_of_items(open_pool: OpenPool) -> None:
    pool = open_pool(items=2)
    processes = [works(pool) for _ in range(4)]
    assert processes[0] == processes[1] != processes[2] == processes[3]


def test_what_a_library_prints_does_not_reach_the_answer(open_pool: OpenPool) -> None:
    pool = open_pool()
    process = works(pool)
    assert pool.call({"do": "print"}) == ({}, {})
    assert works(pool) == process


def said(*arrays: object, header: object = None) -> str:
    return json.dumps({"header": {} if header is None else header, "arrays": arrays})


@pytest.mark.parametrize(
    "text",
    [
        said(["a", "|O", [1]]),
        said(["a", [["x", "|O"]], [1]]),
        said(["a", "|u1", [600_000_000]]),
        said(["a", "|u1", [300_000_000]], ["b", "|u1", [300_000_000]]),
        said(["a", "|u1", [2**62, 4]]),
        said(["a", "|u1", [-1]]),
        said(["a", "|u1", [-2, -2]]),
        said(["a", "|u1", ["many"]]),
        said(["a", "no such type", [1]]),
        said(["a", "|V0", [5]]),
        said(["a"]),
        said(7),
        said(header=7),
        said(header=["error"]),
        said(header={"error": 7}),
        '{"header": {}}',
        "[]",
        "null",
        "no json",
        "",
        "[" * 100_000,
        '"\\ud800"',
    ],
    ids=lambda text: text[:60],
)
def test_an_answer_that_no_worker_of_ours_would_give_is_refused(open_pool: OpenPool, text: str) -> None:
    pool = open_pool()
    assert refusal(pool, do="say", text=text) == "decode-failed"
    assert len(pool.processes) == 0


def test_an_announced_header_of_gigabytes_is_refused(open_pool: OpenPool) -> None:
    pool = open_pool()
    assert refusal(pool, do="promise", length=2**32 - 1) == "decode-failed"
    works(pool)


def test_a_promised_answer_that_never_comes_is_a_timeout(open_pool: OpenPool) -> None:
    pool = open_pool(seconds=1.0)
    assert refusal(pool, do="promise", length=10_000_000) == "decode-timeout"
    works(pool)


def test_an_answer_nobody_asked_for_is_given_to_nobody(open_pool: OpenPool) -> None:
    pool = open_pool()
    process = works(pool)
    (worker,) = pool._all
    pool.call({"do": "say", "text": said(header={"said": "hello", "process": process})})
    until(lambda: bool(worker._readable.select(0)))
    assert works(pool) != process


def test_every_caller_gets_its_own_answer_whatever_happens_to_the_others(open_pool: OpenPool) -> None:
    pool = open_pool(size=2, seconds=2.0)
    bad = {7: "hang", 13: "exit", 21: "refuse", 30: "raise", 33: "kill"}

    def ask(number: int) -> str:
        if number in bad:
            return refusal(pool, do=bad[number])
        values = np.full(1_000 + number, number)
        answer, back = pool.call({"do": "echo", "say": number}, {"values": values})
        assert np.array_equal(back["values"], values)
        return "ok" if answer["said"] == number else "crossed"

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(60)))
    expected = {"hang": "decode-timeout", "refuse": "broken-image"}
    assert answers == [expected.get(bad[n], "decode-failed") if n in bad else "ok" for n in range(60)]
    assert len(pool.processes) <= 2


def test_a_task_that_cannot_start_is_an_error_each_time_and_blocks_nobody(open_pool: OpenPool) -> None:
    pool = open_pool(task="unable_to_start")
    assert [refusal(pool, do="echo") for _ in range(2)] == ["decode-failed"] * 2
    assert pool.processes == []


def test_a_task_that_never_starts_is_given_up_in_time(open_pool: OpenPool) -> None:
    pool = open_pool(task="stuck_at_start", start_seconds=1.0)
    before = children()
    assert refusal(pool, do="echo") == "decode-failed"
    assert children() == before


def test_close_ends_all_processes_and_later_calls_are_refused(open_pool: OpenPool) -> None:
    pool = open_pool(size=2)
    works(pool)
    before = set(pool.processes)
    assert before <= children()
    pool.close()
    pool.close()
    assert not before & children()
    assert pool.processes == []
    assert refusal(pool, do="echo", say="") == "decode-failed"


def test_close_frees_a_caller_who_waits_for_an_answer(open_pool: OpenPool) -> None:
    pool = open_pool(seconds=60)
    works(pool)
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(refusal, pool, do="hang") for _ in range(2)]
        until(lambda: pool._idle.all_taken)
        pool.close()
        assert [each.result(timeout=10) for each in waiting] == ["decode-failed"] * 2


def test_who_has_waited_longest_is_next(open_pool: OpenPool) -> None:
    slots = open_pool()._idle
    slots.get()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(slots.get)
        until(lambda: len(slots._line) == 1)
        second = threads.submit(slots.get)
        until(lambda: len(slots._line) == 2)
        slots.put(None)
        assert slots.all_taken, "whoever asks now would be before those who wait"
        first.result(timeout=10)
        assert not second.done()
        slots.put(None)
        second.result(timeout=10)
    slots.put(None)
    assert not slots.all_taken


def test_whoever_is_stopped_while_waiting_takes_no_place_along(open_pool: OpenPool) -> None:
    slots = open_pool()._idle
    slots.get()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            slots.get()
    finally:
        signal.signal(signal.SIGALRM, before)
    slots.put(None)
    assert not slots.all_taken


def test_a_worker_ends_when_its_parent_is_gone(open_pool: OpenPool) -> None:
    """Its request pipe ends; one that is stuck in an item meets its alarm."""
    pool = open_pool(seconds=1.0)
    process = works(pool)
    (worker,) = pool._all
    worker._in.close()
    until(lambda: worker.process.poll() == 0)
    assert process not in children()


def test_a_worker_without_a_parent_does_not_hang_for_ever(open_pool: OpenPool) -> None:
    pool = open_pool(seconds=1.0)
    works(pool)
    (worker,) = pool._all
    pool._limits = Limits(seconds=20)  # a parent that has forgotten the time
    assert refusal(pool, do="hang") == "decode-failed"
    assert worker.process.returncode == -14


def test_kills_leave_neither_zombies_nor_open_files(open_pool: OpenPool) -> None:
    pool = open_pool()
    works(pool)
    before = descriptors(), len(children())
    for _ in range(KILLS):
        assert refusal(pool, do="kill") == "decode-failed"
    works(pool)
    assert (descriptors(), len(children())) == before
    pool.close()
