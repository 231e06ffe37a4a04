"""All figures of all models on the same test rows, and what could not be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

import numpy as np

from dankmeme.training.evaluate import curves, measures
from dankmeme.training.evaluate import resampling as drawn
from dankmeme.training.evaluate.curves import ByChance, Curve, Histogram, ReliabilityBin
from dankmeme.training.evaluate.figures import Bools, Figure
from dankmeme.training.evaluate.measures import MEASURES, NEEDED_AT_ENDS
from dankmeme.training.evaluate.resampling import Drawn, Resampling, resampling
from dankmeme.training.evaluate.rows import Forecast, Rows

MOST_GROUPS = 12
SPANS = 4
A_DATE_FROM = 1e8
"""Times above this are seconds since 1970; below, a mere order."""


@dataclass(frozen=True)
class Abstention:
    """How often a model says that it can't tell, and the two ends' figures with and without those rows."""

    share: Figure
    accuracy: Figure | None = None
    accuracy_without: Figure | None = None
    auc: Figure | None = None
    auc_without: Figure | None = None


@dataclass(frozen=True)
class Slice:
    """A part of the rows; a figure is None where the part is too small for it."""

    kind: str
    name: str
    rows: int
    dank: int
    not_dank: int
    auc: Figure | None = None
    balanced_accuracy: Figure | None = None
    brier: Figure | None = None


@dataclass(frozen=True)
class ModelFigures:
    """What was measured of one model; `figures` by name in `MEASURES`, those that could be taken."""

    threshold: float | None
    figures: dict[str, Figure]
    calibration_by_chance: ByChance | None = None
    abstention: Abstention | None = None
    reliability: list[ReliabilityBin] = field(default_factory=list)
    roc: Curve | None = None
    precision_recall: Curve | None = None
    histogram: Histogram | None = None
    slices: list[Slice] = field(default_factory=list)


@dataclass(frozen=True)
class Evaluation:
    """All that was measured on the test rows.

    Attributes:
        base_rate: share of dank among all rows.
        base_rate_at_ends: share of dank among the rows at the two ends: what average precision gets by chance.
        from_time: of the first row with one, seconds UTC or a mere order.
        could_not: what could not be taken, and why, a sentence's part each.
    """

    rows: int
    dank: int
    not_dank: int
    base_rate: float | None
    base_rate_at_ends: float | None
    groups: int
    templates: int
    from_time: float | None
    until_time: float | None
    seen_authors: int | None
    unseen_authors: int | None
    models: dict[str, ModelFigures]
    could_not: list[str]


def evaluate(
    rows: Rows,
    forecasts: Mapping[str, Forecast],
    *,
    thresholds: Mapping[str, float] | None = None,
    seen_authors: Bools | None = None,
) -> Evaluation:
    """Measure models on test rows.

    Args:
        rows: `n` test rows in order of time.
        forecasts: by model, of those rows.
        thresholds: from which probability each model calls a row dank, chosen on validation rows. A model whose
            forecast has labels needs none.
        seen_authors: `[n]`, whether the training part has posts of the row's author; None: not known.

    Raises:
        ValueError: forecasts are not of `n` rows.
    """
    for name, forecast in forecasts.items():
        if len(forecast) != len(rows):
            raise ValueError(f"{len(rows)} rows but {len(forecast)} forecasts of {name}")
    draws = resampling(len(rows), in_order=rows.in_order)
    parts = _parts(rows, seen_authors)
    chosen = thresholds or {}
    models = {name: _model(rows, each, chosen.get(name), draws, parts) for name, each in forecasts.items()}
    return _evaluation(rows, models, _could_not(rows, forecasts, chosen, seen_authors), seen_authors)


def _evaluation(
    rows: Rows, models: dict[str, ModelFigures], could_not: list[str], seen_authors: Bools | None
) -> Evaluation:
    times = rows.time[np.isfinite(rows.time)]
    known = rows.author != ""
    return Evaluation(
        rows=len(rows),
        dank=int(rows.dank.sum()),
        not_dank=int(rows.not_dank.sum()),
        base_rate=float(rows.dank.mean()) if len(rows) else None,
        base_rate_at_ends=float(rows.dank[rows.ends].mean()) if rows.ends.any() else None,
        groups=len(np.unique(rows.group)),
        templates=len(np.unique(rows.template[rows.template != ""])),
        from_time=float(times[0]) if len(times) else None,
        until_time=float(times[-1]) if len(times) else None,
        seen_authors=None if seen_authors is None else int((seen_authors & known).sum()),
        unseen_authors=None if seen_authors is None else int((~seen_authors & known).sum()),
        models=models,
        could_not=could_not,
    )


def _model(
    rows: Rows, forecast: Forecast, threshold: float | None, draws: Resampling, parts: dict[tuple[str, str], Bools]
) -> ModelFigures:
    found = measures.in_draws(rows, forecast, threshold, draws)
    ends, ranked = rows.ends, "auc" in found
    return ModelFigures(
        threshold=threshold,
        figures=taken(found),
        calibration_by_chance=curves.calibration_by_chance(forecast.probability) if "brier" in found else None,
        abstention=_abstention(rows, forecast, threshold, draws),
        reliability=curves.reliability(rows.dank, forecast.probability) if "brier" in found else [],
        roc=curves.roc(rows.dank[ends], forecast.ranking[ends]) if ranked else None,
        precision_recall=curves.precision_recall(rows.dank[ends], forecast.ranking[ends]) if ranked else None,
        histogram=curves.histogram(rows.dank, rows.not_dank, forecast.probability) if len(rows) else None,
        slices=[_slice(*name, rows, forecast, threshold, draws, part) for name, part in parts.items()],
    )


def taken(found: Mapping[str, Drawn]) -> dict[str, Figure]:
    """Figures with their intervals, by name, without those that are not a number."""
    return {
        name: figure for name, each in found.items() if (figure := drawn.figure(each, biased=MEASURES[name].biased))
    }


def _at_ends(rows: Rows, forecast: Forecast, threshold: float | None, draws: Resampling, part: Bools) -> _AtEnds:
    """Accuracies and AUC over a part of the rows."""
    dank, ends = rows.dank & part, rows.ends & part
    if min(int(dank.sum()), int((rows.not_dank & part).sum())) < NEEDED_AT_ENDS:
        return _AtEnds()
    one = np.zeros(len(rows), dtype=np.intp)
    auc = drawn.figure(drawn.auc(draws, dank, rows.not_dank & part, forecast.ranking, one))
    called = forecast.called(threshold)
    if called is None:
        return _AtEnds(auc)
    right = (called == rows.dank)[ends]
    balanced = drawn.balanced_accuracy(draws[ends], rows.dank[ends], right)
    return _AtEnds(auc, drawn.figure(draws[ends].share(right)), drawn.figure(balanced))


@dataclass(frozen=True)
class _AtEnds:
    auc: Figure | None = None
    accuracy: Figure | None = None
    balanced_accuracy: Figure | None = None


def _abstention(rows: Rows, forecast: Forecast, threshold: float | None, draws: Resampling) -> Abstention | None:
    if forecast.abstained is None or not len(rows):
        return None
    share = drawn.figure(draws.share(forecast.abstained))
    if share is None:
        return None
    everything = _at_ends(rows, forecast, threshold, draws, np.ones(len(rows), dtype=bool))
    told = _at_ends(rows, forecast, threshold, draws, ~forecast.abstained)
    return Abstention(share, everything.accuracy, told.accuracy, everything.auc, told.auc)


def _slice(
    kind: str, name: str, rows: Rows, forecast: Forecast, threshold: float | None, draws: Resampling, part: Bools
) -> Slice:
    ends = _at_ends(rows, forecast, threshold, draws, part)
    count, dank, not_dank = (int(each.sum()) for each in (part, rows.dank & part, rows.not_dank & part))
    brier = drawn.figure(drawn.brier(draws[part], rows.dank[part], forecast.probability[part]))
    return Slice(kind, name, count, dank, not_dank, ends.auc, ends.balanced_accuracy, brier if ends.auc else None)


def _parts(rows: Rows, seen_authors: Bools | None) -> dict[tuple[str, str], Bools]:
    """Parts of the rows that figures are given for, by kind and name."""
    parts: dict[tuple[str, str], Bools] = {}
    known = rows.author != ""
    if seen_authors is not None and known.any():
        parts["author", "authors seen in training"] = known & seen_authors
        parts["author", "authors not seen in training"] = known & ~seen_authors
    names, counts = np.unique(rows.group, return_counts=True)
    if len(names) > 1:
        largest = names[np.argsort(-counts, kind="stable")][:MOST_GROUPS]
        parts |= {("group", str(name)): rows.group == name for name in largest}
    return parts | _spans(rows)


def _spans(rows: Rows) -> dict[tuple[str, str], Bools]:
    """Runs of equally many rows in order of time."""
    timed = np.flatnonzero(np.isfinite(rows.time))
    if len(timed) < SPANS * 2 * NEEDED_AT_ENDS:
        return {}
    spans = {}
    for number, part in enumerate(np.array_split(timed, SPANS), 1):
        name = f"{number} of {SPANS}, {_when(rows.time[part[0]])} to {_when(rows.time[part[-1]])}"
        spans["time", name] = np.isin(np.arange(len(rows)), part)
    return spans


def _when(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d}" if time > A_DATE_FROM else f"{time:,.0f}"


def _could_not(
    rows: Rows, forecasts: Mapping[str, Forecast], thresholds: Mapping[str, float], seen_authors: Bools | None
) -> list[str]:
    short = sorted(measures.shortages(rows).items(), key=lambda each: each[1])
    messages = []
    for why, names in groupby(short, key=lambda each: each[1]):
        words = [MEASURES[name].words for name, _ in names]
        messages.append(f"{', '.join(words)}: {why}")
    for name, forecast in forecasts.items():
        if forecast.called(thresholds.get(name)) is None:
            messages.append(f"Accuracy of {name}: no threshold was chosen on validation rows")
    if not rows.in_order:
        messages.append("Figures over time: nothing is known of time, so intervals are by bootstrap over random blocks")
    if not (rows.author != "").any():
        messages.append("Figures for seen and unseen authors: no authors are known")
    elif seen_authors is None:
        messages.append("Figures for seen and unseen authors: those of the training part are not known")
    return messages
