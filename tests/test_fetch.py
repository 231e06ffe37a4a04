"""Every server here is on loopback, and no address outside is ever connected to."""

from __future__ import annotations

import asyncio
import gzip
import pickle
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

import dankmeme.addresses
from dankmeme.errors import FetchError
from dankmeme.fetch import (
    CONNECTIONS_PER_HOST,
    LONGEST_WAIT,
    MAX_BYTES,
    USER_AGENT,
    BlockingFetcher,
    Fetched,
    Fetcher,
    is_public,
)

PICTURE = b"not really a picture" * 1_000

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def http(status: str, *headers: str, body: bytes = b"", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def moved(to: str, status: str = "302 Found") -> bytes:
    return http(status, f"Location: {to}")


class Server:
    """Answers paths with raw bytes, and remembers what it was asked."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers, self.asked, self.requests, self.connections = answers, [], [], 0
        self.url = ""
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (request := await reader.readuntil(b"\r\n\r\n")).strip():
                path = request.split()[1].decode()
                self.asked.append(path)
                self.requests.append(request.decode())
                answer = self.answers.get(path, http("404 Not Found"))
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                else:
                    await answer(writer)
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(answers: dict[str, Answer], host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Server]:
    server = Server(answers)
    listening = await asyncio.start_server(server.answer, host, port)
    server.port = listening.sockets[0].getsockname()[1]
    server.url = f"http://{host}:{server.port}"
    try:
        yield server
    finally:
        listening.close()


def fetched(answers: dict[str, Answer], path: str = "/", *, seconds: float = 20) -> tuple[bytes, Server]:
    async def run() -> tuple[bytes, Server]:
        async with serving(answers) as server, Fetcher(allow=["127.0.0.1:*"], seconds=seconds) as fetcher:
            return await fetcher.fetch(server.url + path), server

    return asyncio.run(run())


def refused(answers: dict[str, Answer], path: str = "/", *, seconds: float = 20) -> str:
    with pytest.raises(FetchError) as caught:
        fetched(answers, path, seconds=seconds)
    assert caught.value.message
    return caught.value.code


# Answers


def test_the_bytes_behind_an_address_are_fetched() -> None:
    assert fetched({"/": http("200 OK", body=PICTURE)})[0] == PICTURE


def test_a_chunked_answer_is_put_together() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    assert fetched({"/": chunked})[0] == b"hello world"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_is_followed(status: int) -> None:
    answers = {"/": moved("/next", f"{status} Elsewhere"), "/next": http("200 OK", body=PICTURE)}
    assert fetched(answers)[0] == PICTURE


def chain(count: int) -> dict[str, Answer]:
    return {f"/{n}": moved(f"/{n + 1}") for n in range(count)} | {f"/{count}": http("200 OK", body=PICTURE)}


@pytest.mark.parametrize("count", [1, 5])
def test_up_to_five_redirects_are_followed(count: int) -> None:
    body, server = fetched(chain(count), "/0")
    assert body == PICTURE
    assert len(server.asked) == count + 1


@pytest.mark.parametrize(
    ("answers", "path"),
    [(chain(6), "/0"), ({"/": moved("/")}, "/"), ({"/a": moved("/b"), "/b": moved("/a")}, "/a")],
    ids=["six", "itself", "circle"],
)
def test_more_redirects_are_too_many(answers: dict[str, Answer], path: str) -> None:
    assert refused(answers, path) == "too-many-redirects"


@pytest.mark.parametrize(
    "to",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "gopher://127.0.0.1/",
        "data:image/png;base64,AA",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_to_what_is_no_web_address_is_refused(to: str) -> None:
    assert refused({"/": moved(to)}) == "bad-url"


@pytest.mark.parametrize("to", ["http://[::1", "http://host:99999999/", "http://\udcff\udcfe/"])
def test_a_redirect_that_cannot_be_read_is_an_error_of_ours(to: str) -> None:
    answer = (
        b"HTTP/1.1 302 Found\r\nLocation: " + to.encode("utf-8", "surrogateescape") + b"\r\nContent-Length: 0\r\n\r\n"
    )
    assert refused({"/": answer}) in {"bad-url", "fetch-failed", "host-unknown"}


def test_a_redirect_without_a_place_is_a_failure() -> None:
    assert refused({"/": http("302 Found")}) == "fetch-failed"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("404 Not Found", "not-found"),
        ("410 Gone", "not-found"),
        ("401 Unauthorized", "forbidden"),
        ("403 Forbidden", "forbidden"),
        ("451 Unavailable For Legal Reasons", "forbidden"),
        ("429 Too Many Requests", "host-busy"),
        ("503 Service Unavailable", "host-busy"),
        ("500 Internal Server Error", "fetch-failed"),
        ("502 Bad Gateway", "fetch-failed"),
        ("204 No Content", "fetch-failed"),
        ("206 Partial Content", "fetch-failed"),
        ("304 Not Modified", "fetch-failed"),
        ("999 Go Away", "fetch-failed"),
    ],
)
def test_a_status_has_its_code(status: str, code: str) -> None:
    assert refused({"/": http(status)}) == code


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("Retry-After: 120", 119, 120),
        ("Retry-After: 999999999999", LONGEST_WAIT - 1, LONGEST_WAIT),
        ("Retry-After: soon", 29, 30),
        ("Retry-After: -5", 29, 30),
        ("Retry-After: \u00b2", 29, 30),
        ("X: y", 29, 30),
        ("Retry-After: IN TEN MINUTES", 400, 600),
    ],
)
def test_a_host_that_asks_for_a_pause_is_left_alone(header: str, least: float, most: float) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    header = header.replace("IN TEN MINUTES", date)

    async def run() -> None:
        answers = {"/busy": http("429 Too Many Requests", header), "/": http("200 OK", body=PICTURE)}
        async with serving(answers) as server, Fetcher(allow=["127.0.0.1:*"]) as fetcher:
            for path in ("/busy", "/"):
                with pytest.raises(FetchError, match="asked for a pause") as caught:
                    await fetcher.fetch(server.url + path)
                assert caught.value.code == "host-busy"
                seconds = float(caught.value.message.split()[-2])
                assert least - 1 <= seconds <= most
            assert server.asked == ["/busy"]
            assert server.connections == 1

    asyncio.run(run())


def test_a_pause_that_is_over_is_over() -> None:
    async def run() -> bytes:
        answers = {"/busy": http("503 Service Unavailable", "Retry-After: 0"), "/": http("200 OK", body=PICTURE)}
        async with serving(answers) as server, Fetcher(allow=["127.0.0.1:*"]) as fetcher:
            with pytest.raises(FetchError, match="asked for a pause"):
                await fetcher.fetch(server.url + "/busy")
            return await fetcher.fetch(server.url)

    assert asyncio.run(run()) == PICTURE


# Servers that lie, stall or flood


async def stall(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def stall_in_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    await stall(writer)


async def stall_in_body(writer: asyncio.StreamWriter) -> None:
    writer.write(http("200 OK", length=1_000, body=b"some"))
    await stall(writer)


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(http("200 OK", length=1_000_000))
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("answer", [stall, stall_in_headers, stall_in_body, drip])
def test_a_server_that_stalls_is_given_up_in_time(answer: Answer) -> None:
    began = asyncio.new_event_loop()
    start = began.time()
    assert refused({"/": answer}, seconds=0.4) == "fetch-timeout"
    assert began.time() - start < 3
    began.close()


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def endless_chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        await writer.drain()


async def endless_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-Pad: " + b"x" * 4_000 + b"\r\n")
        await writer.drain()


@pytest.mark.parametrize("answer", [endless, endless_chunks, http("200 OK", length=MAX_BYTES + 1)])
def test_more_than_twenty_megabytes_are_not_read(answer: Answer) -> None:
    assert refused({"/": answer}) == "file-too-large"


def test_twenty_megabytes_are_read() -> None:
    body = bytes(MAX_BYTES)
    assert fetched({"/": http("200 OK", body=body)})[0] == body


@pytest.mark.parametrize(
    "answer",
    [
        endless_headers,
        b"no http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"",
    ],
    ids=["endless-headers", "no-http", "length-text", "length-negative", "bad-chunk", "long-header", "nothing"],
)
def test_an_answer_that_is_no_http_is_a_failure(answer: Answer) -> None:
    async def then_close(writer: asyncio.StreamWriter) -> None:
        writer.write(answer if isinstance(answer, bytes) else b"")
        await writer.drain()

    assert refused({"/": then_close if isinstance(answer, bytes) else answer}) == "fetch-failed"


def test_a_body_shorter_than_announced_is_a_failure() -> None:
    async def short(writer: asyncio.StreamWriter) -> None:
        writer.write(http("200 OK", body=PICTURE, length=len(PICTURE) + 1))
        await writer.drain()

    assert refused({"/": short}) == "fetch-failed"


def test_what_follows_the_announced_length_is_not_read() -> None:
    async def long(writer: asyncio.StreamWriter) -> None:
        writer.write(http("200 OK", body=PICTURE, length=10))
        await writer.drain()

    with suppress(FetchError):
        assert fetched({"/": long})[0] == PICTURE[:10]


def test_an_error_does_not_repeat_what_the_host_said() -> None:
    async def banner(writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-internal-secret\r\n\r\n")
        await writer.drain()

    with pytest.raises(FetchError) as caught:
        fetched({"/": banner})
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "identity, gzip"])
def test_a_compressed_answer_that_may_be_a_bomb_is_refused(encoding: str) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert refused({"/": http("200 OK", f"Content-Encoding: {encoding}", body=bomb)}) == "fetch-failed"


def test_a_redirect_with_an_endless_body_is_followed_at_once() -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /next\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    assert fetched({"/": flood, "/next": http("200 OK", body=PICTURE)})[0] == PICTURE


def test_no_cookie_is_kept_and_no_compression_asked_for() -> None:
    answers = {"/": http("302 Found", "Location: /next", "Set-Cookie: a=b"), "/next": http("200 OK", body=PICTURE)}
    _, server = fetched(answers)
    assert not any("cookie" in request.lower() for request in server.requests)
    assert all("Accept-Encoding: identity" in request for request in server.requests)


def test_name_and_password_in_an_address_are_not_sent() -> None:
    async def run() -> Server:
        async with serving({"/": http("200 OK", body=PICTURE)}) as server, Fetcher(allow=["127.0.0.1:*"]) as fetcher:
            await fetcher.fetch(server.url.replace("http://", "http://name:secret@") + "/#part")
            return server

    server = asyncio.run(run())
    assert "uthorization" not in server.requests[0]
    assert server.asked == ["/"]


def test_a_closed_port_is_a_failure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(FetchError) as caught:
        asyncio.run(fetch_once(url))
    assert caught.value.code == "fetch-failed"


async def fetch_once(url: str) -> bytes:
    async with Fetcher(allow=["127.0.0.1:*"]) as fetcher:
        return await fetcher.fetch(url)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetched({"/": http("200 OK", body=PICTURE)})[0] == PICTURE


def test_many_fetches_at_once_open_few_connections_to_a_host() -> None:
    async def run() -> int:
        async with serving({"/": http("200 OK", body=PICTURE)}) as server, Fetcher(allow=["127.0.0.1:*"]) as fetcher:
            bodies = await asyncio.gather(*(fetcher.fetch(server.url) for _ in range(40)))
            assert bodies == [PICTURE] * 40
            return server.connections

    assert asyncio.run(run()) <= CONNECTIONS_PER_HOST


def test_threads_may_fetch_without_an_event_loop() -> None:
    async def run() -> None:
        async with serving({"/": http("200 OK", body=PICTURE)}) as server:
            fetcher = BlockingFetcher(allow=["127.0.0.1:*"])
            bodies = await asyncio.gather(*(asyncio.to_thread(fetcher.fetch, server.url) for _ in range(8)))
            assert bodies == [PICTURE] * 8
            with pytest.raises(FetchError, match="nothing at this address"):
                await asyncio.to_thread(fetcher.fetch, server.url + "/none")
            await asyncio.to_thread(fetcher.close)

    asyncio.run(run())


def failed(answers: dict[str, Answer], path: str = "/", **options: Any) -> FetchError:
    async def run() -> None:
        async with serving(answers) as server, Fetcher(allow=["127.0.0.1:*"], **options) as fetcher:
            await fetcher.fetch(server.url + path)

    with pytest.raises(FetchError) as caught:
        asyncio.run(run())
    return caught.value


@pytest.mark.parametrize(
    ("status", "passing"),
    [
        ("429 Too Many Requests", True),
        ("503 Service Unavailable", True),
        ("500 Internal Server Error", True),
        ("502 Bad Gateway", True),
        ("408 Request Timeout", True),
        ("404 Not Found", False),
        ("410 Gone", False),
        ("401 Unauthorized", False),
        ("403 Forbidden", False),
        ("451 Unavailable For Legal Reasons", False),
        ("400 Bad Request", False),
        ("418 I'm a teapot", False),
        ("999 Go Away", False),
    ],
)
def test_an_error_tells_whether_trying_again_may_help(status: str, passing: bool) -> None:
    assert failed({"/": http(status)}).passing is passing


async def cut_off(writer: asyncio.StreamWriter) -> None:
    writer.write(http("200 OK", body=PICTURE, length=len(PICTURE) + 1))
    await writer.drain()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    pass


@pytest.mark.parametrize("answer", [cut_off, hang_up])
def test_a_connection_that_breaks_may_hold_the_next_time(answer: Answer) -> None:
    assert failed({"/": answer}).passing


def test_a_server_that_is_slow_may_be_quicker_the_next_time() -> None:
    assert failed({"/": stall}, seconds=0.2).passing


@pytest.mark.parametrize(
    "answer",
    [
        moved("/"),
        moved("ftp://x/"),
        http("200 OK", length=MAX_BYTES + 1),
        http("200 OK", "Content-Encoding: gzip", body=b"x"),
    ],
)
def test_what_will_be_the_same_tomorrow_is_not_tried_again(answer: Answer) -> None:
    assert not failed({"/": answer}).passing


@pytest.mark.parametrize(("reason", "passing"), [(socket.EAI_AGAIN, True), (socket.EAI_NONAME, False)])
def test_a_name_that_cannot_be_looked_up_just_now_is_not_one_that_nobody_has(reason: int, passing: bool) -> None:
    async def no_answer(host: str, port: int) -> list[str]:
        raise socket.gaierror(reason, "as the system says")

    async def run() -> FetchError:
        async with Fetcher(resolve=no_answer) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("http://meme.example/")
            return caught.value

    error = asyncio.run(run())
    assert (error.code, error.passing) == ("host-unknown", passing)


def test_a_pause_is_told_in_seconds() -> None:
    error = failed({"/": http("429 Too Many Requests", "Retry-After: 7")})
    assert (error.passing, error.retry_after) == (True, 7.0)


def test_an_overload_without_a_wish_does_not_shut_the_host_out() -> None:
    async def run() -> bytes:
        answers = {"/busy": http("503 Service Unavailable"), "/": http("200 OK", body=PICTURE)}
        async with serving(answers) as server, Fetcher(allow=["127.0.0.1:*"]) as fetcher:
            with pytest.raises(FetchError, match="busy"):
                await fetcher.fetch(server.url + "/busy")
            return await fetcher.fetch(server.url)

    assert asyncio.run(run()) == PICTURE


def test_a_pause_holds_for_one_port_of_a_host() -> None:
    async def run() -> bytes:
        busy = {"/": http("429 Too Many Requests", "Retry-After: 99")}
        async with (
            serving(busy) as one,
            serving({"/": http("200 OK", body=PICTURE)}) as other,
            Fetcher(allow=["127.0.0.1:*"]) as fetcher,
        ):
            with pytest.raises(FetchError, match="pause"):
                await fetcher.fetch(one.url)
            return await fetcher.fetch(other.url)

    assert asyncio.run(run()) == PICTURE


def test_an_error_survives_the_way_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(FetchError("host-busy", "busy", passing=True, retry_after=3.0)))
    assert (error.code, error.message, error.passing, error.retry_after) == ("host-busy", "busy", True, 3.0)
    assert str(error) == "busy"


# Hosts that are allowed


def got(answers: dict[str, Answer], allow: list[str], path: str = "/", host: str = "127.0.0.1") -> str:
    """`{port}` in the allowance is the server's; gives a code, or `fetched`."""

    async def run() -> str:
        async with serving(answers) as server:
            allowance = [entry.format(port=server.port) for entry in allow]
            async with Fetcher(allow=allowance, resolve=like_the_system) as fetcher:
                try:
                    await fetcher.fetch(f"http://{host}:{server.port}{path}")
                except FetchError as error:
                    return error.code
                return "fetched"

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("allow", "host", "outcome"),
    [
        (["127.0.0.1:{port}"], "127.0.0.1", "fetched"),
        (["127.0.0.1:*"], "127.0.0.1", "fetched"),
        (["LOCALHOST:{port}"], "localhost", "fetched"),
        (["other:1", "localhost:*"], "LocalHost", "fetched"),
        ([], "127.0.0.1", "address-refused"),
        (["127.0.0.1:1"], "127.0.0.1", "address-refused"),
        (["127.0.0.1"], "127.0.0.1", "address-refused"),
        (["*:*"], "127.0.0.1", "address-refused"),
        (["127.0.0.1:*"], "localhost", "address-refused"),
        (["localhost:*"], "127.0.0.1", "address-refused"),
        (["127.0.0.1:*"], "127.1", "address-refused"),
    ],
)
def test_only_the_hosts_that_are_named_may_be_private(allow: list[str], host: str, outcome: str) -> None:
    assert got({"/": http("200 OK", body=PICTURE)}, allow, host=host) == outcome


