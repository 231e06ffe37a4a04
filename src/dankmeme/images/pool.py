"""Worker processes for what a thread cannot be stopped from doing: decoding hostile files and reading captions.

Each worker is a fresh interpreter with limits on memory, started by name (`module:function`) and spoken to over
two pipes. Messages are a JSON header and raw arrays, never pickle, so that a worker taken over by a hostile file has
nothing to say that the parent would run. A worker that dies, or takes too long, is replaced; only the item it was
working on is lost, with a clear error.
"""

from __future__ import annotations

import contextlib
import importlib
import json
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import DankError, ImageError

Arrays = dict[str, NDArray[Any]]
Reply = tuple[dict[str, Any], Arrays]
Task = Callable[[dict[str, Any], Arrays], Reply]
"""What a worker runs: a header and arrays in, a header and arrays out."""

_LENGTHS = struct.Struct("<II")
_MAX_HEADER = 16_000_000
_MAX_ARRAY = 512_000_000
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


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


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    served: int = 0
    selector: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)

    def close(self) -> None:
        self.selector.close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class WorkerPool:
    """A fixed number of worker processes behind one blocking call, safe to use from many threads.

    Args:
        task: `module:function` of a `Task` factory: called once in the worker, it gives the task.
        size: how many processes.
        limits: what each may use.
        name: what an error calls the work, e.g. `decode`.
    """

    def __init__(self, task: str, size: int, limits: Limits, name: str) -> None:
        self._task, self._limits, self._name = task, limits, name
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(size):
            self._idle.put(None)

    def warm(self) -> None:
        """Start one worker now instead of at the first call."""
        slot = self._idle.get()
        try:
            slot = slot or self._start()
        finally:
            self._idle.put(slot)

    def call(self, header: dict[str, Any], arrays: Arrays | None = None) -> Reply:
        """Run the task in a worker.

        Raises:
            DankError: what the task raised, or `<name>-timeout`, or `<name>-failed` where the worker died.
        """
        slot = self._idle.get()
        try:
            worker = slot or self._start()
            slot = None
            reply = self._ask(worker, header, arrays or {})
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
            workers, self._all = list(self._all), set()
        for worker in workers:
            worker.close()

    @property
    def processes(self) -> list[int]:
        """Ids of the running workers."""
        with self._lock:
            return [worker.process.pid for worker in self._all]

    def _start(self) -> _Worker:
        environment = os.environ | dict.fromkeys(_ONE_THREAD, "1")
        process = subprocess.Popen(
            [sys.executable, "-m", "dankmeme.images.pool", self._task, str(self._limits.memory or 0)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        worker = _Worker(process)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        worker.selector.register(process.stdout, selectors.EVENT_READ)
        with self._lock:
            if self._closed:
                worker.close()
                raise ImageError(f"{self._name}-failed", f"the {self._name} workers are closed")
            self._all.add(worker)
        return worker

    def _discard(self, worker: _Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.close()

    def _ask(self, worker: _Worker, header: dict[str, Any], arrays: Arrays) -> Reply:
        seconds = self._limits.seconds + (self._limits.start_seconds if worker.served == 0 else 0)
        deadline = time.monotonic() + seconds
        pipe = worker.process.stdin
        assert pipe is not None
        try:
            _write(pipe, header, arrays)
            return _read(_Reader(worker, deadline))
        except TimeoutError:
            self._discard(worker)
            limit = self._limits.seconds
            raise ImageError(f"{self._name}-timeout", f"to {self._name} it took more than {limit:.0f} seconds") from None
        except (OSError, EOFError, ValueError, KeyError):
            self._discard(worker)
            raise ImageError(
                f"{self._name}-failed", f"the picture broke the process that was to {self._name} it"
            ) from None


class _Reader:
    """Reads exactly n bytes from a worker before a deadline."""

    def __init__(self, worker: _Worker, deadline: float) -> None:
        self._worker, self._deadline = worker, deadline

    def __call__(self, count: int) -> bytearray:
        pipe = self._worker.process.stdout
        assert pipe is not None
        got = bytearray(count)
        view, filled = memoryview(got), 0
        while filled < count:
            left = self._deadline - time.monotonic()
            if left <= 0 or not self._worker.selector.select(left):
                raise TimeoutError
            read = os.readv(pipe.fileno(), [view[filled:]])
            if not read:
                raise EOFError
            filled += read
        return got


def _raised(reply: Reply) -> Reply:
    header, arrays = reply
    if "error" in header:
        raise ImageError(str(header["error"]["code"]), str(header["error"]["message"]))
    return header, arrays


def _write(pipe: IO[bytes], header: dict[str, Any], arrays: Arrays) -> None:
    described = [(name, values.dtype.str, values.shape) for name, values in arrays.items()]
    text = json.dumps({"header": header, "arrays": described}).encode()
    pipe.write(_LENGTHS.pack(len(text), 0) + text)
    for values in arrays.values():
        if values.size:
            pipe.write(memoryview(np.ascontiguousarray(values)).cast("B"))
    pipe.flush()


def _read(read: Callable[[int], bytearray]) -> Reply:
    length, _ = _LENGTHS.unpack(read(_LENGTHS.size))
    if length > _MAX_HEADER:
        raise ValueError("header too long")
    message = json.loads(bytes(read(length)))
    arrays: Arrays = {}
    for name, dtype, shape in message["arrays"]:
        kind = np.dtype(dtype)
        count = int(np.prod(shape)) * kind.itemsize
        if kind.hasobject or count > _MAX_ARRAY:
            raise ValueError("array refused")
        arrays[name] = np.frombuffer(read(count), dtype=kind).reshape(shape)
    return message["header"], arrays


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


def serve(task: str, memory: int) -> None:
    """Run as a worker: answer requests on the pipes until the parent goes away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not reach the pipe
    module, function = task.split(":")
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    run: Task = getattr(importlib.import_module(module), function)()
    for header, arrays in _requests(_exactly(requests)):
        try:
            answer, results = run(header, arrays)
        except DankError as error:
            answer, results = {"error": {"code": error.code, "message": error.message}}, {}
        _write(replies, answer, results)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
