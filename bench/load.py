"""The load generator: a process of its own, in which clients post pictures as fast as they are answered.

Started as `load.py URL COUNT CLIENTS FILE...`, the URL being that of a route that takes a form's field `file`; prints a
`Load` as JSON.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path

import aiohttp

_BOUNDARY = "dank-bench-boundary"
HEADERS = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
"""Those of a posted form."""
CLASSIFY = "/api/v1/classify"


@dataclass(frozen=True)
class Load:
    """What the clients saw.

    Attributes:
        seconds: wall time in all.
        latencies: seconds of each request.
        answers: how often each kind of answer came: the status, and for verdicts the source of the caption.
    """

    seconds: float
    latencies: list[float]
    answers: dict[str, int]

    @property
    def throughput(self) -> float:
        """Images per second."""
        return len(self.latencies) / self.seconds


def generate(url: str, files: Sequence[Path], *, count: int, clients: int, path: str = CLASSIFY) -> Load:
    """Post `count` pictures to a route of a server, taken from `files` in rotation, in another process."""
    command = [sys.executable, __file__, url + path, str(count), str(clients), *map(str, files)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Load(**json.loads(printed))


async def _clients(url: str, bodies: Iterator[bytes], number: int) -> Load:
    latencies: list[float] = []
    answers: Counter[str] = Counter()
    connector, patience = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(connector=connector, timeout=patience, headers=HEADERS) as session:

        async def client() -> None:
            for body in bodies:
                asked = time.perf_counter()
                async with session.post(url, data=body) as response:
                    text = await response.read()
                latencies.append(time.perf_counter() - asked)
                answers[_kind(response.status, text)] += 1

        started = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(number)))
        return Load(time.perf_counter() - started, latencies, dict(answers))


def _kind(status: int, text: bytes) -> str:
    source = json.loads(text).get("caption_source") if status == 200 else None
    return f"{status} caption {source}" if source else str(status)


def form(path: Path) -> bytes:
    """The multipart form of a picture, made ahead so that making it costs nothing while we measure."""
    return form_of(path.name, path.read_bytes())


def form_of(name: str, picture: bytes) -> bytes:
    """The same of a picture that is in memory."""
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    head = f"--{_BOUNDARY}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"
    return head.encode() + picture + f"\r\n--{_BOUNDARY}--\r\n".encode()


def _main(url: str, count: str, clients: str, *files: str) -> None:
    bodies = islice(cycle([form(Path(file)) for file in files]), int(count))
    print(json.dumps(asdict(asyncio.run(_clients(url, bodies, int(clients))))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
