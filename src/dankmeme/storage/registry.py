"""The registry: which bundles there are, what each is for, and what was decided about them.

| state | what it does |
|---|---|
| `candidate` | nothing yet |
| `shadow` | predicts a share of what comes in, shown to nobody, compared on the ledger |
| `active` | answers and predicts; there is one |
| `former` | was active: what a rollback goes back to |
| `retired` | nothing any more; its predictions stay |
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from dankmeme.errors import BundleError
from dankmeme.storage.database import Database, clean, in_batches
from dankmeme.storage.tables import bundles, decisions, images, learnt

State = Literal["candidate", "shadow", "active", "former", "retired"]
Action = Literal["add", "shadow", "promote", "rollback", "retire", "refuse"]
STATES: tuple[State, ...] = ("active", "shadow", "candidate", "former", "retired")
MOST_SHADOWS = 4
"""So many shadows at once: each costs what the active one does, but for captions."""


@dataclass(frozen=True)
class Registered:
    """A bundle that the registry knows.

    Attributes:
        version: its name and version, e.g. `imgflip-1`.
        manifest: SHA-256 of its manifest.
        shipped: whether it lies in the package, and not in the models bucket.
        share: of the pictures that come in, 0–1, which it predicts as a shadow.
        models: those that it has: `cnn`, `automl`, `verdict`.
        dataset: version of the dataset that it was trained on; empty where nobody wrote it down.
        compared_with: the memes that its percentiles are about.
        bytes: of all its files.
        figures: what its `figures.json` says; `shown` and `caveats`, and `all` where `dank evaluate` measured it.
    """

    version: str
    state: State
    manifest: str
    shipped: bool
    share: float
    models: list[str]
    dataset: str
    compared_with: str
    bytes: int
    figures: dict[str, Any]
    added_utc: float
    state_utc: float


@dataclass(frozen=True, order=True)
class Placed:
    """A bundle in its place: what a process needs to know to get it and use it."""

    version: str
    manifest: str
    shipped: bool
    share: float = 1.0


@dataclass(frozen=True)
class Lineup:
    """Which bundles are to be used now."""

    active: Placed
    shadows: tuple[Placed, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What was decided about a bundle, by whom and why; where it was refused, `before` and `after` are the same."""

    version: str
    action: Action
    before: State | None
    after: State | None
    by: str
    forced: bool
    why: str
    decided_utc: float = field(default_factory=time.time)


_COLUMNS = tuple(bundles.c[name] for name in Registered.__dataclass_fields__)
_SAID = tuple(decisions.c[name] for name in Decision.__dataclass_fields__)


def everyone(database: Database) -> list[Registered]:
    """All registered bundles: the active one, shadows, candidates, former and retired ones, the newest first."""
    with database.read() as connection:
        found = [_registered(row) for row in connection.execute(sa.select(*_COLUMNS))]
    return sorted(found, key=lambda each: (STATES.index(each.state), -each.state_utc, each.version))


def get(database: Database, version: str) -> Registered:
    """A registered bundle.

    Raises:
        BundleError: `no-such-version`.
    """
    with database.read() as connection:
        return _get(connection, version)


def lineup(database: Database) -> Lineup | None:
    """Which bundles are to be used; None where nobody registered any yet."""
    with database.read() as connection:
        return lineup_of(connection)


def lineup_of(connection: sa.Connection) -> Lineup | None:
    """The same, on a connection."""
    columns = tuple(bundles.c[name] for name in ("version", "manifest", "shipped", "share"))
    query = sa.select(bundles.c.state, *columns).where(bundles.c.state.in_(("active", "shadow")))
    found = connection.execute(query.order_by(bundles.c.state_utc, bundles.c.version)).all()
    active = [Placed(*row[1:]) for row in found if row.state == "active"]
    return Lineup(active[0], tuple(Placed(*row[1:]) for row in found if row.state == "shadow")) if active else None


def check_free(database: Database, bundle: Registered) -> None:
    """See whether a bundle can be registered, or is already.

    Raises:
        BundleError: `version-taken`: another bundle is known by this version.
    """
    with database.read() as connection:
        _is_there(connection, bundle)