@pytest.mark.parametrize("to", ["http://127.0.0.1:{other}/", "http://169.254.169.254/", "http://localhost:{port}/"])
def test_a_redirect_from_an_allowed_host_to_another_private_one_is_refused(to: str) -> None:
    async def run() -> int:
        pages: dict[str, Answer] = {}
        async with serving(pages) as allowed, serving({"/": http("200 OK", body=b"secret")}) as other:
            pages["/"] = moved(to.format(port=allowed.port, other=other.port))
            async with Fetcher(allow=[f"127.0.0.1:{allowed.port}"], resolve=like_the_system) as fetcher:
                with pytest.raises(FetchError) as caught:
                    await fetcher.fetch(allowed.url)
            assert (caught.value.code, caught.value.passing) == ("address-refused", False)
            return other.connections

    assert asyncio.run(run()) == 0


# Texts


def text(*headers: str, body: bytes, max_bytes: int = 1_000_000) -> Fetched:
    async def run() -> Fetched:
        answers: dict[str, Answer] = {"/": moved("/there"), "/there": http("200 OK", *headers, body=body)}
        async with serving(answers) as server, Fetcher(allow=["127.0.0.1:*"]) as fetcher:
            found = await fetcher.get(server.url, accept="application/json", max_bytes=max_bytes)
            assert found.url == server.url + "/there"
            assert all("Accept: application/json" in request for request in server.requests)
            assert all("Accept-Encoding: gzip, deflate" in request for request in server.requests)
            return found

    return asyncio.run(run())


