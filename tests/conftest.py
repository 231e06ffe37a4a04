from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def workers_find_the_code() -> None:
    """Worker processes are fresh interpreters: they find package and tests where this one does."""
    paths = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))


@dataclass(frozen=True)
class Server:
    """A real `dank serve` on a port of its own."""

    url: str
    home: Path
    process: int


@pytest.fixture(scope="session")
def server(workers_find_the_code: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started as its users start it, and ready."""
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    environment = os.environ | {
        "DANK_HOME": str(home),
        "DANK_FETCH_ALLOW": "127.0.0.1:*,localhost:*",
        "DANK_FETCH_SECONDS": "3",
        "DANK_RATE_LIMIT": "0",
        "DANK_URL_RATE": "0",
    }
    command = [sys.executable, "-m", "dankmeme.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}", process)
            yield Server(f"http://127.0.0.1:{port}", home, process.pid)
        finally:
            process.terminate()


def wait_until_ready(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Poll until the server says that it is ready."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            if httpx.get(f"{url}/api/v1/ready", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the server did not become ready")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def examples() -> list[Path]:
    """The example memes that the project drew."""
    return sorted((ROOT / "web" / "public" / "examples").glob("*.jpg"))
