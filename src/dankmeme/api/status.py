"""How the place is doing, for everybody: no secrets, and no paths of this machine."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from dankmeme.api.admin_schemas import (
    DiskAnswer,
    FailureAnswer,
    QueueAnswer,
    RateAnswer,
    SourceStatus,
    StatusAnswer,
    VersionStatus,
)
from dankmeme.api.public import public
from dankmeme.api.queueing import states
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import Problem
from dankmeme.api.serving import Serving
from dankmeme.errors import BundleError
from dankmeme.pipeline.schedule import reads_files
from dankmeme.sources import SOURCES
from dankmeme.storage import Storage, answering, predictions, retrains, runs, schedules, status, versions
from dankmeme.storage.database import Database
from dankmeme.storage.executors import Pulse
from dankmeme.storage.versions import Version
from dankmeme.training.drift import Drift

if TYPE_CHECKING:
    from dankmeme.pipeline.engine import QueueState

KEPT_SECONDS = 2.0
OVERDUE_SECONDS = 300.0
LEAST_SHARE, LEAST_BYTES = 0.05, 1_000_000_000
"""A disk with less room than either is almost full."""
router = APIRouter(tags=["about"], responses={503: {"model": Problem}})


@dataclass(frozen=True)
class _Room:
    """Of a disk, in bytes."""

    free: int
    all: int

    @property
    def is_short(self) -> bool:
        return self.free < LEAST_BYTES or self.free < LEAST_SHARE * self.all


class StatusBoard:
    """Finds out how the place is doing, at most every `KEPT_SECONDS`, and once however many ask at that moment.

    Args:
        serving: what gives verdicts, or should; None where nothing does.
        bundles: folders of further bundles that should predict.
        drift: how the active model does; None where that is not of interest.
    """

    def __init__(
        self,
        serving: Serving | None = None,
        bundles: Sequence[Path] = (),
        drift: Callable[[Database], Drift | None] = lambda _: None,
    ) -> None:
        self._serving, self._bundles, self._drift = serving, bundles, drift
        self._lock = threading.Lock()
        self._answer: StatusAnswer | None = None
        self._made = float("-inf")
        self._watched: tuple[Storage, Pulse, status.FolderSize] | None = None

    def answer(self, rest: Storage) -> StatusAnswer:
        """The answer; one that is being made anew is not waited for where there is an older one."""
        if self._answer is not None and time.monotonic() - self._made < KEPT_SECONDS:
            return self._answer
        if not self._lock.acquire(blocking=self._answer is None):
            assert self._answer is not None
            return self._answer
        try:
            if self._answer is None or time.monotonic() - self._made >= KEPT_SECONDS:
                self._answer = self._found_out(rest)
                self._made = time.monotonic()
            return self._answer
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Find out anew when asked next: whoever just changed something wants to see it."""
        self._made = float("-inf")

    def _found_out(self, rest: Storage) -> StatusAnswer:
        if self._watched is None or self._watched[0] is not rest:
            self._watched = rest, Pulse(rest.database, ""), status.FolderSize(rest.bucket.folder)
        _, pulse, folder = self._watched
        database, now = rest.database, time.time()
        queues, known, room = states(database), versions.everyone(database), _room(rest)
        alive = bool(status.processes(database) - pulse.dead(set()))
        counted = status.counts(database)
        return StatusAnswer(
            troubles=[
                *self._unusable(known),
                *_troubles(rest, room, queues, known, alive=alive),
                *_models_troubles(rest, self._drift(database), now),
            ],
            posts=counted.posts,
            images=counted.images,
            queues=[QueueAnswer(**vars(each)) for each in queues],
            rates=[RateAnswer.model_validate(vars(each)) for each in status.rates(database, now)],
            failures=[_failure(each) for each in status.reasons(database)],
            versions=_versions(rest, known),
            sources=[_source(each) for each in status.last_reads(database, now)],
            disk=DiskAnswer(
                database=status.database_bytes(database), bucket=folder.bytes(), free=room.free if room else None
            ),
            demo=counted.demo,
        )

    def _unusable(self, known: Sequence[Version]) -> Iterator[str]:
        """Bundles that cannot be opened, and of which nobody knows any version."""
        if self._serving is not None and isinstance(self._serving.classifier, BundleError):
            yield f"No verdicts can be given: {public(self._serving.classifier.message)}."
        elif self._serving is not None and self._serving.fault is not None:
            yield f"This server is not ready: {public(self._serving.fault).rstrip('.')}."
        told = {version.bundle for version in known}
        for folder in self._bundles:
            if str(folder) not in told and not (folder / "manifest.json").is_file():
                yield f"There is no model bundle in {folder.name}."


