"""The routes of 2018, with their payloads: missing predictions are null, and never another meme's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, UploadFile
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from dankmeme.api.beneath import here
from dankmeme.api.classify import rate_limit
from dankmeme.api.guards import VoteLimit
from dankmeme.api.public import public
from dankmeme.api.queueing import enqueue
from dankmeme.api.resting import Rest, Resting
from dankmeme.api.schemas import Fraction, LegacyError
from dankmeme.api.signing import Voter
from dankmeme.errors import DankError, ImageError
from dankmeme.images.decode import MAX_BYTES
from dankmeme.pipeline.work import INGEST
from dankmeme.storage import pages, uploads
from dankmeme.storage.cards import Card, cards, headline, shown_forecasts
from dankmeme.storage.votes import vote

NEWEST = 10
MOST_WAITING = 500
"""So many uploads may wait for their turn."""
router = APIRouter(tags=["2018"], responses={status: {"model": LegacyError} for status in (404, 422, 503)})
Status = Annotated[str, Field(examples=["success"])]


class MemePost(BaseModel):
    """A post as the app of 2018 knew it; `score` are votes in the app."""

    id: str
    url: str | None
    createdUtc: float | None  # noqa: N815
    author: str | None
    subreddit: str
    title: str
    permalink: str | None
    imageHash: str  # noqa: N815
    kerasPrediction: Fraction | None  # noqa: N815
    autoMLPrediction: Fraction | None  # noqa: N815
    score: int


class Memes(BaseModel):
    """The newest posts."""

    status: Status = "success"
    posts: list[MemePost]


class HashedPost(BaseModel):
    """A post by the hash of its picture."""

    imageHash: Annotated[str, Field(max_length=200)]  # noqa: N815


class HashedPosts(BaseModel):
    """Posts whose predictions are wanted."""

    posts: Annotated[list[HashedPost], Field(max_length=1_000)]


class Predictions(BaseModel):
    """In the order of the question: -1.0 for an empty hash, null where there is no prediction (yet)."""

    status: Status = "success"
    predictions: list[float | None]


class Scored(BaseModel):
    """How many call it dank now."""

    status: Status = "success"
    updated_score: int


class Queued(BaseModel):
    """The picture is in the queue."""

    status: Status = "success"
    imageHash: str  # noqa: N815


class BothPredictions(BaseModel):
    """Of both models; null for one that failed."""

    kerasPrediction: Fraction | None  # noqa: N815
    autoMLPrediction: Fraction | None  # noqa: N815


class UploadState(BaseModel):
    """How far an upload is: `pending`, `success` or `failed`."""

    status: Annotated[str, Field(examples=["pending", "success", "failed"])]
    message: str | None = None
    predictions: BothPredictions | None = None


@router.get("/api/v1/memes")
def memes(rest: Rest) -> Memes:
    """The ten newest posts."""
    found = cards(rest.database, pages.page(rest.database, pages.Wish(), NEWEST).posts)
    return Memes(posts=[_meme(card) for card in found])


@router.post("/api/v1/memes/predictions")
def predictions(rest: Rest, asked: HashedPosts) -> Predictions:
    """What the verdict on pictures was, by their hashes."""
    with rest.database.read() as connection:
        known, _ = shown_forecasts(connection, {each.imageHash for each in asked.posts})
    found = {image: headline(forecasts) for image, forecasts in known.items()}
    probability = {image: forecast.probability for image, forecast in found.items() if forecast is not None}
    return Predictions(
        predictions=[-1.0 if not each.imageHash else probability.get(each.imageHash) for each in asked.posts]
    )


@router.post(
    "/api/v1/memes/image",
    dependencies=[Depends(rate_limit)],
    responses={status: {"model": LegacyError} for status in (400, 413, 429)},
)
async def take_in(request: Request, file: Annotated[UploadFile, "The picture."]) -> Queued:
    """Queue a picture for its predictions."""
    data = await file.read()
    if not data:
        raise ImageError("empty", "the file is empty")
    if len(data) > MAX_BYTES:
        raise ImageError("file-too-large", f"the file has more than {MAX_BYTES / 1e6:.0f} MB")
    return Queued(imageHash=await run_in_threadpool(_queue, request.app.state.resting, data))


@router.get("/api/v1/memes/image/{image_hash}/predictions", response_model_exclude_unset=True)
def upload_state(rest: Rest, image_hash: Annotated[str, Path(max_length=200)]) -> UploadState:
    """How far the predictions of a picture are."""
    found = uploads.find(rest.database, image_hash.lower())
    if found is None:
        raise DankError("no-image", "there is no picture of this hash here")
    return _state(found)


@router.post("/api/v1/memes/{post_id:path}/score", responses={429: {"model": LegacyError}})
def score(request: Request, rest: Rest, voter: Voter, post_id: str) -> Scored:
    """Call a post dank; a browser counts once."""
    limit: VoteLimit = request.app.state.vote_limit
    limit.check(request, voter)
    counted = vote(rest.database, post_id, voter, dank=True)
    if counted is None:
        raise DankError("no-post", "there is no such post here (any more)")
    return Scored(updated_score=counted[0])


def _meme(card: Card) -> MemePost:
    cnn, automl = card.models.cnn, card.models.automl
    return MemePost(
        id=card.id,
        url=here(f"/api/v1/images/{card.image.sha256}/picture.jpg"),
        createdUtc=card.created_utc,
        author=card.author,
        subreddit=card.community,
        title=card.title,
        permalink=card.permalink,
        imageHash=card.image.sha256,
        kerasPrediction=cnn.probability if cnn else None,
        autoMLPrediction=automl.probability if automl else None,
        score=card.votes.dank,
    )


def _queue(resting: Resting, data: bytes) -> str:
    rest = resting.open()
    if uploads.waiting(rest.database) >= MOST_WAITING:
        raise DankError("too-busy", "too many pictures wait already; try again in a few minutes")
    sha256, chunks = uploads.offer(rest, data)
    enqueue(rest.database, INGEST, chunks)
    return sha256


def _state(found: uploads.Uploaded) -> UploadState:
    if found.failure is not None:
        return UploadState(status="failed", message=public(found.failure))
    if found.pending:
        return UploadState(status="pending", message="the predictions are on their way")
    cnn, automl = found.forecasts.get("cnn"), found.forecasts.get("automl")
    return UploadState(
        status="success",
        predictions=BothPredictions(
            kerasPrediction=cnn.probability if cnn else None, autoMLPrediction=automl.probability if automl else None
        ),
    )
