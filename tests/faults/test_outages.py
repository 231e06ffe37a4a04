"""Database, bucket or disk go away in the middle of a run and come back: it ends by itself, and nothing is lost."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import free_port
from tests.faults.postgres import PORT, Postgres, restarted
from tests.faults.posts import Posts, served
from tests.faults.processes import Command, environment
from tests.faults.proxy import Proxy
from tests.faults.resting import Folder, Rest, at_home, in_postgres
from tests.faults.running import PROVE, finish, long, queue, settings
from tests.faults.s3 import S3Server
from tests.faults.table import Tally, Tried
from tests.faults.waiting import wait_until

COUNT, CUT_SECONDS = (300, 5.0) if PROVE else (200, 2.5)
AWAY, BACK = "waiting for storage", "storage is back"


def test_a_database_that_is_cut_off_while_posts_are_taken_in(tmp_path: Path, postgres: Postgres, tried: Tried) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts, Proxy(PORT) as proxy:
        env = settings(posts, home=str(tmp_path), database_url=postgres.through(proxy.port).url)
        with Command(["ingest", str(posts.path)], env) as command:
            in_the_middle(command, rest)
            with cut(proxy, command):
                command.until(lambda: AWAY in command.stderr, what="it waits for the database")
            tally, took = ends_whole(command, rest, posts)
            assert BACK in command.stderr
    tried("ingest", "the connection to PostgreSQL cut", tally, seconds=took)


@long
@pytest.mark.parametrize("moment", ["posts", "executors"])
def test_a_database_that_is_cut_off_while_an_ingest_starts(
    moment: str, tmp_path: Path, postgres: Postgres, tried: Tried
) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", 60) as posts, Proxy(PORT) as proxy:
        env = settings(posts, home=str(tmp_path), database_url=postgres.through(proxy.port).url)
        with Command(["ingest", str(posts.path)], env) as command:
            command.until(lambda: rest.rows(f"SELECT * FROM {moment}"), what=f"there are {moment}")
            with cut(proxy, command):
                pass
            tally, took = ends_whole(command, rest, posts)
    tried("ingest", "the connection to PostgreSQL cut at the start", tally, seconds=took)


@long
def test_a_database_whose_connections_are_dropped_again_and_again(
    tmp_path: Path, postgres: Postgres, tried: Tried
) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts:
        env = settings(posts, home=str(tmp_path), database_url=postgres.url)
        with Command(["ingest", str(posts.path)], env) as command:
            times = 0
            for share in (0.05, 0.2, 0.4, 0.6, 0.8):
                command.until(lambda share=share: rest.done >= share * posts.count, what=f"{share:.0%} is done")
                assert postgres.hang_up()
                times += 1
            tally, took = ends_whole(command, rest, posts)
    tried("ingest", "PostgreSQL hangs up on everybody", tally, times=times, seconds=took)


@long
def test_a_worker_outlives_a_database_that_is_cut_off(tmp_path: Path, postgres: Postgres, tried: Tried) -> None:
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
        tried("ingest by a worker", "the connection to PostgreSQL cut", posts.proven(rest))


@long
def test_a_database_server_that_is_restarted(tmp_path: Path, postgres: Postgres, tried: Tried) -> None:
    rest = in_postgres(postgres, Folder(tmp_path / "bucket"))
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts:
        env = settings(posts, home=str(tmp_path), database_url=postgres.url)
        with Command(["ingest", str(posts.path)], env) as command:
            in_the_middle(command, rest)
            with restarted():
                command.until(lambda: AWAY in command.stderr, what="it waits for the database")
            tally, took = ends_whole(command, rest, posts)
    tried("ingest", "PostgreSQL killed and started again", tally, seconds=took)


def test_a_bucket_whose_folder_is_away(tmp_path: Path, tried: Tried) -> None:
    rest, folder, aside = at_home(tmp_path / "home"), tmp_path / "home" / "bucket", tmp_path / "home" / "aside"
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts:
        with Command(["ingest", str(posts.path)], settings(posts, home=str(tmp_path / "home"))) as command:
            in_the_middle(command, rest)
            folder.rename(aside)
            folder.write_text("no folder")
            command.until(lambda: AWAY in command.stderr, what="it waits for the bucket")
            folder.unlink()
            put_back(aside, folder)
            tally, took = ends_whole(command, rest, posts)
            assert BACK in command.stderr
    tried("ingest", "the bucket's folder away", tally, seconds=took)


def test_an_s3_server_that_is_away(tmp_path: Path, s3: S3Server, tried: Tried) -> None:
    rest = at_home(tmp_path / "home", s3)
    with served(tmp_path / "posts", COUNT, pause=0.05) as posts:
        env = settings(posts, home=str(tmp_path / "home"), bucket_url=s3.url) | s3.environment
        with Command(["ingest", str(posts.path)], env) as command:
            in_the_middle(command, rest)
            s3.stop()
            command.until(lambda: AWAY in command.stderr, what="it waits for the bucket")
            s3.start()
            tally, took = ends_whole(command, rest, posts)
            assert BACK in command.stderr
    tried("ingest", "the S3 server away", tally, seconds=took)


def test_a_disk_that_is_full(tmp_path: Path, tried: Tried) -> None:
    rest = at_home(tmp_path / "home")
    bucket = tmp_path / "home" / "bucket"
    bucket.mkdir(parents=True)
    with tiny_disk(bucket) as grow, served(tmp_path / "posts", COUNT, pause=0.02) as posts:
        with Command(["ingest", str(posts.path)], settings(posts, home=str(tmp_path / "home"))) as command:
            command.until(lambda: AWAY in command.stderr, what="it waits for room")
            assert "space" in command.stderr, command.stderr
            grow()
            tally, took = ends_whole(command, rest, posts)
    tried("ingest", "the bucket's disk full", tally, seconds=took)


def test_two_ingests_and_a_server_on_the_same_home_fetch_nothing_twice(tmp_path: Path, tried: Tried) -> None:
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
            tried("ingest", "three processes at the same work", posts.proven(rest))
            assert {path: times for path, times in posts.asked.items() if times != posts.expected(path)} == {}
            assert len(rest.workers()) > 1, "one did it all: the test proves nothing"
            serving.interrupt()
            assert serving.wait(20) == 0, serving.stderr
            assert serving.stderr == ""
        assert not rest.held()


@long
def test_a_disk_that_is_full_with_the_database_on_it(tmp_path: Path, tried: Tried) -> None:
    home = tmp_path / "home"
    home.mkdir()
    rest = at_home(home)
    with tiny_disk(home, "3m") as grow, served(tmp_path / "posts", COUNT, pause=0.02) as posts:
        with Command(["ingest", str(posts.path)], settings(posts, home=str(home))) as command:
            command.until(lambda: AWAY in command.stderr, what="it waits for room")
            grow()
            tally, took = ends_whole(command, rest, posts)
    tried("ingest", "the disk of database, queues and bucket full", tally, seconds=took)


@long
def test_a_database_server_that_is_restarted_while_many_ask(
    tmp_path: Path, postgres: Postgres, tried: Tried, examples: list[Path]
) -> None:
    """Verdicts need no database: not one may fail. The feed needs it, and says so until it is back."""
    env = environment(home=str(tmp_path), database_url=postgres.url, captions="false", rate_limit="0")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    verdicts: list[int] = []
    feeds: list[int] = []
    ending = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            while not ending.is_set():
                verdicts.append(client.post("/api/v1/classify", files={"file": examples[0].read_bytes()}).status_code)
                feeds.append(client.get("/api/v1/posts").status_code)

    with Command(["serve", "--port", str(port)], env) as serving:
        serving.until(lambda: answers(f"{url}/api/v1/ready"), what="it is ready")
        with ThreadPoolExecutor(4) as threads:
            asking = [threads.submit(ask) for _ in range(4)]
            serving.until(lambda: len(verdicts) > 40, what="many ask")
            with restarted():
                seen = len(verdicts)
                serving.until(lambda: len(verdicts) > seen + 20 and 503 in feeds, what="they are told that it is away")
            began = time.monotonic()
            serving.until(lambda: answers(f"{url}/api/v1/posts"), what="the feed is back")
            took = time.monotonic() - began
            ending.set()
            for each in asking:
                each.result()
    assert set(feeds) <= {200, 503}
    lost = sum(status != 200 for status in verdicts)
    tried("classify", "PostgreSQL killed and started again, under load", Tally(len(verdicts), lost), seconds=took)


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


def ends_whole(command: Command, rest: Rest, posts: Posts) -> tuple[Tally, float]:
    """An import ends by itself, with what must have failed and nothing else, and complains of nothing more.

    Returns:
        What was counted, and after how many seconds it had ended.
    """
    began = time.monotonic()
    assert command.wait(120) == 1, command.stderr
    took = time.monotonic() - began
    assert "Traceback" not in command.stderr, command.stderr
    assert f"{posts.count - posts.failing:,} stored, {posts.failing:,} failed" in command.stdout
    return posts.proven(rest), took


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
def tiny_disk(folder: Path, size: str = "256k") -> Iterator[Callable[[], object]]:
    """A disk with next to no room at a folder; calling what is given makes it large."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NOT TESTED: no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=200m", str(folder)], check=True)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