@router.get("/api/v1/status")
def how_it_goes(request: Request, rest: Rest, response: Response) -> StatusAnswer:
    """What there is, what waits, what failed, and what is wrong."""
    board: StatusBoard = request.app.state.status_board
    response.headers["Cache-Control"] = "no-store"
    return board.answer(rest)


def _troubles(
    rest: Storage, room: _Room | None, queues: list[QueueState], known: list[Version], *, alive: bool
) -> Iterator[str]:
    """What is wrong, the worst first."""
    if room is not None and room.is_short:
        yield f"The disk is almost full: {room.free / 1e9:.1f} GB are left."
    if not alive and (any(each.waiting for each in queues) or status.waits(rest.database)):
        yield "Nobody works on the queues, and work waits: start dank serve or dank worker."
    for each in known:
        if each.active and each.fault is not None:
            yield f"The {each.model} model {each.version} cannot predict: {_fault(each)}."
    for queue in queues:
        if queue.paused:
            yield f"The queue {queue.name} is paused."
    for schedule in schedules.everyone(rest.database):
        ended = [run for run in runs.newest(rest.database, schedule.name, 2) if run.ended_utc is not None]
        if ended and ended[0].error:
            place = _place(schedule.source, schedule.where)
            why = _why(ended[0].error, schedule.where, place).rstrip(".")
            yield f"The last run of {schedule.source} {place} failed: {why}."


def _models_troubles(rest: Storage, drift: Drift | None, now: float) -> Iterator[str]:
    """What is wrong with the registered models, and with what should make new ones."""
    for process in answering.now(rest.database):
        if process.fault is not None:
            who = f"The {'server' if process.role == 'serve' else 'worker'} {process.host} {process.process}"
            what = "goes on with" if not process.settled else "lacks a shadow of"
            yield f"{who} {what} {process.version}: {public(process.fault).rstrip('.')}."
    if drift is not None and drift.due:
        yield f"Of {drift.version}, {drift.words}."
    trained = retrains.newest(rest.database)
    wanted = [each for each in trained if each.state == "waiting" and (each.beat_utc or 0) > now - OVERDUE_SECONDS]
    if any(each.due_utc < now - OVERDUE_SECONDS for each in wanted):
        yield "A training is due, but no running process can train: make train installs what it takes."
    ended = [each for each in trained if each.ended_utc is not None]
    if ended and ended[0].state == "failed":
        yield f"The last training failed: {public(ended[0].words).rstrip('.')}."


def _versions(rest: Storage, known: list[Version]) -> list[VersionStatus]:
    made = predictions.counts(rest.database)
    answers = []
    for each in known:
        states = made.get(each.key, {})
        answers.append(
            VersionStatus.model_validate(
                {
                    "model": each.model,
                    "version": each.version,
                    "active": each.active,
                    "fault": None if each.fault is None else _fault(each),
                    "done": states.get(predictions.SUCCESS, 0),
                    "pending": states.get(predictions.PENDING, 0),
                    "failed": states.get(predictions.FAILED, 0),
                }
            )
        )
    return answers


def _failure(reason: status.Reason) -> FailureAnswer:
    return FailureAnswer.model_validate(vars(reason) | {"message": public(reason.message)})


def _source(read: status.LastRead) -> SourceStatus:
    place = _place(read.source, read.where)
    error = None if read.error is None else _why(read.error, read.where, place)
    return SourceStatus.model_validate(vars(read) | {"where": place, "error": error})


def _place(source: str, where: str) -> str:
    """What a source reads, as everybody may know it."""
    if source in SOURCES and reads_files(source, where):
        return PurePosixPath(where).name
    return public(where)


def _why(error: str, where: str, place: str) -> str:
    return public(error.replace(where, place) if where else error)


def _fault(version: Version) -> str:
    """Why a version cannot predict; of its bundle only the folder's name is said."""
    return _why(version.fault or "", version.bundle, PurePosixPath(version.bundle).name).rstrip(".")


def _room(rest: Storage) -> _Room | None:
    """Of the fuller disk of those that database and bucket are on, as far as they are on this machine."""
    folders = [rest.bucket.folder] if rest.bucket.folder is not None else []
    if rest.database.is_sqlite:
        folders.append(Path(str(rest.database.url.database)).parent)
    found = []
    for folder in folders:
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            continue
        found.append(_Room(usage.free, usage.total))
    return min(found, key=lambda room: (not room.is_short, room.free), default=None)
