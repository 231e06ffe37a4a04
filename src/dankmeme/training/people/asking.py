"""Whom people find danker: what is stored is fitted, and the next pair for somebody is chosen by it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dankmeme.storage import answers, pairs
from dankmeme.storage.answers import Said, visible
from dankmeme.storage.database import Database
from dankmeme.storage.feedback import FeedbackFile, Opinion
from dankmeme.storage.pairs import Contender
from dankmeme.training.people import choice
from dankmeme.training.people.answers import Floats, Numbers
from dankmeme.training.people.crowd import Crowd, crowd_of
from dankmeme.training.people.labels import PeopleLabel, labels_of
from dankmeme.training.people.ranks import normal_place
from dankmeme.training.people.worth import Worths, fit

FORECAST, FORECAST_BELIEVED = 0.3, 20.0
"""How far forecasts follow worths before anybody said anything, believed as firmly as so many memes would show it."""
MOST_FORECAST = 0.8
_TRIES = 8


@dataclass(frozen=True)
class Survey:
    """What people think, as it was found at one moment.

    Attributes:
        said: what it was found from.
        crowd: the same as arrays.
        worths: of the memes, and the raters' habits; no forecast has a part in them.
        labels: of all memes that somebody spoke of, the best first.
        posts: of the memes to choose pairs from.
        standing: of the same; those that nobody has judged are where forecasts expect them.
        made_utc: when, in seconds since 1970.
    """

    said: Said
    crowd: Crowd
    worths: Worths
    labels: list[PeopleLabel]
    posts: tuple[str, ...]
    standing: choice.Standing
    made_utc: float = field(default_factory=time.time)


@dataclass(frozen=True)
class Question:
    """A pair to be judged, as it is to be shown, and why."""

    left: str
    right: str
    drawn: choice.Drawn


def survey(said: Said, opinions: Sequence[Opinion], contenders: Sequence[Contender]) -> Survey:
    """Fit what was said, and look at the memes to choose from.

    Args:
        said: what is stored.
        opinions: on verdicts.
        contenders: posts that may be shown. Forecasts say where those lie of which nobody has said anything yet, and
            have no part in labels.
    """
    crowd = crowd_of(said, opinions)
    worths = fit(crowd.answers)
    row = {post: number for number, post in enumerate(crowd.posts)}
    posts = tuple(each.post for each in contenders)
    forecasts = np.array([0.5 if each.forecast is None else each.forecast for each in contenders])
    places = normal_place(forecasts)
    known = [(number, row[post]) for number, post in enumerate(posts) if post in row]
    at, judged = (np.array(each, dtype=np.intp) for each in (zip(*known, strict=True) if known else ((), ())))
    worth = worths.scale * _following(worths, judged, places[at]) * places
    variance = np.full(len(posts), worths.scale**2)
    worth[at], variance[at] = worths.worth[judged], worths.variance[judged]
    shared = None
    if worths.covariance is not None:
        shared = np.diag(variance)
        shared[np.ix_(at, at)] = worths.covariance[np.ix_(judged, judged)]
    standing = choice.standing(worth, variance, worths.scale, shared)
    return Survey(said, crowd, worths, labels_of(crowd, worths), posts, standing)


def surveyed(database: Database, feedback: FeedbackFile) -> Survey:
    """The same of what is stored now."""
    return survey(answers.said(database), feedback.opinions(), pairs.contenders(database))


def ask(database: Database, voter: str | None, known: Survey | None, chance: np.random.Generator) -> Question | None:
    """The next pair for somebody; None where there are no two memes.

    Args:
        database: where memes and answers are.
        voter: whoever is asked; None for somebody who never answered.
        known: what people think; None where it is not known yet, and chance alone decides.
        chance: decides.
    """
    kind = choice.kind(chance)
    if kind == "again" and (pair := pairs.again(database, voter)) is not None:
        return Question(*pair, "again")
    if kind != "uniform" and known is not None and (pair := _unsure(database, voter, known, chance)) is not None:
        return Question(*pair, "unsure")
    drawn = pairs.draw(database, voter)
    return None if drawn is None else Question(*drawn, "uniform")


def _unsure(
    database: Database, voter: str | None, known: Survey, chance: np.random.Generator
) -> tuple[str, str] | None:
    """A pair of which an answer tells much; None where none is left, or the memes have changed meanwhile."""
    judged = _judged(database, voter, known.posts)
    for _ in range(_TRIES):
        places = choice.choose(known.standing, judged, chance)
        if places is None:
            return None
        left, right = (known.posts[place] for place in places)
        if len(visible(database, (left, right))) == 2:
            return left, right
    return None


def _judged(database: Database, voter: str | None, posts: Sequence[str]) -> set[tuple[int, int]]:
    if voter is None:
        return set()
    place = {post: number for number, post in enumerate(posts)}
    mine = ((place.get(one), place.get(other)) for one, other in pairs.judged_by(database, voter))
    return {(min(one, other), max(one, other)) for one, other in mine if one is not None and other is not None}


def _following(worths: Worths, judged: Numbers, places: Floats) -> float:
    """How far forecasts follow worths here: the slope of the one by the other, in standard deviations."""
    weight = worths.weight[judged]
    moment = float((places * worths.worth[judged] / worths.scale).sum()) + FORECAST * FORECAST_BELIEVED
    return float(np.clip(moment / (float((weight * places**2).sum()) + FORECAST_BELIEVED), 0.0, MOST_FORECAST))
