"""Ctrl-C and SIGTERM: one clear line, nothing lost, and the same command goes on."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.postgres import PORT, Postgres, connected
from tests.faults.posts import served
from tests.faults.processes import Command
from tests.faults.proxy import Proxy
from tests.faults.resting import Folder, at_home, in_postgres
from tests.faults.running import PROVE, finish, long, queue, settings
from tests.faults.table import Tried

Press = Callable[[Command], None]
SOON = 10
"""Seconds within which an interrupted process has ended."""
CTRL_C, SIGTERM = pytest.param(Command.interrupt, id="Ctrl-C"), pytest.param(Command.terminate, id="SIGTERM")
MOMENTS = ("alembic_version", "runs", "posts", "executors") if PROVE else ("executors",)
"""Tables in which the first row is written while an import starts."""
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'post_images'::regclass"
LINE = "interrupted; the same command goes on where this stopped\n"


@pytest.mark.parametrize("press", [CTRL_C, pytest.param(*SIGTERM.values, id=SIGTERM.id, marks=long)])
def test_an_interrupted_ingest_hands_its_work_back_and_goes_on_when_asked_again(
    press: Press, tmp_path: Path, tried: Tried
) -> None:
    rest = at_home(tmp_path / "home")
    with served(tmp_path / "posts", 120, pause=0.1) as posts:
        arguments, env = ["ingest", str(posts.path)], settings(posts, home=str(tmp_path / "home"))
        with Command(arguments, env) as command:
            command.until(lambda: rest.done > 20 and rest.held(), what="it is in the middle")
            press(command)
            assert command.wait(SOON) == 130, command.stderr
            assert command.stderr == LINE
            assert not rest.held()
            assert not rest.rows("SELECT id FROM executors")
            assert rest.count("pending")
        posts.pause = 0
        with Command(arguments, env) as command:
            assert command.wait() == 1, command.stderr
            assert command.stderr == ""
        tried("ingest", "Ctrl-C or SIGTERM", posts.proven(rest))


def test_an_ingest_that_is_interrupted_while_it_starts_ends_with_one_line(tmp_path: Path) -> None:
    with served(tmp_path / "posts", 100) as posts:
        for table in MOMENTS:
            rest, env = at_home(tmp_path / table), settings(posts, home=str(tmp_path / table))
            with Command(["ingest", str(posts.path)], env) as command:
                command.until(lambda rest=rest, table=table: rest.rows(f"SELECT * FROM {table}"), what=table)
                command.interrupt()
                assert command.wait(SOON) == 130, command.stderr
                assert command.stderr == LINE
            assert not rest.held()
        with Command(["ingest", str(posts.path)], env) as command:
            assert command.wait() == 1, command.stderr
        posts.proven(rest)


@pytest.mark.parametrize("press", [SIGTERM, pytest.param(*CTRL_C.values, id=CTRL_C.id, marks=long)])
def test_an_interrupted_worker_hands_its_work_back_and_another_goes_on(
    press: Press, tmp_path: Path, tried: Tried
) -> None:
    rest = at_home(tmp_path / "home")
    with served(tmp_path / "posts", 120, pause=0.1) as posts:
        env = settings(posts, home=str(tmp_path / "home"))
        queue(posts, env)
        with Command(["worker"], env) as command:
            command.until(lambda: rest.done > 20 and rest.held(), what="it is in the middle")
            press(command)
            assert command.wait(SOON) == 0, command.stderr
            assert command.stdout.endswith("ending; what is left is handed back\n")
            assert command.stderr == ""
            assert not rest.held()
            assert rest.count("pending")
        posts.pause = 0
        with Command(["worker"], env) as command:
            command.until(rest.settled, what="another ends it all")
            finish(command)
        tried("ingest by a worker", "Ctrl-C or SIGTERM", posts.proven(rest))


def test_a_host_that_does_not_answer_keeps_nobody_from_ending(tmp_path: Path) -> None:
    rest = at_home(tmp_path / "home")
    with served(tmp_path / "posts", 40, pause=60) as posts:
        env = settings(posts, home=str(tmp_path / "home"), fetch_seconds="60")
        with Command(["ingest", str(posts.path)], env) as command:
            command.until(lambda: rest.held() and posts.came, what="it waits for the host")
            command.interrupt()
            assert command.wait(SOON) == 130, command.stderr
            assert command.stderr == LINE
            assert not rest.held()


def test_a_second_interrupt_ends_at_once_and_nothing_is_lost(tmp_path: Path, postgres: Postgres, tried: Tried) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", 120, pause=0.1) as posts, Proxy(PORT) as proxy:
        env = settings(posts, home=str(tmp_path), database_url=postgres.through(proxy.port).url)
        with Command(["ingest", str(posts.path)], env) as command:
            command.until(lambda: rest.done > 20 and rest.held(), what="it is in the middle")
            proxy.stall()  # it can write nothing down, and waits
            command.interrupt()
            command.until(lambda: caught(command), what="it has taken notice of the first")
            command.interrupt()
            assert command.wait(2) == -signal.SIGINT
            assert "Traceback" not in command.stderr, command.stderr
        proxy.restore()
        posts.pause = 0
        with Command(["ingest", str(posts.path)], env) as command:
            assert command.wait() == 1, command.stderr
        tried("ingest", "Ctrl-C twice, while PostgreSQL stalls", posts.proven(rest))


def test_a_write_that_waits_for_somebody_elses_keeps_nobody_from_ending(tmp_path: Path, postgres: Postgres) -> None:
    with served(tmp_path / "posts", 10) as posts:
        env = settings(posts, home=str(tmp_path), database_url=postgres.url)
        queue(posts, env)
        with connected(postgres.name) as other, other.transaction():
            other.execute("LOCK TABLE post_images")
            with Command(["ingest", str(posts.path)], env) as command:
                command.until(lambda: postgres.rows(WAITING) != [(0,)], what="it waits to write down what it read")
                command.interrupt()
                assert command.wait(SOON) == 130, command.stderr
                assert command.stderr == LINE


@long
@pytest.mark.parametrize("name", ["ingest", "worker"])
def test_a_database_that_is_away_keeps_nobody_from_ending(name: str, tmp_path: Path, postgres: Postgres) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", 120, pause=0.1) as posts, Proxy(PORT) as proxy:
        env = settings(posts, home=str(tmp_path), database_url=postgres.through(proxy.port).url)
        queue(posts, env)
        with Command([name] if name == "worker" else [name, str(posts.path)], env) as command:
            command.until(lambda: rest.done > 20 and rest.held(), what="it is in the middle")
            proxy.cut()
            command.until(lambda: "waiting for storage" in command.stderr, what="it waits")
            command.interrupt()
            assert command.wait(2 * SOON) == (0 if name == "worker" else 130), command.stderr
            assert "Traceback" not in command.stderr, command.stderr


def caught(command: Command) -> bool:
    """Whether a process that catches SIGINT once has done so."""
    mask = next(
        line.split()[1] for line in Path(f"/proc/{command.id}/status").read_text().splitlines() if "SigCgt" in line
    )
    return not int(mask, 16) >> (signal.SIGINT - 1) & 1
