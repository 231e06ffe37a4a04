"""Is one model better than another? A paired bootstrap: both are measured on the same rows in every draw."""

from __future__ import annotations

from dataclasses import dataclass

from dankmeme.training.evaluate import MEASURES, Figure, Forecast, Rows
from dankmeme.training.evaluate.evaluation import taken
from dankmeme.training.evaluate.measures import in_draws, shortages
from dankmeme.training.evaluate.resampling import resampling
from dankmeme.training.words import told

BETTER, SAME, WORSE = "better beyond noise", "not told apart", "worse beyond noise"
DECIDED_BY = "auc"
"""The figure that the verdict is about: the others are told beside it, so that none is picked because it suits."""


@dataclass(frozen=True)
class Difference:
    """One figure of the first model less that of the other, with its 95 % interval, and what that says."""

    one: float
    other: float
    difference: Figure
    verdict: str


@dataclass(frozen=True)
class Comparison:
    """How the first model compares with the other on the same rows; `figures` by name in `MEASURES`."""

    rows: int
    figures: dict[str, Difference]
    verdict: str
    words: str

    @property
    def better(self) -> bool:
        """Whether the first model is better beyond noise."""
        return self.verdict == BETTER


def compare(
    rows: Rows,
    one: Forecast,
    other: Forecast,
    *,
    thresholds: tuple[float | None, float | None] = (None, None),
) -> Comparison:
    """Compare two models on the same rows.

    Args:
        rows: `n` rows in order of time that neither was fitted on.
        one: forecasts of those rows.
        other: likewise.
        thresholds: from which probability each calls a row dank, where their forecasts have no labels.

    Returns:
        The verdict is about AUC: better or worse where the interval of the difference leaves out nought.
    """
    draws = resampling(len(rows), in_order=rows.in_order)
    first, second = (in_draws(rows, *each, draws) for each in zip((one, other), thresholds, strict=True))
    gaps = taken({name: first[name] - second[name] for name in first if name in second})
    figures = {
        name: Difference(float(first[name][0]), float(second[name][0]), gap, _verdict(name, gap))
        for name, gap in gaps.items()
    }
    if DECIDED_BY not in figures:
        return Comparison(len(rows), figures, SAME, f"{SAME}: {shortages(rows).get(DECIDED_BY, 'no AUC can be taken')}")
    decided = figures[DECIDED_BY]
    return Comparison(len(rows), figures, decided.verdict, _words(decided))


def _verdict(name: str, gap: Figure) -> str:
    if gap.low <= 0 <= gap.high:
        return SAME
    return BETTER if (gap.low > 0) == MEASURES[name].more_is_better else WORSE


def _words(decided: Difference) -> str:
    gap = told(decided.difference, signed=True)
    return f"{decided.verdict}: AUC {decided.one:.3f} against {decided.other:.3f}, a difference of {gap}"
