"""The database: SQLite (WAL) by default, PostgreSQL by URL, the same code.

What differs between the two stays here: how a write begins, how a lock is taken, how an upsert is said.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from dankmeme.errors import StorageError, first_line

SCHEMA = "0004"
"""The newest migration."""
_IDLE_SECONDS = 2.0
_FROZEN_SECONDS = 40
"""PostgreSQL ends the transaction of a process that was frozen in the middle of it: others wait for its locks."""
BUSY_SECONDS = 60
"""How long a writer waits for another one on SQLite."""

T = TypeVar("T")
Insert = sqlite.Insert | postgresql.Insert


class Database:
    """The metadata, behind short transactions.

    Args:
        url: `sqlite:///path` or `postgresql://…`.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = _with_driver(sa.make_url(url))
        except (SQLAlchemyError, ValueError):
            raise StorageError("bad-database", "DANK_DATABASE_URL is no database address") from None
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine = _sqlite(self.url) if self.is_sqlite else _postgresql(self.url)
        self._reader = self._engine if self.is_sqlite else self._engine.execution_options(isolation_level="AUTOCOMMIT")

    def __str__(self) -> str:
        """Where it is, without a password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection on which each statement reads for itself, what is committed at that moment.

        On SQLite nothing begins but where `write` says so; to ask for it again would cost more than most reads.
        """
        with self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that writes; on SQLite it holds the one write lock from its start."""
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def exclusive(self, name: str) -> Iterator[sa.Connection]:
        """A transaction that writes and that runs alone among those of the same name, in all processes."""
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(zlib.crc32(name.encode()))))
            yield connection

    def insert(self, table: sa.Table) -> Insert:
        """An insert that can say what happens on a conflict."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def add_missing(self, connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
        """Insert the rows whose key is not there yet."""
        if rows:
            connection.execute(self.insert(table).on_conflict_do_nothing(), rows)

    def put(self, connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows, or overwrite those with the same key."""
        if not rows:
            return
        statement = self.insert(table)
        keys = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)

    def migrate(self) -> None:
        """Bring the schema up to date; several processes may try at once.

        Raises:
            StorageError: `bad-database`, where it cannot be reached or is newer than this program.
        """
        try:
            if self._version() == SCHEMA:
                return
            with self.exclusive("migrate") as connection:
                from dankmeme.storage.migrations import upgrade

                upgrade(connection)
        except DBAPIError as error:
            what = first_line(error.orig or error)
            where = f" ({self.url.database})" if self.is_sqlite else ""
            raise StorageError("bad-database", f"the database cannot be used: {what}{where}") from None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _version(self) -> str | None:
        with self.read() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            version: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
            return version


def is_outage(error: BaseException) -> bool:
    """Whether an error says that the database is away, busy or full, and not that we asked for something wrong."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | sa.exc.TimeoutError)


def in_batches(rows: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """Rows in lists of at most `size`: a statement takes only so many parameters."""
    batch: list[T] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def clean(text: str | None, longest: int) -> str | None:
    """Text as both databases take it: no NUL, no half of a surrogate pair, not endless."""
    if text is None:
        return None
    return text[:longest].replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _with_driver(url: sa.URL) -> sa.URL:
    backend = url.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return url.set(drivername="sqlite+pysqlite")
    raise StorageError("bad-database", f"{backend} is no database we know: sqlite or postgresql are")


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database in (None, "", ":memory:"):
        raise StorageError("bad-database", "an SQLite database needs a file: sqlite:///PATH")
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise StorageError("bad-database", f"the database cannot be in {folder}: {why}") from None
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_size=8, max_overflow=24)

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so, below
        set_up(connection)

    @sa.event.listens_for(engine, "begin")
    def began(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def set_up(connection: sqlite3.Connection) -> None:
    """Set a connection to SQLite up, ours or the engine's: in WAL, with fewer syncs to disk, foreign keys enforced."""
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on; while another connection does just that, SQLite answers "locked" at once."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _postgresql(url: sa.URL) -> sa.Engine:
    patience: dict[str, Any] = {"connect_timeout": 5, "keepalives_idle": 20, "keepalives_interval": 5}
    patience |= {"keepalives_count": 3, "options": f"-c idle_in_transaction_session_timeout={_FROZEN_SECONDS}s"}
    engine = sa.create_engine(url, pool_size=8, max_overflow=24, connect_args=patience)

    @sa.event.listens_for(engine, "checkin")
    def given_back(_: object, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def taken(connection: Any, record: Any, _: object) -> None:
        """A connection that lay idle is tried before it is used: the server may have gone and come back."""
        if time.monotonic() - record.info.get("idle_since", time.monotonic()) > _IDLE_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.dbapi.Error:  # type: ignore[union-attr]
                raise sa.exc.DisconnectionError from None

    return engine
