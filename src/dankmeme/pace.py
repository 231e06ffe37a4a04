"""How often, and how many at once, one host is asked: courtesy, and what keeps us from being shut out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

MANY_HOSTS = 1_000
"""From this many hosts on those that nobody waits for are forgotten."""


@dataclass
class _Host:
    places: asyncio.Semaphore
    next_start: float = 0.0
    inside: int = 0


class Pace:
    """Lets requests to each host through a few at once, and one after the other in even steps. Whoever comes too early
    waits; nobody is refused.

    Args:
        at_once: requests to one host at a time.
        per_second: starts a second to one host; 0 for no limit.
        clock: seconds, never going back.
        sleep: waits for that many seconds.
    """

    def __init__(
        self,
        at_once: int,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._at_once = at_once
        self._step = 1 / per_second if per_second else 0.0
        self._clock, self._sleep = clock, sleep
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str, *, spaced: bool = True) -> AsyncIterator[None]:
        """Wait for a place and a moment; the place is given back at the end.

        Args:
            host: whoever is asked.
            spaced: False for a host that may be asked as often as one likes.
        """
        known = self._hosts.setdefault(host, _Host(asyncio.Semaphore(self._at_once)))
        known.inside += 1
        try:
            async with known.places:
                if spaced:
                    await self._moment(known)
                yield
        finally:
            known.inside -= 1
            self._forget()

    async def _moment(self, host: _Host) -> None:
        start = max(self._clock(), host.next_start)
        host.next_start = start + self._step
        wait = start - self._clock()
        if wait > 0:
            await self._sleep(wait)

    def _forget(self) -> None:
        if len(self._hosts) > MANY_HOSTS:
            now = self._clock()
            self._hosts = {name: host for name, host in self._hosts.items() if host.inside or host.next_start > now}
