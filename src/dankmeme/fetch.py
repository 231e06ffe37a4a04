"""The one guarded way out to the network.

A URL is a stranger's: only http and https, only public addresses, few bytes, little time. The host is resolved once,
every address is checked, and the connection goes to an address that was checked; each redirect starts anew.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from dankmeme import metrics
from dankmeme.addresses import Allowance, CheckedResolver, Resolve, is_address, is_public, resolve_by_system
from dankmeme.errors import FetchError
from dankmeme.pace import Pace
from dankmeme.traces import span
from dankmeme.version import __version__

__all__ = ["MAX_BYTES", "USER_AGENT", "BlockingFetcher", "Fetched", "Fetcher", "is_public"]

MAX_BYTES = 20_000_000
MAX_REDIRECTS = 5
MAX_URL = 2_048
CONNECTIONS_PER_HOST = 8
REQUESTS_PER_SECOND = 50.0
LONGEST_WAIT = 3_600.0
"""A host that asks for a longer pause than this many seconds is believed up to here."""

USER_AGENT = f"dankmeme/{__version__} (+meme classifier)"
_MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Fetched:
    """What an address answered.

    Attributes:
        body: all of it, decompressed.
        url: where it was in the end, after redirects.
        content_type: as the host says, lower case, without parameters; empty where it says nothing.
        headers: of the answer, names in lower case.
    """

    body: bytes
    url: str
    content_type: str
    headers: Mapping[str, str]


class Fetcher:
    """Fetches by URL: pictures, and what sources of posts answer.

    Args:
        seconds: how long one fetch may take in all, the wait for its turn not counted.
        allow: hosts as they stand in a URL, `host:port` or `host:*`, that may have a private address, and that are
            asked as often as one likes.
        per_second: requests a second to one host; 0 for no limit.
        connections: to one host at a time.
        user_agent: who we say we are.
        resolve: how hosts become addresses.
    """

    def __init__(
        self,
        *,
        seconds: float = 15.0,
        allow: Collection[str] = (),
        per_second: float = REQUESTS_PER_SECOND,
        connections: int = CONNECTIONS_PER_HOST,
        user_agent: str = USER_AGENT,
        resolve: Resolve = resolve_by_system,
    ) -> None:
        self._allowance = Allowance(allow)
        self._resolver = CheckedResolver(resolve, self._allowance)
        self._seconds = seconds
        self._pace = Pace(connections, per_second)
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None
        self._not_before: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def allows(self, host: str, port: int) -> bool:
        """Whether a host is one that may have a private address."""
        return self._allowance.names(host, port)

    async def fetch(self, url: str) -> bytes:
        """The bytes of the picture behind a URL, at most `MAX_BYTES`; raises as `get` does."""
        return (await self.get(url)).body

    async def get(self, url: str, *, accept: str = "image/*", max_bytes: int = MAX_BYTES) -> Fetched:
        """What a URL answers.

        Args:
            url: http or https.
            accept: the media types wanted. What is no picture may come compressed (gzip, deflate).
            max_bytes: how many bytes it may have, decompressed.

        Raises:
            FetchError: `bad-url`, `address-refused`, `host-unknown`, `not-found`, `forbidden`, `host-busy`,
                `too-many-redirects`, `file-too-large`, `fetch-timeout` or `fetch-failed`.
        """
        with span("fetch"):
            try:
                fetched = await self._got(url, accept, max_bytes)
            except FetchError as error:
                metrics.FETCHES.labels(error.code).inc()
                raise
        metrics.FETCHES.labels("ok").inc()
        metrics.FETCHED_BYTES.inc(len(fetched.body))
        return fetched

    async def _got(self, url: str, accept: str, max_bytes: int) -> Fetched:
        try:
            return await self._follow(_checked_url(url), accept, max_bytes)
        except TimeoutError:
            message = f"the host did not answer within {self._seconds:.0f} seconds"
            raise FetchError("fetch-timeout", message, passing=True) from None
        except FetchError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failure(error) from None

    async def _follow(self, url: URL, accept: str, max_bytes: int) -> Fetched:
        left = self._seconds
        for _ in range(MAX_REDIRECTS + 1):
            self._allowance.check_literal(url.host or "", url.port or 0)
            async with self._pace.turn(_place(url), spaced=not self.allows(url.host or "", url.port or 0)):
                began = time.monotonic()
                async with asyncio.timeout(left):
                    answer = await self._ask(url, accept, max_bytes)
                left -= time.monotonic() - began
            if isinstance(answer, Fetched):
                return answer
            url = answer
        raise FetchError("too-many-redirects", f"the address redirects more than {MAX_REDIRECTS} times")

    async def _ask(self, url: URL, accept: str, max_bytes: int) -> Fetched | URL:
        """One request: the answer, or where it says to go."""
        self._check_pause(url)
        picture = accept.startswith("image/")
        headers = {"Accept": accept, "Accept-Encoding": "identity" if picture else "gzip, deflate"}
        timeout = aiohttp.ClientTimeout(total=self._seconds, connect=5, sock_read=5 if picture else None)
        async with self._open().get(url, headers=headers, timeout=timeout, allow_redirects=False) as response:
            if response.status in _MOVED and "Location" in response.headers:
                return _checked_url(str(url.join(URL(response.headers["Location"]))))
            self._check_status(url, response)
            body = await _body(response, max_bytes, compressed=not picture)
            known = {name.lower(): value for name, value in response.headers.items()}
            return Fetched(body, str(url), known.get("content-type", "").partition(";")[0].strip().lower(), known)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=self._resolver, use_dns_cache=False, limit=0),
                headers={"User-Agent": self._user_agent},
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    def _check_pause(self, url: URL) -> None:
        left = self._not_before.get(_place(url), 0.0) - time.monotonic()
        if left > 0:
            raise _busy(left)

    def _check_status(self, url: URL, response: aiohttp.ClientResponse) -> None:
        status = response.status
        if status == 429 or (status == 503 and "Retry-After" in response.headers):
            pause = _retry_after(response)
            self._not_before = {place: end for place, end in self._not_before.items() if end > time.monotonic()}
            self._not_before[_place(url)] = time.monotonic() + pause
            raise _busy(pause)
        if status == 503:
            raise FetchError("host-busy", "the host is busy just now; try again later", passing=True)
        if status in (404, 410):
            raise FetchError("not-found", "there is nothing at this address")
        if status in (401, 403, 451):
            raise FetchError("forbidden", "the host does not hand this out")
        if status != 200:
            passing = status in (408, 425) or 500 <= status < 600
            raise FetchError("fetch-failed", f"the host answered with status {status}", passing=passing)


class BlockingFetcher:
    """A `Fetcher` for code without an event loop; safe to use from many threads.

    Args:
        seconds: how long one fetch may take in all.
        allow: hosts that may have a private address, as for `Fetcher`.
        per_second: requests a second to one host; 0 for no limit.
    """

    def __init__(
        self, *, seconds: float = 15.0, allow: Collection[str] = (), per_second: float = REQUESTS_PER_SECOND
    ) -> None:
        self._fetcher = Fetcher(seconds=seconds, allow=allow, per_second=per_second)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fetch", daemon=True)
        self._thread.start()

    def fetch(self, url: str) -> bytes:
        """As `Fetcher.fetch`."""
        return asyncio.run_coroutine_threadsafe(self._fetcher.fetch(url), self._loop).result()

    def close(self) -> None:
        """Close all connections and end the loop."""
        asyncio.run_coroutine_threadsafe(self._fetcher.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _checked_url(text: str) -> URL:
    try:
        url = URL(text.strip())
        port = url.port
    except ValueError:
        raise FetchError("bad-url", "this is not a web address") from None
    if len(text) > MAX_URL or url.scheme not in ("http", "https") or not url.host or port is None:
        raise FetchError("bad-url", "only http and https addresses can be fetched")
    if ":" in url.host and not is_address(url.host):
        raise FetchError("bad-url", "what stands in brackets is no IPv6 address")
    return url.with_user(None).with_fragment(None)


def _place(url: URL) -> str:
    return f"{url.host}:{url.port}"


async def _body(response: aiohttp.ClientResponse, max_bytes: int, *, compressed: bool) -> bytes:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return await _plain_body(response, max_bytes)
    if not compressed or encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError("fetch-failed", "the host sent this in a compressed form that was not asked for")
    return await _decompressed_body(response, max_bytes)


async def _plain_body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    if (response.content_length or 0) > max_bytes:
        raise _too_large(max_bytes)
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
    return bytes(body)


async def _decompressed_body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Never holds more than one byte above the limit, however small the bomb."""
    body, inflate = bytearray(), zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        async for chunk in response.content.iter_chunked(65_536):
            body += inflate.decompress(chunk, max_bytes + 1 - len(body))
            if len(body) > max_bytes:
                raise _too_large(max_bytes)
    except zlib.error:
        raise FetchError("fetch-failed", "what the host sent could not be decompressed") from None
    if not inflate.eof:
        raise FetchError("fetch-failed", "the host broke off before all of it had come", passing=True)
    return bytes(body)


