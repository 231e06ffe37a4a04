"""A while in the life of a place: communities are read as their posts come, and people look, vote and ask.

In the end all is counted from the database: what was listed, what became of it, what people were answered.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import psutil
import sqlalchemy as sa

import tree
from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.follow_ups import lateness
from dankmeme.storage.tables import failures, feed, follow_ups, posts, predictions, votes
from place import Place
from town import Told, Town
from visitors import Visitors, Visits

HOUR = 3_600.0
_EVERY = 10.0
_PATIENCE = 1_800.0
_GREETING = re.compile(r"\(Ctrl-C ends it\)|^the admin token")
_SIZE = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    "postgresql": "SELECT pg_database_size(current_database())",
}


@dataclass(frozen=True)
class Rates:
    """Events a second: posts that come, pages that are looked at, votes, verdicts asked for."""

    posts: float
    pages: float
    votes: float
    verdicts: float

    def times(self, factor: float) -> Rates:
        """So many times as much of each."""
        return Rates(*(factor * rate for rate in asdict(self).values()))


@dataclass(frozen=True)
class Sample:
    """A look at the place.

    Attributes:
        at: seconds since the beginning.
        memory: megabytes of each of its processes by name, and of their descendants by what they do.
        cpu: seconds of CPU that each of its processes has used so far, descendants included.
        machine: seconds of CPU that all processes of the machine have used so far.
        pending: posts that wait to be taken in.
        oldest: seconds that the oldest of these waits.
        unscored: posts that are taken in and wait for their verdict.
    """

    at: float
    memory: dict[str, float]
    cpu: dict[str, float]
    machine: float
    pending: int
    oldest: float
    unscored: int


@dataclass(frozen=True)
class Left:
    """What stands in the database in the end.

    Attributes:
        states: posts by state.
        failures: pictures that failed, by code.
        predictions: by state; those that failed by their code.
        votes: how many.
        outcomes: scores at a fixed age, by state.
        overdue: of these, how many are pending though they can only be missed by now.
        lost: posts that were listed and are not there, or have no verdict though they are stored.
        bytes: by how much the database grew.
        delays: seconds from when a post was first seen to its verdict, of each that has one.
    """

    states: dict[str, int]
    failures: dict[str, int]
    predictions: dict[str, int]
    votes: int
    outcomes: dict[str, int]
    overdue: int
    lost: int
    bytes: int
    delays: list[float] = field(repr=False)


@dataclass(frozen=True)
class Lived:
    """What came of it.

    Attributes:
        samples: one every ten seconds.
        visits: what people were answered.
        told: what the town was asked.
        left: what stands in the database.
        complaints: how often the processes logged what, warnings and worse.
        drained: seconds after the last post came until nothing waited.
    """

    samples: list[Sample]
    visits: Visits
    told: Told
    left: Left
    complaints: dict[str, int]
    drained: float

    def machine(self, since: float, until: float) -> float:
        """Cores that the whole machine used in a span of time."""
        return self._slope(lambda sample: sample.machine, since, until) / HOUR

    def by_process(self, since: float, until: float) -> dict[str, float]:
        """Cores that each of its processes used, descendants included."""
        names = list(self.samples[-1].cpu)
        return {name: self._slope(lambda sample, of=name: sample.cpu[of], since, until) / HOUR for name in names}

    def memory(self, since: float, until: float) -> float:
        """Megabytes that all of the place held on average."""
        chosen = [sum(each.memory.values()) for each in self.samples if since <= each.at <= until]
        return sum(chosen) / len(chosen)

    def growth(self, since: float, until: float) -> float:
        """Megabytes an hour by which the memory of all of the place grows."""
        return growth(self.samples, since, until)

    def growth_by_kind(self, since: float, until: float) -> dict[str, float]:
        """The same, of each kind of its processes."""
        kinds = list(self.samples[-1].memory)
        return {kind: self._slope(lambda sample, of=kind: sample.memory[of], since, until) for kind in kinds}

    def _slope(self, of: Callable[[Sample], float], since: float, until: float) -> float:
        return _slope(self.samples, of, since, until)

    def write(self, path: Path) -> None:
        """All of it as JSON but the single times."""
        rest = {"visits": self.visits.answers, "complaints": self.complaints, "drained": self.drained}
        left = asdict(replace(self.left, delays=[]))
        told = asdict(replace(self.told, listed=[])) | {"listed": len(self.told.listed)}
        path.parent.mkdir(parents=True, exist_ok=True)
        found = {"samples": [asdict(each) for each in self.samples], "left": left, "told": told, **rest}
        path.write_text(json.dumps(found, indent=1) + "\n")


def growth(samples: Sequence[Sample], since: float, until: float) -> float:
    """Megabytes an hour by which memory grows, all processes together; also of samples that were kept in a file."""
    return _slope(samples, lambda sample: sum(sample.memory.values()), since, until)


def _slope(samples: Sequence[Sample], of: Callable[[Sample], float], since: float, until: float) -> float:
    """An hour's change, by a straight line through the samples (least squares)."""
    chosen = [each for each in samples if since <= each.at <= until]
    at = np.array([each.at for each in chosen]) / HOUR
    return float(np.polyfit(at, np.array([of(each) for each in chosen]), 1)[0])


