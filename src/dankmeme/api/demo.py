"""Routes that show sample memes where there is nothing else yet, and take them away again."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request

from dankmeme.api.admin import admin, is_admin
from dankmeme.api.admin_schemas import DemoAnswer
from dankmeme.api.queueing import enqueue
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import Problem
from dankmeme.errors import DankError
from dankmeme.pipeline import demo
from dankmeme.pipeline.work import INGEST
from dankmeme.storage import Storage
from dankmeme.storage.cards import SAMPLE
from dankmeme.storage.feed import UPLOAD
from dankmeme.storage.tables import posts

router = APIRouter(tags=["demo"], responses={503: {"model": Problem}})


@router.post("/api/v1/demo", responses={409: {"model": Problem}})
def fill(request: Request, rest: Rest) -> DemoAnswer:
    """Fill the feed with sample memes; everybody may while there is nothing else in it."""
    if not is_admin(request) and _is_filled(rest):
        raise DankError("not-empty", "there are posts here already: only an admin may add the samples to them")
    enlisted = demo.fill(rest)
    enqueue(rest.database, INGEST, enlisted.chunks)
    return DemoAnswer(posts=enlisted.fresh)


@router.delete("/api/v1/demo", dependencies=[Depends(admin)], responses={401: {"model": Problem}})
def remove(request: Request, rest: Rest) -> DemoAnswer:
    """Remove the sample memes."""
    answer = DemoAnswer(posts=demo.remove(rest))
    request.app.state.status_board.forget()
    return answer


def _is_filled(rest: Storage) -> bool:
    others = sa.select(posts.c.id).where(posts.c.source.not_in((SAMPLE, UPLOAD))).limit(1)
    with rest.database.read() as connection:
        return connection.scalar(others) is not None
