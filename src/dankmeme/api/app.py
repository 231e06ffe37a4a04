"""The app: everything wired together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI
from starlette.formparsers import MultiPartParser

import dankmeme
from dankmeme.api import (
    about,
    classify,
    demo,
    document,
    events,
    feed,
    feedback,
    intake,
    ledger,
    legacy,
    misses,
    models,
    moderation,
    people,
    pictures,
    problems,
    schedules,
    session,
    status,
    votes,
    web,
)
from dankmeme.api.admin import Admin
from dankmeme.api.background import Background
from dankmeme.api.bodies import MAX_BODY, BodyLimit
from dankmeme.api.events import Newsroom
from dankmeme.api.guards import RateLimit, SecurityHeaders, VoteLimit
from dankmeme.api.ledger import Ledgers
from dankmeme.api.resting import Resting
from dankmeme.api.rulings import Rulings
from dankmeme.api.serving import Serving
from dankmeme.api.signing import Signer
from dankmeme.errors import BundleError
from dankmeme.models.classifier import Classifier
from dankmeme.pipeline.lineup import FIRST_SECONDS, Keeper
from dankmeme.pipeline.network import make_fetcher
from dankmeme.pipeline.seeing import workers_predictors
from dankmeme.settings import Settings
from dankmeme.storage.alike import Alike
from dankmeme.storage.feedback import FeedbackFile
from dankmeme.storage.looks import Looks

ROUTERS = (
    classify,
    feedback,
    about,
    votes,
    people,
    feed,
    pictures,
    events,
    ledger,
    legacy,
    demo,
    intake,
    session,
    schedules,
    moderation,
    status,
    models,
    misses,
)
"""In this order: the more special paths of a post come before the post's own."""
_log = logging.getLogger(__name__)

MultiPartParser.spool_max_size = MAX_BODY  # an upload never touches the disk
logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of every form that a stranger got wrong


def create_app(settings: Settings, serving: Serving) -> FastAPI:
    """The app for these settings; it closes what it serves with when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with make_fetcher(settings) as fetcher:
            app.state.verdicts = classify.Verdicts(serving, fetcher)
            began = serving.classifier.bundle.folder if isinstance(serving.classifier, Classifier) else None
            keeper = Keeper(settings, serving.eyes, app.state.resting.open, "serve", serving.take, began)
            app.state.warm = asyncio.get_running_loop().run_in_executor(None, _warm, serving, keeper)
            app.state.warm.add_done_callback(_heard)
            predictors = workers_predictors(settings, keeper, serving.eyes, parallel=1)
            background = Background(settings, predictors, keeper) if settings.work else None
            yield
            app.state.newsroom.end()
            app.state.verdicts.close()
            await asyncio.to_thread(keeper.stop)
            if background is not None:
                await asyncio.to_thread(background.stop)
        await asyncio.to_thread(_close, serving, app.state.resting)

    app = FastAPI(
        title="Dank Meme Classifier",
        version=dankmeme.__version__,
        description="How dank is this meme? Fractions are 0–1 everywhere.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    _equip(app, settings, serving)
    for part in ROUTERS:
        app.include_router(part.router)
    app.include_router(models.deciding)
    problems.install(app)
    web.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    document.install(app)
    return app


def _equip(app: FastAPI, settings: Settings, serving: Serving) -> None:
    """What the routes find in the app's state."""
    resting = Resting(settings)
    app.state.serving = serving
    app.state.settings = settings
    app.state.resting = resting
    app.state.signer = Signer(resting)
    app.state.admin = Admin(settings, app.state.signer)
    app.state.newsroom = Newsroom(resting)
    app.state.ledgers = Ledgers()
    app.state.misses = misses.Misses()
    app.state.rulings = Rulings()
    app.state.status_board = status.StatusBoard(serving, settings.bundles, app.state.ledgers.drift)
    app.state.alike = cache(Alike)
    app.state.looks = cache(Looks)
    app.state.feedback = FeedbackFile(settings.home / "feedback.jsonl")
    app.state.people = people.People(app.state.feedback)
    app.state.rate_limit = RateLimit(settings.rate_limit)
    app.state.vote_limit = VoteLimit(settings.vote_rate, settings.vote_rate_address)


def _close(serving: Serving, resting: Resting) -> None:
    serving.close()
    resting.close()


def _warm(serving: Serving, keeper: Keeper) -> None:
    """Load models and start workers, and use the bundle that the registry wants; refuse one that fails its self-test.

    A database that is away keeps nobody waiting: the bundle of last time answers until it is there.
    """
    keeper.start()
    try:
        serving.prove()
    except BundleError as error:
        keeper.wait(FIRST_SECONDS)
        if not serving.is_proven:
            _log.error("not ready: %s", error.message)
            raise
    except Exception:
        _log.exception("not ready")
        raise
    keeper.wait(FIRST_SECONDS)


def _heard(warm: asyncio.Future[None]) -> None:
    """What kept the models from loading was logged, and is told to whoever asks."""
    if not warm.cancelled():
        warm.exception()
