"""The ladder: what is gained by knowing more, from nothing at all to everything. The claim is the increment.

Each rung is fitted on the training rows in the simplest way that does it justice, and scored on the test rows: alone,
and joined with all rungs below by a logistic regression of their scores (stacking: Wolpert, "Stacked generalization",
1992). The joined rungs learn from scores made out of fold, over folds of consecutive rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.evaluate import Figure, Floats, Rows
from dankmeme.training.evaluate import resampling as drawn
from dankmeme.training.evaluate.measures import NEEDED, shortages, within_template_auc
from dankmeme.training.evaluate.resampling import Drawn, Resampling, resampling
from dankmeme.training.rungs import Known, Scored, Scores, nothing_known, scored, stacked

PRIOR = "prior"


@dataclass(frozen=True)
class Rung:
    """One rung; AUC on the test rows' two ends, over all pairs and over pairs within one group (or template) alone.

    Attributes:
        name: what is known.
        alone: AUC of this rung alone.
        alone_within: likewise, within.
        joined: AUC of this rung with all below; None where it can't be joined.
        joined_within: likewise, within.
        increment: `joined` less that of the rung before, on the same rows in each draw.
        increment_within: likewise, within.
    """

    name: str
    alone: Figure | None
    alone_within: Figure | None = None
    joined: Figure | None = None
    joined_within: Figure | None = None
    increment: Figure | None = None
    increment_within: Figure | None = None


@dataclass(frozen=True)
class Ladder:
    """All rungs from the lowest to the highest.

    Attributes:
        rungs: the prior first.
        within: what the pairs of `…_within` share: "group", "template" or None where there is neither.
        could_not: which rungs were left out, and why.
    """

    rungs: list[Rung]
    within: str | None
    could_not: list[str]


def ladder(train: Rows, test: Rows, known: Mapping[str, Known]) -> Ladder:
    """Measure what is gained by each rung.

    Args:
        train: rows that rungs are fitted on, in order of time.
        test: rows that they are measured on, in order of time.
        known: what each rung knows, by name, from the lowest to the highest; the prior is put below by itself.

    Raises:
        ValueError: a rung is not of as many rows.
    """
    short = shortages(test).get("auc")
    if short or len(train) < NEEDED:
        return Ladder([], None, [f"the ladder: {short or f'training rows: {len(train)}; it takes {NEEDED}'}"])
    measure = _Measure(test)
    could_not = [f"the rung {name}: {why}" for name, each in known.items() if (why := nothing_known(each))]
    rungs = [measure.rung(PRIOR, np.zeros(len(test)), np.zeros(len(test)))]
    below: list[Scored] = []
    for name, each in known.items():
        if nothing_known(each):
            continue
        score = scored(name, each, train, test)
        joined, why = _joined(each, [*below, score], train)
        could_not += [f"the rung {name} with those below: {why}"] if why else []
        rungs.append(measure.rung(name, score.test, joined))
        below += [] if why else [score]
    return Ladder(rungs, measure.within, could_not)


class _Measure:
    """Takes the figures of each rung, and remembers the rung before."""

    def __init__(self, test: Rows) -> None:
        self.test = test
        self.draws: Resampling = resampling(len(test), in_order=test.in_order)
        short = shortages(test)
        kinds = ("group", "template")
        self.within = next((kind for kind in kinds if f"within_{kind}_auc" not in short), None)
        self.before: tuple[Drawn, Drawn | None] | None = None

    def rung(self, name: str, alone: Floats, joined: Floats | None) -> Rung:
        single = self._aucs(alone)
        if joined is None:
            return Rung(name, *map(_figure, single))
        both = self._aucs(joined)
        gains = [_gain(*each) for each in zip(both, self.before or (None, None), strict=True)]
        self.before = both
        return Rung(name, *map(_figure, single), *map(_figure, both), *map(_figure, gains))

    def _aucs(self, scores: Floats) -> tuple[Drawn, Drawn | None]:
        rows, draws = self.test, self.draws
        overall = drawn.auc(draws, rows.dank, rows.not_dank, scores, np.zeros(len(rows), dtype=np.intp))
        if self.within == "group":
            return overall, drawn.auc(draws, rows.dank, rows.not_dank, scores, rows.group)
        return overall, within_template_auc(rows, scores, draws) if self.within else None


def _figure(found: Drawn | None) -> Figure | None:
    return None if found is None else drawn.figure(found)


def _gain(now: Drawn | None, before: Drawn | None) -> Drawn | None:
    return None if now is None or before is None else now - before


def _joined(known: Known, scores: Sequence[Scored], train: Rows) -> tuple[NDArray[np.float64] | None, str | None]:
    """Scores of the test rows from all rungs so far; None and why where they can't be joined."""
    if len(scores) == 1 or (isinstance(known, Scores) and known.knows_all):
        return scores[-1].test, None
    columns, asked = (np.column_stack([getattr(each, side) for each in scores]) for side in ("train", "test"))
    kept = np.isfinite(columns).all(axis=1) & train.ends
    if min(int(train.dank[kept].sum()), int(train.not_dank[kept].sum())) < NEEDED // 2:
        return None, "too few training rows that its model was not fitted on have scores to join by"
    return stacked(columns[kept], train.dank[kept], asked), None
