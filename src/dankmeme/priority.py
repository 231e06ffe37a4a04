"""Who comes first where there are too few cores: the process for whose answer somebody waits."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

_GROUP = Path("/proc/self/autogroup")
READING = 5
"""What decodes pictures and reads captions steps back so far from the process that it works for."""
WORKER = 5
"""A worker steps back so far from a server: nobody waits for what it does."""
TRAINING = 10
_TRIES = 20


def step_back(steps: int) -> None:
    """Let others come first: this process, and those that it starts from now on, become nicer by so many steps (0–19).

    Linux shares the cores out among sessions first, and `nice` counts only among the processes of one: a process that
    leads a session of its own steps back with all of it (sched(7), "The autogroup feature").
    """
    nice = os.nice(steps)
    if os.getsid(0) == os.getpid() and not _told(nice):
        threading.Thread(target=_insist, args=(nice,), name="priority", daemon=True).start()


def _insist(nice: int) -> None:
    chance = random.SystemRandom()
    for _ in range(_TRIES):
        time.sleep(chance.uniform(0.1, 0.6))
        if _told(nice):
            return


def _told(nice: int) -> bool:
    """Tell the kernel; False where it wants to be told later: it hears a process without privileges ten times a second,
    all of them together.
    """
    try:
        _GROUP.write_text(str(nice))
    except BlockingIOError:
        return False
    except OSError:  # a kernel without such groups, or one that has others from a container
        return True
    return True
