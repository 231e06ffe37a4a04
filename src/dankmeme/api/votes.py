"""Routes by which people say what they think: votes, and which of two memes is danker."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter, Request, Response

from dankmeme.api.feed import card_answer
from dankmeme.api.feed_schemas import PairAnswer, PairKept, PairRequest, VoteRequest, VotesAnswer
from dankmeme.api.guards import VoteLimit
from dankmeme.api.people import People
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import Problem
from dankmeme.api.signing import KnownVoter, Voter
from dankmeme.errors import DankError
from dankmeme.storage import Storage, pairs
from dankmeme.storage.cards import cards
from dankmeme.storage.votes import vote as cast
from dankmeme.training.people.asking import ask

router = APIRouter(tags=["votes"], responses={status: {"model": Problem} for status in (404, 422, 429, 503)})


@router.put("/api/v1/posts/{post_id:path}/vote")
def vote(request: Request, rest: Rest, voter: Voter, post_id: str, said: VoteRequest) -> VotesAnswer:
    """Say whether a post is dank; a browser has one vote a post, and may change it or take it back."""
    limit: VoteLimit = request.app.state.vote_limit
    limit.check(request, voter)
    counted = cast(rest.database, post_id, voter, None if said.vote is None else said.vote == "dank")
    if counted is None:
        raise DankError("no-post", "there is no such post here (any more)")
    return VotesAnswer(dank=counted[0], not_dank=counted[1], mine=said.vote)


@router.get("/api/v1/pairs")
def pair(request: Request, rest: Rest, voter: KnownVoter, response: Response) -> PairAnswer:
    """Two memes to choose from: mostly two of which an answer tells much."""
    response.headers["Cache-Control"] = "no-store"
    people: People = request.app.state.people
    asked = ask(rest.database, voter, people.known(rest.database), np.random.default_rng())
    shown = cards(rest.database, (asked.left, asked.right), voter) if asked else []
    if asked is None or len(shown) != 2:
        raise DankError("no-pair", "there are no two memes to compare yet")
    left, right = map(card_answer, shown)
    return PairAnswer(left=left, right=right, drawn=asked.drawn, answered=pairs.judged(rest.database, voter))


@router.post("/api/v1/pairs", status_code=201)
def judge(request: Request, rest: Rest, voter: Voter, said: PairRequest) -> PairKept:
    """Say which of two memes is danker."""
    limit: VoteLimit = request.app.state.vote_limit
    limit.check(request, voter)
    if said.left == said.right:
        raise DankError("invalid-request", "left, right: a post cannot be danker than itself")
    _keep(rest, voter, said)
    return PairKept(status="kept", answered=pairs.judged(rest.database, voter))


def _keep(rest: Storage, voter: str, said: PairRequest) -> None:
    winner = {"left": said.left, "right": said.right, None: None}[said.winner]
    if not pairs.judge(rest.database, voter, said.left, said.right, winner, said.drawn):
        raise DankError("no-post", "one of the two is not here any more")