def add(database: Database, bundle: Registered, by: str, learnt_from: Iterable[str] = ()) -> bool:
    """Register a bundle; False where it is there already, as it is.

    Args:
        database: where the registry is.
        bundle: what there is to know of it.
        by: who registers it.
        learnt_from: SHA-256 of the pictures that it learnt from.

    Raises:
        BundleError: `version-taken`.
    """
    with database.exclusive("registry") as connection:
        if _is_there(connection, bundle):
            return False
        connection.execute(sa.insert(bundles).values(**vars(bundle)))
        for batch in in_batches(sorted(set(learnt_from))):
            database.add_missing(connection, learnt, [{"version": bundle.version, "image": image} for image in batch])
        _write_down(connection, Decision(bundle.version, "add", None, bundle.state, by, False, ""))
    return True


def adopt_shipped(database: Database, shipped: Registered) -> None:
    """Let the bundle that ships with the package be known; it is active where no other is, or an older one of ours."""
    mine = sa.and_(bundles.c.version == shipped.version, bundles.c.shipped)
    with database.read() as connection:
        if connection.scalar(sa.select(bundles.c.manifest).where(mine)) == shipped.manifest:
            return
    with database.exclusive("registry") as connection:
        changed = {"manifest": shipped.manifest, "figures": shipped.figures, "bytes": shipped.bytes}
        if connection.execute(sa.update(bundles).where(mine).values(**changed)).rowcount:
            return  # it is known; it may have been made anew under its version
        active = connection.execute(sa.select(*_COLUMNS).where(bundles.c.state == "active")).first()
        first = active is None or active.shipped
        if active is not None and active.shipped:
            _change(connection, active.version, state="former")
        row = vars(shipped) | {"state": "active" if first else "candidate"}
        connection.execute(sa.insert(bundles).values(**row))
        _write_down(connection, Decision(shipped.version, "add", None, row["state"], "the package", False, ""))


def shadow(database: Database, version: str, share: float, by: str) -> Registered:
    """Let a bundle predict a share of what comes in, shown to nobody; a shadow's share may be changed so.

    Raises:
        BundleError: `no-such-version`, `wrong-state`, `too-many-shadows`.
    """
    with database.exclusive("registry") as connection:
        before = _get(connection, version)
        if before.state == "active":
            raise BundleError("wrong-state", f"{version} is active: it predicts everything already")
        count = sa.select(sa.func.count()).where(bundles.c.state == "shadow", bundles.c.version != version)
        if (connection.scalar(count) or 0) >= MOST_SHADOWS:
            raise BundleError("too-many-shadows", f"there are {MOST_SHADOWS} shadows already: retire one first")
        _change(connection, version, state="shadow", share=share)
        why = f"of {share:.0%} of what comes in" if share < 1 else "of all that comes in"
        _write_down(connection, Decision(version, "shadow", before.state, "shadow", by, False, why))
        return _get(connection, version)


def promote(
    database: Database, version: str, by: str, *, forced: bool, why: str, against: str | None = None
) -> Registered:
    """Make a bundle the active one; the one that was is a former one then.

    Args:
        database: where the registry is.
        version: of the bundle.
        by: who decides.
        forced: whether the gate was overruled.
        why: what the gate said.
        against: the version that the gate compared it with, which must be active still; None for any.

    Raises:
        BundleError: `no-such-version`, `wrong-state`.
    """
    with database.exclusive("registry") as connection:
        before = _get(connection, version)
        if before.state == "active":
            raise BundleError("wrong-state", f"{version} is active already")
        if before.state == "retired":
            raise BundleError("wrong-state", f"{version} is retired: make it a shadow first, and see what it is worth")
        active = connection.scalar(sa.select(bundles.c.version).where(bundles.c.state == "active"))
        if against not in (None, active):
            raise BundleError(
                "wrong-state", f"{active} was made active meanwhile, and {version} not compared with it yet"
            )
        _make_active(connection, before)
        _write_down(connection, Decision(version, "promote", before.state, "active", by, forced, why))
        return _get(connection, version)


