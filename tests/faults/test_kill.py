"""Processes that are killed at any instant, or that never come back: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dankmeme.storage.bucket import Bucket
from tests.faults.postgres import Postgres
from tests.faults.posts import Posts, served
from tests.faults.processes import Command
from tests.faults.resting import Folder, Rest, at_home, in_postgres
from tests.faults.running import PROVE, executor, finish, long, queue, settings
from tests.faults.table import Tried
from tests.faults.waiting import wait_until

KILLS = int(os.environ.get("DANK_KILLS", "10" if PROVE else "4"))
COUNT = 1_000 if PROVE or KILLS >= 10 else 300
SEED = int(os.environ.get("DANK_SEED", str(time.time_ns() % 1_000_000)))
TAKEN_OVER_SECONDS = 120
Instant = Callable[[], bool]


def test_killed_at_random_instants_an_ingest_loses_and_doubles_nothing(tmp_path: Path, tried: Tried) -> None:
    chance, rest = random.Random(SEED), at_home(tmp_path / "home")
    with served(tmp_path / "posts", COUNT, pause=0.02) as posts:
        arguments, env = ["ingest", str(posts.path)], settings(posts, home=str(tmp_path / "home"))
        killed = []
        for phase, share in phases(KILLS):
            with Command(arguments, env) as command:
                instant = instants(phase, share, rest, posts, chance)
                wait_until(lambda command=command, instant=instant: command.code is not None or instant(), 120, phase)
                killed.append((phase, command.code, rest.done))
                assert command.code in (None, 1), f"seed {SEED}: {command.stderr}"
                assert "Traceback" not in command.stderr, f"seed {SEED}: {command.stderr}"
        print(f"seed {SEED}; phase, whether it had ended by itself, and what was done:", killed)
        assert sum(code is None for _, code, _ in killed) >= KILLS - 1, f"seed {SEED}: {killed}"
        again = time.monotonic()
        with Command(arguments, env) as command:
            assert command.wait(180) == 1, f"seed {SEED}: {command.stderr}"
            assert f"{COUNT:,} pictures: {COUNT - posts.failing:,} stored, {posts.failing:,} failed" in command.stdout
            assert command.stderr == ""
        took = time.monotonic() - again
        times = sum(code is None for _, code, _ in killed)
        tried("ingest", "kill -9 at random instants", posts.proven(rest), times=times, seconds=took)


@pytest.mark.parametrize(
    "never_comes_back",
    [
        "killed",
        pytest.param("frozen", marks=long),
    ],
)
def test_a_worker_finishes_what_another_began_that_never_comes_back(
    never_comes_back: str, tmp_path: Path, postgres: Postgres, tried: Tried
) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", 300, pause=0.05) as posts, ExitStack() as running:
        env = settings(posts, home=str(tmp_path), database_url=postgres.url.replace("+psycopg", ""), ingest_chunks="4")
        queue(posts, env)
        one, other = (running.enter_context(Command(["worker"], env)) for _ in range(2))
        one.until(lambda: rest.done > 60 and rest.held(executor(one)) and executor(other), what="both in the middle")
        gone = executor(one)
        one.kill() if never_comes_back == "killed" else one.freeze()
        held, began = rest.held(gone), time.monotonic()
        assert held, "it held nothing: the test proves nothing"
        other.until(rest.settled, TAKEN_OVER_SECONDS, "the other ends it all")
        took = time.monotonic() - began
        print(f"{held} pieces of work of the {never_comes_back} one taken over: {took:.1f} s")
        tried("ingest", f"a worker of two {never_comes_back} for good", posts.proven(rest), seconds=took)
        if never_comes_back == "frozen":
            one.thaw()
            goes_on(one, rest, gone)
            posts.proven(rest)
        finish(other)


def test_killed_first_process_leaves_no_other_running(tmp_path: Path) -> None:
    rest = at_home(tmp_path / "home")
    with served(tmp_path / "posts", 100, pause=0.1) as posts:
        with Command(["ingest", str(posts.path)], settings(posts, home=str(tmp_path / "home"))) as command:
            command.until(lambda: rest.done > 10, what="it is in the middle")
            command.kill_first()
            wait_until(lambda: not command.tree(), 20, "the processes that decode end by themselves")
            assert "Traceback" not in command.stderr, command.stderr


def test_an_ingest_that_was_killed_before_it_compared_its_images_is_completed_by_the_next(
    tmp_path: Path, tried: Tried
) -> None:
    rest = at_home(tmp_path / "home")
    with served(tmp_path / "posts", 40) as posts:
        arguments, env = ["ingest", str(posts.path)], settings(posts, home=str(tmp_path / "home"))
        for _ in range(2):
            with Command(arguments, env) as command:
                assert command.wait() == 1, command.stderr
            tally = posts.proven(rest)
            with sqlite3.connect(tmp_path / "home" / "dank.db") as connection:
                connection.execute("DELETE FROM near_duplicates")
                connection.execute("UPDATE images SET place = NULL")
            connection.close()
    tried("duplicates", "broke off before images were compared", tally)


def test_what_a_killed_writer_left_half_written_is_no_image_and_goes(tmp_path: Path) -> None:
    script = f"""
