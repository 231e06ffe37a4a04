"""A TCP proxy that can be cut, stalled and restored, to stand between the product and a service."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

_AT_ONCE = 65_536
_TURNS = 4
"""Of the loop, in which a connection that was taken gets its task."""
_RESET = struct.pack("ii", 1, 0)
"""Linger for no time: closing then resets the connection, as a machine does that crashed and came back."""


class Proxy:
    """Passes bytes between a loopback port and a target, in a thread of its own.

    Args:
        port: of the target.
        host: of the target.
    """

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._target = host, port
        self.port = 0
        """Where it listens, once entered; `restore` takes the same again."""
        self.accepted = 0
        """Connections that came to the target so far."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()

    def cut(self) -> None:
        """Reset all connections and refuse new ones."""
        self._do(self._cut())

    def drop(self) -> None:
        """Reset all connections; new ones are let through."""
        self._do(self._drop())

    def stall(self) -> None:
        """Pass on nothing; connections stay open, and new ones are taken and wait."""
        self._do(self._stall())

    def restore(self) -> None:
        """Let everything through again, what `stall` held up included."""
        self._do(self._restore())

    def __enter__(self) -> Self:
        self._thread.start()
        self.restore()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, action: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(action, self._loop).result(10)

    async def _cut(self) -> None:
        if self._listener is not None:
            for listening in self._listener.sockets:
                self._loop.remove_reader(listening.fileno())
            await _turn()  # asyncio loses a connection that it took just before its listener is closed
            self._listener.close()
            self._listener = None
        await self._drop()

    async def _end(self) -> None:
        """Cut, those connections too that were taken just now and are nobody's yet."""
        await self._cut()
        while asyncio.all_tasks() - {asyncio.current_task()}:
            await self._drop()

    async def _drop(self) -> None:
        await _turn()
        for writer in self._writers:
            _reset(writer)
        passing = list(self._passing)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)
        await asyncio.sleep(0)  # transports close in the loop's next turn

    async def _stall(self) -> None:
        self._flowing.clear()

    async def _restore(self) -> None:
        self._flowing.set()
        if self._listener is None:
            self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        self._writers.add(writer)
        try:
            await self._connect(reader, writer)
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            _reset(writer)
        finally:
            self._passing.discard(task)
            self._writers.discard(writer)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self.accepted += 1
        self._writers.add(far_writer)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, far_writer))
                both.create_task(self._pass(far_reader, writer))
        except BaseException:
            _reset(far_writer)
            raise
        finally:
            self._writers.discard(far_writer)
        for each in (writer, far_writer):
            each.close()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Until the source ends; the other direction may go on."""
        while data := await source.read(_AT_ONCE):
            await self._flowing.wait()
            target.write(data)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()


async def _turn() -> None:
    """Let the loop go round until connections that were taken have got their task."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def _reset(writer: asyncio.StreamWriter) -> None:
    if not writer.transport.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()
