"""What the feed's routes take and give: posts with their forecasts, votes, and how forecasts met outcomes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dankmeme.api.schemas import Fraction, Label, PictureAnswer, Plain, PostBrief, Seconds

Sort = Literal["newest", "dankest", "voted", "underrated"]
ModelName = Literal["verdict", "cnn", "automl"]
Vote = Literal["dank", "not dank"]
Drawn = Literal["unsure", "uniform", "again"]


class ForecastAnswer(Plain):
    """What one model version says of a picture."""

    model: ModelName
    version: str
    probability: Fraction
    low: Fraction
    high: Fraction
    percentile: Fraction
    label: Label
    reason: str | None = Field(description="Why the model can't tell; null where it can.")
    compared_with: str = Field(description="The memes that probability and percentile refer to.")


class ForecastsAnswer(Plain):
    """Both models' forecasts, by key; null for one that is not there (yet)."""

    cnn: ForecastAnswer | None
    automl: ForecastAnswer | None


class VotesAnswer(Plain):
    """What people say; `mine` is what this browser said."""

    dank: int
    not_dank: int
    mine: Vote | None


class PostAnswer(Plain):
    """A post as a card shows it."""

    id: str
    source: str
    community: str
    title: str
    author: str | None
    permalink: str | None
    created_utc: Seconds | None
    seen_utc: Seconds
    score: int | None = Field(description="At its source, as it was when last read.")
    nsfw: bool
    sample: bool = Field(description="Drawn by this project, to have something to look at.")
    hidden: bool = Field(description="Only an admin is told of hidden posts.")
    image: PictureAnswer
    images: int = Field(description="How many pictures the post has; `image` is its first.")
    verdict: ForecastAnswer | None = Field(description="The headline; null until there is a forecast.")
    models: ForecastsAnswer
    pending: bool = Field(description="Whether a forecast is still to come.")
    repost_of: PostBrief | None
    votes: VotesAnswer


class FeedAnswer(Plain):
    """A page of the feed; `next` is the cursor of the following one, null at the end."""

    posts: list[PostAnswer]
    next: str | None


class PredictionAnswer(Plain):
    """One model version's prediction of the post's picture, in whatever state it is."""

    model: ModelName
    version: str
    active: bool
    state: Literal["pending", "success", "failed"]
    forecast: ForecastAnswer | None
    milliseconds: float | None
    made_utc: Seconds | None
    code: str | None = Field(description="Why it failed, for machines.")
    message: str | None = Field(description="Why it failed, in words.")


class DuplicateAnswer(Plain):
    """Another post of the same picture (`exact`) or of one that looks the same (`near`)."""

    post: PostBrief
    image: PictureAnswer
    kind: Literal["exact", "near"]
    original: bool


class ScoreAnswer(Plain):
    """A post's score at a moment."""

    taken_utc: Seconds
    age_hours: float | None
    score: int


class OutcomeAnswer(Plain):
    """A post's score at a fixed age: still to be taken, taken, or missed (a late one is never made up)."""

    hours: float
    due_utc: Seconds
    state: Literal["pending", "taken", "missed"]
    score: int | None
    percentile: Fraction | None = Field(description="Among posts of its community close in time, at the same age.")


class PostPageAnswer(Plain):
    """A post's own page."""

    post: PostAnswer
    pictures: list[PictureAnswer]
    caption: str | None = Field(description="As read from the first picture; null until it was.")
    predictions: list[PredictionAnswer]
    duplicates: list[DuplicateAnswer]
    scores: list[ScoreAnswer]
    outcomes: list[OutcomeAnswer]


class SimilarAnswer(Plain):
    """Posts whose pictures are most like a post's, the nearest first."""

    posts: list[PostAnswer]


class VoteRequest(BaseModel):
    """A vote; null takes it back."""

    model_config = ConfigDict(extra="forbid")

    vote: Vote | None


class CommunityAnswer(Plain):
    """A community in the feed."""

    community: str
    source: str
    posts: int


class CommunitiesAnswer(Plain):
    """What the feed can be filtered by; `posts` is how many there are in all."""

    posts: int
    communities: list[CommunityAnswer]


class PairAnswer(Plain):
    """Two memes: which is danker?"""

    left: PostAnswer
    right: PostAnswer
    drawn: Drawn = Field(description="Why these two: an answer tells much, by chance alone, or others were asked too.")
    answered: int = Field(description="How many pairs this browser has judged.")


class PairRequest(BaseModel):
    """Which of two posts is danker; null for neither."""

    model_config = ConfigDict(extra="forbid")

    left: str
    right: str
    winner: Literal["left", "right"] | None
    drawn: Drawn | None = Field(default=None, description="As `GET /api/v1/pairs` told it.")


class PairKept(Plain):
    """The answer is kept."""

    status: Literal["kept"]
    answered: int


class Interval(Plain):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class BinAnswer(Plain):
    """Posts of about one forecast: how many of them turned out dank, with a 95 % interval."""

    forecast: Fraction
    observed: Fraction
    low: Fraction
    high: Fraction
    posts: int


class SpanAnswer(Plain):
    """The figures of a span of time."""

    from_utc: Seconds
    until_utc: Seconds
    posts: int
    auc: Interval | None
    pair_accuracy: Interval | None


class LedgerVersionAnswer(Plain):
    """How one model version's forecasts met outcomes; figures are null where there is too little data."""

    model: ModelName
    version: str
    posts: int = Field(description="Forecasts whose outcome is known.")
    enough: bool
    needed: int = Field(description="How many posts with an outcome a figure takes.")
    message: str | None = Field(description="Why there are no figures.")
    base_rate: Fraction | None = Field(description="Share of the posts that turned out dank.")
    auc: Interval | None
    pair_accuracy: Interval | None
    brier: Interval | None
    calibration_error: Interval | None
    reliability: list[BinAnswer]
    over_time: list[SpanAnswer]


class LedgerSideAnswer(Plain):
    """Live forecasts, made before the outcome was there; or replayed ones, made afterwards. Never mixed."""

    kind: Literal["live", "replayed"]
    versions: list[LedgerVersionAnswer]


class FollowUpsAnswer(Plain):
    """How many scores at one age were taken, are still to come, or were missed."""

    hours: float
    taken: int
    pending: int
    missed: int


class LedgerAnswer(Plain):
    """How forecasts met the posts' scores at a fixed age."""

    hours: float
    sides: list[LedgerSideAnswer]
    follow_ups: list[FollowUpsAnswer]
    computed_utc: Seconds