from dankmeme.storage.bucket import Bucket
bucket = Bucket({str(tmp_path)!r})
while True: bucket.put("ab" * 32, {{"original": b"x" * 50_000_000}})
"""
    with Command([script], program=(sys.executable, "-c")) as writer:
        writer.until(lambda: list(tmp_path.rglob("*#*")), what="it is in the middle of a file")
        writer.kill()
    bucket = Bucket(str(tmp_path))
    left = list(tmp_path.rglob("*#*"))
    assert len(left) <= 1, "one writer leaves one file"
    assert bucket.hashes() <= {"ab" * 32}
    assert bucket.sweep() == 0, "it may be somebody's who is just writing it"
    assert bucket.sweep(older_than=0) == len(left)
    assert not list(tmp_path.rglob("*#*"))


def phases(kills: int) -> Iterator[tuple[str, float]]:
    """Where each kill falls: a phase and, while it works, how much is done by then."""
    working = max(kills - 3, 0)
    yield from [("starting", 0.0), ("reading", 0.0)][: min(kills, 2)]
    for number in range(1, working + 1):
        yield ("starting", 0.0) if number % 4 == 0 else ("working", number / (working + 1))
    if kills > 2:
        yield "ending", 1.0


def instants(phase: str, share: float, rest: Rest, posts: Posts, chance: random.Random) -> Instant:
    """Whether the instant is there at which a process is killed."""
    began, late = time.monotonic(), chance.uniform(0, 0.3)
    if phase == "starting":
        late = chance.uniform(0, 3)
        return lambda: time.monotonic() - began >= late
    if phase == "reading":
        return after(lambda: bool(rest.rows("SELECT id FROM runs")), late)
    wanted = posts.count * (1 - chance.uniform(0, 0.03) if phase == "ending" else share * chance.uniform(0.7, 1))
    return after(lambda: rest.done >= wanted, late)


def after(condition: Instant, seconds: float) -> Instant:
    """Whether it is so many seconds since a condition was met first."""
    met: list[float] = []

    def now() -> bool:
        if not met and condition():
            met.append(time.monotonic())
        return bool(met) and time.monotonic() - met[0] >= seconds

    return now


def goes_on(worker: Command, rest: Rest, gone: str) -> None:
    """Wait until a worker that was taken for dead has ended what it was in the middle of, and says that it lives."""
    back = f"SELECT beats FROM executors WHERE id = '{gone}'"
    worker.until(lambda: rest.rows(back), 60, "it says again that it lives")
    finish(worker)
    wait_until(lambda: not rest.held(), 30, "nobody holds anything, the other one neither")
