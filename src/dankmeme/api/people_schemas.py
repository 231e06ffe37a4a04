"""What the routes give that tell what people think."""

from __future__ import annotations

from pydantic import Field

from dankmeme.api.feed_schemas import PostAnswer
from dankmeme.api.schemas import Fraction, Plain, Seconds


class StandingAnswer(Plain):
    """A meme's place among all that people spoke of. Intervals are of 95 %."""

    rank: int
    post: PostAnswer
    score: float = Field(description="Bradley–Terry score: log odds to be preferred to an average meme.")
    score_low: float
    score_high: float
    chance: Fraction = Field(description="The same as a probability to be preferred to an average meme.")
    chance_low: Fraction
    chance_high: Fraction
    percentile: Fraction
    weight: Fraction = Field(description="How much is known of it: 0 nothing, 1 all.")
    answers: int = Field(description="Votes, pairs and feedback about it.")


class LeaderboardAnswer(Plain):
    """A page of the leaderboard; `next` is where the following one starts, null at the end."""

    memes: list[StandingAnswer]
    total: int
    next: int | None
    computed_utc: Seconds


class AgreementAnswer(Plain):
    """Krippendorff's alpha with its 95 % interval; null where too few were asked the same."""

    alpha: float | None
    low: float | None
    high: float | None
    units: int = Field(description="Of how many memes, or pairs, several people said something.")
    answers: int


class AgreementsAnswer(Plain):
    """How far people agree: on votes, on all pairs, and on the pairs that chance alone chose."""

    votes: AgreementAnswer
    pairs: AgreementAnswer
    by_chance: AgreementAnswer
    raters: int
    computed_utc: Seconds
