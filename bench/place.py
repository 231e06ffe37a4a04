"""A place at work: the embedded default, or a server and workers on PostgreSQL and an S3 server."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import stored
from server import Server, Started, Worker, free_port

_BUCKET = "bench"
_UNLIMITED = {"vote_rate": "0", "vote_rate_address": "0", "log_format": "json"}
"""All visitors come from one address."""


@dataclass(frozen=True)
class Place:
    """Processes at work.

    Attributes:
        url: where the server listens.
        database: its address.
        processes: by name.
        logs: what they say, a file a process.
    """

    url: str
    database: str
    processes: Mapping[str, Started]
    logs: Mapping[str, Path]


@contextmanager
def embedded(home: Path, settings: Mapping[str, str]) -> Iterator[Place]:
    """`dank serve`, as a person starts it, with more settings than none."""
    home.mkdir(parents=True, exist_ok=True)
    logs = {"server": home / "server.log"}
    with Server(home, logs["server"], **_UNLIMITED, **settings) as server:
        server.until("/health/ready")
        server.until("/api/v1/posts?limit=1")  # its database is there: verdicts need none
        yield Place(server.url, f"sqlite:///{home / 'dank.db'}", {"server": server}, logs)


@contextmanager
def shared(home: Path, settings: Mapping[str, str], workers: int, prepare: Callable[[str], None]) -> Iterator[Place]:
    """A server that leaves the work to so many workers, on a database that was prepared; no folder is shared."""
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as running:
        database = running.enter_context(stored.FreshPostgres())
        running.enter_context(_ObjectStore())
        more = {**_UNLIMITED, **settings, "database_url": database.url, "bucket_url": f"s3://{_BUCKET}"}
        more["models_url"] = f"s3://{_BUCKET}/models"
        prepare(database.url)
        logs = {name: home / f"{name}.log" for name in ("server", *(f"worker {n + 1}" for n in range(workers)))}
        processes: dict[str, Started] = {}
        for name, log in logs.items():
            make, extra = (Server, {"work": "false"}) if name == "server" else (Worker, {})
            (home / name).mkdir()
            processes[name] = running.enter_context(make(home / name, log, **more, **extra))
            processes[name].until("/health/ready")
        yield Place(processes["server"].url, database.url, processes, logs)


class _ObjectStore:
    """moto's S3 server with one empty bucket, and the variables by which it is found: it keeps objects in memory."""

    def __init__(self) -> None:
        self._port = free_port()
        self._variables = {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self._port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",  # any will do
            "AWS_REGION": "us-east-1",
        }

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self._makes_bucket():
            if self._process.poll() is not None:
                raise RuntimeError("the S3 server ended")
            time.sleep(0.05)
        self._before = {name: os.environ.get(name) for name in self._variables}
        os.environ.update(self._variables)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, value in self._before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        self._process.kill()
        self._process.wait()

    def _makes_bucket(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("PUT", f"/{_BUCKET}", headers={"Content-Length": "0"})
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()
