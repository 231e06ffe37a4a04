"""What the workers of `test_pool.py` run."""

from __future__ import annotations

import os
import signal
import struct
import sys
import time
from typing import Any

import numpy as np

from dankmeme.errors import ImageError
from dankmeme.images.pool import Arrays, Reply, Task


def obedient() -> Task:
    """Does what the header says, as a hostile file would make a decoder do."""
    return _obey


def unable_to_start() -> Task:
    """A factory that fails."""
    raise RuntimeError("no models here")


def stuck_at_start() -> Task:
    """A factory that never ends."""
    hang()
    return _obey


def hang() -> None:
    """Hang as decoders in C do: Python's signal handlers never run."""
    while True:
        time.sleep(3_600)


def _obey(header: dict[str, Any], arrays: Arrays) -> Reply:
    match header["do"]:
        case "echo":
            return {"said": header["say"], "process": os.getpid()}, arrays
        case "refuse":
            raise ImageError("broken-image", "as I was told")
        case "raise":
            raise RuntimeError("a bug")
        case "hang":
            hang()
        case "exit":
            os._exit(0)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "devour":
            return {"got": len(np.ones(header["bytes"], dtype=np.uint8))}, {}
        case "print":
            print("x" * 100_000)
            sys.stdout.flush()
            os.write(1, b"straight to the descriptor\n" * 1_000)
        case "say":
            _answer(header["text"].encode())
        case "promise":
            _answer(None, header["length"])
        case "half":
            _pipe(struct.pack("<II", 100, 0) + b"{")
            os._exit(0)
    return {}, {}


def _answer(text: bytes | None, length: int = 0) -> None:
    """Speak past the protocol, as one who has taken the worker over."""
    _pipe(struct.pack("<II", length if text is None else len(text), 0) + (text or b""))


def _pipe(data: bytes) -> None:
    """Write to the parent: the worker's own copy of its standard output is the last pipe it opened."""
    import stat

    copies = [number for number in range(3, 16) if _is_pipe(number, stat.S_ISFIFO)]
    os.write(copies[-1], data)


def _is_pipe(number: int, is_pipe: Any) -> bool:
    try:
        return bool(is_pipe(os.fstat(number).st_mode))
    except OSError:
        return False
