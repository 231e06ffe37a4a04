"""The app: everything wired together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.formparsers import MultiPartParser

import dankmeme
from dankmeme.api import about, classify, feedback, problems, web
from dankmeme.api.background import Background
from dankmeme.api.guards import MAX_BODY, BodyLimit, RateLimit, SecurityHeaders
from dankmeme.errors import BundleError
from dankmeme.models.classifier import Classifier
from dankmeme.models.selftest import checks
from dankmeme.pipeline.network import make_fetcher
from dankmeme.settings import Settings
from dankmeme.storage.feedback import FeedbackFile

_log = logging.getLogger(__name__)

MultiPartParser.spool_max_size = MAX_BODY  # an upload never touches the disk


def create_app(settings: Settings, classifier: Classifier) -> FastAPI:
    """The app for these settings, around a classifier that it closes when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with make_fetcher(settings) as fetcher:
            app.state.verdicts = classify.Verdicts(classifier, fetcher)
            app.state.warm = asyncio.get_running_loop().run_in_executor(None, _warm, classifier)
            background = Background(settings) if settings.work else None
            yield
            app.state.verdicts.close()
            if background is not None:
                await asyncio.to_thread(background.stop)
        await asyncio.to_thread(classifier.close)

    app = FastAPI(
        title="Dank Meme Classifier",
        version=dankmeme.__version__,
        description="How dank is this meme? Fractions are 0–1 everywhere.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.classifier = classifier
    app.state.feedback = FeedbackFile(settings.home / "feedback.jsonl")
    app.state.rate_limit = RateLimit(settings.rate_limit)
    for part in (classify, feedback, about):
        app.include_router(part.router)
    problems.install(app)
    web.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    _describe(app)
    return app


def _warm(classifier: Classifier) -> None:
    """Load models and start workers; refuse a bundle that fails its self-test."""
    try:
        classifier.warm()
        failed = [check for check in checks(classifier) if not check.passed]
        if failed:
            raise BundleError(
                "bundle-damaged", f"the bundle fails its self-test: {failed[0].name} is {failed[0].detail}"
            )
    except Exception:
        _log.exception("not ready")
        raise


def _describe(app: FastAPI) -> None:
    """Put the JSON form of `POST /api/v1/classify`, which is read by hand, into the OpenAPI document."""
    from dankmeme.api.schemas import ClassifyUrl

    plain = app.openapi

    def described() -> dict[str, object]:
        document = plain()
        schema = ClassifyUrl.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"].setdefault("ClassifyUrl", schema)
        return document

    app.openapi = described  # type: ignore[method-assign]
