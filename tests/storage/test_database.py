from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dankmeme.errors import StorageError
from dankmeme.storage.database import SCHEMA, Database, in_batches, is_outage
from dankmeme.storage.tables import metadata
from tests.conftest import free_port
from tests.storage.making import at_once

MIGRATE = "import sys; from dankmeme.storage.database import Database; Database(sys.argv[1]).migrate()"


def migrated(address: str) -> Database:
    database = Database(address)
    database.migrate()
    return database


def test_a_fresh_database_gets_the_schema_that_the_tables_describe(address: str) -> None:
    database = migrated(address)
    with database.read() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_object": _is_no_search_index}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == SCHEMA
    database.close()


def _is_no_search_index(_: object, name: str | None, *__: object) -> bool:
    """Each database has its own kind of full-text index, which no table describes."""
    return not str(name).startswith("feed_search")


def test_migrating_twice_keeps_what_is_there(address: str) -> None:
    database = migrated(address)
    with database.write() as connection:
        database.put(connection, metadata.tables["tombstones"], [TOMBSTONE])
    database.migrate()
    database.close()
    again = migrated(address)
    with again.read() as connection:
        assert connection.execute(sa.select(metadata.tables["tombstones"])).mappings().all() == [TOMBSTONE]
    again.close()


TOMBSTONE = {"kind": "post", "key": "reddit:1", "deleted_utc": 1.5, "purged": True}


def test_processes_that_migrate_at_once_all_succeed(address: str) -> None:
    command = [sys.executable, "-c", MIGRATE, address]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    complaints = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 4, complaints


def test_threads_that_migrate_at_once_all_succeed(address: str) -> None:
    for database in at_once(lambda _: migrated(address), 4):
        database.close()


def test_a_database_that_is_just_being_made_is_waited_for(tmp_path: Path) -> None:
    """Where the write-ahead log is still off, SQLite refuses to turn it on beside a writer, and does not wait."""
    other = sqlite3.connect(tmp_path / "dank.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ends = Timer(0.3, other.execute, ["COMMIT"])
    ends.start()
    migrated(f"sqlite:///{tmp_path / 'dank.db'}").close()
    ends.join()
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(address: str) -> None:
    database = migrated(address)
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="made by a newer version") as caught:
        database.migrate()
    assert caught.value.code == "bad-database"
    with database.read() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "9999"
    database.close()


def test_a_database_that_cannot_be_reached_is_one_clear_error() -> None:
    database = Database(f"postgresql://somebody:secret@127.0.0.1:{free_port()}/dank")
    with pytest.raises(StorageError, match=r"the database cannot be used: .*refused") as caught:
        database.migrate()
    assert "secret" not in caught.value.message
    database.close()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nonsense", "no database address"),
        ("postgresql://host:port/dank", "no database address"),
        ("mysql://host/dank", "mysql is no database we know"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:////proc/nowhere/dank.db", "/proc/nowhere: No such file"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_at_once(address: str, message: str) -> None:
    with pytest.raises(StorageError, match=message) as caught:
        Database(address)
    assert caught.value.code == "bad-database"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dank.db").write_text("dear diary " * 500)
    database = Database(f"sqlite:///{tmp_path / 'dank.db'}")
    with pytest.raises(StorageError, match="not a database"):
        database.migrate()
    database.close()
    assert (tmp_path / "dank.db").read_text().startswith("dear diary")


def test_what_was_put_is_overwritten_and_what_was_added_is_not(database: Database) -> None:
    table = metadata.tables["tombstones"]
    with database.write() as connection:
        database.put(connection, table, [TOMBSTONE])
        database.put(connection, table, [TOMBSTONE | {"deleted_utc": 2.5}])
        database.add_missing(connection, table, [TOMBSTONE | {"deleted_utc": 9.0}])
        assert connection.scalars(sa.select(table.c.deleted_utc)).all() == [2.5]


def test_writes_that_exclude_each_other_run_one_after_the_other(database: Database) -> None:
    inside: list[int] = []

    def count(number: int) -> int:
        with database.exclusive("counting") as connection:
            inside.append(number)
            connection.execute(sa.select(1))
            most = len(inside)
            inside.remove(number)
            return most

    assert at_once(count, 6) == [1] * 6


def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        database.put(connection, metadata.tables["tombstones"], [TOMBSTONE, TOMBSTONE | {"key": None}])
    with database.read() as connection:
        assert connection.scalars(sa.select(metadata.tables["tombstones"].c.key)).all() == []


def test_a_wrong_statement_is_no_outage(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError) as caught, database.write() as connection:
        connection.execute(sa.insert(metadata.tables["tombstones"]), [{"kind": "post", "key": None}])
    assert not is_outage(caught.value)


def test_batches_hold_everything_in_order() -> None:
    assert list(in_batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(in_batches([])) == []
