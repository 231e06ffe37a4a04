"""A real `dank serve` that strangers may do to what they like."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.conftest import free_port
from tests.drawing import encoded, texture
from tests.faults.processes import Command, environment
from tests.faults.waiting import wait_until

TOKEN = "a token that only the tests know"
PICTURE = encoded(texture(96, 128, 77), "JPEG", quality=80)


@dataclass(frozen=True)
class Site:
    """A server while it runs.

    Attributes:
        client: asks it, as nobody in particular.
        admin: asks it with the admin token.
    """

    port: int
    home: Path
    server: Command
    client: httpx.Client
    admin: httpx.Client

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connected(self, seconds: float = 20) -> closing[socket.socket]:
        """A connection on which a stranger may send what he likes."""
        return closing(socket.create_connection(("127.0.0.1", self.port), timeout=seconds))

    def said(self, request: bytes, seconds: float = 20) -> bytes:
        """All that the server says to some bytes, until it ends the connection."""
        with self.connected(seconds) as stranger:
            stranger.sendall(request)
            return heard(stranger)

    def classify(self, **asked: Any) -> httpx.Response:
        """Ask for a verdict on a URL, or with `data` on a picture."""
        if "data" in asked:
            return self.client.post("/api/v1/classify", files={"file": asked["data"]})
        return self.client.post("/api/v1/classify", json=asked)

    def answers(self) -> bool:
        """Whether an ordinary question gets its ordinary answer."""
        return self.classify(data=PICTURE).status_code == 200

    def memory(self) -> int:
        """Bytes that the server itself holds."""
        return int(psutil.Process(self.server.id).memory_info().rss)

    def connections(self) -> int:
        """How many there are to it."""
        found = psutil.Process(self.server.id).net_connections("tcp")
        return sum(each.status == psutil.CONN_ESTABLISHED and each.laddr.port == self.port for each in found)


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[Site]:
    """A server that reads no captions and counts no requests, once it is ready."""
    known = {"captions": "false", "decode_workers": "1", "rate_limit": "0", "url_rate": "0"}
    known |= {"vote_rate": "0", "vote_rate_address": "0"}
    env = environment(home=str(home), admin_token=TOKEN, **known | settings)
    port = free_port()
    place = {"base_url": f"http://127.0.0.1:{port}", "timeout": 60.0}
    with (
        Command(["serve", "--port", str(port)], env) as server,
        httpx.Client(**place) as client,  # type: ignore[arg-type]
        httpx.Client(**place, headers={"Authorization": f"Bearer {TOKEN}"}) as admin,  # type: ignore[arg-type]
    ):
        server.until(lambda: is_ready(client), 90, "it is ready")
        yield Site(port, home, server, client, admin)


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/api/v1/ready").status_code == 200
    except httpx.TransportError:
        return False


def heard(stranger: socket.socket) -> bytes:
    """All that comes until the other side ends; a reset is an end too."""
    said = bytearray()
    try:
        while piece := stranger.recv(65_536):
            said += piece
    except ConnectionError:
        pass
    return bytes(said)


def statuses(said: bytes) -> list[int]:
    """The status of each answer in what was said."""
    return [int(line.split()[1]) for line in said.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error that is a problem by RFC 9457."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def quiet(site: Site, since: str = "") -> None:
    """The server runs, and complained of nothing since."""
    assert site.server.code is None, site.server.stderr
    assert "Traceback" not in site.server.stderr.removeprefix(since), site.server.stderr[-4_000:]


def settled(condition: Any, what: str, seconds: float = 30) -> None:
    """Wait for a condition, without keeping the server busy."""
    wait_until(condition, seconds, what, every=0.1)
