"""What every app of ours has around its routes: errors as problems, the web app, limits, headers, an eye."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.formparsers import MultiPartParser
from starlette.middleware.cors import CORSMiddleware

import dankmeme
from dankmeme.api import problems, web
from dankmeme.api.beneath import Beneath
from dankmeme.api.guards import MAX_BODY, BodyLimit, SecurityHeaders
from dankmeme.api.observing import Observed
from dankmeme.api.schemas import ClassifyUrl
from dankmeme.settings import Settings

MultiPartParser.spool_max_size = MAX_BODY  # an upload never touches the disk

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
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Put the JSON form of `POST /api/v1/classify`, which is read by hand, into the OpenAPI document."""
    plain = app.openapi

    def described() -> dict[str, object]:
        document = plain()
        schema = ClassifyUrl.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"].setdefault("ClassifyUrl", schema)
        return document

    app.openapi = described  # type: ignore[method-assign]