def test_an_answer_says_what_it_is() -> None:
    found = text("Content-Type: Application/JSON; charset=utf-8", "X-Left: 3", body=b"{}")
    assert (found.body, found.content_type, found.headers["x-left"]) == (b"{}", "application/json", "3")


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_text_may_come_compressed(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    assert text(f"Content-Encoding: {encoding}", body=pack(b"meme " * 100_000)).body == b"meme " * 100_000


@pytest.mark.parametrize("size", [1_001, 50_000_000])
def test_the_limit_counts_decompressed_bytes(size: int) -> None:
    with pytest.raises(FetchError) as caught:
        text("Content-Encoding: gzip", body=gzip.compress(bytes(size)), max_bytes=1_000)
    assert caught.value.code == "file-too-large"
    assert text("Content-Encoding: gzip", body=gzip.compress(bytes(1_000)), max_bytes=1_000).body == bytes(1_000)


@pytest.mark.parametrize(
    ("encoding", "body", "passing"),
    [("gzip", b"rubbish", False), ("br", b"x", False), ("gzip", gzip.compress(PICTURE, mtime=0)[:-20], True)],
)
def test_a_compressed_text_that_cannot_be_read_is_a_failure(encoding: str, body: bytes, passing: bool) -> None:
    with pytest.raises(FetchError) as caught:
        text(f"Content-Encoding: {encoding}", body=body)
    assert (caught.value.code, caught.value.passing) == ("fetch-failed", passing)


def test_a_host_is_told_who_asks() -> None:
    async def run() -> list[str]:
        async with (
            serving({"/": http("200 OK")}) as server,
            Fetcher(allow=["127.0.0.1:*"], user_agent="me/1") as fetcher,
        ):
            await fetcher.fetch(server.url)
            return server.requests

    assert "User-Agent: me/1\r\n" in asyncio.run(run())[0]
    assert f"User-Agent: {USER_AGENT}\r\n" in fetched({"/": http("200 OK")})[1].requests[0]


# Courtesy


@pytest.mark.usefixtures("one_public")
def test_a_public_host_is_asked_in_even_steps_and_nobody_is_refused() -> None:
    async def run() -> float:
        async with serving({"/": http("200 OK", body=PICTURE)}) as server, Fetcher(per_second=50) as fetcher:
            began = asyncio.get_running_loop().time()
            assert await asyncio.gather(*(fetcher.fetch(server.url) for _ in range(16))) == [PICTURE] * 16
            return asyncio.get_running_loop().time() - began

    assert 15 / 50 <= asyncio.run(run()) < 3


def test_an_allowed_host_is_asked_as_often_as_one_likes() -> None:
    async def run() -> float:
        async with (
            serving({"/": http("200 OK", body=PICTURE)}) as server,
            Fetcher(allow=["127.0.0.1:*"], per_second=1) as fetcher,
        ):
            began = asyncio.get_running_loop().time()
            await asyncio.gather(*(fetcher.fetch(server.url) for _ in range(16)))
            return asyncio.get_running_loop().time() - began

    assert asyncio.run(run()) < 3


@pytest.mark.usefixtures("one_public")
def test_waiting_for_a_turn_is_not_the_time_of_the_host() -> None:
    async def run() -> int:
        async with serving({"/": http("200 OK")}) as server, Fetcher(per_second=20, seconds=0.2) as fetcher:
            return len(await asyncio.gather(*(fetcher.fetch(server.url) for _ in range(10))))

    assert asyncio.run(run()) == 10


# Addresses that are nobody's business


async def like_the_system(host: str, port: int) -> list[str]:
    """Reads numbers as the system's resolver does, and knows `localhost`; asks nobody."""
    if host.rstrip(".") == "localhost":
        return ["127.0.0.1", "::1"]
    try:
        return [socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))]
    except OSError:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "127.255.255.254",
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.0.0.1",
        "0X7F.1",
        "0x7f.0x0.0x0.0x1",
        "127.0x0.0.01",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "①②⑦.⓪.⓪.①",
        "１２７.０.０.１",
        "127。0。0。1",
        "١٢٧.٠.٠.١",
        "%31%32%37.0.0.1",
        "good.example@127.0.0.1",
        "good.example:80@127.0.0.1",
        "127.0.0.1:80",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "169.254.170.2",
        "168.63.129.16",
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "192.88.99.1",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:169.254.169.254]",
        "[::ffff:0:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2002:a00:1::1]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[100::1]",
        "[5f00::1]",
    ],
)
def test_an_address_that_is_not_public_is_never_connected_to(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connections = []

    async def connected(*args: object, **options: object) -> None:
        connections.append((args, options))
        raise OSError("no test may connect here")

    async def run() -> str:
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", connected)
        async with Fetcher(resolve=like_the_system) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://{host}/")
            return caught.value.code

    code = asyncio.run(run())
    assert connections == []
    assert code in {"address-refused", "bad-url", "host-unknown"}
    if host.isascii() and "%3" not in host:
        assert code == "address-refused"


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "1.1.1.1",
        "8.8.8.8",
        "2606:4700:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "host", "1.2.3", "0x7f.1", "127.1", "1.2.3.4.5", "::g", "1.2.3.4/8"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "picture.png",
        "/etc/passwd",
        "//host/x",
        "file:///etc/passwd",
        "ftp://host/x",
        "gopher://host/x",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http:host",
        "http://host:port/",
        "http://host:99999/",
        "http://[::1/",
        "http://[::FFFF:0x7f000001]/",
        "http://[::127.1]/",
        "unix:///var/run/docker.sock",
        "http://host/" + "a" * 2_048,
    ],
)
def test_what_is_no_web_address_is_called_so(url: str) -> None:
    async def run() -> str:
        async with Fetcher(resolve=like_the_system) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(url)
            return caught.value.code

    assert asyncio.run(run()) == "bad-url"


