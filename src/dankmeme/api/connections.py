"""Connections: whoever is slow to say what he wants, says too much, or never reads his answer, is let go.

uvicorn waits for ever for the rest of a head, for a client that reads nothing, and takes a head of any size. A proxy in
front has limits of its own; these hold without one.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterable
from time import monotonic

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS = 10.0
"""From the connection, or from the answer before, until a request's head must be there."""
UNREAD_SECONDS, LEAST_READ = 30.0, 30_000
"""Within so many seconds a client must read so many bytes of an answer that waits for it."""
MOST_OVERHEAD = 65_536
"""Bytes that may come in a row without one of a body or the end of a head: long heads, trailers, empty lines."""
MOST_UNWANTED = 50_000_000
"""Bytes of a body that may come after the answer to it: many clients read none before they have sent all."""
MOST_CONNECTIONS = 10_000
RESERVED = 256
"""Files that the rest of the process may have open: of the database, the workers, the bucket."""
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def room(most: int = MOST_CONNECTIONS) -> int:
    """See to it that so many connections can be open, as far as the system lets us; how many can."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + RESERVED
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return most if soft == resource.RLIM_INFINITY else max(RESERVED, min(most, soft - RESERVED))


class Connection(HttpToolsProtocol):
    """One connection, with limits.

    Attributes:
        most: connections of the process; past that those go that have taken longest to say what they want.
        waits_since: since when it has been about to say what it wants; None while an answer is made.
    """

    most = MOST_CONNECTIONS
    waits_since: float | None = None
    _late: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _answering: RequestResponseCycle | None = None
    _overhead = _unwanted = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > self.most:
            make_room(each for each in self.connections if isinstance(each, Connection))

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._late, self._unread):
            if timer is not None:
                timer.cancel()
        self._break_off()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._overhead += len(data)
        super().data_received(data)
        if self._overhead > MOST_OVERHEAD and not self.transport.is_closing():
            self._refuse()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what comes after a body is no header of the request
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._overhead, self._unwanted = False, 0, 0
        if self._late is not None:
            self._late.cancel()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._overhead = 0
        super().on_body(body)
        if self.cycle.response_complete:
            self._unwanted += len(body)
            if self._unwanted > MOST_UNWANTED:
                self.drop()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if not self.cycle.response_complete:
            self.waits_since = None

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:  # else there is another request already
            self._wait()

    def drop(self) -> None:
        """End it at once, whatever is still to be said."""
        self._break_off()
        self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _break_off(self) -> None:
        """Let whoever makes the answer know that nobody hears it; uvicorn tells only who makes the newest one."""
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None and not self.transport.is_closing():
            self._unread.cancel()

    def _wait(self) -> None:
        """For the next head. What is left of a body that nobody wanted has to come within that time as well."""
        self.waits_since = monotonic()
        if self._late is not None:
            self._late.cancel()
        self._late = self.loop.call_later(HEAD_SECONDS, self._end)

    def _end(self) -> None:
        """Close it when the answer before has been read."""
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._watch()

    def _watch(self) -> None:
        """Look after a while whether the client has read on."""
        if self._unread is not None:
            self._unread.cancel()
        before = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self._look, before)

    def _look(self, before: int) -> None:
        if self.transport.get_write_buffer_size() > max(0, before - LEAST_READ):
            self.drop()
        else:
            self._watch()

    def _refuse(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_TOO_LONG)
            self.transport.close()
        else:
            self.drop()


def make_room(connections: Iterable[Connection]) -> None:
    """Let a tenth of those go that are about to say what they want, the oldest first."""
    waiting = [(each.waits_since, each) for each in connections if each.waits_since is not None]
    waiting.sort(key=lambda each: each[0])
    for _, each in waiting[: 1 + len(waiting) // 10]:
        each.drop()
