"""Test rows and what a model says of them: what every figure is taken from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.evaluate.figures import Bools, Floats

Strings = NDArray[np.str_]


@dataclass(frozen=True)
class Rows:
    """Posts with a known outcome, in order of time; each column is `[n]`.

    Attributes:
        percentile: 0–1 among neighbours in time; NaN where only the class is known.
        dank: percentile ≥ 0.70, or class 1.
        not_dank: percentile ≤ 0.35, or class 0. A row that is neither lies in the middle.
        group: what scores compare in: a community, and its block where there is one.
        time: seconds since 1970, UTC, or a mere order; NaN where unknown. Never falling.
        author: "" where unknown.
        image: identity of the picture.
        family: identity of the earliest near-duplicate; the picture's own where there is none.
        template: "" where unknown; left out: unknown everywhere.

    Raises:
        ValueError: columns differ in length, a row is both dank and not dank, or time goes backwards.
    """

    percentile: NDArray[np.float64]
    dank: Bools
    not_dank: Bools
    group: Strings
    time: NDArray[np.float64]
    author: Strings
    image: Strings
    family: Strings
    template: Strings = field(default_factory=lambda: np.empty(0, dtype=np.str_))

    def __post_init__(self) -> None:
        if not len(self.template):
            object.__setattr__(self, "template", np.full(len(self), ""))
        lengths = {each.name: len(getattr(self, each.name)) for each in fields(self)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {lengths}")
        if (self.dank & self.not_dank).any():
            raise ValueError("a row can't be both dank and not dank")
        if (np.diff(self.time[np.isfinite(self.time)]) < 0).any():
            raise ValueError("rows must be in order of time")

    def __len__(self) -> int:
        return len(self.percentile)

    def __getitem__(self, picked: Bools | NDArray[np.intp] | slice) -> Rows:
        return Rows(*(getattr(self, each.name)[picked] for each in fields(self)))

    @property
    def ends(self) -> Bools:
        """Rows that are dank or not dank."""
        return self.dank | self.not_dank

    @property
    def outcome(self) -> NDArray[np.float64]:
        """The percentile; where only the class is known 1 or 0; NaN where nothing is."""
        known = np.where(self.dank, 1.0, np.where(self.not_dank, 0.0, np.nan))
        return np.where(np.isfinite(self.percentile), self.percentile, known)

    @property
    def in_order(self) -> bool:
        """Whether anything is known of time."""
        return bool(np.isfinite(self.time).any())


@dataclass(frozen=True)
class Forecast:
    """What one model says of `n` rows.

    Attributes:
        probability: that the row is dank, 0–1, `[n]`.
        score: raw, to rank by, `[n]`; None: the probability.
        label: whether it calls the row dank, `[n]`; None: by the threshold that is handed in beside it.
        abstained: where it can't tell, `[n]`; None: it always tells.

    Raises:
        ValueError: columns differ in length, or a number is not finite or no probability.
    """

    probability: NDArray[np.float64]
    score: NDArray[np.float64] | None = None
    label: Bools | None = None
    abstained: Bools | None = None

    def __post_init__(self) -> None:
        for name in ("score", "label", "abstained"):
            column = getattr(self, name)
            if column is not None and len(column) != len(self.probability):
                raise ValueError(f"{len(self.probability)} probabilities but {len(column)} of {name}")
        if not (np.isfinite(self.probability).all() and np.isfinite(self.ranking).all()):
            raise ValueError("a forecast must be finite everywhere")
        if ((self.probability < 0) | (self.probability > 1)).any():
            raise ValueError("a probability must be between 0 and 1")

    def __len__(self) -> int:
        return len(self.probability)

    def __getitem__(self, picked: Bools | NDArray[np.intp] | slice) -> Forecast:
        return Forecast(
            self.probability[picked],
            None if self.score is None else self.score[picked],
            None if self.label is None else self.label[picked],
            None if self.abstained is None else self.abstained[picked],
        )

    @property
    def ranking(self) -> Floats:
        """What rows are ranked by."""
        return self.probability if self.score is None else self.score

    def called(self, threshold: float | None) -> Bools | None:
        """Which rows it calls dank; None where neither labels nor a threshold are known."""
        if self.label is not None:
            return self.label
        return None if threshold is None else self.probability >= threshold