@pytest.mark.parametrize(
    "host", ["no.such.host", "a b", "a\x00b", "x" * 300, "..", "-", "ho\u202est", "a" * 64 + ".com"]
)
def test_a_host_nobody_knows_is_an_error_of_ours(host: str) -> None:
    async def run() -> str:
        async with Fetcher(resolve=like_the_system) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://{host}/")
            return caught.value.code

    assert asyncio.run(run()) in {"host-unknown", "bad-url", "fetch-failed"}


# Names that change their mind. For these tests 127.0.0.1 plays a public address, and 127.0.0.2 a private one.


@pytest.fixture
def one_public(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dankmeme.addresses, "is_public", lambda address: address == "127.0.0.1")


class Names:
    """A resolver that gives its answers one after the other and counts the questions."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0)


@asynccontextmanager
async def public_and_private(answers: dict[str, Answer]) -> AsyncIterator[tuple[Server, Server]]:
    async with (
        serving(answers) as public,
        serving({"/": http("200 OK", body=b"secret")}, "127.0.0.2", public.port) as private,
    ):
        yield public, private


@pytest.mark.usefixtures("one_public")
def test_a_name_is_looked_up_once_a_hop_and_the_connection_goes_there() -> None:
    async def run() -> None:
        names = Names(["127.0.0.1"], ["127.0.0.1"])
        pages = {"/": b"", "/next": http("200 OK", "Connection: close", body=PICTURE)}
        async with public_and_private(pages) as (public, private), Fetcher(resolve=names) as fetcher:
            pages["/"] = http("302 Found", f"Location: http://b.example:{public.port}/next", "Connection: close")
            assert await fetcher.fetch(f"http://a.example:{public.port}/") == PICTURE
            assert names.asked == ["a.example", "b.example"]
            assert (public.asked, private.connections) == (["/", "/next"], 0)

    asyncio.run(run())


@pytest.mark.usefixtures("one_public")
def test_a_name_that_turns_private_between_two_hops_is_refused() -> None:
    async def run() -> None:
        names = Names(["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2"])
        pages = {"/": http("302 Found", "Location: /next", "Connection: close")}
        async with public_and_private(pages) as (public, private), Fetcher(resolve=names) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://rebinding.example:{public.port}/")
            assert caught.value.code == "address-refused"
            assert names.asked == ["rebinding.example"] * 2
            assert (public.asked, private.connections) == (["/"], 0)

    asyncio.run(run())


@pytest.mark.usefixtures("one_public")
@pytest.mark.parametrize("answer", [["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["rubbish"]])
def test_one_private_address_among_public_ones_is_enough_to_refuse_the_name(answer: list[str]) -> None:
    async def run() -> None:
        async with public_and_private({}) as (public, private), Fetcher(resolve=Names(answer)) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://mixed.example:{public.port}/")
            assert caught.value.code == "address-refused"
            assert public.connections == private.connections == 0

    asyncio.run(run())


def test_a_name_without_an_address_is_unknown() -> None:
    async def run() -> None:
        async with Fetcher(resolve=Names([])) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch("http://empty.example/")
            assert caught.value.code == "host-unknown"

    asyncio.run(run())


@pytest.mark.usefixtures("one_public")
@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.2:{port}/",
        "http://127.2:{port}/",
        "http://2130706434:{port}/",
        "//127.0.0.2:{port}/",
        "http://[::1]:{port}/",
    ],
)
def test_a_redirect_from_a_public_host_to_a_private_address_is_refused(to: str) -> None:
    async def run() -> None:
        pages: dict[str, Answer] = {}
        async with public_and_private(pages) as (public, private), Fetcher(resolve=Names(["127.0.0.1"])) as fetcher:
            pages["/"] = moved(to.format(port=public.port))
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(f"http://public.example:{public.port}/")
            assert caught.value.code == "address-refused"
            assert (public.asked, private.connections) == (["/"], 0)

    asyncio.run(run())