def previous(database: Database) -> Registered:
    """What a rollback goes back to: of the former bundles the one that was active last.

    Raises:
        BundleError: `nothing-before`.
    """
    query = sa.select(*_COLUMNS).where(bundles.c.state == "former").order_by(bundles.c.state_utc.desc())
    with database.read() as connection:
        row = connection.execute(query.limit(1)).first()
    if row is None:
        raise BundleError("nothing-before", "there is no former version to go back to")
    return _registered(row)


def roll_back(database: Database, to: str, by: str, why: str = "") -> Registered:
    """Make a former bundle the active one again; the one that was becomes a candidate.

    Raises:
        BundleError: `no-such-version`, `wrong-state`.
    """
    with database.exclusive("registry") as connection:
        before = _get(connection, to)
        if before.state != "former":
            raise BundleError("wrong-state", f"{to} is {before.state}, and no former version to go back to")
        _make_active(connection, before, left="candidate")
        _write_down(connection, Decision(to, "rollback", before.state, "active", by, False, why))
        return _get(connection, to)


def retire(database: Database, version: str, by: str) -> Registered:
    """Use a bundle no more; what it predicted stays.

    Raises:
        BundleError: `no-such-version`, `wrong-state`.
    """
    with database.exclusive("registry") as connection:
        before = _get(connection, version)
        if before.state == "active":
            raise BundleError("wrong-state", f"{version} is active: promote another, or roll back, first")
        if before.state == "retired":
            raise BundleError("wrong-state", f"{version} is retired already")
        _change(connection, version, state="retired")
        _write_down(connection, Decision(version, "retire", before.state, "retired", by, False, ""))
        return _get(connection, version)


def refused(database: Database, version: str, by: str, why: str) -> None:
    """Write down that a promotion was refused, and why.

    Raises:
        BundleError: `no-such-version`.
    """
    with database.exclusive("registry") as connection:
        state = _get(connection, version).state
        _write_down(connection, Decision(version, "refuse", state, state, by, False, why))


def history(database: Database, version: str | None = None, most: int = 50) -> list[Decision]:
    """What was decided, about one bundle or all, the latest first."""
    query = sa.select(*_SAID).order_by(decisions.c.n.desc()).limit(most)
    if version is not None:
        query = query.where(decisions.c.version == version)
    with database.read() as connection:
        return [Decision(*row) for row in connection.execute(query)]


def _is_there(connection: sa.Connection, bundle: Registered) -> bool:
    before = connection.scalar(sa.select(bundles.c.manifest).where(bundles.c.version == bundle.version))
    if before not in (None, bundle.manifest):
        raise BundleError(
            "version-taken",
            f"another bundle is registered as {bundle.version}, and what is registered never changes: train it with "
            "another --name",
        )
    return before is not None


def is_learnt(version: sa.ColumnElement[str], family: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether a version learnt from a picture of a family of near-duplicates, for queries."""
    known = images.alias()
    same = sa.and_(learnt.c.version == version, learnt.c.image == known.c.sha256)
    return sa.exists().where(same, known.c.family == family)


def _make_active(connection: sa.Connection, bundle: Registered, left: State = "former") -> None:
    now = time.time()
    leaving = sa.update(bundles).where(bundles.c.state == "active")
    connection.execute(leaving.values(state=left, state_utc=now))
    _change(connection, bundle.version, state="active", share=1.0)


def _change(connection: sa.Connection, version: str, **values: object) -> None:
    changed = sa.update(bundles).where(bundles.c.version == version).values(**values, state_utc=time.time())
    connection.execute(changed)


def _get(connection: sa.Connection, version: str) -> Registered:
    row = connection.execute(sa.select(*_COLUMNS).where(bundles.c.version == version)).first()
    if row is None:
        raise BundleError("no-such-version", f"no bundle is registered as {version[:80]}")
    return _registered(row)


def _registered(row: sa.Row[Any]) -> Registered:
    return Registered(**row._mapping)


def _write_down(connection: sa.Connection, decision: Decision) -> None:
    said = vars(decision) | {"why": clean(decision.why, 2_000), "by": clean(decision.by, 200)}
    connection.execute(sa.insert(decisions).values(**said))
