"""What every app of ours has around its routes: errors as problems, the web app, limits, headers, an eye."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.formparsers import MultiPartParser
from starlette.middleware.cors import CORSMiddleware

import dankmeme
from dankmeme.api import document, problems, web
from dankmeme.api.beneath import Beneath
from dankmeme.api.bodies import MAX_BODY, BodyLimit
from dankmeme.api.guards import SecurityHeaders
from dankmeme.api.observing import Observed
from dankmeme.settings import Settings

MultiPartParser.spool_max_size = MAX_BODY  # an upload never touches the disk
logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of every form that a stranger got wrong

_UNTOLD: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own spans and logs hold addresses of clients and what they sent; ours do not (`Observed`)."""


def bare(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> FastAPI:
    """An app without routes."""
    return FastAPI(
        title="Dank Meme Classifier",
        version=dankmeme.__version__,
        description="How dank is this meme? Fractions are 0–1 everywhere.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry=_UNTOLD,
    )


def dressed(app: FastAPI, settings: Settings) -> FastAPI:
    """An app that has all its routes, with what goes around them."""
    problems.install(app)
    web.install(app, settings.mode)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID"],
        )
    app.add_middleware(Observed)
    app.add_middleware(Beneath, root=settings.root_path)
    document.install(app)
    return app
