"""What an ingestion left behind, read from its database and bucket and not from what it says of itself."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

POSTGRES = "127.0.0.1:5432"
_POLL = 0.05
_STATES = "SELECT state, count(*) FROM posts GROUP BY state"


def embedded_database(home: Path) -> Path:
    """The SQLite file of a `DANK_HOME` that holds the posts.

    Raises:
        RuntimeError: if there is none.
    """
    for path in sorted(home.rglob("*")):
        if path.is_file() and path.open("rb").read(15) == b"SQLite format 3" and "posts" in _tables(path):
            return path
    raise RuntimeError(f"no database with posts in {home}")


def embedded_states(home: Path) -> dict[str, int]:
    """How many posts are in each state (`pending`, `stored`, `failed`)."""
    with closing(sqlite3.connect(embedded_database(home))) as connection:
        return dict(connection.execute(_STATES).fetchall())


class FreshPostgres:
    """A new database in the PostgreSQL on this machine, dropped at the end."""

    def __init__(self) -> None:
        self.name = f"dank_bench_{uuid.uuid4().hex[:12]}"
        self.url = f"postgresql+psycopg://postgres@{POSTGRES}/{self.name}"

    def states(self) -> dict[str, int]:
        """How many posts are in each state; none before there is a table."""
        with _connected(self.name) as connection:
            if connection.execute("SELECT to_regclass('posts')").fetchone() == (None,):
                return {}
            return {str(state): int(count) for state, count in connection.execute(_STATES)}

    def wait_until(self, reached: Callable[[dict[str, int]], bool], alive: Callable[[], bool], seconds: float) -> float:
        """Poll the states.

        Returns:
            When they were reached, in seconds of `time.monotonic()`.

        Raises:
            RuntimeError: if that takes longer than `seconds`, or if `alive` says no.
        """
        deadline = time.monotonic() + seconds
        while not reached(states := self.states()):
            if time.monotonic() > deadline or not alive():
                raise RuntimeError(f"not all posts were done: {states}")
            time.sleep(_POLL)
        return time.monotonic()

    def __enter__(self) -> Self:
        with _connected("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{self.name}"')
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _connected("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


def postgres_answers() -> bool:
    """Whether there is a PostgreSQL on this machine that lets us in."""
    try:
        with _connected("postgres"):
            return True
    except psycopg.OperationalError:
        return False


def _tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


@contextmanager
def _connected(database: str) -> Iterator[psycopg.Connection]:
    url = f"postgresql://postgres@{POSTGRES}/{database}"
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        yield connection
