"""`dank serve`."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.ending import signals_interrupt
from dankmeme.cli.saying import say
from dankmeme.cli.watched import watched
from dankmeme.errors import BundleError, DankError, SettingError
from dankmeme.memory import few_arenas

if TYPE_CHECKING:
    from fastapi import FastAPI

    from dankmeme.models.classifier import Classifier
    from dankmeme.models.eyes import Eyes
    from dankmeme.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (DANK_HOST, 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (DANK_PORT, 8000).")] = None,
) -> None:
    """Serve the web app and the API."""
    few_arenas()
    from dankmeme.models.active import chosen_bundle
    from dankmeme.models.classifier import Classifier
    from dankmeme.models.eyes import eyes_for
    from dankmeme.settings import settings

    try:
        chosen = settings()
        where = (host or chosen.host, chosen.port if port is None else port)
        _check_free(*where)
        if chosen.work and chosen.mode == "full":
            _check_schedules(chosen)
    except DankError as error:
        say(f"dank: {error.message}", error=True)
        raise typer.Exit(2) from None
    eyes = eyes_for(chosen)
    classifier: Classifier | BundleError
    try:
        classifier = Classifier(chosen_bundle(chosen), eyes=eyes)
        threading.Thread(target=classifier.warm, daemon=True).start()  # while the imports below go on
    except BundleError as error:
        classifier = error
        say(f"dank: {error.message}; all but verdicts is served", error=True)
    from dankmeme.api.server import run

    app = _app(chosen, eyes, classifier)
    say(f"Dank Meme Classifier on http://{where[0]}:{where[1]}{chosen.root_path}  (Ctrl-C ends it)")
    if chosen.mode == "demo":
        say("the demo mode: verdicts only, and nothing is kept")
    elif chosen.admin_token is None:
        say(f"the admin token, to add communities with, is in {chosen.home.absolute() / 'admin-token'}")
    with watched(chosen, "serve"), signals_interrupt():
        run(app, *where, trusted_proxies=chosen.trusted_proxies)


def _app(chosen: Settings, eyes: Eyes, classifier: Classifier | BundleError) -> FastAPI:
    """The app of the mode that was chosen."""
    from dankmeme.api.serving import Serving

    serving = Serving(eyes, classifier)
    if chosen.mode == "demo":
        from dankmeme.api import direct

        return direct.create_app(chosen, serving)
    from dankmeme.api.app import create_app

    app = create_app(chosen, serving)
    app.state.admin.prepare()
    return app


def _check_schedules(chosen: Settings) -> None:
    """Say at once what is wrong with DANK_SCHEDULES or DANK_RETRAIN, and not in the log of a server."""
    from dankmeme.pipeline.schedule import following, from_settings

    if chosen.schedules.strip():
        from_settings(chosen)
    if chosen.retrain:
        following(chosen.retrain, time.time())


def _check_free(host: str, port: int) -> None:
    """Say at once, in one line, that an address cannot be listened on."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError) as error:
        raise SettingError(
            "bad-setting", f"cannot listen on {host}:{port}: {error}; choose another with --port"
        ) from None
