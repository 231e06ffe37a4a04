"""What people said, in figures: how much, how far they agree, and how much is known of it. Nobody is named."""

from __future__ import annotations

from dataclasses import dataclass

from dankmeme.posts import PeopleSay
from dankmeme.storage import answers
from dankmeme.storage.answers import Said
from dankmeme.storage.database import Database
from dankmeme.storage.feedback import FeedbackFile
from dankmeme.training.people.agreement import Agreement, of_pairs, of_votes
from dankmeme.training.people.crowd import Crowd, crowd_of
from dankmeme.training.people.labels import PeopleLabel, labels_of
from dankmeme.training.people.worth import Worths, fit

WEIGHTS = (0.1, 0.3, 0.5, 0.8)
RELIABLE, DOUBTFUL = 0.7, 0.3
WITHOUT_SELECTION = ("uniform", "again")


@dataclass(frozen=True)
class Agreements:
    """How far raters agree, on votes, on all pairs, and on those that were shown whatever the models thought."""

    votes: Agreement
    pairs: Agreement
    by_chance: Agreement


@dataclass(frozen=True)
class Overview:
    """Figures of what people said.

    Attributes:
        votes: how many.
        pairs: how many were judged.
        feedback: how many opinions on verdicts count.
        raters: how many voted or judged.
        reliable: how many of them have a reliability of `RELIABLE` or more.
        doubtful: how many below `DOUBTFUL`.
        labels: of how many memes.
        weights: how many labels have at least which weight.
        agreement: of the raters.
    """

    votes: int
    pairs: int
    feedback: int
    raters: int
    reliable: int
    doubtful: int
    labels: int
    weights: dict[str, int]
    agreement: Agreements


def agreements(said: Said) -> Agreements:
    """How far raters agree."""
    pairs = said.judgements
    return Agreements(of_votes(said.votes), of_pairs(pairs), of_pairs(pairs, WITHOUT_SELECTION))


def overview(database: Database, feedback: FeedbackFile) -> tuple[Overview, list[PeopleLabel]]:
    """Figures of what is stored now, and the labels, the best first."""
    said = answers.said(database)
    crowd = crowd_of(said, feedback.opinions())
    worths = fit(crowd.answers)
    made = labels_of(crowd, worths)
    return _figures(said, crowd, worths, made), made


def own_labels(database: Database, feedback: FeedbackFile) -> list[PeopleLabel]:
    """The labels of what was said here alone, the best first."""
    crowd = crowd_of(answers.said(database), feedback.opinions(), elsewhere=False)
    return labels_of(crowd, fit(crowd.answers))


def people_say(database: Database, feedback: FeedbackFile) -> dict[str, PeopleSay]:
    """What people think of each post that somebody spoke of, labels from elsewhere included, as datasets tell it."""
    _, made = overview(database, feedback)
    return {each.post: PeopleSay(round(each.percentile, 4), round(each.weight, 4)) for each in made}


def _figures(said: Said, crowd: Crowd, worths: Worths, made: list[PeopleLabel]) -> Overview:
    reliability = worths.reliability[: len(crowd.voters)]
    return Overview(
        votes=len(said.votes),
        pairs=len(said.judgements),
        feedback=crowd.feedback,
        raters=len(crowd.voters),
        reliable=int((reliability >= RELIABLE).sum()),
        doubtful=int((reliability < DOUBTFUL).sum()),
        labels=len(made),
        weights={f"{least:g}": sum(each.weight >= least for each in made) for least in WEIGHTS},
        agreement=agreements(said),
    )
