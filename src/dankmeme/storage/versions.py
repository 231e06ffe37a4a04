"""Model versions: which of them predict what comes in."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.locks import alone
from dankmeme.storage.registry import Lineup, lineup_of
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
        shown: whether people see what it says; False for a shadow.
        share: of the pictures that come in, 0–1, which it predicts.
    """

    model: str
    version: str
    bundle: str
    active: bool
    rank: int
    fault: str | None = None
    compared_with: str = ""
    shown: bool = True
    share: float = 1.0

    def takes(self, image: str) -> bool:
        """Whether an image (its SHA-256) is among the share that it predicts: always the same ones, by chance."""
        return self.share >= 1 or int(image[:8], 16) / 2**32 < self.share

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


def adopt(
    database: Database, found: Sequence[Version], lost: dict[str, str], lineup: Lineup | None = None
) -> list[VersionKey]:
    """Make these the active versions.

    Args:
        database: where they are written down.
        found: versions of bundles that could be read.
        lost: why the bundle in a folder cannot be read: its versions, as far as they were ever known, stay active,
            so that it is seen what they do not predict.
        lineup: what the registry wanted when these were found: where it wants something else by now, nothing is done,
            and whoever has that has its turn. None where the registry is not asked.

    Returns:
        Those that can predict now and could not before, or not as much.
    """
    with database.exclusive("versions") as connection:
        if lineup is not None and lineup_of(connection) != lineup:
            return []
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
    return [key for key in able if _can_more(now[key], before.get(key))]


def is_empty(database: Database) -> bool:
    """Whether no version is active here."""
    with database.read() as connection:
        return connection.scalar(sa.select(versions.c.model).where(versions.c.active).limit(1)) is None


def active(connection: sa.Connection) -> list[Version]:
    """The versions that predict what comes in."""
    query = sa.select(versions).where(versions.c.active).order_by(versions.c.model, versions.c.version)
    return [_version(row) for row in connection.execute(query)]


def _can_more(version: Version, before: Version | None) -> bool:
    return before is None or not before.active or before.fault is not None or before.share < version.share


def _shown_last(connection: sa.Connection) -> list[VersionKey]:
    """All versions, of each model the one that is shown last."""
    query = sa.select(versions.c.model, versions.c.version).where(versions.c.shown)
    query = query.order_by(versions.c.model, *SHOWN_LAST)
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
