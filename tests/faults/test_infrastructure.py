"""Whether what breaks things for us breaks them as it says."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import obstore
import psutil
import psycopg
import pytest
from obstore.store import S3Store, from_url

from tests.conftest import free_port
from tests.faults import processes
from tests.faults.postgres import PORT, Postgres, connected, fresh_database, need_postgres, why_not
from tests.faults.processes import Command, environment
from tests.faults.proxy import Proxy
from tests.faults.s3 import S3Server
from tests.faults.waiting import wait_until

PYTHON = [sys.executable, "-c"]
PARENT = """
import subprocess, sys, time
grandchild = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
child = f"import subprocess, sys, time; {grandchild}; print('started', flush=True)"
subprocess.Popen([sys.executable, "-c", child]).wait()
subprocess.Popen([sys.executable, "-c", f"{child}; time.sleep(60)"])
print("a complaint", file=sys.stderr, flush=True)
time.sleep(60)
"""
"""Starts two children with a child each, of which the first is an orphan at once."""
LIVING = 4


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while data := self.request.recv(65_536):
                self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def echo() -> Iterator[Proxy]:
    """A proxy in front of a server that says everything back."""
    with EchoServer(("127.0.0.1", 0), Echo) as server, Proxy(server.server_address[1]) as proxy:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield proxy
        proxy.cut()
        server.shutdown()
        thread.join()


def client(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def said_back(side: socket.socket, data: bytes) -> bytes:
    side.sendall(data)
    got = b""
    while len(got) < len(data) and (more := side.recv(65_536)):
        got += more
    return got


def test_the_proxy_passes_bytes_both_ways(echo: Proxy) -> None:
    with client(echo) as one, client(echo) as two:
        assert said_back(one, b"one") == b"one"
        assert said_back(two, b"2" * 300_000) == b"2" * 300_000
        one.shutdown(socket.SHUT_WR)
        assert one.recv(10) == b""
    assert echo.accepted == 2


def test_a_cut_resets_connections_and_refuses_new_ones_until_restored(echo: Proxy) -> None:
    with client(echo) as before:
        said_back(before, b"hello")
        echo.cut()
        with pytest.raises(ConnectionResetError):
            before.recv(10)
        with pytest.raises(ConnectionRefusedError):
            client(echo)
    echo.restore()
    with client(echo) as after:
        assert said_back(after, b"again") == b"again"


def test_a_drop_lets_new_connections_through(echo: Proxy) -> None:
    with client(echo) as before, client(echo) as after:
        said_back(before, b"hello")
        echo.drop()
        with pytest.raises(ConnectionResetError):
            before.recv(10)
        with pytest.raises(ConnectionResetError):
            said_back(after, b"dropped as well")
    with client(echo) as new:
        assert said_back(new, b"again") == b"again"


def test_a_stalled_proxy_holds_bytes_back_and_loses_none(echo: Proxy) -> None:
    with client(echo) as before:
        said_back(before, b"hello")
        echo.stall()
        with client(echo) as during:
            for side in (before, during):
                side.sendall(b"held")
                side.settimeout(0.05)
                with pytest.raises(TimeoutError):
                    side.recv(10)
                side.settimeout(5)
            echo.restore()
            assert before.recv(10) == during.recv(10) == b"held"


def test_a_proxy_whose_target_is_away_resets_who_comes() -> None:
    with Proxy(free_port()) as proxy, pytest.raises(ConnectionResetError), client(proxy) as side:
        side.recv(10)


def test_the_store_works_on_the_s3_server_with_nothing_but_its_environment(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(s3, monkeypatch)
    obstore.put(store, "images/a", b"first", mode="create")
    with pytest.raises(obstore.exceptions.AlreadyExistsError):
        obstore.put(store, "images/a", b"second", mode="create")
    obstore.put(store, "images/b", b"other")
    assert bytes(obstore.get(store, "images/a").bytes()) == b"first"
    assert sorted(entry["path"] for page in obstore.list(store) for entry in page) == ["images/a", "images/b"]
    assert s3.keys() == ["images/a", "images/b"]
    obstore.delete(store, "images/a")
    with pytest.raises(FileNotFoundError):
        obstore.get(store, "images/a")


def test_the_s3_server_is_away_while_stopped_and_comes_back_with_its_objects(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(s3, monkeypatch)
    obstore.put(store, "kept", b"kept")
    s3.stop()
    with pytest.raises(obstore.exceptions.BaseError):
        obstore.put(store, "lost", b"lost")
    assert s3.keys() == ["kept"]
    s3.start()
    assert bytes(obstore.get(store, "kept").bytes()) == b"kept"


def store_of(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    store = from_url(s3.url, retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=2)})
    assert isinstance(store, S3Store)
    return store


def test_each_fresh_database_is_another_one_and_is_empty(postgres: Postgres) -> None:
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert postgres.rows(tables) == []
    assert postgres.rows("SELECT current_database()") == [(postgres.name,)]


def test_a_fresh_database_goes_though_somebody_is_connected() -> None:
    need_postgres()
    with contextlib.ExitStack() as later:
        with fresh_database() as database:
            left = later.enter_context(connected(database.name))
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")
    with connected("postgres") as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database.name]).fetchall()
    assert there == []


def test_the_server_can_hang_up_on_everybody(postgres: Postgres) -> None:
    with connected(postgres.name) as connection:
        assert postgres.hang_up() == 1
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_the_database_can_be_cut_off_by_a_proxy(postgres: Postgres) -> None:
    with Proxy(PORT) as proxy:
        url = postgres.through(proxy.port).url.replace("+psycopg", "")
        with psycopg.connect(url, connect_timeout=5) as connection:
            connection.execute("SELECT 1")
            proxy.cut()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError, match="refused"):
            psycopg.connect(url, connect_timeout=5)
        proxy.restore()
        with psycopg.connect(url, connect_timeout=5) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_missing_database_fails_the_tests_where_services_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.postgres.PORT", free_port())
    monkeypatch.setenv("DANK_REQUIRE_SERVICES", "1")
    assert why_not()
    with pytest.raises(pytest.fail.Exception, match="no PostgreSQL answers"):
        need_postgres()
    monkeypatch.setenv("DANK_REQUIRE_SERVICES", "0")
    with pytest.raises(pytest.skip.Exception, match="NOT TESTED: no PostgreSQL answers"):
        need_postgres()


def test_killing_a_command_leaves_nothing_of_its_tree() -> None:
    with Command([PARENT], program=PYTHON) as command:
        command.until(lambda: command.stdout == "started\nstarted\n" and command.stderr)
        processes = command.tree()
        assert len(processes) == LIVING
        command.kill()
        assert command.code == -signal.SIGKILL
        assert command.stderr == "a complaint\n"
    assert not any(lives(process) for process in processes)


def test_killing_the_first_process_leaves_the_others_until_the_end() -> None:
    with Command([PARENT], program=PYTHON) as command:
        command.until(lambda: command.stdout == "started\nstarted\n")
        first, *others = sorted(command.tree(), key=lambda process: process.pid != command.id)
        assert len(others) == LIVING - 1
        command.kill_first()
        assert not lives(first)
        assert all(lives(process) for process in others)
    assert not any(lives(process) for process in others)


def test_a_command_is_frozen_and_goes_on() -> None:
    with Command(["import time\nwhile True: print(1, flush=True); time.sleep(0.01)"], program=PYTHON) as command:
        command.until(lambda: command.stdout)
        command.freeze()
        wait_until(lambda: all(process.status() == psutil.STATUS_STOPPED for process in command.tree()))
        before = command.stdout
        assert command.stdout == before
        command.thaw()
        command.until(lambda: len(command.stdout) > len(before))


def test_a_command_that_ends_too_early_is_reported_with_what_it_said() -> None:
    with Command(["import sys; sys.exit('out of memes')"], program=PYTHON) as command:
        with pytest.raises(AssertionError, match=r"ended with 1 before the moon(.|\n)*out of memes"):
            command.until(lambda: False, what="the moon")
        assert command.wait() == 1


def test_a_dank_command_gets_only_the_settings_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANK_PORT", "no number")
    with Command(["--version"], environment(home=str(tmp_path))) as command:
        assert command.wait() == 0, command.stderr
    assert "DANK_PORT" not in environment()
    assert environment(home="x")["DANK_HOME"] == "x"


def lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("fresh", [False, True], ids=["forked", "from nothing"])
def test_a_command_has_its_own_code_words_environment_and_group(
    fresh: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "FRESH", fresh)
    with Command(["failures"], environment(home=str(tmp_path / "home"))) as good:
        assert good.wait(60) == 0
        assert (good.stdout, good.stderr) == ("nothing failed\n", "")
        assert (tmp_path / "home" / "dank.db").exists()
    with Command(["failures"], environment(home=str(tmp_path), tries="none")) as bad:
        assert bad.wait(60) == 2
        assert "DANK_TRIES" in bad.stderr
    with Command(["worker"], environment(home=str(tmp_path / "home"), predict="false")) as worker:
        worker.until(lambda: "is at work" in worker.stdout)
        assert os.getpgid(worker.id) == worker.id == os.getsid(worker.id)
        worker.kill_first()
        assert worker.code == -signal.SIGKILL
