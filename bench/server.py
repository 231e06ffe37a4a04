"""Servers, started for a measurement and ended after it: ours, or a rival by its own command."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

import load
import tree

DANK = Path(sys.executable).parent / "dank"
_POLL = 0.01
_PATIENCE = 180.0


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment as it is here, with none but the given `DANK_` settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DANK_")}
    return {**plain, "DANK_HOME": str(home), **{f"DANK_{name.upper()}": value for name, value in settings.items()}}


class Started:
    """A server that was started by a command and listens on the loopback.

    Args:
        command: what a person would type.
        env: its environment.
        port: where it listens.
        log: a file for all that it says; None for its errors on ours.
    """

    def __init__(self, command: Sequence[str], env: dict[str, str], port: int, log: Path | None = None) -> None:
        self.port = port
        self.started = time.perf_counter()
        with log.open("wb") if log else contextlib.nullcontext() as file:
            said = file or subprocess.DEVNULL
            self._process = subprocess.Popen(command, env=env, stdout=said, stderr=file)

    @property
    def root(self) -> int:
        """The id of its first process."""
        return self._process.pid

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def until(self, path: str) -> float:
        """Ask for a path until it answers 200; seconds since the process was started.

        Raises:
            RuntimeError: if the server ended, or did not answer within three minutes.
        """
        return self._until("GET", path)

    def until_told(self, path: str, file: Path) -> float:
        """Post a picture until the answer is 200; seconds since the process was started. Raises like `until`."""
        return self._until("POST", path, load.form(file))

    def _until(self, method: str, path: str, body: bytes | None = None) -> float:
        while (waited := time.perf_counter() - self.started) < _PATIENCE:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with {self._process.returncode}")
            if self._answers(method, path, body):
                return time.perf_counter() - self.started
            time.sleep(_POLL)
        raise RuntimeError(f"{path} did not answer within {waited:.0f} s")

    def _answers(self, method: str, path: str, body: bytes | None) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5 if body is None else _PATIENCE)
        try:
            connection.request(method, path, body, load.HEADERS if body is not None else {})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def close(self) -> None:
        """End it, and whatever of it is left after ten seconds."""
        processes = tree.members(self.root)
        self._process.terminate()
        _, left = psutil.wait_procs(processes, timeout=10)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Server(Started):
    """`dank serve` on a free loopback port.

    Args:
        home: a folder for what it keeps.
        log: as in `Started`.
        settings: `DANK_` settings in lower case, e.g. `captions="false"`.
    """

    def __init__(self, home: Path, log: Path | None = None, **settings: str) -> None:
        port = free_port()
        command = [str(DANK), "serve", "--port", str(port)]
        super().__init__(command, environment(home, rate_limit="0", **settings), port, log)


class Worker(Started):
    """`dank worker`, whose health is on a free loopback port. Arguments as for `Server`."""

    def __init__(self, home: Path, log: Path | None = None, **settings: str) -> None:
        port = free_port()
        super().__init__([str(DANK), "worker"], environment(home, metrics_port=str(port), **settings), port, log)


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
