"""What the routes for those who run the place take and give."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dankmeme.api.feed_schemas import ModelName
from dankmeme.api.schemas import Seconds

SourceName = Literal["reddit", "lemmy", "feed", "archive", "files"]


class SessionRequest(BaseModel):
    """The admin token."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(min_length=1, max_length=500)]


class SessionAnswer(BaseModel):
    """Whether this browser is signed in as admin."""

    admin: bool


class RunAnswer(BaseModel):
    """One scrape."""

    id: str
    started_utc: Seconds
    ended_utc: Seconds | None
    found: int
    fresh: int
    skipped: dict[str, int]
    error: str | None


class ScheduleAnswer(BaseModel):
    """A community that is read again and again."""

    name: str
    source: str
    where: str
    sort: str
    limit: int
    cron: str | None = Field(description="Five fields, UTC; null for adaptive polling.")
    paused: bool
    from_settings: bool = Field(description="Comes from DANK_SCHEDULES, and cannot be removed here.")
    next_utc: Seconds
    runs: list[RunAnswer] = Field(description="The newest runs, newest first.")


class SchedulesAnswer(BaseModel):
    """All of them."""

    schedules: list[ScheduleAnswer]


class ScheduleRequest(BaseModel):
    """A community to read from now on."""

    model_config = ConfigDict(extra="forbid")

    source: SourceName
    where: Annotated[str, Field(min_length=1, max_length=500)]
    sort: Literal["new", "hot", "top", "rising"] = "new"
    limit: Annotated[int, Field(ge=1, le=1_000)] = 100
    cron: Annotated[str, Field(max_length=100)] | None = Field(default=None, description="Null for adaptive polling.")


class ScheduleChange(BaseModel):
    """What of a schedule changes; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    paused: bool | None = None
    run_now: bool = False


class TrialRequest(BaseModel):
    """A source to be tried out."""

    model_config = ConfigDict(extra="forbid")

    source: SourceName
    where: Annotated[str, Field(min_length=1, max_length=500)]


class TrialAnswer(BaseModel):
    """What a source answered: its newest titles, or what keeps it from answering."""

    works: bool
    message: str
    titles: list[str]


class PostChange(BaseModel):
    """Hide a post, or show it again."""

    model_config = ConfigDict(extra="forbid")

    hidden: bool


class PostChanged(BaseModel):
    """Whether a post is hidden now."""

    hidden: bool


class QueueAnswer(BaseModel):
    """A queue."""

    name: str
    paused: bool
    waiting: int
    running: int
    delayed: int
    oldest: float = Field(description="Seconds since the longest waiting piece of work could have begun.")


class FailureAnswer(BaseModel):
    """How many pictures failed for one reason; `passing` where another try may help."""

    code: str
    message: str = Field(description="An example, in words.")
    count: int
    passing: bool


class VersionStatus(BaseModel):
    """One model version."""

    model: ModelName
    version: str
    active: bool
    fault: str | None = Field(description="Why it cannot predict; null where it can.")
    done: int
    pending: int
    failed: int


class SourceStatus(BaseModel):
    """When a source was last read."""

    source: str
    where: str
    ended_utc: Seconds | None
    found: int
    fresh: int
    error: str | None


class RateAnswer(BaseModel):
    """How many in the last hour and in the last day."""

    name: Literal["posts", "images", "predictions", "votes"]
    hour: int
    day: int


class DiskAnswer(BaseModel):
    """Room taken and left, in bytes; null where it is not on this machine."""

    database: int | None
    bucket: int | None
    free: int | None


class StatusAnswer(BaseModel):
    """How the place is doing; `troubles` says in words what is wrong, worst first."""

    troubles: list[str]
    posts: int
    images: int
    queues: list[QueueAnswer]
    rates: list[RateAnswer]
    failures: list[FailureAnswer]
    versions: list[VersionStatus]
    sources: list[SourceStatus]
    disk: DiskAnswer
    demo: int = Field(description="How many sample posts there are.")


class RetryRequest(BaseModel):
    """Try failed pictures again."""

    model_config = ConfigDict(extra="forbid")

    code: str | None = Field(default=None, description="Only those that failed for this reason.")


class RetryAnswer(BaseModel):
    """How many will be tried again."""

    retried: int


class DemoAnswer(BaseModel):
    """How many sample posts were added or removed."""

    posts: int
