from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dankmeme.storage.bucket import Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.tables import metadata
from tests.faults.postgres import fresh_database, need_postgres
from tests.faults.s3 import S3Server

BOTH = ["sqlite", "postgres"]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with its schema."""
    path = tmp_path_factory.mktemp("template") / "dank.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture(scope="module", params=BOTH)
def server(request: pytest.FixtureRequest) -> Iterator[Database | None]:
    """Of each module an own PostgreSQL database with its schema; None for SQLite."""
    if request.param == "sqlite":
        yield None
        return
    need_postgres()
    with fresh_database() as postgres:
        database = Database(postgres.url)
        database.migrate()
        yield database
        database.close()


@pytest.fixture
def database(server: Database | None, template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty database of either kind, with its schema."""
    if server is not None:
        with server.write() as connection:
            for table in reversed(metadata.sorted_tables):  # of few rows; truncating so many tables takes far longer
                connection.execute(sa.delete(table))
        yield server
        return
    shutil.copy(template, tmp_path / "dank.db")
    database = Database(f"sqlite:///{tmp_path / 'dank.db'}")
    yield database
    database.close()


@pytest.fixture(params=BOTH)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database in which there is nothing at all, of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'dank.db'}"
        return
    need_postgres()
    with fresh_database() as postgres:
        yield postgres.url


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 bucket; the environment leads to it."""
    with S3Server() as server:
        before = {name: os.environ.get(name) for name in server.environment}
        os.environ.update(server.environment)
        yield server.url
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@pytest.fixture(params=["folder", "s3"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    """An empty folder, or an S3 bucket that others used before."""
    return Bucket(str(tmp_path / "bucket") if request.param == "folder" else request.getfixturevalue("s3"))
