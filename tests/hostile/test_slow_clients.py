"""A thousand connections that send a byte a second: everybody else is answered, and in the end they are let go."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest

from dankmeme.api.bodies import LEAST_RATE, PATIENCE
from dankmeme.api.connections import HEAD_SECONDS, MOST_OVERHEAD, UNREAD_SECONDS
from tests.faults.running import PROVE
from tests.hostile.site import PICTURE, Site, heard, settled, statuses
from tests.hostile.test_uploads import FILE, FORM, head

COUNT = 3_000 if PROVE else 400
"""Connections of each kind."""
LATE = 15.0
"""Seconds that something may take longer on a machine where other tests run."""


@dataclass
class Crowd:
    """Connections on which one byte is sent each second.

    Attributes:
        began: what each says at once.
        piece: what each says every second after that.
        lasted: how many seconds each connection lasted, as far as it has ended.
    """

    name: str
    began: bytes
    piece: bytes
    sockets: list[socket.socket] = field(default_factory=list)
    lasted: list[float] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)

    def join(self, port: int) -> None:
        stranger = socket.create_connection(("127.0.0.1", port), timeout=30)
        stranger.sendall(self.began)
        stranger.setblocking(False)
        self.sockets.append(stranger)

    def drip(self, since: float) -> None:
        """Another byte on each; those that the server has ended are taken note of."""
        for stranger in list(self.sockets):
            try:
                if not (said := stranger.recv(4_096)):
                    raise ConnectionError
                self.said.append(said)
            except BlockingIOError:
                pass
            except ConnectionError:
                self._leave(stranger, since)
                continue
            with suppress(BlockingIOError, ConnectionError):
                stranger.send(self.piece)

    def _leave(self, stranger: socket.socket, since: float) -> None:
        self.lasted.append(time.monotonic() - since)
        self.sockets.remove(stranger)
        stranger.close()


@dataclass
class Seen:
    """What happened while the crowds were there.

    Attributes:
        waited: seconds that each question of an ordinary client waited for its answer.
        open_at_most: connections that the server had taken at once, looked at each second.
    """

    crowds: dict[str, Crowd]
    waited: list[float]
    verdicts: list[int]
    open_at_most: int


@pytest.fixture(scope="module")
def seen(place: Site) -> Iterator[Seen]:
    """All crowds come at once, and stay as long as they are let."""
    crowds = [
        Crowd("silent", b"", b""),
        Crowd("slow head", b"GET /api/v1/health HTTP/1.1\r\nX: ", b"x"),
        Crowd("slow body", head("/api/v1/classify", f"Content-Type: {FORM}", "Content-Length: 100000") + FILE, b"x"),
        Crowd("slow text", head("/api/v1/feedback", "Content-Type: application/json", "Content-Length: 9000"), b" "),
    ]
    began = time.monotonic()
    waited: list[float] = []
    verdicts: list[int] = []
    ending, most = threading.Event(), 0

    def ordinary() -> None:
        with httpx.Client(base_url=place.url, timeout=60) as client:
            while not ending.wait(0.3):
                asked = time.monotonic()
                client.get("/api/v1/health").raise_for_status()
                waited.append(time.monotonic() - asked)
                verdicts.append(client.post("/api/v1/classify", files={"file": PICTURE}).status_code)

    thread = threading.Thread(target=ordinary)
    thread.start()
    try:
        for crowd in crowds:
            for _ in range(COUNT if crowd.name in ("silent", "slow head") else COUNT // 4):
                crowd.join(place.port)
        while any(crowd.sockets for crowd in crowds) and time.monotonic() - began < PATIENCE + 2 * LATE:
            most = max(most, place.connections())
            for crowd in crowds:
                crowd.drip(began)
            time.sleep(1)
    finally:
        ending.set()
        thread.join()
    yield Seen({crowd.name: crowd for crowd in crowds}, waited, verdicts, most)
    for crowd in crowds:
        for each in crowd.sockets:
            each.close()


def test_everybody_else_is_answered_meanwhile(seen: Seen, site: Site) -> None:
    slowest = f"the slowest of {len(seen.waited)} answers: {max(seen.waited):.2f} s"
    print(f"{seen.open_at_most:,} connections at once; {slowest}")
    assert seen.open_at_most > COUNT
    assert len(seen.waited) > 10
    assert max(seen.waited) < 3
    assert set(seen.verdicts) == {200}


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("silent", HEAD_SECONDS - 1, HEAD_SECONDS),
        ("slow head", HEAD_SECONDS - 1, HEAD_SECONDS),
        ("slow body", PATIENCE - 1, PATIENCE + HEAD_SECONDS),
        ("slow text", PATIENCE - 1, PATIENCE + HEAD_SECONDS),
    ],
)
def test_a_slow_client_has_its_time_and_is_let_go(name: str, least: float, most: float, seen: Seen) -> None:
    crowd = seen.crowds[name]
    assert crowd.sockets == [], f"{len(crowd.sockets)} are there still"
    print(f"{name}: {len(crowd.lasted)} lasted {min(crowd.lasted):.1f} to {max(crowd.lasted):.1f} s")
    assert min(crowd.lasted) >= least
    assert max(crowd.lasted) < most + LATE


def test_a_slow_body_is_told_why(seen: Seen) -> None:
    for name in ("slow body", "slow text"):
        said = seen.crowds[name].said
        assert said
        assert {status for each in said for status in statuses(each)} == {408}
        assert b'"code":"too-slow"' in said[0]


def test_a_head_without_end_is_refused(site: Site) -> None:
    for began, piece in (
        (b"GET /api/v1/health HTTP/1.1\r\n", b"X: " + b"x" * 997 + b"\r\n"),
        (b"GET /api/v1/health HTTP/1.1\r\nX: ", b"x" * 1_000),
        (b"GET /", b"x" * 1_000),
        (b"", b"\r\n" * 500),
    ):
        with site.connected() as stranger:
            stranger.sendall(began)
            went = 0
            try:
                while went < 100 * MOST_OVERHEAD:
                    stranger.sendall(piece)
                    went += len(piece)
            except ConnectionError:
                pass
            assert went < 100 * MOST_OVERHEAD


def test_a_long_head_is_told_that_it_is(site: Site) -> None:
    with site.connected() as stranger:
        stranger.sendall(b"GET /api/v1/health HTTP/1.1\r\nX: ")
        for _ in range(5):
            stranger.sendall(b"x" * 15_000)
            time.sleep(0.05)
        assert statuses(heard(stranger)) == [431]


def test_trailers_are_no_headers_and_have_an_end(site: Site) -> None:
    request = head("/api/v1/feedback", "Content-Type: application/json", "Transfer-Encoding: chunked")
    said = site.said(request + b"2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n")
    assert statuses(said) == [422]
    with site.connected() as stranger:
        stranger.sendall(request + b"2\r\n{}\r\n0\r\n")
        went = 0
        try:
            while went < 100 * MOST_OVERHEAD:
                stranger.sendall(b"X: " + b"x" * 997 + b"\r\n")
                went += 1_002
        except ConnectionError:
            pass
        assert went < 100 * MOST_OVERHEAD


def test_a_client_that_is_slow_but_not_too_slow_is_served(site: Site) -> None:
    body = FILE + PICTURE + b"\r\n--b--\r\n"
    request = head("/api/v1/classify", f"Content-Type: {FORM}", f"Content-Length: {len(body)}", "Connection: close")
    with site.connected(60) as stranger:
        for place in range(0, len(request), 40):
            stranger.sendall(request[place : place + 40])
            time.sleep(0.02)
        step = max(1, len(body) // 20)
        for place in range(0, len(body), step):
            stranger.sendall(body[place : place + step])
            time.sleep(0.1)
        assert statuses(heard(stranger)) == [200]
    assert len(body) / 2 < LEAST_RATE, "it came faster than the least rate: the test proves less than it says"


@pytest.mark.skipif(not PROVE, reason="long: only with DANK_PROVE=1")
def test_a_client_that_reads_nothing_is_let_go_and_one_that_reads_slowly_is_served(site: Site) -> None:
    asked = b"GET /docs-ui/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with site.connected(200) as still, site.connected(200) as slow:
        for each in (still, slow):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            each.sendall(asked * 20)
        began, got = time.monotonic(), 0
        while time.monotonic() - began < 2 * UNREAD_SECONDS + LATE:
            got += len(slow.recv(8_192))
            time.sleep(0.2)
        assert got > 1_000_000
        settled(lambda: site.connections() <= 3, "the one that reads nothing is gone")
    assert site.answers()
