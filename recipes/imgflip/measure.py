"""Stage `measure`: the test part is scored once; every figure comes with its 95 % interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dankmeme.models.calibration import Curve, merged
from dankmeme.models.scoring import log_odds
from dankmeme.training.ensemble import Decision
from dankmeme.training.evaluate import (
    Figure,
    accuracy,
    auc,
    average_precision,
    balanced_accuracy,
    bootstrapped,
    brier,
    calibration_error,
    grouped_auc,
    pair_accuracy,
    spearman,
)
from dankmeme.training.labels import DANK_FROM, ends

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Forecasts:
    """One model's forecasts of rows in order of time: raw scores `[n]` to rank by, probabilities `[n]` to believe."""

    scores: Floats
    probabilities: Floats


def forecasts(decision: Decision, cnn: Floats, automl: Floats | None) -> dict[str, Forecasts]:
    """What the bundle says of rows, from raw probabilities."""
    odds = {"cnn": log_odds(cnn)}
    if automl is not None:
        odds["automl"] = log_odds(automl)
        odds["verdict"] = decision.automl_share * odds["automl"] + (1 - decision.automl_share) * odds["cnn"]
    out = {}
    for name, scores in odds.items():
        table = decision.calibrators[name]
        predictor = Curve(*(np.array(table[column]) for column in ("scores", "p0", "p1")))
        out[name] = Forecasts(scores, merged(*predictor.interval(scores)))
    return out


def figures(rows: pd.DataFrame, forecast: Forecasts, threshold: float) -> dict[str, Figure]:
    """All figures of one model on test rows (columns `percentile`, `within`, `template`) in order of time."""
    percentile, within = rows["percentile"].to_numpy(), rows["within"].to_numpy()
    template = rows["template"].to_numpy(dtype=str)
    dank, not_dank = ends(percentile)
    inner_dank, inner_not = ends(within)
    either, inner = dank | not_dank, inner_dank | inner_not
    scores, probabilities = forecast.scores, forecast.probabilities

    def on(mask: NDArray[np.bool_], figure: Callable[[NDArray[np.intp]], float]) -> Figure:
        return bootstrapped(lambda picked: figure(picked[mask[picked]]), len(rows))

    everything = np.ones(len(rows), dtype=bool)
    top = percentile >= DANK_FROM
    return {
        "auc": on(either, lambda r: auc(dank[r], scores[r])),
        "within_template_auc": on(inner, lambda r: grouped_auc(inner_dank[r], scores[r], template[r])),
        "within_template_auc_pooled": on(inner, lambda r: auc(inner_dank[r], scores[r])),
        "average_precision": on(either, lambda r: average_precision(dank[r], scores[r])),
        "accuracy": on(either, lambda r: accuracy(dank[r], probabilities[r], threshold)),
        "balanced_accuracy": on(either, lambda r: balanced_accuracy(dank[r], probabilities[r], threshold)),
        "brier": on(everything, lambda r: brier(top[r], probabilities[r])),
        "calibration_error": on(everything, lambda r: calibration_error(top[r], probabilities[r])),
        "spearman": on(everything, lambda r: spearman(percentile[r], scores[r])),
        "pair_accuracy": bootstrapped(lambda r: pair_accuracy(percentile[r], scores[r]), len(rows)),
    }


def ranked(rows: pd.DataFrame, scores: Floats) -> dict[str, Figure]:
    """The two AUCs of any score: a rung of the ladder."""
    dank, not_dank = ends(rows["percentile"].to_numpy())
    inner_dank, inner_not = ends(rows["within"].to_numpy())
    template = rows["template"].to_numpy(dtype=str)
    either, inner = dank | not_dank, inner_dank | inner_not

    def outer_auc(picked: NDArray[np.intp]) -> float:
        kept = picked[either[picked]]
        return auc(dank[kept], scores[kept])

    def inner_auc(picked: NDArray[np.intp]) -> float:
        kept = picked[inner[picked]]
        return grouped_auc(inner_dank[kept], scores[kept], template[kept])

    return {"auc": bootstrapped(outer_auc, len(rows)), "within_template_auc": bootstrapped(inner_auc, len(rows))}


def difference(rows: pd.DataFrame, one: Floats, other: Floats) -> Figure:
    """AUC of one score less that of another on the same rows: a paired bootstrap."""
    dank, not_dank = ends(rows["percentile"].to_numpy())
    either = dank | not_dank

    def gap(picked: NDArray[np.intp]) -> float:
        kept = picked[either[picked]]
        return auc(dank[kept], one[kept]) - auc(dank[kept], other[kept])

    return bootstrapped(gap, len(rows))


def within_blocks(percentile: Floats, scores: Floats, block: NDArray[np.str_]) -> Figure:
    """AUC within listing blocks of real pictures, over pairs of one block alone."""
    dank, not_dank = ends(percentile)
    either = dank | not_dank
    order = np.random.default_rng(3).permutation(len(percentile))

    def figure(picked: NDArray[np.intp]) -> float:
        kept = order[picked][either[order[picked]]]
        return grouped_auc(dank[kept], scores[kept], block[kept])

    return bootstrapped(figure, len(percentile), blocks=len(percentile))


def plain(value: Any) -> Any:
    """Figures as JSON."""
    if isinstance(value, Figure):
        return {name: round(number, 4) for name, number in asdict(value).items()}
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value
