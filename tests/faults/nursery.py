"""Commands that begin where a real one has imported what it needs: forked from a process that has done so once.

Of the seconds of processor that `dank ingest` of one picture takes, more than half go into importing, and the suite
starts hundreds of commands. So they are forked from one process, each with arguments, environment, files and a process
group of its own, as if it had been started. With `DANK_FRESH=1`, as `make prove` runs, each is started from nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FRESH = os.environ.get("DANK_FRESH", "") not in ("", "0")
"""Whether each command is started from nothing."""
_MODULES = (
    "dankmeme.cli",
    "dankmeme.api.app",
    "dankmeme.api.server",
    "dankmeme.pipeline.foreground",
    "dankmeme.pipeline.worker",
    "dankmeme.sources.archive_http",
    "dankmeme.sources.feed",
    "dankmeme.storage.migrations",
    "alembic.command",
    "asyncpraw",
    "rich.progress",
)
_LARGEST = 1 << 20
_FILES = 3


class Forked:
    """A command that was forked: as much of `subprocess.Popen` as tests need.

    Args:
        pid: of its process.
        ended: a pipe that its exit status comes through.
        args: all of the command, to be named in errors.
    """

    def __init__(self, pid: int, ended: int, args: Sequence[str]) -> None:
        self.pid, self.args = pid, list(args)
        self.returncode: int | None = None
        self._ended = ended

    def poll(self) -> int | None:
        """Its exit code, below zero for the signal that killed it; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises `TimeoutExpired` as `Popen` does."""
        if self.returncode is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._ended, selectors.EVENT_READ)
                if not selector.select(timeout):
                    raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(os.read(self._ended, 16) or b"-9")
            os.close(self._ended)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs still."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def fork(arguments: Sequence[str], env: Mapping[str, str], stdout: int, stderr: int) -> Forked:
    """Begin `dank` with these arguments.

    Args:
        arguments: without `dank` itself.
        env: its whole environment.
        stdout: a file that it prints to.
        stderr: a file that it complains to.
    """
    line = _nursery()
    ended, tell = os.pipe()
    try:
        request = json.dumps({"arguments": list(arguments), "env": dict(env), "folder": str(Path.cwd())}).encode()
        assert len(request) < _LARGEST
        socket.send_fds(line, [request], [stdout, stderr, tell])
        pid = int(line.recv(16))
    finally:
        os.close(tell)
    return Forked(pid, ended, ["dank", *arguments])


@cache
def _nursery() -> socket.socket:
    """The line to the process that forks; one for this process, ended with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.faults.nursery", str(theirs.fileno())]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=os.environ | {"OMP_NUM_THREADS": "1"})
    theirs.close()
    assert ours.recv(16) == b"ready", "the nursery has not started"

    def end() -> None:
        ours.close()
        process.wait(10)

    atexit.register(end)
    return ours


def _serve(line: socket.socket) -> None:
    """Fork whatever is asked for, and tell of each end, until the line is closed."""
    for module in _MODULES:
        importlib.import_module(module)
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "a process with threads must not be forked"
    line.send(b"ready")
    running: dict[int, tuple[int, int]] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not line:
                    selector.unregister(key.fileobj)
                    _bury(key.fd, *running.pop(key.fd))
                    continue
                data, files, _, _ = socket.recv_fds(line, _LARGEST, _FILES)
                if not data:
                    return
                pid = _forked(json.loads(data), files, [line, selector])
                line.send(str(pid).encode())
                handle = os.pidfd_open(pid)
                running[handle] = pid, files[2]
                selector.register(handle, selectors.EVENT_READ)
                os.close(files[0])
                os.close(files[1])


def _bury(handle: int, pid: int, tell: int) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(handle)
    with contextlib.suppress(BrokenPipeError):
        os.write(tell, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(tell)


def _forked(request: dict[str, Any], files: list[int], ours: list[socket.socket | selectors.BaseSelector]) -> int:
    """The id of a new process, which runs the command and never comes back from here."""
    pid = os.fork()
    if pid:
        return pid
    for each in ours:
        each.close()
    os.setsid()
    for place, file in enumerate([os.open(os.devnull, os.O_RDONLY), *files[:2]]):
        os.dup2(file, place)
    for file in files:
        os.close(file)
    sys.stdout, sys.stderr = (open(place, "w", encoding="utf-8", closefd=False) for place in (1, 2))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(str(request["folder"]))
    sys.argv = ["dank", *request["arguments"]]
    from dankmeme.cli import app

    app()
    raise SystemExit  # typer has ended it already


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
