"""The feed's routes: pages of posts, one post's page, what is like it, and the communities there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from dankmeme.api.admin import is_admin
from dankmeme.api.feed_schemas import (
    CommunitiesAnswer,
    CommunityAnswer,
    DuplicateAnswer,
    FeedAnswer,
    ForecastAnswer,
    ModelName,
    OutcomeAnswer,
    PostAnswer,
    PostPageAnswer,
    PredictionAnswer,
    ScoreAnswer,
    SimilarAnswer,
    Sort,
)
from dankmeme.api.outcomes import outcomes_of
from dankmeme.api.public import public
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import PictureAnswer, Problem
from dankmeme.api.signing import KnownVoter
from dankmeme.errors import DankError
from dankmeme.storage import Storage, pages
from dankmeme.storage.alike import Alike
from dankmeme.storage.cards import Card, cards
from dankmeme.storage.communities import communities
from dankmeme.storage.post_page import PostPage, post_page
from dankmeme.storage.predictions import SUCCESS, Prediction
from dankmeme.storage.versions import Version, VersionKey

router = APIRouter(tags=["feed"], responses={503: {"model": Problem}})
Moment = Annotated[float | None, Query(ge=-1e11, le=1e11, allow_inf_nan=False)]
Name = Annotated[str | None, Query(max_length=300)]


async def _wish(
    community: Name = None,
    source: Name = None,
    model: Annotated[ModelName, Query(description="Whose forecast `dank` and `dankest` go by.")] = "verdict",
    dank: Annotated[bool, Query(description="Only posts that the model calls dank.")] = False,
    originals: Annotated[bool, Query(description="No reposts.")] = False,
    since: Moment = None,
    until: Moment = None,
    q: Annotated[str, Query(max_length=200, description="Words of title or caption.")] = "",
    sort: Sort = "newest",
    hidden: Annotated[bool, Query(description="Hidden posts too, for an admin.")] = False,
) -> pages.Wish:
    """A wish as a query string has it."""
    return pages.Wish(community, source, model, dank, originals, since, until, q, sort, hidden)


@router.get("/api/v1/posts", responses={status: {"model": Problem} for status in (400, 422)})
def posts(
    request: Request,
    rest: Rest,
    voter: KnownVoter,
    wanted: Annotated[pages.Wish, Depends(_wish)],
    limit: Annotated[int, Query(ge=1, le=100)] = 24,
    cursor: Annotated[str | None, Query(max_length=300, description="`next` of the page before.")] = None,
) -> FeedAnswer:
    """A page of the feed."""
    wish = wanted if is_admin(request) else replace(wanted, hidden=False)
    page = pages.page(rest.database, wish, limit, cursor)
    return FeedAnswer(posts=[card_answer(card) for card in cards(rest.database, page.posts, voter)], next=page.next)


@router.get("/api/v1/posts/{post_id:path}/similar", responses={404: {"model": Problem}})
def similar(request: Request, rest: Rest, voter: KnownVoter, post_id: str) -> SimilarAnswer:
    """Posts whose pictures are most like this one's."""
    alike: Alike = request.app.state.alike(rest.database)
    near = alike.like(the_card(rest, post_id, None).image.sha256)
    return SimilarAnswer(posts=[card_answer(card) for card in cards(rest.database, near, voter)])


@router.get("/api/v1/posts/{post_id:path}", responses={404: {"model": Problem}})
def post(request: Request, rest: Rest, voter: KnownVoter, post_id: str) -> PostPageAnswer:
    """All about one post."""
    card = the_card(rest, post_id, voter, hidden=is_admin(request))
    return _page_answer(card, post_page(rest.database, card.id, card.image.sha256), outcomes_of(rest.database, card.id))


@router.get("/api/v1/communities")
def known_communities(rest: Rest) -> CommunitiesAnswer:
    """The communities of the feed, the largest first."""
    found = communities(rest.database)
    return CommunitiesAnswer(
        posts=sum(each.posts for each in found), communities=[CommunityAnswer.model_validate(each) for each in found]
    )


def the_card(rest: Storage, post_id: str, voter: str | None, *, hidden: bool = False) -> Card:
    """The card of a post.

    Raises:
        DankError: `no-post`, where there is none, or none to be shown.
    """
    found = cards(rest.database, [post_id], voter)
    if not found or (found[0].hidden and not hidden):
        raise DankError("no-post", "there is no such post here (any more)")
    return found[0]


def card_answer(card: Card) -> PostAnswer:
    """A card as the API gives it."""
    return PostAnswer.model_validate(card)


def _page_answer(card: Card, page: PostPage, outcomes: list[OutcomeAnswer]) -> PostPageAnswer:
    return PostPageAnswer(
        post=card_answer(card),
        pictures=[PictureAnswer.model_validate(each) for each in page.pictures],
        caption=page.caption,
        predictions=[_prediction(each, page.versions) for each in page.predictions],
        duplicates=[DuplicateAnswer.model_validate(each) for each in page.duplicates],
        scores=[ScoreAnswer.model_validate(each) for each in page.scores],
        outcomes=outcomes,
    )


def _prediction(made: Prediction, known: dict[VersionKey, Version]) -> PredictionAnswer:
    version = known.get(VersionKey(made.model, made.version))
    said = vars(made) | {"compared_with": version.compared_with if version else ""}
    return PredictionAnswer.model_validate(
        said
        | {
            "active": version is not None and version.active,
            "message": public(made.message) if made.message is not None else None,
            "forecast": ForecastAnswer.model_validate(said) if made.state == SUCCESS else None,
        }
    )
