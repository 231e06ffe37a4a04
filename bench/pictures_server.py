"""A loopback server of memes that costs next to nothing, for it shares the cores with what is measured.

Started as `pictures_server.py COUNT FOLDER`; prints its port and serves `/0.jpg` … until its standard input ends.
One thread, no library: a request is what stands before a blank line, an answer goes from the file's mapping to the
socket in one call. `/seen` answers with what was asked for since it was last asked, which times a run from outside.
"""

from __future__ import annotations

import itertools
import json
import mmap
import select
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pack
from beside import Beside

_LARGEST_REQUEST = 65_536
_FOUND = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
_MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_Parts = list[bytes | memoryview]


@dataclass(frozen=True)
class Seen:
    """What was asked for.

    Attributes:
        pictures: how many pictures were handed out.
        first: when the first was asked for, in seconds of `time.monotonic()`, which all processes share.
        last: when the last was.
    """

    pictures: int = 0
    first: float = 0.0
    last: float = 0.0


class PicturesServer(Beside):
    """The server in a process of its own.

    Args:
        count: how many memes it has.
        folder: where `pack.build` keeps them.
    """

    def __init__(self, count: int, folder: Path | None = None) -> None:
        pack.build(count, folder)
        super().__init__(__file__, str(count), str(folder or pack.default_folder()))
        self.urls = [f"http://127.0.0.1:{self.port}/{number}.jpg" for number in range(count)]

    @property
    def allowed(self) -> str:
        """What `DANK_FETCH_ALLOW` must say for it to be asked."""
        return f"127.0.0.1:{self.port}"

    def seen(self) -> Seen:
        """What was asked for since the last call."""
        return Seen(**self.ask("/seen"))


class _Memes:
    """The pictures by number, in mappings of their files."""

    def __init__(self, shards: Sequence[Path], count: int) -> None:
        self._pictures = list(itertools.islice(itertools.chain.from_iterable(map(_parted, shards)), count))
        self._seen = Seen()

    def answer(self, path: bytes) -> _Parts:
        """Head and body for a request's path."""
        if path == b"/seen":
            told, self._seen = json.dumps(asdict(self._seen)).encode(), Seen()
            return [_FOUND % (b"application/json", len(told)), told]
        number = path[1:-4]
        if not number.isdigit() or int(number) >= len(self._pictures):
            return [_MISSING]
        now = time.monotonic()
        self._seen = Seen(self._seen.pictures + 1, self._seen.first or now, now)
        picture = self._pictures[int(number)]
        return [_FOUND % (b"image/jpeg", len(picture)), picture]


def _parted(shard: Path) -> list[memoryview]:
    with shard.open("rb") as opened:
        mapping = memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
    ends = list(itertools.accumulate(pack.lengths(shard)))
    return [mapping[start:end] for start, end in itertools.pairwise([0, *ends])]


class _Connection:
    """One client: what it has sent so far, and what it is still owed."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self._asked = b""
        self._owed: _Parts = []

    def turn(self, memes: _Memes) -> bool | None:
        """Read what there is and send what goes.

        Returns:
            Whether it waits to send more; None where the client is gone.
        """
        try:
            if not self._owed and not self._read(memes):
                return None
            while self._owed:
                _drop(self._owed, self.client.sendmsg(self._owed))
        except BlockingIOError:
            return True
        except OSError:
            return None
        return False

    def _read(self, memes: _Memes) -> bool:
        received = self.client.recv(_LARGEST_REQUEST)
        *requests, self._asked = (self._asked + received).split(b"\r\n\r\n")
        for request in requests:
            self._owed += memes.answer(request.split(b" ", 2)[1])
        return bool(received) and len(self._asked) < _LARGEST_REQUEST


def _drop(parts: _Parts, sent: int) -> None:
    while parts and sent >= len(parts[0]):
        sent -= len(parts.pop(0))
    if sent:
        parts[0] = parts[0][sent:]


def _serve(memes: _Memes, listener: socket.socket) -> None:
    """Until standard input ends: whoever started this is gone then."""
    connections: dict[int, _Connection] = {}
    watched = select.epoll()
    watched.register(listener, select.EPOLLIN)
    watched.register(sys.stdin, select.EPOLLIN)
    while True:
        for number, events in watched.poll():
            if number == sys.stdin.fileno():
                return
            if number == listener.fileno():
                client, _ = listener.accept()
                client.setblocking(False)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[client.fileno()] = _Connection(client)
                watched.register(client, select.EPOLLIN)
                continue
            waits = connections[number].turn(memes)
            if waits is None:
                watched.unregister(number)
                connections.pop(number).client.close()
            elif waits or events & select.EPOLLOUT:
                watched.modify(number, select.EPOLLOUT if waits else select.EPOLLIN)


def _main(count: str, folder: str) -> None:
    memes = _Memes(pack.build(int(count), Path(folder)), int(count))
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        print(listener.getsockname()[1], flush=True)
        _serve(memes, listener)


if __name__ == "__main__":
    _main(*sys.argv[1:])
