"""What rests in a database and a bucket, read past the product."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.postgres import Postgres
from tests.faults.s3 import S3Server


class SqliteFile:
    """A file that another process may be writing to.

    Args:
        path: of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query answers; nothing where the file is not there yet."""
        if not self._path.exists():
            return []
        with closing(sqlite3.connect(self._path, timeout=20)) as connection:
            return connection.execute(query).fetchall()


class Folder:
    """A bucket that is a folder.

    Args:
        path: of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def keys(self) -> list[str]:
        """All files, half-written ones too."""
        found = (path.relative_to(self._path).as_posix() for path in self._path.rglob("*") if path.is_file())
        return sorted(found)

    def object(self, key: str) -> bytes:
        return (self._path / key).read_bytes()


class Rest:
    """Database and bucket, and the queues beside them."""

    def __init__(
        self, database: SqliteFile | Postgres, queues: SqliteFile | Postgres, bucket: Folder | S3Server
    ) -> None:
        self._database, self._queues, self._bucket = database, queues, bucket
        self._schema = "dbos." if isinstance(queues, Postgres) else ""

    def rows(self, query: str) -> list[Any]:
        """What a query answers."""
        return _rows(self._database, query)

    def objects(self) -> list[str]:
        """Keys of all objects of the bucket, in order."""
        return sorted(self._bucket.keys())

    def object(self, key: str) -> bytes:
        """One of them."""
        return self._bucket.object(key)

    def count(self, state: str) -> int:
        """How many pictures are in a state: pending, stored or failed."""
        rows = self.rows(f"SELECT count(*) FROM post_images WHERE state = '{state}'")
        return int(rows[0][0]) if rows else 0

    @property
    def done(self) -> int:
        """How many pictures are stored or failed."""
        return self.count("stored") + self.count("failed")

    def workers(self) -> set[str]:
        """Ids of all processes that ever did a piece of work."""
        rows = _rows(self._queues, f"SELECT DISTINCT executor_id FROM {self._schema}workflow_status")
        return {row[0] for row in rows if row[0]}

    def settled(self) -> bool:
        """Whether everything is stored or failed, and compared."""
        open_ones = self.count("pending") or self.rows("SELECT 1 FROM images WHERE place IS NULL")
        return not open_ones and not self.held()

    def held(self, executor: str | None = None, queue: str | None = None) -> int:
        """How many pieces of work, of one queue or of all, a process holds or all processes do."""
        mine = f" AND executor_id = '{executor}'" if executor else ""
        mine += f" AND name = '{queue}'" if queue else ""
        query = f"SELECT count(*) FROM {self._schema}workflow_status WHERE status = 'PENDING'{mine}"
        rows = _rows(self._queues, query)
        return int(rows[0][0]) if rows else 0


def _rows(database: SqliteFile | Postgres, query: str) -> list[Any]:
    """What a query answers; nothing where its tables are not there yet."""
    try:
        return list(database.rows(query))
    except (sqlite3.OperationalError, psycopg.errors.UndefinedTable) as error:
        if isinstance(error, sqlite3.Error) and "no such table" not in str(error):
            raise
        return []


def at_home(home: Path, bucket: Folder | S3Server | None = None) -> Rest:
    """What rests in a `DANK_HOME`."""
    return Rest(SqliteFile(home / "dank.db"), SqliteFile(home / "dank.queues.db"), bucket or Folder(home / "bucket"))


def in_postgres(database: Postgres, bucket: Folder | S3Server) -> Rest:
    """What rests in a PostgreSQL database and a bucket."""
    return Rest(database, database, bucket)
