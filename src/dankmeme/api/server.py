"""The process that answers: uvicorn, which ends what never ends by itself when it is told to."""

from __future__ import annotations

from contextlib import suppress
from types import FrameType

import uvicorn
from fastapi import FastAPI

from dankmeme.api.connections import Connection, room

GRACE_SECONDS = 5
"""So long an ending server waits for what it is answering."""


class _Server(uvicorn.Server):
    """Ends event streams at once, so that nobody waits for them."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        app = self.config.app
        newsroom = app.state.newsroom if isinstance(app, FastAPI) and hasattr(app.state, "newsroom") else None
        if newsroom is not None:
            newsroom.end()
        super().handle_exit(sig, frame)


def run(app: FastAPI, host: str, port: int, *, trusted_proxies: str) -> None:
    """Serve an app until a signal ends it: what is being answered gets `GRACE_SECONDS`, then the process ends well."""
    Connection.most = room()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        log_config=None,
        log_level="error",  # its warnings are of clients that make no sense, who could fill a disk with them
        access_log=False,
        forwarded_allow_ips=trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with suppress(KeyboardInterrupt):  # uvicorn raises it once more when all has ended
        _Server(config).run()
