"""What the routes about registered models take and give."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dankmeme.api.feed_schemas import Interval, LedgerVersionAnswer, ModelName
from dankmeme.api.schemas import FigureAnswer, Plain, Seconds

State = Literal["candidate", "shadow", "active", "former", "retired"]
Action = Literal["add", "shadow", "promote", "rollback", "retire", "refuse"]


class RegisteredAnswer(Plain):
    """A registered model, with what was measured of it."""

    version: str
    state: State
    shipped: bool = Field(description="Whether it comes with the program.")
    share: float = Field(description="Of the pictures that come in, 0–1, which it predicts as a shadow.")
    models: list[ModelName]
    dataset: str = Field(description="Version of the dataset that it was trained on; empty where nobody wrote it down.")
    compared_with: str
    bytes: int
    added_utc: Seconds
    state_utc: Seconds
    figures: list[FigureAnswer] = Field(description="As its card has them: from its own test part.")
    live: LedgerVersionAnswer | None = Field(description="Its verdict on the ledger, forecasts made in time.")
    replayed: LedgerVersionAnswer | None = Field(description="The same, of forecasts made afterwards.")
    predictions: int = Field(description="How many pictures its verdict is there for.")
    pending: int
    failed: int
    fault: str | None = Field(description="Why it cannot predict; null where it can, or is not to.")


class ProcessAnswer(Plain):
    """A running process and the model that it uses."""

    role: str
    name: str
    version: str
    wanted: str
    shadows: list[str]
    fault: str | None = Field(description="Why it does not use the one that it should; null where it does.")
    settled: bool


class DecisionAnswer(Plain):
    """What was decided about a model; for `refuse` nothing changed."""

    version: str
    action: Action
    before: State | None
    after: State | None
    by: str
    forced: bool
    why: str
    decided_utc: Seconds


class DriftCheckAnswer(Plain):
    """One comparison of the newest posts with those before; numbers are null where there is too little to tell."""

    name: Literal["scores", "abstentions", "calibration", "ranking"]
    drifted: bool
    words: str
    now: float | None
    before: float | None


class DriftAnswer(Plain):
    """Whether the active model still meets what it learnt for."""

    version: str
    due: bool = Field(description="Whether it should be trained anew.")
    words: str
    checks: list[DriftCheckAnswer]


class RetrainAnswer(Plain):
    """A training that the schedule begins, or began."""

    due_utc: Seconds
    state: Literal["waiting", "running", "done", "failed", "unchanged"]
    started_utc: Seconds | None
    ended_utc: Seconds | None
    version: str | None = Field(description="What came of it; null where nothing did.")
    words: str


class RegistryAnswer(Plain):
    """All registered models: the active one first, then shadows, candidates, former and retired ones."""

    models: list[RegisteredAnswer]
    processes: list[ProcessAnswer]
    decisions: list[DecisionAnswer]
    drift: DriftAnswer
    retrains: list[RetrainAnswer] = Field(description="The latest trainings of the schedule, one that waits first.")
    previous: str | None = Field(description="What a rollback goes back to; null where there is nothing.")
    pinned: bool = Field(description="Whether DANK_BUNDLE overrules the registry in the process that says this.")


class DifferenceAnswer(Plain):
    """One figure of both models, and the difference with its 95 % interval."""

    candidate: float
    active: float
    difference: Interval
    verdict: str


class RulingAnswer(Plain):
    """What the gate says of a model that is to be promoted."""

    passed: bool
    code: Literal["better", "as good", "worse", "unclear", "too few"]
    words: str
    on: str
    rows: int
    auc: DifferenceAnswer | None
    brier: DifferenceAnswer | None


class InFullAnswer(Plain):
    """One registered model in full."""

    model: RegisteredAnswer
    card: str = Field(description="Markdown; empty where there is none.")
    caveats: list[str]
    report: dict[str, Any] | None = Field(
        description="What `dank evaluate` measured on its own test part, as in `report.json`; null where nobody did."
    )
    ruling: RulingAnswer | None = Field(description="What the gate would say now; null for the active one.")
    decisions: list[DecisionAnswer]


class ShadowRequest(BaseModel):
    """Let a model predict in the shadow."""

    model_config = ConfigDict(extra="forbid")

    share: Annotated[float, Field(ge=0.001, le=1)] = 1.0


class PromoteRequest(BaseModel):
    """Let a model answer."""

    model_config = ConfigDict(extra="forbid")

    force: bool = Field(default=False, description="Also where the gate refuses.")
