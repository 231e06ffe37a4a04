"""The app of the demo mode: direct classification only. It keeps nothing and asks no database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from dankmeme.api import about, classify, vitals
from dankmeme.api.frame import bare, dressed
from dankmeme.api.guards import RateLimit
from dankmeme.api.serving import Serving
from dankmeme.pipeline.network import make_fetcher
from dankmeme.settings import Settings


def create_app(settings: Settings, serving: Serving) -> FastAPI:
    """The app for these settings; it closes what it serves with when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with make_fetcher(settings) as fetcher:
            app.state.verdicts = classify.Verdicts(serving, fetcher)
            app.state.warm = asyncio.get_running_loop().run_in_executor(None, serving.prove)
            app.state.warm.add_done_callback(lambda warm: warm.cancelled() or warm.exception())
            yield
            app.state.verdicts.close()
        await asyncio.to_thread(serving.close)

    app = bare(lifespan)
    app.state.serving, app.state.settings = serving, settings
    app.state.rate_limit = RateLimit(settings.rate_limit, "requests")
    app.state.url_limit = RateLimit(settings.url_rate, "addresses")
    for part in (classify, about, vitals):
        app.include_router(part.router)
    return dressed(app, settings)
