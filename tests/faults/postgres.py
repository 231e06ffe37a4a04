"""A database of one's own in the PostgreSQL on this machine, and a restart of all of it for `make prove`."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest

from tests.faults.waiting import wait_until

HOST, PORT = "127.0.0.1", int(os.environ.get("PGPORT", "5432"))
_USER = "postgres"


@dataclass(frozen=True)
class Postgres:
    """A fresh database.

    Attributes:
        name: of the database.
        port: where it is reached: the server's own, or a proxy's.
    """

    name: str
    port: int = PORT

    @property
    def url(self) -> str:
        """What `DANK_DATABASE_URL` takes."""
        return f"postgresql+psycopg://{_USER}@{HOST}:{self.port}/{self.name}"

    def through(self, port: int) -> Postgres:
        """The same database by another port, of a proxy in front of the server."""
        return Postgres(self.name, port)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """What a query answers, asked of the server itself."""
        with connected(self.name) as connection:
            return connection.execute(query.encode()).fetchall()

    def hang_up(self) -> int:
        """Have the server end everybody's connections to the database, as a failover does; how many there were."""
        with connected("postgres") as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            return len(connection.execute(query, [self.name]).fetchall())


def why_not() -> str | None:
    """Why there is no PostgreSQL to test with; None where there is one."""
    try:
        with connected("postgres"):
            return None
    except psycopg.OperationalError as error:
        return f"no PostgreSQL answers {_USER}@{HOST}:{PORT} without a password: {str(error).splitlines()[0]}"


def required() -> bool:
    """Whether tests must fail, not skip, where a service is missing."""
    return os.environ.get("DANK_REQUIRE_SERVICES", "") not in ("", "0")


@contextmanager
def fresh_database() -> Iterator[Postgres]:
    """A new database, dropped at the end whoever is still connected."""
    name = f"dank_test_{uuid.uuid4().hex[:12]}"
    with connected("postgres") as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield Postgres(name)
    finally:
        with connected("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A fresh database. Skips where no PostgreSQL answers, but fails with `DANK_REQUIRE_SERVICES=1`."""
    need_postgres()
    with fresh_database() as database:
        yield database


def need_postgres() -> None:
    """Skip the test, or fail it with `DANK_REQUIRE_SERVICES=1`, where no PostgreSQL answers."""
    if reason := why_not():
        if required():
            pytest.fail(reason)
        pytest.skip(f"NOT TESTED: {reason}")


@contextmanager
def restarted() -> Iterator[None]:
    """Stop the server, at once and with no goodbye, for as long as the block lasts; then start it again.

    It takes the server from everybody on this machine: only with `DANK_PROVE=1`, else the test is skipped.
    """
    if os.environ.get("DANK_PROVE", "") in ("", "0"):
        pytest.skip("restarts PostgreSQL: only with DANK_PROVE=1")
    control = shutil.which("pg_ctlcluster")
    if control is None:
        pytest.fail("pg_ctlcluster is not installed: PostgreSQL cannot be restarted")
    version, cluster = _cluster()
    subprocess.run([control, version, cluster, "stop", "-m", "immediate"], check=True)
    try:
        yield
    finally:
        subprocess.run([control, version, cluster, "start"], check=True)
        wait_until(lambda: why_not() is None, 60, "PostgreSQL is back")


@contextmanager
def connected(database: str) -> Iterator[psycopg.Connection]:
    """A connection to the server itself that commits each statement."""
    url = f"postgresql://{_USER}@{HOST}:{PORT}/{database}"
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        yield connection


def _cluster() -> tuple[str, str]:
    """Version and name of the cluster on our port."""
    listed = subprocess.run(["pg_lsclusters", "--no-header"], check=True, capture_output=True, text=True).stdout
    for version, name, port, *_ in map(str.split, listed.splitlines()):
        if port == str(PORT):
            return version, name
    raise AssertionError(f"no cluster of this machine is on port {PORT}:\n{listed}")
