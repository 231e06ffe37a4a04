"""What the route about a model's best and worst forecasts gives."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dankmeme.api.feed_schemas import Interval, PostAnswer
from dankmeme.api.schemas import Fraction, PictureAnswer, Plain, Seconds


class SliceAnswer(Plain):
    """Posts of one kind, and how a version's forecasts of them met outcomes."""

    by: Literal["all", "community", "cluster", "text", "copies"]
    name: str = Field(
        description="A community, `cluster 17`, `text` or `no text`, `copies` or `originals`; empty for all."
    )
    posts: int
    auc: Interval | None
    message: str | None = Field(description="Why there is no AUC.")
    picture: PictureAnswer | None = Field(description="Of a cluster, the picture that is most like it.")
    nsfw: bool = Field(description="Whether that picture is marked as not safe for work.")


class MissAnswer(Plain):
    """A post that a version was very right or very wrong about."""

    post: PostAnswer
    forecast: Fraction = Field(description="This version's probability of dank, whichever version is shown elsewhere.")
    outcome: Fraction = Field(description="The percentile that the post turned out to have.")


class MissesAnswer(Plain):
    """What a version got most right and most wrong, by slice; hidden posts and sample memes are left out."""

    slices: list[SliceAnswer]
    posts: list[MissAnswer] = Field(description="Of the slice and kind that were asked for, the most striking first.")
    computed_utc: Seconds
