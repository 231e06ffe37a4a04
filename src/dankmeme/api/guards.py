"""What stands before routes: limits on a client's rate, and security headers."""

from __future__ import annotations

import ipaddress

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dankmeme import metrics
from dankmeme.errors import DankError

_POLICY = (
    "default-src 'self'; img-src 'self' data: blob: https: http:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Puts the security headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)


class VoteLimit:
    """So many votes a minute for each browser, and more for each address, which many may share.

    Args:
        per_voter: how many; 0 for no limit.
        per_address: how many; 0 for no limit.
    """

    def __init__(self, per_voter: int, per_address: int) -> None:
        self._items = [RateLimitItemPerMinute(each) if each else None for each in (per_voter, per_address)]
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, request: Request, voter: str) -> None:
        """Count a vote.

        Raises:
            DankError: `too-many-requests`, past either limit.
        """
        for item, name in zip(self._items, (f"voter {voter}", f"address {client_of(request)}"), strict=True):
            if item is not None and not self._limiter.hit(item, name):
                metrics.REFUSED.labels("votes").inc()
                raise DankError("too-many-requests", "that were too many votes within a minute; wait a little")


class RateLimit:
    """A dependency: so many requests a minute for each client address.

    Args:
        per_minute: how many; 0 for no limit.
        name: what is limited, as metrics call it.
    """

    def __init__(self, per_minute: int, name: str) -> None:
        self._name = name
        self._item = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, request: Request) -> None:
        """Raises a `DankError` with the code `too-many-requests` past the limit."""
        if self._item is not None and not self._limiter.hit(self._item, client_of(request)):
            metrics.REFUSED.labels(self._name).inc()
            raise DankError(
                "too-many-requests", f"that was more than {self._item.amount} requests within a minute; wait a little"
            )


def client_of(request: Request) -> str:
    """Whom a request counts for: an IPv4 address, or the /64 network that one IPv6 customer has."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
