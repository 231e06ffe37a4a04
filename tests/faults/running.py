"""Commands that take in posts, and which tests of them are long."""

from __future__ import annotations

import os
import re

import pytest

from tests.faults.posts import Posts
from tests.faults.processes import Command, environment

PROVE = os.environ.get("DANK_PROVE", "") not in ("", "0")
"""Whether the long tests run as well, and the others at a larger size."""
long = pytest.mark.skipif(not PROVE, reason="long: only with DANK_PROVE=1")


def settings(posts: Posts, **others: str) -> dict[str, str]:
    """The environment of a command that takes in these posts."""
    return environment(fetch_allow=posts.allowed, retry_seconds="0.1", **others)


def queue(posts: Posts, env: dict[str, str]) -> None:
    """Have the posts enlisted, and no work done on them."""
    with Command(["ingest", "--queue-only", str(posts.path)], env) as command:
        assert command.wait() == 0, command.stderr
        assert "queued" in command.stdout


def executor(worker: Command) -> str:
    """Id of a worker in the queues; empty as long as it has not said that it is at work."""
    said = re.search(r"worker (\S+) is at work", worker.stdout)
    return said[1] if said else ""


def finish(worker: Command) -> None:
    """End a worker in good order."""
    worker.terminate()
    assert worker.wait(30) == 0, worker.stderr
    assert "Traceback" not in worker.stderr, worker.stderr
