"""The one guarded way out to the network.

A URL is a stranger's: only http and https, only public addresses, few bytes, little time. The host is resolved once,
every address is checked, and the connection goes to an address that was checked; each redirect starts anew.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from dankmeme.errors import FetchError

MAX_BYTES = 20_000_000
MAX_REDIRECTS = 5
MAX_URL = 2_048
CONNECTIONS_PER_HOST = 4
LONGEST_WAIT = 3_600.0
"""A host that asks for a longer pause than this many seconds is believed up to here."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host and port to addresses in text form."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out to hosts; site-local and other past or future uses lie outside."""
_REFUSED = [
    ipaddress.ip_network(net)
    for net in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")
]
_NUMERIC = re.compile(r"(?:0x)?[0-9a-f]*[0-9][0-9.]*|(?:(?:0x)?[0-9a-f]+\.)*(?:0x[0-9a-f]+|[0-9]+)\.?", re.IGNORECASE)
"""Hosts that a resolver would read as an address though they are not written as one."""
_USER_AGENT = "dankmeme/0.1 (meme classifier; fetches one picture at a person's request)"


def is_public(address: str) -> bool:
    """Whether an address may be connected to: global unicast, also behind IPv4-mapped, NAT64 and 6to4 forms."""
    try:
        parsed: Address = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if parsed not in _GLOBAL_UNICAST:
            return False
    if any(parsed.version == net.version and parsed in net for net in _REFUSED):
        return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


async def resolve_by_system(host: str, port: int) -> list[str]:
    """Addresses of a host by the system's resolver, which also reads decimal, octal and hexadecimal forms."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Fetcher:
    """Fetches pictures by URL.

    Args:
        seconds: how long one fetch may take in all.
        private: allow private and loopback addresses (tests only).
        resolve: how hosts become addresses.
    """

    def __init__(self, *, seconds: float = 15.0, private: bool = False, resolve: Resolve = resolve_by_system) -> None:
        self._resolver = _CheckedResolver(resolve, private)
        self._private = private
        self._seconds = seconds
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

    async def fetch(self, url: str) -> bytes:
        """The bytes behind a URL, at most `MAX_BYTES`.

        Raises:
            FetchError: `bad-url`, `address-refused`, `host-unknown`, `not-found`, `forbidden`, `host-busy`,
                `too-many-redirects`, `file-too-large`, `fetch-timeout` or `fetch-failed`.
        """
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(_checked_url(url))
        except TimeoutError:
            raise FetchError("fetch-timeout", f"the host did not answer within {self._seconds:.0f} seconds") from None
        except FetchError:
            raise
        except aiohttp.ClientConnectorDNSError:
            raise FetchError("host-unknown", "there is no such host") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError("fetch-failed", _what_failed(error)) from None

    async def _follow(self, url: URL) -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            self._check_literal(url)
            self._check_pause(url)
            async with self._open().get(url, allow_redirects=False) as response:
                if response.status in (301, 302, 303, 307, 308) and "Location" in response.headers:
                    url = _checked_url(str(url.join(URL(response.headers["Location"]))))
                    continue
                self._check_status(url, response)
                return await _body(response)
        raise FetchError("too-many-redirects", f"the address redirects more than {MAX_REDIRECTS} times")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=self._resolver, use_dns_cache=False, limit_per_host=CONNECTIONS_PER_HOST
                ),
                timeout=aiohttp.ClientTimeout(total=self._seconds, connect=5, sock_read=5),
                headers={"User-Agent": _USER_AGENT, "Accept": "image/*", "Accept-Encoding": "identity"},
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    def _check_literal(self, url: URL) -> None:
        """An address literal is never shown to the resolver by aiohttp: such a host is checked here."""
        host = url.host or ""
        try:
            ipaddress.ip_address(host.split("%")[0])
        except ValueError:
            if _NUMERIC.fullmatch(host):
                raise _refused(host) from None
            return
        if not self._private and not is_public(host):
            raise _refused(host)

    def _check_pause(self, url: URL) -> None:
        left = self._not_before.get(url.host or "", 0.0) - time.monotonic()
        if left > 0:
            raise FetchError("host-busy", f"the host asked for a pause; try again in {left:.0f} seconds")

    def _check_status(self, url: URL, response: aiohttp.ClientResponse) -> None:
        status = response.status
        if status in (429, 503):
            pause = _retry_after(response)
            self._not_before = {host: end for host, end in self._not_before.items() if end > time.monotonic()}
            self._not_before[url.host or ""] = time.monotonic() + pause
            raise FetchError("host-busy", f"the host asked for a pause; try again in {pause:.0f} seconds")
        if status in (404, 410):
            raise FetchError("not-found", "there is nothing at this address")
        if status in (401, 403, 451):
            raise FetchError("forbidden", "the host does not hand this picture out")
        if status != 200:
            raise FetchError("fetch-failed", f"the host answered with status {status}")


class BlockingFetcher:
    """A `Fetcher` for code without an event loop; safe to use from many threads.

    Args:
        seconds: how long one fetch may take in all.
        private: allow private and loopback addresses (tests only).
    """

    def __init__(self, *, seconds: float = 15.0, private: bool = False) -> None:
        self._fetcher = Fetcher(seconds=seconds, private=private)
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


class _CheckedResolver(AbstractResolver):
    """Resolves a host once and hands out nothing unless every address is allowed."""

    def __init__(self, resolve: Resolve, private: bool) -> None:
        self._resolve, self._private = resolve, private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = await self._resolve(host, port)
        if not addresses:
            raise OSError("no address")
        if not self._private and not all(is_public(address) for address in addresses):
            raise _refused(host)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


def _checked_url(text: str) -> URL:
    try:
        url = URL(text.strip())
        port = url.port
    except ValueError:
        raise FetchError("bad-url", "this is not a web address") from None
    if len(text) > MAX_URL or url.scheme not in ("http", "https") or not url.host or port is None:
        raise FetchError("bad-url", "only http and https addresses can be fetched")
    return url.with_user(None).with_fragment(None)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    if response.headers.get("Content-Encoding", "identity").lower() not in ("identity", ""):
        raise FetchError("fetch-failed", "the host sent the picture in a compressed form that was not asked for")
    if (response.content_length or 0) > MAX_BYTES:
        raise _too_large()
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > MAX_BYTES:
            raise _too_large()
    return bytes(body)


def _what_failed(error: Exception) -> str:
    """In our own words: those of the library quote what the host said."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return "no connection to the host could be made"
    if isinstance(error, aiohttp.ClientPayloadError | aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        return "the host broke off before all of it had come"
    return "what the host answered could not be read"


def _retry_after(response: aiohttp.ClientResponse) -> float:
    """Seconds to wait, said as a number or as a date (RFC 9110, 10.2.3); half a minute where neither is said."""
    text = response.headers.get("Retry-After", "")
    try:
        wait = float(text) if text.isdecimal() else parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return 30.0
    return min(max(wait, 0.0), LONGEST_WAIT)


def _refused(host: str) -> FetchError:
    return FetchError("address-refused", f"{host} is not a public address; such addresses are never fetched")


def _too_large() -> FetchError:
    return FetchError("file-too-large", f"the file has more than {MAX_BYTES / 1e6:.0f} MB")