def _failure(error: Exception) -> FetchError:
    """In our own words: those of the library quote what the host said."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _unresolved(error.os_error)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return FetchError("fetch-failed", "the certificate of the host is not valid")
    if isinstance(error, aiohttp.ClientConnectorError):
        return FetchError("fetch-failed", "no connection to the host could be made", passing=True)
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError | OSError):
        return FetchError("fetch-failed", "the host broke off before all of it had come", passing=True)
    return FetchError("fetch-failed", "what the host answered could not be read")


def _unresolved(error: OSError) -> FetchError:
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return FetchError("host-unknown", "the name of the host could not be looked up just now", passing=True)
    return FetchError("host-unknown", "there is no such host")


def _busy(seconds: float) -> FetchError:
    message = f"the host asked for a pause; try again in {seconds:.0f} seconds"
    return FetchError("host-busy", message, passing=True, retry_after=seconds)


def _retry_after(response: aiohttp.ClientResponse) -> float:
    """Seconds to wait, said as a number or as a date (RFC 9110, 10.2.3); half a minute where neither is said."""
    text = response.headers.get("Retry-After", "")
    try:
        wait = float(text) if text.isdecimal() else parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return 30.0
    return min(max(wait, 0.0), LONGEST_WAIT)


def _too_large(max_bytes: int) -> FetchError:
    return FetchError("file-too-large", f"the file has more than {max_bytes / 1e6:.0f} MB")
