"""Everything that the embedded default keeps, in one file and back: while it is in use, without stopping anything.

An archive is a zstd-compressed tar: a consistent copy of the database (SQLite's backup API), pictures, registered
models, feedback and the admin token, and last a list of all of it with checksums. The queues are left out: whoever
opens the restored database finds the work in it that is not done and queues it anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import zstandard

from dankmeme.errors import StorageError
from dankmeme.settings import Settings
from dankmeme.storage.bucket import HALF_WRITTEN
from dankmeme.storage.database import SCHEMA
from dankmeme.version import __version__

FORMAT = 1
DATABASE, LIST = "dank.db", "contents.json"
_FOLDERS = ("bucket", "models/registered")
_FILES = ("feedback.jsonl", "admin-token")
_LOGS = ("dank.db-*", "dank.queues.db*")
"""What SQLite keeps beside a database: it would play the log of another one into a database that was put there."""
_OURS = (".backup.", ".restore.")
_LEFT_SECONDS = 86_400.0
"""Folders of ours that are so old were left by a process that was killed."""
_PIECE = 1 << 20
Told = Callable[[str, float, float], None]


@dataclass(frozen=True)
class Contents:
    """What an archive holds.

    Attributes:
        files: how many, the database among them.
        bytes: how many, before compression.
        made_utc: when its database was copied, seconds since 1970.
        version: of the program that made it.
        schema: of its database.
    """

    files: int
    bytes: int
    made_utc: float
    version: str
    schema: str


def backup(settings: Settings, archive: Path, told: Told = lambda *_: None) -> Contents:
    """Write everything to a new archive, which is there whole or not at all.

    What changes meanwhile is as it was when the database was copied, or newer: pictures that are deleted while this
    runs may be missing, pictures that come are left over; neither does harm.

    Args:
        settings: of the embedded default.
        archive: a new file; readable by its owner alone, since it holds the admin token.
        told: hears how far it is.

    Raises:
        StorageError: `no-embedded` where database or bucket are elsewhere, `bad-archive` where it cannot be written.
    """
    database = _embedded(settings)
    if archive.exists():
        raise StorageError("bad-archive", f"{archive} is there already")
    if not database.is_file():
        raise StorageError("bad-archive", f"there is nothing to back up: no database in {settings.home}")
    _forget_left(settings.home)
    part = archive.with_name(f".{archive.name}.{os.getpid()}.part")
    try:
        with _private(part) as file:
            written = _write(settings, database, file, told)
        part.replace(archive)
    except OSError as error:
        raise StorageError("bad-archive", f"{archive} cannot be written: {error.strerror}") from None
    except sqlite3.Error as error:
        raise StorageError("bad-archive", f"the database cannot be copied into {settings.home}: {error}") from None
    finally:
        part.unlink(missing_ok=True)
    return written


def restore(settings: Settings, archive: Path, told: Told = lambda *_: None) -> Contents:
    """Put back what an archive holds, where there is nothing yet: all of it or, where anything is wrong, nothing.

    Raises:
        StorageError: `no-embedded`; `bad-archive` where it is damaged, incomplete, or of a newer program;
            `home-not-empty` where something is kept already.
    """
    database = _embedded(settings)
    home = settings.home.absolute()
    taken = [name for name in (DATABASE, *_FOLDERS, *_FILES) if (home / name).exists()]
    taken += sorted(path.name for pattern in _LOGS for path in home.glob(pattern))
    if database.exists() or taken:
        what = ", ".join(taken[:3])
        raise StorageError("home-not-empty", f"{home} holds {what} already: restore into an empty DANK_HOME")
    home.mkdir(parents=True, exist_ok=True)
    _forget_left(home)
    part = home / f".restore.{secrets.token_hex(4)}"
    try:
        part.mkdir(mode=0o700)
        contents = _unpack(archive, part, told)
        _move(part, home)
    except OSError as error:
        raise StorageError("bad-archive", f"{archive} cannot be restored: {error.strerror or error}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return contents


def _move(part: Path, home: Path) -> None:
    """Put all of it in its place; where that breaks off, what was put there is taken away again."""
    moved: list[str] = []
    try:
        for name in (*_FOLDERS, *_FILES, DATABASE):  # the database last: with it everything is there
            if (part / name).exists():
                (home / name).parent.mkdir(parents=True, exist_ok=True)
                (part / name).replace(home / name)
                moved.append(name)
    except BaseException:
        for name in moved:
            (home / name).replace(part / name)
        raise


def _forget_left(home: Path) -> None:
    """Remove copies that a process left which was killed at this."""
    for path in home.glob(".*"):
        if path.name.startswith(_OURS) and time.time() - path.stat().st_mtime > _LEFT_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _embedded(settings: Settings) -> Path:
    """The database's file.

    Raises:
        StorageError: `no-embedded`.
    """
    elsewhere = [
        f"DANK_{name.upper()}" for name in ("database_url", "bucket_url", "models_url") if getattr(settings, name)
    ]
    if elsewhere:
        raise StorageError(
            "no-embedded",
            f"{' and '.join(elsewhere)} say that not everything is in DANK_HOME: use the means of your "
            "database and bucket (pg_dump, versioned buckets)",
        )
    return settings.home.absolute() / DATABASE


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _write(settings: Settings, database: Path, file: IO[bytes], told: Told) -> Contents:
    made = time.time()
    home = settings.home.absolute()
    with (
        tempfile.TemporaryDirectory(dir=home, prefix=".backup.") as place,
        zstandard.ZstdCompressor(level=3, threads=-1).stream_writer(file, closefd=False) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        copy = Path(place) / DATABASE
        _copy_database(database, copy, told)
        known: dict[str, dict[str, str | int]] = {}
        _add(tar, known, DATABASE, copy)
        paths = sorted(_kept(home))
        for done, path in enumerate(paths):
            _add(tar, known, path.relative_to(home).as_posix(), path)
            told("files", done + 1, len(paths))
        contents = Contents(len(known), sum(int(each["bytes"]) for each in known.values()), made, __version__, SCHEMA)
        _add_text(tar, LIST, json.dumps({"format": FORMAT, **vars(contents), "sha256": known}))
    return contents


def _copy_database(source: Path, copy: Path, told: Told) -> None:
    """Copy it as it is now. Without the transaction SQLite would begin anew whenever somebody writes meanwhile."""
    with closing(sqlite3.connect(source, isolation_level=None)) as live, closing(sqlite3.connect(copy)) as kept:
        live.execute("BEGIN")
        live.execute("SELECT 1 FROM sqlite_master").fetchone()
        live.backup(kept, pages=4_096, progress=lambda _, left, all_: told("database", all_ - left, all_))
        kept.execute("PRAGMA journal_mode=DELETE")


def _kept(home: Path) -> Iterator[Path]:
    """All files but the database that are to be kept."""
    for name in _FILES:
        if (home / name).is_file():
            yield home / name
    for folder in _FOLDERS:
        for place, _, names in os.walk(home / folder):
            yield from (Path(place, name) for name in names if not HALF_WRITTEN.search(name))


def _add(tar: tarfile.TarFile, known: dict[str, dict[str, str | int]], name: str, path: Path) -> None:
    """Add a file with its checksum; one that went away meanwhile is left out."""
    try:
        with path.open("rb") as file:
            facts = _plain(name, os.fstat(file.fileno()).st_size)
            reader = _Hashing(file)
            tar.addfile(facts, reader)
    except FileNotFoundError:
        return
    known[name] = {"sha256": reader.digest.hexdigest(), "bytes": facts.size}


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    tar.addfile(_plain(name, len(data)), io.BytesIO(data))


def _plain(name: str, size: int) -> tarfile.TarInfo:
    facts = tarfile.TarInfo(name)
    facts.size, facts.mode, facts.mtime = size, 0o600, int(time.time())
    return facts


class _Hashing(io.RawIOBase):
    """Reads a file and takes its checksum on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def _unpack(archive: Path, part: Path, told: Told) -> Contents:
    """Write what an archive holds into a folder, and compare it with the archive's own list."""
    found: dict[str, dict[str, str | int]] = {}
    listed: dict[str, object] | None = None
    try:
        with (
            archive.open("rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file) as stream,
            tarfile.open(fileobj=stream, mode="r|") as tar,
        ):
            for facts in tar:
                data = tar.extractfile(facts) if facts.isfile() and _is_ours(facts.name) else None
                if data is None:
                    raise StorageError(
                        "bad-archive", f"{archive.name} holds what no backup of ours does: {facts.name!r}"
                    )
                if facts.name == LIST:
                    listed = json.loads(data.read())
                else:
                    found[facts.name] = _unpacked(data, part / facts.name)
                    told("files", len(found), 0)
    except (tarfile.TarError, zstandard.ZstdError, EOFError, ValueError) as error:
        raise StorageError("bad-archive", f"{archive.name} is no backup, or damaged: {error}") from None
    if listed is None:
        raise StorageError("bad-archive", f"{archive.name} is incomplete: its list of contents is missing")
    if listed.get("format") != FORMAT or str(listed.get("schema")) > SCHEMA:
        raise StorageError("bad-archive", f"{archive.name} was made by a newer dankmeme ({listed.get('version')})")
    if listed.get("sha256") != found or DATABASE not in found:
        raise StorageError("bad-archive", f"{archive.name} is damaged: not every file has its checksum")
    return Contents(**{name: listed[name] for name in Contents.__dataclass_fields__})  # type: ignore[arg-type]


def _is_ours(name: str) -> bool:
    """Whether a name may be written: one of those that a backup has, and nothing that leads elsewhere."""
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\\" in name or "\0" in name:
        return False
    return name in (DATABASE, LIST, *_FILES) or any(name.startswith(f"{folder}/") for folder in _FOLDERS)


def _unpacked(data: IO[bytes], path: Path) -> dict[str, str | int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with _private(path) as file:
        while piece := data.read(_PIECE):
            digest.update(piece)
            size += file.write(piece)
    return {"sha256": digest.hexdigest(), "bytes": size}
