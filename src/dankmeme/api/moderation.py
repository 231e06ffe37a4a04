"""Routes of a moderator: hide, delete and ban posts, and try again what failed."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Depends, Request

from dankmeme.api.admin import admin
from dankmeme.api.admin_schemas import PostChange, PostChanged, RetryAnswer, RetryRequest
from dankmeme.api.queueing import enqueue
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import Problem
from dankmeme.errors import DankError, first_line
from dankmeme.pipeline.work import INGEST, PREDICT
from dankmeme.storage import Storage, bucket, erase, failures, moderation, posts, predictions
from dankmeme.storage.database import clean

_log = logging.getLogger(__name__)
router = APIRouter(
    tags=["moderation"],
    dependencies=[Depends(admin)],
    responses={status: {"model": Problem} for status in (401, 403, 422, 503)},
)


@router.patch("/api/v1/posts/{post_id:path}", responses={404: {"model": Problem}})
def change(rest: Rest, post_id: str, wanted: PostChange) -> PostChanged:
    """Hide a post, or show it again."""
    if not moderation.hide(rest.database, _named(post_id), wanted.hidden):
        raise _no_post()
    return PostChanged(hidden=wanted.hidden)


@router.delete("/api/v1/posts/{post_id:path}", status_code=204, responses={404: {"model": Problem}})
def delete(rest: Rest, post_id: str, ban: bool = False) -> None:
    """Delete a post for good; with `ban` its pictures, and all that look like them, go and stay out as well."""
    name = _named(post_id)
    gone = moderation.ban(rest, name) if ban else erase.delete_post(rest.database, name)
    if gone is None:
        raise _no_post()
    _purge(rest)


@router.post("/api/v1/failures/retry")
def retry(request: Request, rest: Rest, wanted: RetryRequest) -> RetryAnswer:
    """Try again what failed, pictures and predictions: those of one reason, or all whose fault may have passed."""
    code = None if wanted.code is None else clean(wanted.code, 100)
    run = posts.new_run()
    enqueue(rest.database, INGEST, failures.retry(rest.database, run, code=code))
    chunks = predictions.retry(rest.database, code)
    enqueue(rest.database, PREDICT, list(chunks))
    request.app.state.status_board.forget()
    return RetryAnswer(retried=posts.counts(rest.database, run).all + sum(chunks.values()))


def _named(post_id: str) -> str:
    """A post's id, as a database may be asked for it."""
    if clean(post_id, posts.LONGEST_ID) != post_id:
        raise _no_post()
    return post_id


def _no_post() -> DankError:
    return DankError("no-post", "there is no such post here (any more)")


def _purge(rest: Storage) -> None:
    """Remove from the bucket what was deleted; where that cannot be done now, whoever works on the queues does it."""
    try:
        erase.purge(rest.database, rest.bucket)
    except Exception as error:
        if not bucket.is_outage(error):
            raise
        _log.warning("deleted pictures are removed from the bucket later: %s", first_line(error))
