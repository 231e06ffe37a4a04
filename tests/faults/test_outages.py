"""Database, bucket or disk go away in the middle of a run and come back: it ends by itself, and nothing is lost."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import free_port
from tests.faults.postgres import PORT, Postgres, restarted
from tests.faults.posts import Posts, served
from tests.faults.processes import Command
from tests.faults.proxy import Proxy
from tests.faults.resting import Folder, Rest, at_home, in_postgres
from tests.faults.running import PROVE, finish, long, queue, settings
from tests.faults.s3 import S3Server
from tests.faults.waiting import wait_until

COUNT, CUT_SECONDS = (300, 5.0) if PROVE else (200, 2.5)
AWAY, BACK = "waiting for storage", "storage is back"


def test_a_database_that_is_cut_off_while_posts_are_taken_in(tmp_path: Path, postgres: Postgres) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts, Proxy(PORT) as proxy:
        env = settings(posts, home=str(tmp_path), database_url=postgres.through(proxy.port).url)
        with Command(["ingest", str(posts.path)], env) as command:
            in_the_middle(command, rest)
            with cut(proxy, command):
                command.until(lambda: AWAY in command.stderr, what="it waits for the database")
            ends_whole(command, rest, posts)
            assert BACK in command.stderr


@long
@pytest.mark.parametrize("moment", ["posts", "executors"])
def test_a_database_that_is_cut_off_while_an_ingest_starts(moment: str, tmp_path: Path, postgres: Postgres) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", 60) as posts, Proxy(PORT) as proxy:
        env = settings(posts, home=str(tmp_path), database_url=postgres.through(proxy.port).url)
        with Command(["ingest", str(posts.path)], env) as command:
            command.until(lambda: rest.rows(f"SELECT * FROM {moment}"), what=f"there are {moment}")
            with cut(proxy, command):
                pass
            ends_whole(command, rest, posts)


@long
def test_a_database_whose_connections_are_dropped_again_and_again(tmp_path: Path, postgres: Postgres) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts:
        env = settings(posts, home=str(tmp_path), database_url=postgres.url)
        with Command(["ingest", str(posts.path)], env) as command:
            for share in (0.05, 0.2, 0.4, 0.6, 0.8):
                command.until(lambda share=share: rest.done >= share * posts.count, what=f"{share:.0%} is done")
                assert postgres.hang_up()
            ends_whole(command, rest, posts)


@long
def test_a_worker_outlives_a_database_that_is_cut_off(tmp_path: Path, postgres: Postgres) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts, Proxy(PORT) as proxy:
        env = settings(posts, home=str(tmp_path), database_url=postgres.through(proxy.port).url)
        queue(posts, env)
        with Command(["worker"], env) as worker:
            in_the_middle(worker, rest)
            with cut(proxy, worker):
                worker.until(lambda: AWAY in worker.stderr, what="it waits for the database")
            worker.until(lambda: rest.settled(), 120, "it ends its work")
            assert BACK in worker.stderr
            finish(worker)
        posts.proven(rest)


@long
def test_a_database_server_that_is_restarted(tmp_path: Path, postgres: Postgres) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts:
        env = settings(posts, home=str(tmp_path), database_url=postgres.url)
        with Command(["ingest", str(posts.path)], env) as command:
            in_the_middle(command, rest)
            with restarted():
                command.until(lambda: AWAY in command.stderr, what="it waits for the database")
            ends_whole(command, rest, posts)


def test_a_bucket_whose_folder_is_away(tmp_path: Path) -> None:
    rest, folder, aside = at_home(tmp_path / "home"), tmp_path / "home" / "bucket", tmp_path / "home" / "aside"
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts:
        with Command(["ingest", str(posts.path)], settings(posts, home=str(tmp_path / "home"))) as command:
            in_the_middle(command, rest)
            folder.rename(aside)
            folder.write_text("no folder")
            command.until(lambda: AWAY in command.stderr, what="it waits for the bucket")
            folder.unlink()
            put_back(aside, folder)
            ends_whole(command, rest, posts)
            assert BACK in command.stderr


def test_an_s3_server_that_is_away(tmp_path: Path, s3: S3Server) -> None:
    rest = at_home(tmp_path / "home", s3)
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts:
        env = settings(posts, home=str(tmp_path / "home"), bucket_url=s3.url) | s3.environment
        with Command(["ingest", str(posts.path)], env) as command:
            in_the_middle(command, rest)
            s3.stop()
            command.until(lambda: AWAY in command.stderr, what="it waits for the bucket")
            s3.start()
            ends_whole(command, rest, posts)
            assert BACK in command.stderr


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    rest = at_home(tmp_path / "home")
    bucket = tmp_path / "home" / "bucket"
    bucket.mkdir(parents=True)
    with tiny_disk(bucket) as grow, served(tmp_path / "posts", COUNT, pause=0.02) as posts:
        with Command(["ingest", str(posts.path)], settings(posts, home=str(tmp_path / "home"))) as command:
            command.until(lambda: AWAY in command.stderr, what="it waits for room")
            assert "space" in command.stderr, command.stderr
            grow()
            ends_whole(command, rest, posts)


def test_two_ingests_and_a_server_on_the_same_home_fetch_nothing_twice(tmp_path: Path) -> None:
    rest = at_home(tmp_path / "home")
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts:
        home = str(tmp_path / "home")
        env = settings(posts, home=home, captions="false", rate_limit="0")
        with server(env) as serving:
            with (
                Command(["ingest", str(posts.path)], env) as first,
                Command(["ingest", str(posts.path)], env) as second,
            ):
                for command in (first, second):
                    assert command.wait(120) == 1, command.stderr
                    assert [line for line in command.stderr.splitlines() if f" of {COUNT} · " not in line] == []
            posts.proven(rest)
            assert {path: times for path, times in posts.asked.items() if times != posts.expected(path)} == {}
            assert len(rest.workers()) > 1, "one did it all: the test proves nothing"
            serving.interrupt()
            assert serving.wait(20) == 0, serving.stderr
            assert serving.stderr == ""
        assert not rest.held()


@contextmanager
def cut(proxy: Proxy, command: Command) -> Iterator[None]:
    """Cut a connection off for five seconds, or for as long as the block lasts if that is longer."""
    began = time.monotonic()
    proxy.cut()
    yield
    command.until(lambda: time.monotonic() - began >= CUT_SECONDS, what="the outage is over")
    proxy.restore()


def in_the_middle(command: Command, rest: Rest) -> None:
    """Wait until a part of the work is done, and a part is being done."""
    command.until(lambda: rest.done >= COUNT / 5 and rest.held(), what="it is in the middle")
    assert rest.count("pending"), "it is done: the test proves nothing"


def ends_whole(command: Command, rest: Rest, posts: Posts) -> None:
    """An import ends by itself, with what must have failed and nothing else, and complains of nothing more."""
    assert command.wait(120) == 1, command.stderr
    assert "Traceback" not in command.stderr, command.stderr
    assert f"{posts.count - posts.failing:,} stored, {posts.failing:,} failed" in command.stdout
    posts.proven(rest)


def put_back(aside: Path, folder: Path) -> None:
    """Put a folder back in its place, though somebody may have made an empty one there meanwhile."""

    def moved() -> bool:
        try:
            aside.rename(folder)
        except OSError:
            for path in sorted(folder.rglob("*"), reverse=True):
                path.rename(aside / path.relative_to(folder)) if path.is_file() else None
        return not aside.exists()

    wait_until(moved, 10, "the folder is back")


@contextmanager
def server(env: dict[str, str]) -> Iterator[Command]:
    """A `dank serve` that is ready."""
    port = free_port()
    with Command(["serve", "--port", str(port)], env) as serving:
        serving.until(lambda: answers(f"http://127.0.0.1:{port}/api/v1/ready"), what="it is ready")
        yield serving


def answers(url: str) -> bool:
    """Whether an address answers well."""
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def tiny_disk(folder: Path) -> Iterator[Callable[[], object]]:
    """A disk with next to no room at a folder; calling what is given makes it large."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NOT TESTED: no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=200m", str(folder)], check=True)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
