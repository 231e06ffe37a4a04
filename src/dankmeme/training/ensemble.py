"""Two models become a verdict: their weights, calibration and thresholds, chosen on a part that trained neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.bundle import ModelName
from dankmeme.models.calibration import fit_curve, merged
from dankmeme.models.scoring import log_odds
from dankmeme.training.evaluate import auc, best_threshold
from dankmeme.training.labels import Labels

TOO_DIFFERENT = 0.95
"""Share of validation memes on which the two models' difference counts as agreement."""
SHARES = tuple(np.linspace(0.0, 1.0, 21))
ENOUGH_TO_HALVE = 3_000
"""From so many rows on, calibration looks at the newest half alone: forecasts lose strength with time."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Decision:
    """How models become a verdict.

    Attributes:
        automl_share: weight of the automl log odds; the rest is the cnn's. 0 where there is no automl model.
        thresholds: calibrated probability from which each model says dank.
        disagreement_limit: how far the two models' probabilities may lie apart.
        calibrators: tables as `calibration.json` holds them.
        probabilities: calibrated ones of the rows that calibration looked at.
    """

    automl_share: float
    thresholds: dict[ModelName, float]
    disagreement_limit: float
    calibrators: dict[ModelName, dict[str, list[float]]]
    probabilities: dict[ModelName, Floats]


def decide(cnn: Floats, automl: Floats | None, labels: Labels, shares: tuple[float, ...] = SHARES) -> Decision:
    """Choose the combination's weight on all rows, and everything else on the newest of them.

    Args:
        cnn: raw probabilities `[n]`, in order of time.
        automl: likewise; None where there is no automl model.
        labels: of the rows.
        shares: the weights to choose among.
    """
    odds: dict[ModelName, Floats] = {"cnn": log_odds(cnn)}
    share = 0.0
    if automl is not None:
        odds["automl"] = log_odds(automl)
        share = _best_share(odds["cnn"], odds["automl"], labels, shares)
    odds["verdict"] = share * odds["automl"] + (1 - share) * odds["cnn"] if automl is not None else odds["cnn"]
    newest = slice(len(cnn) // 2 if len(cnn) >= ENOUGH_TO_HALVE else 0, None)
    recent = labels.at(np.arange(len(cnn))[newest])
    calibrators: dict[ModelName, dict[str, list[float]]] = {}
    thresholds: dict[ModelName, float] = {}
    probabilities: dict[ModelName, Floats] = {}
    for name, scores in odds.items():
        calibrators[name], probabilities[name] = _calibrated(scores[newest], recent.dank)
        thresholds[name] = best_threshold(recent.dank[recent.ends], probabilities[name][recent.ends])
    apart = np.abs(probabilities["cnn"] - probabilities.get("automl", probabilities["cnn"]))
    limit = float(np.quantile(apart, TOO_DIFFERENT)) if automl is not None else 1.0
    return Decision(share, thresholds, limit, calibrators, probabilities)


def _best_share(cnn: Floats, automl: Floats, labels: Labels, shares: tuple[float, ...]) -> float:
    """The weight that ranks best; of weights that rank alike within noise, the middle one."""
    ends, dank = labels.ends, labels.dank[labels.ends]
    found = np.array([auc(dank, (share * automl + (1 - share) * cnn)[ends]) for share in shares])
    good = [share for share, value in zip(shares, found, strict=True) if value >= found.max() - 0.001]
    return float(np.median(good))


def _calibrated(scores: Floats, dank: NDArray[np.bool_]) -> tuple[dict[str, list[float]], Floats]:
    fitted = fit_curve(scores, dank)
    quantiles = np.quantile(scores, np.linspace(0, 1, 1_001))
    table = {
        "scores": fitted.scores.tolist(),
        "p0": fitted.p0.tolist(),
        "p1": fitted.p1.tolist(),
        "quantiles": quantiles.tolist(),
    }
    return table, merged(*fitted.interval(scores))
