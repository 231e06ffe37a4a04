"""What keeps the pipeline going by itself: a pulse, work of dead processes, lost work, schedules, deletions."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from dankmeme.errors import first_line
from dankmeme.pipeline.engine import Engine
from dankmeme.pipeline.follow_up import due_work
from dankmeme.pipeline.patience import Patience, Stopped
from dankmeme.pipeline.schedule import LONGEST_INTERVAL, next_due
from dankmeme.pipeline.scrape import asked, query_of
from dankmeme.pipeline.work import FOLLOW, INGEST, PREDICT, SCRAPE
from dankmeme.storage import Storage, completing, erase, posts, predictions, runs, schedules, standing
from dankmeme.storage.database import Database
from dankmeme.storage.executors import Pulse

PULSE_SECONDS, RELATE_SECONDS, LOST_SECONDS, PURGE_SECONDS = 3.0, 2.0, 30.0, 30.0
TIDY_SECONDS, KEPT_SECONDS = 300.0, 86_400.0
"""How often records of work that ended are dropped, and how old they are then."""
SWEEP_SECONDS = 21_600.0
FOLLOW_SECONDS = 5.0
RETAIN_SECONDS = 600.0
TEND_SECONDS = 5.0
MOST_BREAKS = 5
"""A picture whose work broke so often is given up."""
_log = logging.getLogger(__name__)


class Supervisor:
    """Looks after the queues, in every process that works on them.

    Each of its duties may be done by several processes at once, and none is urgent: one that fails is tried again.

    Args:
        storage: database and bucket.
        engine: launched.
        relate: compares new images with all others, and calls what it is given now and then.
        adopt: makes the model versions of this process the active ones, and gives work of theirs; None where this
            process does not predict.
        adopt_others: the same, where this process uses other bundles since.
        tend: looks after trainings that are due; None where this process begins none.
        retain: lets go of a batch of what is kept for some days only, and tells how many there were.
        patience: ends all waiting when this process does.
        scheduled: whether this process also begins the runs that are due.

    Attributes:
        round_utc: when the last round of its duties began, or a long duty last got on, seconds since 1970.
    """

    def __init__(
        self,
        storage: Storage,
        engine: Engine,
        relate: Callable[[Callable[[], None]], None],
        patience: Patience,
        *,
        scheduled: bool,
        adopt: Callable[[], list[str]] | None = None,
        adopt_others: Callable[[], list[str]] = list,
        tend: Callable[[], None] = lambda: None,
        retain: Callable[[], int] = lambda: 0,
    ) -> None:
        self._storage, self._engine, self._patience = storage, engine, patience
        self._pulse = Pulse(storage.database, engine.executor)
        self._suspects: dict[str, set[str]] = {INGEST: set(), PREDICT: set()}
        self._adopt, self._adopt_others, self._retain = adopt, adopt_others, retain
        self._compare = relate
        self.scheduled = scheduled
        self.round_utc = time.time()
        self._duties: list[tuple[Callable[[], None], float]] = [
            (self._reap, PULSE_SECONDS),
            (self._find_lost, LOST_SECONDS),
            (self._hasten, LOST_SECONDS),
            (self._purge, PURGE_SECONDS),
            (self._relate, RELATE_SECONDS),
            (self._complete, LOST_SECONDS),
            (self._tidy, TIDY_SECONDS),
        ]
        if adopt is not None:
            self._duties += [(self._look_after_models, LOST_SECONDS), (self._take_others, 1.0)]
        if scheduled:
            self._duties += [
                (self._begin_due, 1.0),
                (tend, TEND_SECONDS),
                (self._follow_up, FOLLOW_SECONDS),
                (self._let_go, RETAIN_SECONDS),
                (self._sweep, SWEEP_SECONDS),
            ]
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._run, "supervisor"), (self._live, "pulse"))
        ]

    def beat(self) -> None:
        """Say that this process lives."""
        self._patience.insist(self._pulse.beat)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait until its threads have ended (`patience` must have been stopped)."""
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def sign_off(self) -> None:
        """Say that this process has ended; where that cannot be said, others notice."""
        try:
            self._pulse.end()
        except Exception as error:
            _log.warning("this process could not sign off: %s", first_line(error))

    def _live(self) -> None:
        """The pulse has a thread of its own: a duty that takes long is no reason to take this process for dead."""
        try:
            while True:
                self._patience.wait(PULSE_SECONDS)
                self._do(self._pulse.beat)
        except Stopped:
            return

    def _run(self) -> None:
        last = dict.fromkeys(range(len(self._duties)), float("-inf"))
        try:
            while True:
                self.round_utc = time.time()
                for number, (duty, every) in enumerate(self._duties):
                    if time.monotonic() - last[number] >= every:
                        last[number] = time.monotonic()
                        self._do(duty)
                self._patience.wait(0.5)
        except Stopped:
            return

    def _do(self, duty: Callable[[], None]) -> None:
        """A duty, which may fail; while this process ends that is not worth a word."""
        try:
            duty()
        except Exception as error:
            self._patience.check()
            _log.warning("%s failed, and will be tried again: %s", duty.__name__, first_line(error))

    def _get_on(self) -> None:
        """Between two steps of a long duty: it ends here with this process, and until then it is not stuck."""
        self._patience.check()
        self.round_utc = time.time()

    def _reap(self) -> None:
        """Queue again what dead processes were running, and what they had no time to queue."""
        dead = self._pulse.dead(self._engine.pending_executors())
        self._engine.take_over(dead)
        if dead:
            self._find_lost()
        self._pulse.bury(dead)

    def _find_lost(self) -> None:
        """Queue pieces of work that were enlisted but never queued, or that ended without being done.

        Work that ended may be work that is being written down right now: it must have looked so twice.
        """
        database = self._storage.database
        self._requeue(INGEST, posts.pending_chunks(database), posts.rechunk)
        self._requeue(PREDICT, predictions.pending_chunks(database), predictions.rechunk)
        for run in runs.scheduled_unfinished(self._storage.database):
            ended = self._engine.ended(f"{run}.")
            if ended is not None:  # whoever sees it gives it the same name, and so does who is just beginning it
                self._engine.enqueue(SCRAPE, f"{run}.0.{ended}" if ended else f"{run}.0")

    def _hasten(self) -> None:
        """No work waits for longer than a schedule does, unless the clock was wrong when it was queued."""
        self._engine.hasten(LONGEST_INTERVAL)

    def _requeue(self, queue: str, chunks: list[str], rechunk: Callable[[Database, str, int], str | None]) -> None:
        lost = self._engine.unqueued(chunks)
        for chunk in [chunk for chunk, never in lost.items() if never]:
            self._engine.enqueue(queue, chunk)
        done = {chunk for chunk, never in lost.items() if not never}
        for chunk in done & self._suspects[queue]:
            later = rechunk(self._storage.database, chunk, MOST_BREAKS)
            if later is not None:
                self._engine.enqueue(queue, later)
        self._suspects[queue] = done

    def _relate(self) -> None:
        """Compare new images with all others."""
        self._compare(self._get_on)

    def _complete(self) -> None:
        """Make what the feed lacks."""
        while completing.complete(self._storage.database):
            self._get_on()
        while standing.rank(self._storage.database):
            self._get_on()

    def _look_after_models(self) -> None:
        """Notice bundles that are new, damaged or mended."""
        assert self._adopt is not None
        for chunk in self._adopt():
            self._engine.enqueue(PREDICT, chunk)

    def _take_others(self) -> None:
        """Notice that other bundles are used now."""
        for chunk in self._adopt_others():
            self._engine.enqueue(PREDICT, chunk)

    def _follow_up(self) -> None:
        """Queue the scores that are due."""
        for work in due_work(self._storage.database, time.time()):
            self._engine.enqueue(FOLLOW, work)

    def _let_go(self) -> None:
        """Drop what was kept long enough."""
        while self._retain():
            self._get_on()

    def _purge(self) -> None:
        """Remove from the bucket what was deleted."""
        erase.purge(self._storage.database, self._storage.bucket, self._get_on)

    def _tidy(self) -> None:
        """Drop old records of the engine's, which nobody asks for any more."""
        while self._engine.forget_done(KEPT_SECONDS):
            self._get_on()

    def _sweep(self) -> None:
        """Remove from the bucket what is half-written."""
        self._storage.bucket.sweep()

    def _begin_due(self) -> None:
        """Begin the runs that are due; a clock that jumped back does not keep one waiting for long.

        One whose last run goes on still waits for its end: else each would ask anew a source that wants to be left in
        peace.
        """
        now = time.time()
        for schedule in schedules.everyone(self._storage.database):
            if schedule.cron is None and schedule.next_utc > now + LONGEST_INTERVAL:
                schedules.change(self._storage.database, schedule.name, next_utc=now)
        due = schedules.due(self._storage.database, now)
        busy = runs.busy_schedules(self._storage.database) if due else set()
        for schedule in due:
            if schedule.name in busy:
                continue
            what = asked(schedule.source, query_of(schedule))
            run = schedules.claim(self._storage.database, schedule, next_due(schedule, now), what)
            if run is not None:
                self._engine.enqueue(SCRAPE, f"{run}.0")
