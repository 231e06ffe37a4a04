"""Model versions: which of them predict what comes in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.locks import alone
from dankmeme.storage.tables import feed, versions

SHOWN_LAST = (versions.c.active, versions.c.rank.desc(), versions.c.since_utc, versions.c.version)
"""Of a model's versions the last in this order is shown: an active one, of lowest rank; else whichever was so last."""


@dataclass(frozen=True, order=True)
class VersionKey:
    """A model version: `cnn`, `automl` or `verdict` (the two combined), and the bundle's name and version."""

    model: str
    version: str


@dataclass(frozen=True)
class Version:
    """What is known of a model version.

    Attributes:
        bundle: the folder that it comes from.
        active: whether it predicts what comes in.
        rank: of a model's active versions the lowest is the one that is shown.
        fault: why it cannot predict, in words.
        compared_with: the memes that its percentiles are about.
    """

    model: str
    version: str
    bundle: str
    active: bool
    rank: int
    fault: str | None = None
    compared_with: str = ""

    @property
    def key(self) -> VersionKey:
        """What it is known by."""
        return VersionKey(self.model, self.version)


def everyone(database: Database) -> list[Version]:
    """All versions that ever were active here, those that are first."""
    with database.read() as connection:
        return known(connection)


def known(connection: sa.Connection) -> list[Version]:
    """The same, on a connection."""
    order = (versions.c.active.desc(), versions.c.rank, versions.c.model, versions.c.version)
    return [_version(row) for row in connection.execute(sa.select(versions).order_by(*order))]


def adopt(database: Database, found: Sequence[Version], lost: dict[str, str]) -> list[VersionKey]:
    """Make these the active versions.

    Args:
        database: where they are written down.
        found: versions of bundles that could be read.
        lost: why the bundle in a folder cannot be read: its versions, as far as they were ever known, stay active,
            so that it is seen what they do not predict.

    Returns:
        Those that can predict now and could not before.
    """
    with database.exclusive("versions") as connection:
        order = _shown_last(connection)
        before = {version.key: version for version in map(_version, connection.execute(sa.select(versions)))}
        gone = [
            replace(each, fault=lost[each.bundle]) for each in before.values() if each.bundle in lost and each.active
        ]
        now = {version.key: version for version in [*gone, *found]}
        connection.execute(sa.update(versions).values(active=False))
        since = time.time()
        database.put(connection, versions, [vars(version) | {"since_utc": since} for version in now.values()])
        if [key for key in _shown_last(connection) if key in before] != order:
            _show_anew(connection, since)
    able = [version.key for version in now.values() if version.fault is None]
    return [key for key in able if key not in before or not before[key].active or before[key].fault is not None]


def active(connection: sa.Connection) -> list[VersionKey]:
    """The versions that predict what comes in."""
    query = sa.select(versions.c.model, versions.c.version).where(versions.c.active).order_by("model", "version")
    return [VersionKey(*row) for row in connection.execute(query)]


def _shown_last(connection: sa.Connection) -> list[VersionKey]:
    """All versions, of each model the one that is shown last."""
    query = sa.select(versions.c.model, versions.c.version).order_by(versions.c.model, *SHOWN_LAST)
    return [VersionKey(*row) for row in connection.execute(query)]


def _show_anew(connection: sa.Connection, now: float) -> None:
    """Have the feed's rows made anew (`completing.complete`): of forecasts that are there others are shown now."""
    alone(connection)
    anew = {"scored_utc": None, "changed_utc": now}
    connection.execute(sa.update(feed).where(feed.c.scored_utc.is_not(None)).values(**anew))


def _version(row: sa.Row[tuple[object, ...]]) -> Version:
    known = dict(row._mapping)
    known.pop("since_utc")
    return Version(**known)
