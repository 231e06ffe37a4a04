"""Worker processes for what a thread cannot be stopped from doing: decoding hostile files and reading captions.

Each worker is a fresh interpreter with limits on memory, started by name (`module:function`) and spoken to over
two pipes. Messages are a JSON header and raw arrays, never pickle, so that a worker taken over by a hostile file has
nothing to say that the parent would run. A worker that dies, or takes too long, is replaced; only the item it was
working on is lost, with a clear error.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import math
import os
import queue
import resource
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import DankError, ImageError
from dankmeme.priority import READING, step_back

Arrays = dict[str, NDArray[Any]]
Reply = tuple[dict[str, Any], Arrays]
Task = Callable[[dict[str, Any], Arrays], Reply]
"""What a worker runs: a header and arrays in, a header and arrays out."""

_LENGTHS = struct.Struct("<II")
_MAX_HEADER = 16_000_000
_MAX_ARRAYS = 512_000_000
"""Bytes that the arrays of one message may have in all."""
_PIPE_BYTES = 1_048_576
_ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    **dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), "16777216"),
    "MALLOC_TOP_PAD_": "4194304",
}
"""One thread a worker; and glibc keeps what a picture took for the next one, instead of asking the system for it anew
page by page, which costs an eighth of all the time (mallopt(3))."""


@dataclass(frozen=True)
class Limits:
    """What one worker may use.

    Attributes:
        seconds: how long one item may take.
        memory: bytes of address space; None for no limit.
        start_seconds: how long a worker may take to be ready.
        items: a worker is replaced after this many items, so that leaks in decoders do not add up.
    """

    seconds: float = 8.0
    memory: int | None = 1_500_000_000
    start_seconds: float = 30.0
    items: int = 5_000


class _Worker:
    """A process and the parent's ends of its two pipes, neither of which ever blocks past a deadline."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, bufsize=0, env=environment, start_new_session=True
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._in, self._out = self.process.stdin, self.process.stdout
        self.served = 0
        self._writable, self._readable = selectors.DefaultSelector(), selectors.DefaultSelector()
        self._writable.register(self._in, selectors.EVENT_WRITE)
        self._readable.register(self._out, selectors.EVENT_READ)
        for pipe_end in (self._in, self._out):
            with contextlib.suppress(OSError):  # a larger pipe only saves turns
                fcntl.fcntl(pipe_end.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        os.set_blocking(self._in.fileno(), False)
        os.set_blocking(self._out.fileno(), False)

    @property
    def waits(self) -> bool:
        """Whether it lives and is silent: one that speaks unasked is not to be believed."""
        return self.process.poll() is None and not self._readable.select(0)

    def write(self, data: memoryview, deadline: float) -> None:
        """Write all of it before a deadline."""
        while data:
            _wait(self._writable, deadline)
            with contextlib.suppress(BlockingIOError):
                data = data[os.write(self._in.fileno(), data) :]

    def read(self, count: int, deadline: float) -> bytearray:
        """Read exactly `count` bytes before a deadline."""
        got = bytearray(count)
        view = memoryview(got)
        while view:
            _wait(self._readable, deadline)
            read = os.readv(self._out.fileno(), [view])
            if not read:
                raise EOFError
            view = view[read:]
        return got

    def kill(self) -> None:
        """End the process; whoever waits for its answer meets the end of the pipe."""
        self.process.kill()

    def close(self) -> None:
        """End the process and give back all that it held."""
        self.process.kill()
        self.process.wait()
        for held in (self._writable, self._readable, self._in, self._out):
            held.close()


def _wait(selector: selectors.BaseSelector, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0 or not selector.select(left):
        raise TimeoutError


class _Slots:
    """Places for workers, each with the one that is there, or None; who has waited longest gets the next.

    The one that worked last works again first. (A queue of the standard library gives what comes back to whoever asks
    at that moment, and puts the one that was woken for it at the end of the line.)
    """

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._free: list[_Worker | None] = [None] * size
        self._line: deque[queue.SimpleQueue[_Worker | None]] = deque()

    def get(self) -> _Worker | None:
        """Wait for a place, and take it."""
        with self._lock:
            if self._free:
                return self._free.pop()
            turn: queue.SimpleQueue[_Worker | None] = queue.SimpleQueue()
            self._line.append(turn)
        try:
            return turn.get()
        except BaseException:  # whoever waits was stopped: the place that is, or comes, is for the next
            self._leave(turn)
            raise

    def put(self, slot: _Worker | None) -> None:
        """Give a place back."""
        with self._lock:
            if self._line:
                self._line.popleft().put(slot)
            else:
                self._free.append(slot)

    @property
    def all_taken(self) -> bool:
        """Whether whoever asks now has to wait."""
        return not self._free

    def _leave(self, turn: queue.SimpleQueue[_Worker | None]) -> None:
        with self._lock:
            waits = turn in self._line
            if waits:
                self._line.remove(turn)
        if not waits:
            self.put(turn.get())


class WorkerPool:
    """A fixed number of worker processes behind one blocking call, safe to use from many threads.

    Args:
        task: `module:function` of a `Task` factory: called once in the worker, it gives the task.
        size: how many processes.
        limits: what each may use.
        name: what an error calls the work, e.g. `decode`.
    """

    def __init__(self, task: str, size: int, limits: Limits, name: str) -> None:
        self._task, self._size, self._limits, self._name = task, size, limits, name
        self._idle = _Slots(size)
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    def warm_all(self) -> None:
        """Begin to start all workers now, without waiting for them."""
        for _ in range(self._size):
            threading.Thread(target=self._warm_quietly, daemon=True).start()

    def _warm_quietly(self) -> None:
        with contextlib.suppress(DankError):  # the first call meets the same, and says so
            self.warm()

    def warm(self) -> None:
        """Start one worker now instead of at the first call."""
        taken, slot = self._idle.get(), None
        try:
            slot = self._running(taken)
        finally:
            self._idle.put(slot)

    def call(self, header: dict[str, Any], arrays: Arrays | None = None, *, seconds: float | None = None) -> Reply:
        """Run the task in a worker.

        Args:
            header: of the request.
            arrays: of the request.
            seconds: how long it may take, where that is less than the limit of this pool.

        Raises:
            DankError: what the task raised, or `<name>-timeout`, or `<name>-failed` where the worker died.
        """
        taken, slot = self._idle.get(), None
        try:
            worker = self._running(taken)
            reply = self._ask(worker, header, arrays or {}, min(seconds or math.inf, self._limits.seconds))
            worker.served += 1
            if worker.served >= self._limits.items:
                self._discard(worker)
            else:
                slot = worker
        finally:
            self._idle.put(slot)
        return _raised(reply)

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            self._closed = True
            workers = list(self._all)
        for worker in workers:
            worker.kill()
        for slot in [self._idle.get() for _ in range(self._size)]:
            if slot is not None:
                self._discard(slot)
            self._idle.put(None)

    @property
    def size(self) -> int:
        """How many processes there are at most."""
        return self._size

    @property
    def processes(self) -> list[int]:
        """Ids of the running workers."""
        with self._lock:
            return [worker.process.pid for worker in self._all]

    def _running(self, slot: _Worker | None) -> _Worker:
        """The worker of a slot, or a new one where there is none or where it went bad while it was idle."""
        if slot is not None and slot.waits:
            return slot
        if slot is not None:
            self._discard(slot)
        return self._start()

    def _start(self) -> _Worker:
        limits = self._limits
        command = [sys.executable, "-m", "dankmeme.images.pool", self._task, str(limits.memory or 0)]
        with self._lock:
            if self._closed:
                raise ImageError(f"{self._name}-failed", f"the {self._name} workers are closed")
            worker = _Worker([*command, str(limits.seconds)], os.environ | _ENVIRONMENT)
            self._all.add(worker)
        try:
            deadline = time.monotonic() + limits.start_seconds
            _read(lambda count: worker.read(count, deadline))
        except BaseException as error:
            self._discard(worker)
            if not isinstance(error, Exception):
                raise
            raise ImageError(
                f"{self._name}-failed", f"the process that was to {self._name} the picture did not start"
            ) from None
        return worker

    def _discard(self, worker: _Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.close()

    def _ask(self, worker: _Worker, header: dict[str, Any], arrays: Arrays, limit: float) -> Reply:
        deadline = time.monotonic() + limit
        try:
            _write(lambda data: worker.write(data, deadline), header, arrays)
            return _read(lambda count: worker.read(count, deadline))
        except TimeoutError:
            self._discard(worker)
            _count_replaced(self._name)
            raise ImageError(
                f"{self._name}-timeout", f"to {self._name} it took more than {limit:.0f} seconds"
            ) from None
        except Exception:  # the worker died, or a taken-over one says what no worker of ours would
            self._discard(worker)
            _count_replaced(self._name)
            raise ImageError(
                f"{self._name}-failed", f"the picture broke the process that was to {self._name} it"
            ) from None
        except BaseException:  # whoever asked was stopped: the answer that will come is nobody's
            self._discard(worker)
            raise


def _count_replaced(name: str) -> None:
    from dankmeme import metrics  # workers have no use for it, and start faster without

    metrics.REPLACED.labels(name).inc()


def _raised(reply: Reply) -> Reply:
    header, arrays = reply
    if "error" in header:
        raise ImageError(str(header["error"].get("code")), str(header["error"].get("message")))
    return header, arrays


def _write(write: Callable[[memoryview], object], header: dict[str, Any], arrays: Arrays) -> None:
    described = [(name, values.dtype.str, values.shape) for name, values in arrays.items()]
    text = json.dumps({"header": header, "arrays": described}).encode()
    write(memoryview(_LENGTHS.pack(len(text), 0) + text))
    for values in arrays.values():
        if values.size:
            write(np.ascontiguousarray(values).data.cast("B"))


def _read(read: Callable[[int], bytearray]) -> Reply:
    length, _ = _LENGTHS.unpack(read(_LENGTHS.size))
    if length > _MAX_HEADER:
        raise ValueError("header too long")
    message = json.loads(bytes(read(length)))
    header = message["header"]
    if not isinstance(header, dict) or not isinstance(header.get("error", {}), dict):
        raise ValueError("header refused")
    described = [(name, np.dtype(dtype), tuple(map(int, shape))) for name, dtype, shape in message["arrays"]]
    if any(kind.hasobject or min(shape, default=0) < 0 for _, kind, shape in described):
        raise ValueError("array refused")
    counts = [math.prod(shape) * kind.itemsize for _, kind, shape in described]
    if sum(counts) > _MAX_ARRAYS:
        raise ValueError("too many bytes")
    arrays = {
        name: np.frombuffer(read(count), dtype=kind).reshape(shape)
        for (name, kind, shape), count in zip(described, counts, strict=True)
    }
    return header, arrays


def _exactly(pipe: IO[bytes]) -> Callable[[int], bytearray]:
    def read(count: int) -> bytearray:
        got = bytearray(count)
        view, filled = memoryview(got), 0
        while filled < count:
            step = pipe.readinto(view[filled:])  # type: ignore[attr-defined]
            if not step:
                raise EOFError
            filled += step
        return got

    return read


def _requests(read: Callable[[int], bytearray]) -> Iterator[Reply]:
    while True:
        try:
            yield _read(read)
        except EOFError:
            return


def serve(task: str, memory: int, seconds: float) -> None:
    """Run as a worker: say that it is ready, then answer requests on the pipes until the parent goes away.

    The parent ends a worker that takes too long; an alarm ends it as well, should the parent be gone by then.
    """
    step_back(READING)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not reach the pipe
    module, function = task.split(":")
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    run: Task = getattr(importlib.import_module(module), function)()
    with _nobody_to_hear(replies):
        gc.freeze()  # what was imported stays: nobody has to look through it again and again
        _write(replies.write, {}, {})
        replies.flush()
        for header, arrays in _requests(_exactly(requests)):
            signal.alarm(math.ceil(seconds) + 1)
            try:
                answer, results = run(header, arrays)
            except DankError as error:
                answer, results = {"error": {"code": error.code, "message": error.message}}, {}
            signal.alarm(0)
            _write(replies.write, answer, results)
            replies.flush()


@contextlib.contextmanager
def _nobody_to_hear(replies: IO[bytes]) -> Iterator[None]:
    """A parent that is gone needs no answer: its worker ends without a word."""
    try:
        yield
    except BrokenPipeError:
        with contextlib.suppress(BrokenPipeError):
            replies.close()  # what it holds is for nobody, and must not be tried again at the end


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
