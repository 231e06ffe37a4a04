"""A host that stalls, lies, floods and runs in circles, byte by byte as each of its pages says."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

from tests.hostile.site import PICTURE

Page = Callable[["asyncio.StreamWriter"], Awaitable[None]]
RESET = struct.pack("ii", 1, 0)
"""Linger for no time: closing then resets the connection."""

TLS = b"\x16"
"""How a greeting in TLS begins."""


def head(status: str = "200 OK", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


def whole(body: bytes = PICTURE, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    announced = f"Content-Length: {len(body) if length is None else length}"
    return head(status, announced, "Connection: close", *headers) + body


def moved(to: str) -> bytes:
    return whole(b"", "302 Found", f"Location: {to}")


def says(*pieces: bytes, every: float = 0.0) -> Page:
    """Say this and hang up."""

    async def page(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every)

    return page


def then_stalls(said: bytes) -> Page:
    """Say this, and nothing more, and stay."""

    async def page(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await asyncio.Event().wait()

    return page


def without_end(said: bytes, piece: bytes, every: float = 0.0) -> Page:
    """Say this, and then one thing again and again."""

    async def page(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every)

    return page


async def resets(writer: asyncio.StreamWriter) -> None:
    """Break off in the middle as a machine does that crashes."""
    writer.write(whole(length=len(PICTURE) + 1_000))
    await writer.drain()
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


QUICK: dict[str, tuple[Page, int, str]] = {
    "no-http": (says(PICTURE), 502, "fetch-failed"),
    "ssh": (says(b"SSH-2.0-secret\r\n\r\n"), 502, "fetch-failed"),
    "nothing": (says(), 502, "fetch-failed"),
    "too-short": (says(whole(length=len(PICTURE) + 1)), 502, "fetch-failed"),
    "announces-much": (says(whole(length=10**9)), 413, "file-too-large"),
    "length-text": (says(head("200 OK", "Content-Length: much") + PICTURE), 502, "fetch-failed"),
    "length-below-zero": (says(head("200 OK", "Content-Length: -1") + PICTURE), 502, "fetch-failed"),
    "two-lengths": (says(whole(PICTURE, "200 OK", "Content-Length: 5")), 502, "fetch-failed"),
    "endless": (without_end(head("200 OK", "Connection: close"), bytes(65_536)), 413, "file-too-large"),
    "endless-chunks": (
        without_end(head("200 OK", "Transfer-Encoding: chunked"), b"10000\r\n" + bytes(65_536) + b"\r\n"),
        413,
        "file-too-large",
    ),
    "endless-head": (without_end(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 4_000 + b"\r\n"), 502, "fetch-failed"),
    "endless-line": (without_end(b"HTTP/1.1 200 ", b"x" * 4_000), 502, "fetch-failed"),
    "endless-trailers": (
        without_end(head("200 OK", "Transfer-Encoding: chunked") + b"0\r\n", b"X: " + b"x" * 4_000 + b"\r\n"),
        502,
        "fetch-failed",
    ),
    "bad-chunk": (says(head("200 OK", "Transfer-Encoding: chunked") + b"zz\r\nx\r\n"), 502, "fetch-failed"),
    "huge-chunk": (says(head("200 OK", "Transfer-Encoding: chunked") + b"f" * 400 + b"\r\nx"), 502, "fetch-failed"),
    "switches": (says(head("101 Switching Protocols", "Upgrade: x", "Connection: upgrade")), 502, "fetch-failed"),
    "no-content": (says(head("204 No Content")), 502, "fetch-failed"),
    "breaks": (says(whole(b"oops", "500 Internal Server Error")), 502, "fetch-failed"),
    "busy": (says(whole(b"", "503 Service Unavailable")), 503, "host-busy"),
    "gone": (says(whole(b"", "404 Not Found")), 404, "not-found"),
    "private": (says(whole(b"", "401 Unauthorized", "WWW-Authenticate: Basic")), 422, "forbidden"),
    "resets": (resets, 502, "fetch-failed"),
    "gzip-bomb": (
        says(whole(gzip.compress(bytes(50_000_000)), "200 OK", "Content-Encoding: gzip")),
        502,
        "fetch-failed",
    ),
    "compressed": (
        says(whole(gzip.compress(PICTURE), "200 OK", "Content-Encoding: identity, gzip")),
        502,
        "fetch-failed",
    ),
    "circle": (says(moved("/circle")), 422, "too-many-redirects"),
    "there": (says(moved("/and-back")), 422, "too-many-redirects"),
    "and-back": (says(moved("/there")), 422, "too-many-redirects"),
    "nowhere": (says(whole(b"", "302 Found")), 502, "fetch-failed"),
    "far": (says(moved("http://example.org/" + "x" * 3_000)), 400, "bad-url"),
    "to-file": (says(moved("file:///etc/passwd")), 400, "bad-url"),
    "to-gopher": (says(moved("gopher://127.0.0.1/")), 400, "bad-url"),
    "to-data": (says(moved("data:image/png;base64,AAAA")), 400, "bad-url"),
    "to-script": (says(moved("javascript:alert(1)")), 400, "bad-url"),
    "page": (
        says(whole(b"<!doctype html><title>log in</title>", "200 OK", "Content-Type: image/png")),
        415,
        "not-an-image",
    ),
    "empty": (says(whole(b"")), 400, "empty"),
}
"""Pages that end at once: what they do, and what whoever asks for a verdict on them must be told."""

SLOW: dict[str, Page] = {
    "says-nothing": then_stalls(b""),
    "stalls-in-head": then_stalls(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "stalls-in-body": then_stalls(whole(length=len(PICTURE) + 1)),
    "stalls-in-chunk": then_stalls(head("200 OK", "Transfer-Encoding: chunked") + b"ffff\r\nx"),
    "drips-head": without_end(b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.5),
    "drips-body": without_end(head("200 OK", "Content-Length: 100000"), b"x", 0.5),
    "continues": without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
}
"""Pages that keep whoever asks waiting: all must end as `fetch-timeout`."""

GOOD: dict[str, Page] = {
    "good": says(whole()),
    "pieces": says(
        head("200 OK", "Transfer-Encoding: chunked"), *(b"1\r\n%c\r\n" % each for each in PICTURE), b"0\r\n\r\n"
    ),
    "wrong-type": says(whole(PICTURE, "200 OK", "Content-Type: text/html")),
    "no-length": says(head("200 OK", "Connection: close") + PICTURE),
    "follow": says(moved("/good")),
    "floods-and-moves": without_end(head("302 Found", "Location: /good"), bytes(65_536)),
    "sets-a-name": says(whole(PICTURE, "200 OK", "Set-Cookie: a=b")),
}
"""Pages that are odd, and hand out the picture all the same."""


class Liar:
    """Serves while the `with` block lasts.

    Attributes:
        pages: by path, without the slash; may be changed at any time.
        port: where it listens.
        full: a port whose connections are never made: nobody takes them, and its queue is full.
        asked: how often each path was asked for.
        requests: as they came.
    """

    def __init__(self) -> None:
        self.pages = {name: page for name, (page, _, _) in QUICK.items()} | SLOW | GOOD
        self.port = self.full = 0
        self.asked: Counter[str] = Counter()
        self.requests: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="liar", daemon=True)
        self._waiting: list[socket.socket] = []
        self._answering: set[asyncio.Task[None] | None] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.full = self._fill()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._waiting:
            each.close()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _fill(self) -> int:
        listening = socket.create_server(("127.0.0.1", 0), backlog=0)
        self._waiting.append(listening)
        port: int = listening.getsockname()[1]
        for _ in range(4):
            waiting = socket.socket()
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(("127.0.0.1", port))
            self._waiting.append(waiting)
        return port

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._answering.add(asyncio.current_task())
        try:
            first = await reader.readexactly(1)
            if first == TLS:
                writer.write(whole(b"plain HTTP is spoken here", "400 Bad Request"))
                return
            request = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            name = request.split()[1].lstrip("/")
            self.asked[name] += 1
            self.requests.append(request)
            await self.pages.get(name, says(whole(b"", "404 Not Found")))(writer)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, asyncio.CancelledError):
            pass  # whoever asked is gone, or we are
        finally:
            writer.close()
            self._answering.discard(asyncio.current_task())
