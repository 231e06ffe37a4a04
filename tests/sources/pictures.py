"""A host of pictures, and of everything that can go wrong with one.

    with Pictures({"/a.jpg": jpeg, "/gone.jpg": Status(404), "/wobbly.jpg": Burst(3, jpeg)}) as host:
        host.url + "/a.jpg"
        host.count("/a.jpg")  # how often it was asked for

An answer is `bytes` (their type is guessed from the ending), or one of

- `Status(code, headers)`: nothing but a status, e.g. `Status(429, {"Retry-After": "1"})`;
- `Redirect(to)`: a 302, e.g. to `other.url + "/x.jpg"` (another loopback port) or `METADATA`;
- `Burst(times, then, status=500)`: so many times an error, from then on an answer;
- `Slow(seconds, then)`: an answer after a while;
- `Endless()`: bytes that never end; `Cut(body)`: less than was announced.

`host.pages` may be changed at any time. Paths it does not know are 404.
"""

from __future__ import annotations

import asyncio
import mimetypes
from dataclasses import dataclass, field

from aiohttp import web

from tests.sources.serving import LoopbackServer

METADATA = "http://169.254.169.254/latest/meta-data/picture.jpg"
"""Where clouds keep their secrets; nobody may ever go there."""


@dataclass(frozen=True)
class Status:
    code: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Redirect:
    to: str


@dataclass
class Burst:
    times: int
    then: Answer
    status: int = 500


@dataclass(frozen=True)
class Slow:
    seconds: float
    then: Answer


@dataclass(frozen=True)
class Endless:
    pass


@dataclass(frozen=True)
class Cut:
    body: bytes


Answer = bytes | Status | Redirect | Burst | Slow | Endless | Cut


class Pictures(LoopbackServer):
    """See the module."""

    def __init__(self, pages: dict[str, Answer] | None = None) -> None:
        super().__init__()
        self.pages: dict[str, Answer] = dict(pages or {})

    async def answer(self, request: web.Request) -> web.StreamResponse:
        return await self._give(request, self.pages.get(request.path, Status(404)))

    async def _give(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        match answer:
            case bytes():
                kind = mimetypes.guess_type(request.path)[0] or "application/octet-stream"
                return web.Response(body=answer, content_type=kind)
            case Status(code, headers):
                return web.Response(status=code, headers=headers)
            case Redirect(to):
                return web.Response(status=302, headers={"Location": to})
            case Burst(times, then, status):
                answer.times -= 1
                return web.Response(status=status) if times > 0 else await self._give(request, then)
            case Slow(seconds, then):
                await asyncio.sleep(seconds)
                return await self._give(request, then)
            case Endless():
                return await self._flood(request)
            case Cut(body):
                return await self._cut(request, body)

    async def _flood(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(65_536))

    async def _cut(self, request: web.Request, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(body) + 1)})
        await response.prepare(request)
        await response.write(body)
        assert request.transport is not None
        request.transport.close()
        return response
