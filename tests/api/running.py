"""The real app on a port of its own, without models and without work on the queues: it is there within a moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from dankmeme.api.app import create_app
from dankmeme.api.serving import Serving
from dankmeme.errors import BundleError
from dankmeme.models.eyes import Eyes
from dankmeme.pipeline import engine
from dankmeme.pipeline.work import QUEUES
from dankmeme.settings import Settings
from dankmeme.storage import Storage
from tests.faults.waiting import wait_until

TOKEN = "correct horse battery staple"


@dataclass(frozen=True)
class Place:
    """The app while it is served.

    Attributes:
        client: asks it, as nobody in particular.
        admin: asks it with the admin token.
        storage: what it works with.
    """

    url: str
    settings: Settings
    client: httpx.Client
    admin: httpx.Client
    storage: Storage


@contextmanager
def served(home: Path, **settings: Any) -> Iterator[Place]:
    """The app for these settings, until the block ends."""
    chosen = Settings(home=home, work=False, captions=False, decode_workers=1, **{"admin_token": TOKEN} | settings)
    app = create_app(chosen, Serving(Eyes(captions=False, workers=1), BundleError("bundle-missing", "none here")))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, 20, "the app is served")
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    try:
        with httpx.Client(base_url=url) as client, httpx.Client(base_url=url, headers=bearer) as admin:
            yield Place(url, chosen, client, admin, app.state.resting.open())
    finally:
        server.should_exit = True
        thread.join(20)


def problem(response: httpx.Response) -> tuple[int, str]:
    """Status and code of an error."""
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


def make_queues(place: Place) -> None:
    """As the first process that works on a database does."""
    engine.DBOS.migrate(engine._url(place.storage.database))
    with engine._client(place.storage.database) as client:
        for queue in QUEUES:
            client.register_queue(queue, worker_concurrency=1, on_conflict="never_update")
