"""Request bodies: how large one may be, how slowly it may come, and how much all of them may hold at a time."""

from __future__ import annotations

import asyncio
import time

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dankmeme.images.decode import MAX_BYTES

MAX_BODY = MAX_BYTES + 65_536
"""Largest form: the largest picture, and what a form puts around it."""
MAX_TEXT = 4_000_000
"""Largest body that is no form. Whoever reads JSON keeps everybody else waiting meanwhile."""
MAX_HELD = 400_000_000
"""Bytes of bodies that may be in memory at a time, those of requests that are being answered too."""
MAX_SMALL = 65_536
"""For a body of up to so many bytes there is always room."""
PATIENCE = 20.0
"""Seconds that may be spent with waiting for a body…"""
LEAST_RATE = 20_000
"""…and one more for every so many bytes that came."""


class BodyLimit:
    """Stops reading a body that is too large, whatever its length claims to be, that comes too slowly, or for which
    there is no room now.

    Args:
        app: what reads the bodies.
        most_held: bytes of all bodies at a time.
        patience: seconds that may be spent with waiting for one, and one more for every `LEAST_RATE` bytes.
    """

    def __init__(self, app: ASGIApp, *, most_held: int = MAX_HELD, patience: float = PATIENCE) -> None:
        self._app = app
        self._room, self._patience = most_held, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, Headers(scope=scope), self._patience)
        held, answering = 0, False

        async def limited() -> Message:
            nonlocal held
            try:
                message = await body.read()
                self._room -= body.size - held
                held = body.size
                if self._room < 0 and held > MAX_SMALL:
                    raise HTTPException(503, "too much is being sent at the moment; try again in a few seconds")
            except HTTPException:
                if answering:  # it is too late for another answer
                    return {"type": "http.disconnect"}
                raise
            return message

        async def noted(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            await self._app(scope, limited, noted)
        finally:
            self._room += held


class _Body:
    """One body while it is read. Errors are `HTTPException`s, since FastAPI hides any other that comes up then."""

    def __init__(self, receive: Receive, headers: Headers, patience: float) -> None:
        self._receive, self._left = receive, patience
        self._most = MAX_BODY if headers.get("content-type", "").lower().startswith("multipart/") else MAX_TEXT
        length = headers.get("content-length", "")
        self._claims_too_much = len(length) > 12 or (length.isdecimal() and int(length) > self._most)
        self._complete = False
        self.size = 0

    async def read(self) -> Message:
        """The next piece."""
        if self._complete:  # whoever asks again wants to know whether the client is still there
            return await self._receive()
        if self._claims_too_much:
            raise self._too_large()
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._left):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "the request came too slowly; send it again over a better connection") from None
        self._left -= time.monotonic() - began
        self._take(message)
        return message

    def _take(self, message: Message) -> None:
        piece = len(message.get("body", b""))
        self.size += piece
        self._left += piece / LEAST_RATE
        self._complete = not message.get("more_body", False)
        if self.size > self._most:
            raise self._too_large()

    def _too_large(self) -> HTTPException:
        if self._most == MAX_BODY:
            return HTTPException(413, f"the file has more than {MAX_BYTES / 1e6:.0f} MB")
        return HTTPException(413, f"the request has more than {MAX_TEXT / 1e6:.0f} MB, and is no form with a picture")
