"""The route behind "wrong verdict"."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Depends, Request

from dankmeme.api.classify import rate_limit
from dankmeme.api.schemas import FeedbackAnswer, FeedbackRequest, Problem
from dankmeme.storage.feedback import FeedbackFile

router = APIRouter(tags=["feedback"], dependencies=[Depends(rate_limit)])


@router.post("/api/v1/feedback", status_code=201, responses={422: {"model": Problem}, 429: {"model": Problem}})
def keep(request: Request, feedback: FeedbackRequest) -> FeedbackAnswer:
    """Keep what a person thinks of a verdict: fingerprint, verdict and opinion, never the picture."""
    file: FeedbackFile = request.app.state.feedback
    now = datetime.now(UTC).isoformat(timespec="seconds")
    file.keep({"kept_at": now, **feedback.model_dump(mode="json")})
    return FeedbackAnswer(status="kept")
