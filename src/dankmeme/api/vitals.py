"""What machines ask every few seconds: is it alive, is it ready, how much is there of everything."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from dankmeme.api import about
from dankmeme.api.about import Health, Readiness
from dankmeme.api.admin_schemas import StatusAnswer
from dankmeme.api.gauges import Gauges
from dankmeme.api.resting import Resting
from dankmeme.api.schemas import Problem
from dankmeme.api.status import StatusBoard
from dankmeme.errors import DankError
from dankmeme.metrics import REGISTRY
from dankmeme.settings import Settings
from dankmeme.storage.database import is_outage

router = APIRouter(tags=["about"])


@router.get("/health/live")
def live() -> Health:
    """The process answers: whoever cannot get this may start it anew."""
    return Health(status="ok")


@router.get("/health/ready", responses={503: {"model": Problem}})
def ready(request: Request) -> Readiness:
    """Verdicts can be given: whoever cannot get this sends nobody here.

    A database that is away leaves it ready: verdicts need none, and every process would be taken away at once.
    """
    return about.ready(request)


@router.get(
    "/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, 401: {"model": Problem}}
)
def metrics(request: Request) -> Response:
    """What this process counted, and how the place is doing, in Prometheus' text format."""
    settings: Settings = request.app.state.settings
    _check_token(request, settings)
    said = generate_latest(REGISTRY)
    if settings.mode == "full":
        place = CollectorRegistry()
        place.register(Gauges(_status(request)))
        said += generate_latest(place)
    return Response(said, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _check_token(request: Request, settings: Settings) -> None:
    """Compare the bearer token, where one is wanted.

    Raises:
        DankError: `bad-metrics-token`.
    """
    if settings.metrics_token is None:
        return
    kind, _, said = request.headers.get("authorization", "").partition(" ")
    wanted = settings.metrics_token.get_secret_value()
    if kind.lower() != "bearer" or not secrets.compare_digest(said.strip().encode(), wanted.encode()):
        raise DankError("bad-metrics-token", "metrics want the bearer token of DANK_METRICS_TOKEN")


def _status(request: Request) -> StatusAnswer | None:
    """How the place is doing; None where the database cannot be asked now."""
    board: StatusBoard = request.app.state.status_board
    resting: Resting = request.app.state.resting
    try:
        return board.answer(resting.open())
    except DankError:
        return None
    except SQLAlchemyError as error:
        if is_outage(error):
            return None
        raise
