"""What `dank doctor` looks at beside the model bundle: each finding says how to mend what is wrong."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from dankmeme.errors import DankError, first_line
from dankmeme.models.registry import Registry
from dankmeme.pipeline import engine
from dankmeme.pipeline.network import make_fetcher
from dankmeme.settings import Settings
from dankmeme.sources.reddit import HOW, RedditSource, credentials
from dankmeme.storage import Storage, bucket, database, open_storage, schedules, status
from dankmeme.storage.executors import Pulse
from dankmeme.storage.shelf import Shelf

LEAST_BYTES, LEAST_MEMORY = 1_000_000_000, 1_500_000_000
"""With less room on the disk, or less memory, things will fail soon."""
LATE_SECONDS = 900.0
SKEW_SECONDS = 5.0
_ELSEWHERE = {"DANK_REQUIRE_SERVICES", "DANK_PROVE", "DANK_KILLS", "DANK_SEED", "DANK_MUTATIONS", "DANK_DATA"}
"""Variables of our tests and benches."""

State = Literal["well", "note", "fault"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: a `note` is worth knowing, and no fault.
        mend: what to do; empty where nothing is to be done.
    """

    name: str
    state: State
    detail: str
    mend: str = ""


def checkup(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look at everything that this installation rests on, one thing after the other.

    Args:
        settings: of this process.
        environment: that they come from.
    """
    yield _variables(environment)
    yield _memory()
    if settings.mode == "demo":
        yield Finding("mode", "note", "demo: no database, bucket or queue is used")
        return
    yield from _disks(settings)
    yield from _models_bucket(settings)
    storage = None
    try:
        storage = open_storage(settings)
    except DankError as error:
        yield Finding("database", "fault", error.message, _how_to_mend(settings, error.message))
    if storage is not None:
        with storage:
            for look in (_database, _bucket, _registry, _engine, _workers):
                yield from _attempted(look.__name__.strip("_"), look(storage, settings), settings)
    yield from _attempted("sources", _sources(settings, storage), settings)


def _variables(environment: Mapping[str, str]) -> Finding:
    known = {f"DANK_{name.upper()}" for name in Settings.model_fields} | _ELSEWHERE
    said = sorted(name for name in environment if name.startswith("DANK_") and environment[name])
    strange = [name for name in said if name not in known]
    if strange:
        return Finding(
            "settings", "fault", f"there is no setting {', '.join(strange)}", "see docs/settings.md for the names"
        )
    return Finding("settings", "well", ", ".join(said) if said else "all by default")


def _memory() -> Finding:
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    detail = f"{size / 1e9:.1f} GB, {len(os.sched_getaffinity(0))} cores"
    if size < LEAST_MEMORY:
        return Finding(
            "machine", "note", detail, "captions take some 210 MB a reader: DANK_CAPTIONS=false does without"
        )
    return Finding("machine", "well", detail)


def _disks(settings: Settings) -> Iterator[Finding]:
    """The disks that anything of ours is on, each once."""
    seen: set[int] = set()
    for folder in (settings.home, *_local_folders(settings)):
        place = next((each for each in (folder, *folder.parents) if _is_there(each)), None)
        if place is None or place.stat().st_dev in seen:
            continue
        seen.add(place.stat().st_dev)
        usage = shutil.disk_usage(place)
        detail = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.0f} GB are free at {folder}"
        if usage.free < LEAST_BYTES:
            yield Finding("disk", "fault", detail, "make room, or let pictures go sooner with DANK_IMAGE_DAYS")
        elif not os.access(place, os.W_OK | os.X_OK):
            yield Finding("disk", "fault", f"{place} cannot be written to", "give it to this user, or set DANK_HOME")
        else:
            yield Finding("disk", "well", detail)


def _is_there(path: Path) -> bool:
    """Whether it exists, as far as this user may know."""
    try:
        return path.exists()
    except OSError:
        return False


def _local_folders(settings: Settings) -> Iterator[Path]:
    for url in (settings.bucket, settings.models):
        if "://" not in url:
            yield Path(url)
        elif url.startswith("file://"):
            yield Path(url.removeprefix("file://"))


def _models_bucket(settings: Settings) -> Iterator[Finding]:
    try:
        shelf = Shelf(settings.models, settings.copies)
        shelf.try_out()
        yield Finding("models bucket", "well", f"{shelf}, can be written to")
    except DankError as error:
        yield Finding("models bucket", "fault", error.message, _BUCKET)


_RESTORE = "stop everything, move what is in DANK_HOME away, and restore the last backup: dank restore"
_DAMAGED = "malformed", "not a database"
"""What SQLite says of a file that is."""
_BUCKET = "look at the address, at the credentials in the environment, and whether this user may write there"


def _how_to_mend(settings: Settings, said: str) -> str:
    """What to do about a database that says so."""
    if not settings.database.startswith("sqlite"):
        return "look at DANK_DATABASE_URL, and whether the server runs and lets this user in"
    if any(words in said for words in _DAMAGED):
        return _RESTORE
    return "look whether this user may write there, and whether the disk has room"


def _attempted(name: str, look: Iterator[Finding], settings: Settings) -> Iterator[Finding]:
    """What a look finds; that the database or the bucket is away or damaged is a finding too."""
    try:
        yield from look
    except Exception as error:
        ours = isinstance(error, DankError | sa.exc.DBAPIError) or database.is_outage(error)
        if not ours and not bucket.is_outage(error):
            raise
        said = first_line(error.orig or error if isinstance(error, sa.exc.DBAPIError) else error)
        yield Finding(name, "fault", said, _BUCKET if bucket.is_outage(error) else _how_to_mend(settings, said))


def _database(storage: Storage, _: Settings) -> Iterator[Finding]:
    there = storage.database
    size = status.database_bytes(there)
    yield Finding("database", "well", f"{there}, schema {database.SCHEMA}, {(size or 0) / 1e6:,.1f} MB")
    if there.is_sqlite:
        with there.read() as connection:
            said = connection.execute(sa.text("PRAGMA quick_check(1)")).scalar()
        if said != "ok":
            yield Finding("database file", "fault", str(said), _RESTORE)
        return
    with there.read() as connection:
        skew = abs(
            float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar() or 0)
            - time.time()
        )
    if skew > SKEW_SECONDS:
        yield Finding(
            "clock",
            "fault",
            f"differs from the database's by {skew:.0f} s",
            "let both machines ask a time server (NTP)",
        )


def _bucket(storage: Storage, _: Settings) -> Iterator[Finding]:
    storage.bucket.try_out()
    yield Finding("bucket", "well", f"{storage.bucket}, can be written to")


def _registry(storage: Storage, settings: Settings) -> Iterator[Finding]:
    registry = Registry.of(settings, storage.database)
    lineup = registry.lineup()
    for role, placed in [("active", lineup.active), *(("shadow", each) for each in lineup.shadows)]:
        try:
            registry.bundle(placed)
            yield Finding(f"{role} model", "well", f"{placed.version}, whole")
        except DankError as error:
            yield Finding(f"{role} model", "fault", error.message, "dank models rollback, or add the bundle again")


def _engine(storage: Storage, _: Settings) -> Iterator[Finding]:
    states = engine.states(storage.database)
    if not states:
        yield Finding("queues", "note", "no process has worked on this database yet", "dank serve or dank worker does")
    for each in states:
        detail = f"{each.name}: {each.waiting:,} waiting, {each.running:,} running, {each.delayed:,} later"
        if each.paused:
            yield Finding("queue", "note", f"{detail}, paused", f"dank queue resume {each.name}")
        elif each.oldest > LATE_SECONDS:
            yield Finding(
                "queue",
                "fault",
                f"{detail}; the oldest waits for {each.oldest / 60:,.0f} minutes",
                "start more of dank worker",
            )
        else:
            yield Finding("queue", "well", detail)


def _workers(storage: Storage, _: Settings) -> Iterator[Finding]:
    known = status.processes(storage.database)
    alive = known - Pulse(storage.database, "").dead(set())
    waits = status.waits(storage.database)
    if not alive and waits:
        yield Finding("processes", "fault", "work waits, and nobody works on it", "start dank serve or dank worker")
    else:
        yield Finding("processes", "well", f"{len(alive)} at work")


def _sources(settings: Settings, storage: Storage | None) -> Iterator[Finding]:
    wanted = {each.source for each in schedules.everyone(storage.database)} if storage is not None else set()
    if credentials(settings) is None:
        if "reddit" in wanted:
            yield Finding("reddit", "fault", "is read by a schedule, but there are no credentials", HOW)
        return
    try:
        asyncio.run(_ask_reddit(settings))
        yield Finding("reddit", "well", f"{settings.reddit_url} takes the credentials")
    except DankError as error:
        yield Finding("reddit", "fault", error.message, HOW)


async def _ask_reddit(settings: Settings) -> None:
    source = RedditSource(settings, make_fetcher(settings))
    try:
        await source.try_out()
    finally:
        await source.close()
