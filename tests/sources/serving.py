"""A web server on loopback in a thread of its own: any test can use it, with an event loop or without."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float = field(default_factory=time.monotonic)


class LoopbackServer:
    """Serves while the `with` block lasts.

    Attributes:
        url: `http://127.0.0.1:port`.
        place: `127.0.0.1:port`, as `DANK_FETCH_ALLOW` takes it.
        asked: every request so far.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.url = self.place = ""
        self.port = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What a request gets."""
        raise NotImplementedError

    def count(self, path: str = "") -> int:
        """Requests to paths that begin so."""
        return sum(each.path.startswith(path) for each in self.asked)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=type(self).__name__, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=10**6)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.place = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.place}"

    async def _end(self) -> None:
        """Ends the answers too that are still under way: none may be left to whoever collects the garbage."""
        await self._runner.cleanup()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for each in under_way:
            each.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.path, dict(request.query), headers))
        return await self.answer(request)
