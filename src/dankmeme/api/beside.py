"""What `dank worker` serves beside its work: whether it is alive and ready, and its metrics."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from dankmeme.api import problems, vitals
from dankmeme.api.about import Health, Readiness
from dankmeme.api.guards import SecurityHeaders
from dankmeme.api.resting import Resting
from dankmeme.api.schemas import Problem
from dankmeme.api.status import StatusBoard
from dankmeme.errors import DankError, SettingError
from dankmeme.pipeline.worker import Worker
from dankmeme.settings import Settings

STUCK_SECONDS = 300.0
"""A worker whose duties have not come round for so long is taken for stuck: waiting for storage, they do come round."""
_START_SECONDS = 10.0


@contextmanager
def served_beside(settings: Settings, find: Callable[[], Worker | None]) -> Iterator[None]:
    """Serve it in here at `DANK_METRICS_PORT`, on a thread of its own.

    Args:
        settings: of this process.
        find: the worker; None until it has started.

    Raises:
        SettingError: `bad-setting`, where the port cannot be listened on.
    """
    config = uvicorn.Config(
        create_app(settings, find), settings.host, settings.metrics_port, log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=_run, args=(server,), name="metrics", daemon=True)
    thread.start()
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            place = f"{settings.host}:{settings.metrics_port}"
            raise SettingError("bad-setting", f"DANK_METRICS_PORT: cannot listen on {place}")
        thread.join(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def create_app(settings: Settings, find: Callable[[], Worker | None]) -> FastAPI:
    """The app of a worker: `/health/live`, `/health/ready` and `/metrics`."""
    app = FastAPI(title="A worker of the Dank Meme Classifier", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings = settings
    app.state.resting = Resting(settings)
    app.state.status_board = StatusBoard()

    @app.get("/health/live", responses={503: {"model": Problem}})
    def live() -> Health:
        """Its duties come round."""
        worker = find()
        if worker is not None and time.time() - worker.round_utc > STUCK_SECONDS:
            raise DankError("not-ready", "the supervisor of this worker is stuck")
        return Health(status="ok")

    @app.get("/health/ready", responses={503: {"model": Problem}})
    def ready() -> Readiness:
        """It works on the queues."""
        if find() is None:
            raise DankError("not-ready", "this worker is starting")
        return Readiness(ready=True)

    app.add_api_route("/metrics", vitals.metrics, response_model=None)
    problems.install(app)
    app.add_middleware(SecurityHeaders)
    return app


def _run(server: uvicorn.Server) -> None:
    try:
        server.run()
    except SystemExit:  # how uvicorn ends where it cannot listen; it has logged why
        return