def live(place: Place, town: Town, visitors: Callable[[], Visitors], seconds: float) -> Lived:
    """Let it live for so many seconds, then wait until nothing waits, and count.

    Raises:
        RuntimeError: if one of its processes ends, or if something still waits after half an hour.
    """
    database = Database(place.database)
    try:
        before = _size(database)
        with _Watch(place, database) as watch:
            came = visitors()
            watch.until(lambda: watch.elapsed >= seconds)
            visits = came.wait()
            drained = watch.elapsed
            watch.until(lambda: _rests(watch.samples[-1]), patience=_PATIENCE)
            drained = watch.elapsed - drained
            told, asked = town.told(), watch.elapsed
            # what was listed at the last moment is not lost, but on its way
            watch.until(lambda: watch.samples[-1].at > asked + _EVERY and _rests(watch.samples[-1]), patience=_PATIENCE)
        left = _left(database, told.listed)
        left = replace(left, bytes=left.bytes - before)
        return Lived(watch.samples, visits, told, left, _complaints(place.logs), drained)
    finally:
        database.close()


class _Watch:
    """Looks at the place every ten seconds, in a thread."""

    def __init__(self, place: Place, database: Database) -> None:
        self._place, self._database = place, database
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.samples: list[Sample] = [self._look()]

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._started

    def until(self, reached: Callable[[], bool], patience: float = float("inf")) -> None:
        """Wait for something, as long as all processes are alive."""
        deadline = time.monotonic() + patience
        while not reached():
            for name, process in self._place.processes.items():
                if not tree.members(process.root) or not self._thread.is_alive():
                    raise RuntimeError(f"{name} ended, or cannot be watched any more")
            if time.monotonic() > deadline:
                raise RuntimeError(f"something still waits: {self.samples[-1]}")
            time.sleep(1)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_EVERY):
            self.samples.append(self._look())

    def _look(self) -> Sample:
        roots = {name: process.root for name, process in self._place.processes.items()}
        busy = psutil.cpu_times()
        waits = sa.select(sa.func.count(), sa.func.min(posts.c.seen_utc)).where(posts.c.state == "pending")
        silent = sa.select(sa.func.count()).select_from(feed).where(feed.c.scored_utc.is_(None))
        with self._database.read() as connection:
            pending, first = connection.execute(waits).one()
            unscored = connection.scalar(silent) or 0
        return Sample(
            self.elapsed,
            {
                _called(name, kind): held
                for name, root in roots.items()
                for kind, held in tree.memory_by_kind(root).items()
            },
            {name: tree.cpu_seconds(root) for name, root in roots.items()},
            float(busy.user + busy.nice + busy.system + busy.steal),
            pending,
            time.time() - first if pending else 0.0,
            unscored,
        )


def _called(name: str, kind: str) -> str:
    return name if kind == "itself" else f"{name}'s {kind}"


def _rests(sample: Sample) -> bool:
    return not sample.pending and not sample.unscored


def _left(database: Database, listed: list[str]) -> Left:
    now = time.time()
    overdue = 0
    with database.read() as connection:

        def by(column: sa.ColumnElement[Any]) -> dict[str, int]:
            return dict(connection.execute(sa.select(column, sa.func.count()).group_by(column)).tuples().all())

        for (hours,) in connection.execute(sa.select(follow_ups.c.hours).distinct()).all():
            late = sa.and_(follow_ups.c.state == "pending", follow_ups.c.due_utc < now - lateness(hours) - 60)
            query = sa.select(sa.func.count()).select_from(follow_ups).where(late, follow_ups.c.hours == hours)
            overdue += connection.scalar(query) or 0
        well: set[str] = set()
        verdict = sa.or_(posts.c.state == "failed", feed.c.verdict.is_not(None))
        known = sa.select(posts.c.id).outerjoin(feed, feed.c.post_id == posts.c.id).where(verdict)
        for batch in in_batches([f"reddit:{each}" for each in listed]):
            well |= set(connection.scalars(known.where(posts.c.id.in_(batch))))
        delays = connection.scalars(
            sa.select(feed.c.scored_utc - posts.c.seen_utc).join(posts, posts.c.id == feed.c.post_id)
        )
        return Left(
            states=by(posts.c.state),
            failures=by(failures.c.code),
            predictions=by(sa.func.coalesce(predictions.c.code, predictions.c.state)),
            votes=connection.scalar(sa.select(sa.func.count()).select_from(votes)) or 0,
            outcomes=by(follow_ups.c.state),
            overdue=overdue,
            lost=len(listed) - len(well),
            bytes=_size(database),
            delays=[float(each) for each in delays if each is not None],
        )


def _size(database: Database) -> int:
    with database.read() as connection:
        return int(connection.scalar(sa.text(_SIZE["sqlite" if database.is_sqlite else "postgresql"])) or 0)


def _complaints(logs: Mapping[str, Path]) -> dict[str, int]:
    """What was logged as a warning or worse, and what is no line of a log at all, with how often."""
    found: Counter[str] = Counter()
    for path in logs.values():
        for line in path.read_text(errors="replace").splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                found[line[:200]] += bool(line.strip()) and not _GREETING.search(line)
                continue
            if str(told.get("level", "")).lower() not in ("debug", "info"):
                found[f"{told.get('level')}: {told.get('message', told)}"[:200]] += 1
    return {said: times for said, times in found.most_common() if times}
