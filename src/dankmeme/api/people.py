"""What people think, found anew in the background while they say it; the leaderboard, and how far raters agree."""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request

from dankmeme.api.feed import card_answer
from dankmeme.api.people_schemas import AgreementAnswer, AgreementsAnswer, LeaderboardAnswer, StandingAnswer
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import Problem
from dankmeme.storage.answers import mark
from dankmeme.storage.cards import Card, cards
from dankmeme.storage.database import Database
from dankmeme.storage.feedback import FeedbackFile
from dankmeme.training.people import PeopleLabel
from dankmeme.training.people.asking import Survey, surveyed
from dankmeme.training.people.overview import Agreements, agreements

LEAST_REST, REST = 2.0, 20.0
"""After a survey nothing is found anew for so many seconds, and for so many times as long as it took."""
_log = logging.getLogger(__name__)
router = APIRouter(tags=["people"], responses={503: {"model": Problem}})


@dataclass(frozen=True)
class Found:
    """A survey with how far raters agree, what it was made of, and the moment at which the next one may be made."""

    survey: Survey
    agreements: Agreements
    mark: tuple[object, ...]
    due: float


class People:
    """What people think. Whoever asks gets what is known; where something was said since, a thread finds it anew.

    Args:
        feedback: what was said of verdicts.
    """

    def __init__(self, feedback: FeedbackFile) -> None:
        self._feedback = feedback
        self._lock = threading.Lock()
        self._found: Found | None = None
        self._thread: threading.Thread | None = None

    def known(self, database: Database) -> Survey | None:
        """What is known now, at once; None where nothing is yet."""
        self._renew(database)
        return self._found.survey if self._found is not None else None

    def found(self, database: Database) -> Found:
        """The same, waiting for it where nothing is known yet."""
        thread = self._renew(database)
        if self._found is None and thread is not None:
            thread.join()
        if self._found is None:
            self._found = _look(database, self._feedback)  # what kept the thread from it is raised here
        return self._found

    def _renew(self, database: Database) -> threading.Thread | None:
        """Find it anew in the background where it is due; the thread that does."""
        if self._found is not None and time.monotonic() < self._found.due:
            return None
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, args=(database,), name="people", daemon=True)
                self._thread.start()
            return self._thread

    def _run(self, database: Database) -> None:
        try:
            before = self._found
            if before is not None and before.mark == mark(database):
                self._found = Found(before.survey, before.agreements, before.mark, time.monotonic() + LEAST_REST)
            else:
                self._found = _look(database, self._feedback)
        except Exception as error:  # the database may be away; what is known still stands
            _log.warning("what people think could not be found anew: %s", error)


def _look(database: Database, feedback: FeedbackFile) -> Found:
    began, now = time.monotonic(), mark(database)
    survey = surveyed(database, feedback)
    agreed = agreements(survey.said)
    ended = time.monotonic()
    return Found(survey, agreed, now, ended + max(LEAST_REST, REST * (ended - began)))


@router.get("/api/v1/leaderboard", responses={422: {"model": Problem}})
def leaderboard(
    request: Request,
    rest: Rest,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    start: Annotated[int, Query(ge=0, le=1_000_000, description="`next` of the page before.")] = 0,
) -> LeaderboardAnswer:
    """Memes by what people think of them, the best first."""
    people: People = request.app.state.people
    survey = people.found(rest.database).survey
    ranked = [label for label in survey.labels if label.answers and label.post in survey.said.visible]
    page = ranked[start : start + limit]
    shown = {card.id: card for card in cards(rest.database, [label.post for label in page]) if not card.hidden}
    return LeaderboardAnswer(
        memes=[
            _standing(rank, label, shown[label.post])
            for rank, label in enumerate(page, start + 1)
            if label.post in shown
        ],
        total=len(ranked),
        next=start + limit if start + limit < len(ranked) else None,
        computed_utc=survey.made_utc,
    )


@router.get("/api/v1/agreement")
def agreement(request: Request, rest: Rest) -> AgreementsAnswer:
    """How far raters agree beyond chance: Krippendorff's alpha."""
    people: People = request.app.state.people
    found = people.found(rest.database)
    return AgreementsAnswer(
        votes=AgreementAnswer.model_validate(found.agreements.votes),
        pairs=AgreementAnswer.model_validate(found.agreements.pairs),
        by_chance=AgreementAnswer.model_validate(found.agreements.by_chance),
        raters=len(found.survey.crowd.voters),
        computed_utc=found.survey.made_utc,
    )


def _standing(rank: int, label: PeopleLabel, card: Card) -> StandingAnswer:
    return StandingAnswer(
        rank=rank,
        post=card_answer(card),
        score=label.worth,
        score_low=label.worth_low,
        score_high=label.worth_high,
        chance=_chance(label.worth),
        chance_low=_chance(label.worth_low),
        chance_high=_chance(label.worth_high),
        percentile=label.percentile,
        weight=label.weight,
        answers=label.answers,
    )


def _chance(odds: float) -> float:
    return 0.5 + 0.5 * math.tanh(0.5 * odds)
