"""The floor of ingestion: a bare loop that fetches, decodes, fingerprints and encodes, and keeps nothing.

Started as `ingest_floor.py PROCESSES URL...`; prints a `Floor` as JSON. Each process fetches with `http.client` on a
connection of its own, one picture after the other: on loopback that is 0.1 ms of CPU and 0.2 ms in all, no more than
aiohttp takes, of some 10 ms that a picture takes.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from dankmeme.images.keep import keep
from floor import ONE_THREAD, Floor

_WARM_UP = 10


def measure(urls: Sequence[str], *, processes: int) -> Floor:
    """Run the loop over the URLs, shared out between so many processes."""
    command = [sys.executable, __file__, str(processes), *urls]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    return Floor(**json.loads(run.stdout))


_ready: Any


def _start(ready: Any) -> None:
    global _ready
    _ready = ready


def _loop(urls: Sequence[str]) -> float:
    """The CPU seconds that it took."""
    parts = urlsplit(urls[0])
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port)
    for url in urls[:_WARM_UP]:
        keep(_fetched(connection, url))
    _ready.wait()
    started = time.process_time()
    for url in urls:
        keep(_fetched(connection, url))
    connection.close()
    return time.process_time() - started


def _fetched(connection: http.client.HTTPConnection, url: str) -> bytes:
    connection.request("GET", urlsplit(url).path)
    response = connection.getresponse()
    data = response.read()
    if response.status != 200:
        raise RuntimeError(f"{url}: {response.status}")
    return data


def _main(processes: str, *urls: str) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(int(processes) + 1)
    with context.Pool(int(processes), _start, (ready,)) as pool:
        running = pool.map_async(_loop, [urls[first :: int(processes)] for first in range(int(processes))], chunksize=1)
        ready.wait(timeout=60)
        started = time.perf_counter()
        cpu = sum(running.get())
        seconds = time.perf_counter() - started
    print(json.dumps(asdict(Floor(len(urls), seconds, cpu))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
