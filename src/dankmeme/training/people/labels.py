"""Labels from people: for each meme that somebody spoke of, where it stands, and how much is known of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dankmeme.training.people.crowd import Crowd
from dankmeme.training.people.ranks import INTERVAL, percentiles
from dankmeme.training.people.worth import Worths


@dataclass(frozen=True)
class PeopleLabel:
    """What people think of a meme.

    Attributes:
        post: its id.
        image: SHA-256 of its first picture.
        percentile: 0–1, its expected place among all memes that people spoke of; a half where nothing is known.
        low: lower end of the 95 % interval of its place.
        high: upper end.
        weight: 0–1, how much is known: 1 less the share of the spread of worths that is still unknown.
        votes: how many voted.
        pairs: how many judged pairs it was in.
        feedback: how many opinions on its verdict count.
        elsewhere: how many labels that were made elsewhere count.
        worth: log odds that the usual rater prefers it to an average meme: its Bradley–Terry score.
        worth_low: lower end of its 95 % interval.
        worth_high: upper end.
    """

    post: str
    image: str
    percentile: float
    low: float
    high: float
    weight: float
    votes: int
    pairs: int
    feedback: int
    elsewhere: int
    worth: float
    worth_low: float
    worth_high: float

    @property
    def answers(self) -> int:
        """How many people's answers it rests on."""
        return self.votes + self.pairs + self.feedback


def labels_of(crowd: Crowd, worths: Worths) -> list[PeopleLabel]:
    """The label of every meme that somebody spoke of, the best first.

    Args:
        crowd: what people said.
        worths: what was found of it.
    """
    return sorted(_each(crowd, worths), key=lambda label: (-label.worth, label.post))


def _each(crowd: Crowd, worths: Worths) -> Iterator[PeopleLabel]:
    answers, count = crowd.answers, crowd.answers.memes
    percentile, low, high = percentiles(worths.worth, worths.variance)
    reach = INTERVAL * np.sqrt(worths.variance)
    own = len(answers.votes.meme) - crowd.feedback
    counts = (
        np.bincount(answers.votes.meme[:own], minlength=count),
        np.bincount(np.concatenate([answers.pairs.left, answers.pairs.right]), minlength=count),
        np.bincount(answers.votes.meme[own:], minlength=count),
        np.bincount(answers.anchors.meme, minlength=count),
    )
    weight = worths.weight
    for row, (post, image) in enumerate(zip(crowd.posts, crowd.pictures, strict=True)):
        worth, off = float(worths.worth[row]), float(reach[row])
        votes, pairs, feedback, elsewhere = (int(each[row]) for each in counts)
        yield PeopleLabel(
            post=post,
            image=image,
            percentile=float(percentile[row]),
            low=float(low[row]),
            high=float(high[row]),
            weight=float(weight[row]),
            votes=votes,
            pairs=pairs,
            feedback=feedback,
            elsewhere=elsewhere,
            worth=worth,
            worth_low=worth - off,
            worth_high=worth + off,
        )
