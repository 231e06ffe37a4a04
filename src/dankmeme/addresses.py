"""Which addresses may be connected to: the public ones, and those of hosts that somebody allowed by name."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Collection

from aiohttp.abc import AbstractResolver, ResolveResult

from dankmeme.errors import FetchError

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


def is_address(host: str) -> bool:
    """Whether a host is an address as it is usually written; an IPv6 one may name its zone."""
    try:
        ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return True


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


class Allowance:
    """The hosts that may have a private address, by the name that stands in the URL.

    Args:
        entries: `host:port`, or `host:*` for every port; IPv6 addresses in brackets.
    """

    def __init__(self, entries: Collection[str]) -> None:
        self._entries = {_host_and_port(entry) for entry in entries}

    def names(self, host: str, port: int) -> bool:
        """Whether an entry names this host and port."""
        return not self._entries.isdisjoint({(host.lower(), str(port)), (host.lower(), "*")})

    def permits(self, address: str, host: str, port: int) -> bool:
        """Whether an address of a host may be connected to: it is public, or the host is one of these."""
        return self.names(host, port) or is_public(address)

    def check_literal(self, host: str, port: int) -> None:
        """Look at a host that is an address itself: aiohttp never shows it to a resolver.

        Raises:
            FetchError: `address-refused`; also for what a resolver would read as an address though it is not written
                as one.
        """
        if not is_address(host):
            if _NUMERIC.fullmatch(host):
                raise refused(host)
            return
        if not self.permits(host, host, port):
            raise refused(host)


def _host_and_port(entry: str) -> tuple[str, str]:
    host, _, port = entry.strip().rpartition(":")
    return host.strip("[]").lower(), port


class CheckedResolver(AbstractResolver):
    """Resolves a host once and hands out nothing unless every address is allowed."""

    def __init__(self, resolve: Resolve, allowance: Allowance) -> None:
        self._resolve, self._allowance = resolve, allowance

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = await self._resolve(host, port)
        if not addresses:
            raise OSError("no address")
        if not all(self._allowance.permits(address, host, port) for address in addresses):
            raise refused(host)
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


def refused(host: str) -> FetchError:
    """What is said of a host that may not be connected to."""
    return FetchError("address-refused", f"{host} is not a public address; such addresses are never fetched")
