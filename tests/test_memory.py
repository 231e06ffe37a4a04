from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from dankmeme.memory import ARENAS

HEAPS = """
import ctypes, sys, threading
from dankmeme.memory import few_arenas
if sys.argv[1] == "few":
    few_arenas()
malloc = ctypes.CDLL(None).malloc
malloc.restype = ctypes.c_void_p
together, found = threading.Barrier(24), set()
def take():
    together.wait()
    found.add(malloc(1_000) >> 26)  # a heap lies in 64 MiB of its own
    together.wait()
threads = [threading.Thread(target=take) for _ in range(24)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found))
"""


def heaps(how: str, **more: str) -> int:
    """How many heaps 24 threads take memory from."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    run = subprocess.run([sys.executable, "-c", HEAPS, how], env=plain | more, capture_output=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="NOT TESTED: the C library is not glibc")
def test_many_threads_share_few_heaps_unless_the_environment_says_otherwise() -> None:
    assert heaps("few") <= ARENAS < heaps("as it is")
    assert heaps("few", MALLOC_ARENA_MAX="6") > ARENAS


KEPT = """
import ctypes, resource
from dankmeme.memory import give_back
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
def held():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() // 1_000_000
blocks = []
for _ in range(1_000):
    blocks.append(libc.malloc(100_000))
    ctypes.memset(blocks[-1], 1, 100_000)
for block in blocks[:-1]:
    libc.free(block)
kept = held()
give_back()
print(kept - held())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="NOT TESTED: the C library is not glibc")
def test_what_is_free_beneath_something_that_is_used_is_given_back() -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    run = subprocess.run([sys.executable, "-c", KEPT], env=plain, capture_output=True, check=True)
    assert int(run.stdout) > 90
