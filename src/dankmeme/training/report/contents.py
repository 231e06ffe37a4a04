"""What a report tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.audit import Audit
from dankmeme.training.ceiling import Ceiling
from dankmeme.training.compare import Comparison
from dankmeme.training.evaluate import Evaluation, Forecast, ModelFigures, Rows
from dankmeme.training.ladder import Ladder

Kind = Literal["rightly dank", "rightly not dank", "overrated", "underrated"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Fact:
    """One line of what a model was measured on: a term ("Split") and what it is, in words."""

    term: str
    words: str


@dataclass(frozen=True)
class Contrast:
    """Two models by name, and how the first compares with the other."""

    one: str
    other: str
    comparison: Comparison


@dataclass(frozen=True)
class InContext:
    """A model that knows more than the meme: told apart from all others, and never in the headline.

    Attributes:
        name: such as "with title and clock".
        evaluation: its figures, on the memes that tell what it reads.
        contrast: how it compares with the main model on those.
    """

    name: str
    evaluation: Evaluation
    contrast: Contrast


@dataclass(frozen=True)
class Meme:
    """A test meme that the model was very right or very wrong about.

    Attributes:
        kind: how.
        caption: what is read on it, or its title; "" where there is neither.
        probability: the model's, 0–1.
        percentile: how it did, 0–1; None where only the class is known.
        score: its votes; None where unknown.
        community: where it was posted.
        thumbnail: JPEG bytes; None: not shown.
    """

    kind: Kind
    caption: str
    probability: float
    percentile: float | None = None
    score: float | None = None
    community: str = ""
    thumbnail: bytes | None = None


@dataclass(frozen=True)
class Report:
    """All that is told of one evaluation.

    Attributes:
        name: of what was measured, such as "cnn 3".
        main: the model, among those of the evaluation, that the headline and the single charts are about.
        made_utc: when, seconds since 1970.
        evaluation: the figures.
        facts: data, split, label.
        ladder: None: not taken, which `could_not` should explain; so with the next ones.
        comparisons: of models on the same rows.
        context: None: the bundle has no model that knows more than the meme.
        memes: the best and worst ones.
        could_not: what else could not be done, and why.
    """

    name: str
    main: str
    made_utc: float
    evaluation: Evaluation
    facts: list[Fact] = field(default_factory=list)
    ladder: Ladder | None = None
    audit: Audit | None = None
    ceiling: Ceiling | None = None
    comparisons: list[Contrast] = field(default_factory=list)
    context: InContext | None = None
    memes: list[Meme] = field(default_factory=list)
    could_not: list[str] = field(default_factory=list)

    @property
    def model(self) -> ModelFigures:
        """What was measured of the main model."""
        return self.evaluation.models[self.main]

    @property
    def gaps(self) -> list[str]:
        """All that could not be done, from every part."""
        gaps = [*self.evaluation.could_not]
        gaps += self.ladder.could_not if self.ladder else []
        gaps += self.audit.could_not if self.audit else []
        gaps += [self.ceiling.could_not] if self.ceiling and self.ceiling.could_not else []
        return [*gaps, *self.could_not]

    @property
    def headline(self) -> str:
        """The one figure that counts, in plain words."""
        auc = self.model.figures.get("auc")
        if auc is None:
            return "Too few memes to say how well it ranks."
        value, low, high = (f"{each * 100:.0f}" for each in (auc.value, auc.low, auc.high))
        words = f"Ranks a dank meme above a not dank one {value} times in 100 ({low}–{high}); a coin does 50."
        if auc.high < 0.5:
            return f"{words} It ranks them the wrong way round."
        return words if auc.low > 0.5 else f"{words} It has not been shown to rank them at all."


def extremes(rows: Rows, forecast: Forecast, count: int = 6) -> dict[Kind, NDArray[np.intp]]:
    """Row numbers of the memes that the model was most right and most wrong about, the most striking first."""
    outcome, said = rows.outcome, forecast.probability
    most, least = said.argsort(kind="stable")[::-1], said.argsort(kind="stable")
    known = np.isfinite(outcome)
    wanted: dict[Kind, tuple[NDArray[np.intp], NDArray[np.bool_]]] = {
        "rightly dank": (most, rows.dank),
        "rightly not dank": (least, rows.not_dank),
        "overrated": (most, rows.not_dank),
        "underrated": (least, rows.dank),
    }
    return {kind: order[(part & known)[order]][:count] for kind, (order, part) in wanted.items()}
