"""Routes about the service itself: the model in short, and whether it is alive and ready."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from dankmeme.api.public import public
from dankmeme.api.schemas import FigureAnswer, ModelCardAnswer, Problem
from dankmeme.api.serving import Serving
from dankmeme.errors import DankError

router = APIRouter(tags=["about"])


class Health(BaseModel):
    """Alive."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """The first picture would be answered at once."""

    ready: Literal[True]


@router.get("/api/v1/model", responses={503: {"model": Problem}})
def model(request: Request) -> ModelCardAnswer:
    """The model that answers: what it compares with, how good it is, what it cannot tell."""
    serving: Serving = request.app.state.serving
    bundle = serving.verdicts().bundle
    manifest, figures = bundle.manifest, bundle.figures()
    return ModelCardAnswer(
        name=manifest.name,
        version=manifest.version,
        compared_with=manifest.compared_with,
        base_rate=manifest.base_rate,
        dank_from=manifest.dank_from,
        figures=[FigureAnswer(**figure) for figure in figures["shown"]],
        caveats=figures["caveats"],
    )


@router.get("/api/v1/health")
def health() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/api/v1/ready", responses={503: {"model": Problem}})
def ready(request: Request) -> Readiness:
    """Models are loaded, workers started, and the bundle's own picture gets the verdict that training gave it."""
    serving: Serving = request.app.state.serving
    if serving.is_proven:
        return Readiness(ready=True)
    broke = request.app.state.warm.exception() if request.app.state.warm.done() else None
    raise DankError("not-ready", public(serving.fault or str(broke or "models are being loaded")))
