"""Commands of ours in processes that are watched, stopped, and killed with all that they started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import psutil

from tests.faults.nursery import FRESH, Forked, fork
from tests.faults.waiting import wait_until

DANK = (sys.executable, "-m", "dankmeme.cli")


def environment(**settings: str) -> dict[str, str]:
    """The environment as it is here, with none but the given `DANK_` settings (lower case, no prefix)."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DANK_")}
    return plain | {f"DANK_{name.upper()}": value for name, value in settings.items()}


class Command:
    """A command in a process group of its own; whatever is left of its tree at the end is killed.

    Args:
        arguments: of `dank`, e.g. `["ingest", "posts.jsonl"]`; or all of a command, with `program` empty.
        env: its whole environment, e.g. from `environment`.
        program: what stands before the arguments.
    """

    def __init__(
        self, arguments: Sequence[str], env: Mapping[str, str] | None = None, program: Sequence[str] = DANK
    ) -> None:
        self._command = [*program, *arguments]
        self._env = dict(os.environ if env is None else env)
        self._out = self._err = -1
        self._forked = arguments if program == DANK and not FRESH else None
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._met: dict[int, psutil.Process] = {}

    @property
    def id(self) -> int:
        """Of its first process."""
        return self._started().pid

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs, below zero for the signal that killed it."""
        return self._started().poll()

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return _text(self._out)

    @property
    def stderr(self) -> str:
        """What it has complained of so far."""
        return _text(self._err)

    def tree(self) -> list[psutil.Process]:
        """Those of its processes that live: orphans too, if they are in its group or were seen before."""
        roots = [process for process in psutil.process_iter() if _group(process.pid) == self.id]
        for root in [*roots, *self._met.values()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                for process in (root, *root.children(recursive=True)):
                    self._met[process.pid] = process
        return [process for process in self._met.values() if _lives(process)]

    def kill(self) -> None:
        """End all of it at once, as a power cut does: nothing of it gets to run again.

        Every process is stopped first, so that none sees another die, and none starts a new one meanwhile.
        """
        stopped: set[int] = set()
        while new := [process for process in self.tree() if process.pid not in stopped]:
            for process in new:
                stopped.add(process.pid)
                _signal(process, signal.SIGSTOP)
        self._kill_each()

    def kill_first(self) -> None:
        """Kill its first process alone; what it had started stays, for the test to see what becomes of it."""
        self.tree()
        self._started().kill()
        self._started().wait()

    def freeze(self) -> None:
        """Stop all of it, as a machine does that is swapping, or a laptop that is closed."""
        for process in self.tree():
            _signal(process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        for process in self.tree():
            _signal(process, signal.SIGCONT)

    def interrupt(self) -> None:
        """Press Ctrl-C: the signal goes to the whole group, as from a terminal."""
        os.killpg(self.id, signal.SIGINT)

    def terminate(self) -> None:
        """Ask its first process to end, as a service manager does."""
        self._started().terminate()

    def wait(self, seconds: float = 60) -> int:
        """Wait for its end; the code that it ended with.

        Raises:
            AssertionError: with what it said, if it has not ended by then.
        """
        try:
            return self._started().wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self} has not ended within {seconds:g} s:\n{self._said()}") from None

    def until(self, condition: Callable[[], object], seconds: float = 60, what: str = "") -> None:
        """Wait for a condition while it runs.

        Raises:
            AssertionError: with what it said, if it ends before, or if the condition is not met by then.
        """

        what, met = what or str(condition), []
        try:
            wait_until(lambda: met.append(condition()) or met[-1] or self.code is not None, seconds, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self} said:\n{self._said()}") from None
        assert met[-1], f"{self} ended with {self.code} before {what}:\n{self._said()}"

    def __str__(self) -> str:
        return " ".join(self._command[-4:])

    def __enter__(self) -> Self:
        self._out, self._err = os.memfd_create("stdout"), os.memfd_create("stderr")
        if self._forked is not None:
            self._process = fork(self._forked, self._env, self._out, self._err)
            return self
        self._process = subprocess.Popen(
            self._command,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        os.close(self._out)
        os.close(self._err)

    def _started(self) -> subprocess.Popen[bytes] | Forked:
        assert self._process is not None, "it was not started: use it in a `with`"
        return self._process

    def _kill_each(self) -> None:
        living = self.tree()
        for process in living:
            _signal(process, signal.SIGKILL)
        self._started().wait()
        wait_until(lambda: not any(_lives(process) for process in living), 10, f"{self} is dead")

    def _said(self) -> str:
        return f"{self.stdout[-2000:]}{self.stderr[-4000:]}"


def _text(file: int) -> str:
    """All of it; the writer's place in the file, which is shared with us, is left alone."""
    return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _lives(process: psutil.Process) -> bool:
    """Whether it runs still and is not merely waiting to be buried."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _group(process: int) -> int | None:
    try:
        return os.getpgid(process)
    except ProcessLookupError:
        return None
