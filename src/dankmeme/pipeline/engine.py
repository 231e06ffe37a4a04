"""The engine: durable queues on DBOS. All that is peculiar to it stays in this file.

A piece of work is a workflow with an id of ours, so queueing it twice queues it once. Every process that works has an
id of its own, never used again: two processes with the same id would run the same work. The stages are plain functions
that may run twice; so a workflow has no steps, and one that was interrupted is run again from its start.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions, Serializer

from dankmeme import metrics
from dankmeme.errors import StorageError, first_line
from dankmeme.logs import within_work
from dankmeme.pipeline.work import FOLLOW, INGEST, PREDICT, QUEUES, SCRAPE, Later
from dankmeme.storage.database import BUSY_SECONDS, Database, in_batches, set_up
from dankmeme.traces import span

_NAME = "dankmeme"
_VERSION = "dankmeme-0001"
"""Work that was queued under another version is never begun: this changes only with what a piece of work is called."""
_POLLING_SECONDS = {INGEST: 0.5, SCRAPE: 1.0, PREDICT: 0.5, FOLLOW: 5.0}
"""How often each queue is looked at: what an idle process costs is mostly this."""
_PAUSED = 0
"""A queue with room for no work is paused; the engine keeps that, for all processes and across restarts."""
_LIVE = ("ENQUEUED", "PENDING", "DELAYED")
_log = logging.getLogger(__name__)


Stages = Mapping[str, Callable[[str], list[Later]]]
"""What is called, by queue, with the id of a piece of work: each may run twice, and gives the work that is left."""


@dataclass(frozen=True)
class QueueState:
    """A queue as a person sees it: how much work waits, runs, or waits for another try.

    Attributes:
        oldest: seconds since the longest waiting piece could have begun; 0 where none waits.
    """

    name: str
    paused: bool
    waiting: int
    running: int
    delayed: int
    oldest: float


class Engine:
    """Queues, and a process that works on them.

    Args:
        database: beside whose tables the engine keeps its own.
        stages: what the work is; this process works on these queues and on no other.
        concurrency: how many pieces of work of each queue run in this process at once.
    """

    def __init__(self, database: Database, stages: Stages, concurrency: dict[str, int]) -> None:
        self.executor = f"{int(time.time()):x}-{uuid.uuid4().hex[:12]}"
        self._database, self._stages, self._concurrency = database, stages, concurrency
        self._outside = ThreadPoolExecutor(1, thread_name_prefix="enqueue")
        self._launched = False

    def launch(self) -> None:
        """Begin to work on the queues, but for those that are paused; may be tried again where it failed."""
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        try:
            self._launch()
        except Exception:
            with _launching:
                DBOS.destroy()
            raise

    def _launch(self) -> None:
        global _running
        self._make_queues()
        with _launching:
            self._launched = True  # interrupted in here, there is something to end as well
            DBOS(config=self._config())
            DBOS.listen_queues(list(self._stages))
            _running = self._stages
            DBOS.launch()

    def _make_queues(self) -> None:
        """Make the queues before anything listens: those that come later are noticed a second late."""
        if not _has_queues(self._database):
            DBOS.migrate(_url(self._database))
        with _client(self._database) as client:
            for name in QUEUES:
                room = self._concurrency[name]
                every = _POLLING_SECONDS[name]
                queue = client.register_queue(
                    name, worker_concurrency=room, polling_interval_sec=every, on_conflict="never_update"
                )
                if queue.worker_concurrency not in (_PAUSED, room):
                    queue.set_worker_concurrency(room)
                if queue.polling_interval_sec != every:
                    queue.set_polling_interval_sec(every)

    def enqueue(self, queue: str, work: str, seconds: float = 0.0) -> None:
        """Queue a piece of work; one that is queued, or was done, already is left alone."""
        options = _options(queue, work, seconds)
        # On a thread of its own: inside a piece of work it would be recorded as that one's child.
        self._outside.submit(DBOS.enqueue_workflow_with_options, options, work).result()

    def unqueued(self, works: Sequence[str]) -> dict[str, bool]:
        """Which pieces of work are not waiting or running: True where one was never queued, False where it ended."""
        found: dict[str, str] = {}
        for batch in in_batches(works, 300):
            rows = DBOS.list_workflows(workflow_ids=batch, load_input=False, load_output=False)
            found |= {row.workflow_id: str(row.status) for row in rows}
        return {work: work not in found for work in works if found.get(work) not in _LIVE}

    def ended(self, prefix: str) -> int | None:
        """How many pieces of work whose ids begin so have ended; None while one waits or runs."""
        rows = DBOS.list_workflows(workflow_id_prefix=prefix, load_input=False, load_output=False)
        return None if any(str(row.status) in _LIVE for row in rows) else len(rows)

    def pending_executors(self) -> set[str]:
        """Ids of all processes that are running something, as far as the queues know."""
        rows = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {row.executor_id for row in rows if row.executor_id}

    def take_over(self, executors: Iterable[str]) -> None:
        """Queue again what dead processes were running. Several processes may do it at once."""
        dead = sorted(set(executors) - {self.executor})
        if dead:
            DBOS._recover_pending_workflows(dead)

    def hasten(self, longest: float) -> None:
        """Let work be done now that is to wait for more than so many seconds: a clock that was ahead queued it."""
        latest = 1_000 * (time.time() + longest)
        for row in DBOS.list_workflows(status="DELAYED", load_input=False, load_output=False):
            if (row.delay_until_epoch_ms or 0) > latest:
                DBOS.set_workflow_delay(row.workflow_id, delay_seconds=0)

    def forget_done(self, older_than: float) -> int:
        """Drop the records of work that ended so many seconds ago, a thousand at most; how many there were."""
        before = datetime.fromtimestamp(time.time() - older_than, UTC).isoformat()
        rows = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=before,
            limit=1_000,
            load_input=False,
            load_output=False,
        )
        if rows:
            DBOS.delete_workflows([row.workflow_id for row in rows])
        return len(rows)

    def destroy(self) -> None:
        """Stop working, and hand back what was not finished; where that cannot be said, others notice."""
        global _running
        if self._launched:
            with _launching:
                DBOS.destroy()
                _running = None
            try:
                self._hand_back()
            except sa.exc.SQLAlchemyError as error:
                _log.warning("the work could not be handed back: %s", first_line(error))
        self._outside.shutdown(wait=False, cancel_futures=True)

    def _hand_back(self) -> None:
        if not _has_queues(self._database):
            return
        with _client(self._database) as client:
            rows = client.list_workflows(
                status="PENDING", executor_id=self.executor, load_input=False, load_output=False
            )
            for row in rows:
                client.resume_workflow(row.workflow_id, queue_name=row.queue_name)

    def _config(self) -> DBOSConfig:
        config: DBOSConfig = {
            "name": _NAME,
            "application_version": _VERSION,
            "executor_id": self.executor,
            "serializer": _Json(),
            "log_level": "CRITICAL",
            "notification_listener_polling_interval_sec": 0.1,
            "use_listen_notify": False,
        }
        if self._database.is_sqlite:
            config["system_database_engine"] = _sqlite_engine(self._database)
        config["system_database_url"] = _url(self._database)
        return config


def enqueue_from_outside(database: Database, queue: str, works: Sequence[str]) -> None:
    """Queue pieces of work without working on them; where no process ever has, the first that does finds them."""
    if not _has_queues(database):
        return
    with _client(database) as client:
        for work in works:
            client.enqueue(_options(queue, work), work)


def set_room(database: Database, queue: str, room: int) -> None:
    """Set how many pieces of work of a queue may run in each process at once; 0 pauses it.

    Raises:
        StorageError: `bad-database`, where no process has worked on this database yet.
    """
    if not _has_queues(database):
        raise StorageError("bad-database", "no process has worked on this database yet: there is no queue")
    with _client(database) as client:
        found = client.retrieve_queue(queue)
        assert found is not None
        found.set_worker_concurrency(room)


def states(database: Database) -> list[QueueState]:
    """What waits and runs in each queue; none where no process has worked on this database yet."""
    if not _has_queues(database):
        return []
    with _client(database) as client:
        queues = [found for name in QUEUES if (found := client.retrieve_queue(name)) is not None]
    count, oldest = _counted(database)
    return [
        QueueState(
            name=queue.name,
            paused=queue.worker_concurrency == _PAUSED,
            waiting=count[queue.name, "ENQUEUED"],
            running=count[queue.name, "PENDING"],
            delayed=count[queue.name, "DELAYED"],
            oldest=oldest.get(queue.name, 0.0),
        )
        for queue in queues
    ]


def _counted(database: Database) -> tuple[Counter[tuple[str, str]], dict[str, float]]:
    """How many pieces of work there are by queue and state, and how many seconds the oldest of a queue waits."""
    rows = sa.table(
        "workflow_status",
        *(sa.column(name) for name in ("name", "queue_name", "status", "created_at", "delay_until_epoch_ms")),
        schema=None if database.is_sqlite else "dbos",
    )
    queue = sa.func.coalesce(rows.c.queue_name, rows.c.name)
    able = sa.func.coalesce(rows.c.delay_until_epoch_ms, rows.c.created_at)
    columns = queue.label("queue"), rows.c.status, sa.func.count().label("all"), sa.func.min(able).label("since")
    query = sa.select(*columns).where(rows.c.status.in_(_LIVE)).group_by(queue, rows.c.status)
    with _looking(database) as connection:
        found = connection.execute(query).all()
    now = time.time()
    count = Counter({(row.queue, row.status): int(row.all) for row in found})
    return count, {row.queue: max(0.0, now - row.since / 1_000) for row in found if row.status == "ENQUEUED"}


_running: Stages | None = None
_launching = threading.Lock()


def _workflow(queue: str) -> None:
    """Make known what a piece of work of a queue is."""

    @DBOS.workflow(name=queue, max_recovery_attempts=1_000_000)
    def run(work: str) -> None:
        _do(queue, work)


for _queue in QUEUES:
    _workflow(_queue)


def _do(queue: str, work: str) -> None:
    stages = _running
    assert stages is not None
    with within_work(work), span(queue, work=work), metrics.timed(metrics.WORK_SECONDS.labels(queue)):
        later = _tried(stages[queue], queue, work)
    for each in later:
        options = _options(each.queue or queue, each.work, max(each.seconds, 0.1))
        DBOS.enqueue_workflow_with_options(options, each.work)


def _tried(stage: Callable[[str], list[Later]], queue: str, work: str) -> list[Later]:
    ended = "broke"
    try:
        later = stage(work)
        ended = "done"
        return later
    except Exception:
        _log.exception("the work %s broke", work)
        raise
    except BaseException:  # this process ends
        ended = "stopped"
        raise
    finally:
        metrics.WORK.labels(queue, ended).inc()


def _options(queue: str, work: str, seconds: float = 0.0) -> EnqueueOptions:
    options: EnqueueOptions = {"workflow_name": queue, "queue_name": queue, "workflow_id": work}
    options["app_version"] = _VERSION
    if seconds > 0:
        options["delay_seconds"] = seconds
    return options


class _Json(Serializer):
    """What rests in the queues is JSON: nothing that a database holds is ever unpickled."""

    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            data = {"error": f"{type(data).__name__}: {data}"[:2_000]}
        return json.dumps(data, default=str)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        if isinstance(data, dict) and set(data) == {"error"}:
            return RuntimeError(data["error"])
        return data

    def name(self) -> str:
        return "dankmeme_json"


def _has_queues(database: Database) -> bool:
    """Whether a process has worked on this database: its queues are the last that it makes."""
    if not database.is_sqlite:
        with _looking(database) as connection:
            return _holds_queues(connection, "dbos")
    if not _sqlite_path(database).exists():
        return False
    with _looking(database) as connection:
        return _holds_queues(connection, None)


@contextmanager
def _looking(database: Database) -> Iterator[sa.Connection]:
    """A connection to what the engine keeps."""
    if not database.is_sqlite:
        with database.read() as connection:
            yield connection
        return
    engine = _sqlite_engine(database)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _holds_queues(connection: sa.Connection, schema: str | None) -> bool:
    table = sa.table("queues", sa.column("name"), schema=schema)
    if not sa.inspect(connection).has_table("queues", schema=schema):
        return False
    found = set(connection.scalars(sa.select(table.c.name)))
    return found.issuperset(QUEUES)


def _url(database: Database) -> str:
    if database.is_sqlite:
        return f"sqlite:///{_sqlite_path(database)}"
    return database.url.render_as_string(hide_password=False)


def _sqlite_path(database: Database) -> Path:
    path = Path(database.url.database or "")
    return path.with_name(f"{path.name.removesuffix('.db')}.queues.db")


def _sqlite_engine(database: Database) -> sa.Engine:
    """As DBOS would make it, but in WAL and with fewer syncs to disk."""
    path = _sqlite_path(database)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}", pool_size=10, max_overflow=30)

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        set_up(connection)

    return engine


@contextmanager
def _client(database: Database) -> Iterator[DBOSClient]:
    engine = _sqlite_engine(database) if database.is_sqlite else None
    client = DBOSClient(
        system_database_url=_url(database),
        system_database_engine=engine,
        serializer=_Json(),
        application_name=_NAME,
        retry_connection_errors=False,
    )
    try:
        yield client
    finally:
        client.destroy()
        if engine is not None:
            engine.dispose()
