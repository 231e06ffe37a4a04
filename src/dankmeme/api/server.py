"""The process that answers: uvicorn, which ends what never ends by itself when it is told to."""

from __future__ import annotations

from contextlib import suppress
from types import FrameType

import uvicorn
from fastapi import FastAPI

from dankmeme.api.connections import Connection, room


class _Server(uvicorn.Server):
    """Ends event streams at once, so that nobody waits for them."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        app = self.config.app
        if isinstance(app, FastAPI):
            app.state.newsroom.end()
        super().handle_exit(sig, frame)


def run(app: FastAPI, host: str, port: int, *, trusted_proxies: str) -> None:
    """Serve an app until a signal ends it."""
    Connection.most = room()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        log_level="error",  # its warnings are of clients that make no sense, who could fill a disk with them
        forwarded_allow_ips=trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    with suppress(KeyboardInterrupt):  # uvicorn raises it once more when all has ended
        _Server(config).run()
