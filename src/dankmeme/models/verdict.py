"""Two models' scores become one verdict a person can rely on.

The rule, which also stands in the model card:

- the verdict's raw score is a weighted mean of both models' log odds (the cnn's alone where no caption was read);
- its probability is the merged Venn–Abers probability of that score, its interval is p0…p1 widened at both ends by
  half the difference of the two models' own calibrated probabilities;
- its percentile is the share of validation forecasts with a lower raw score;
- it is `can't tell` where the picture lies farther from everything learnt from than `novelty_limit`, or where
  the two models' probabilities differ by more than `disagreement_limit`;
- otherwise `dank` from the threshold that gave the best balanced accuracy on validation rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dankmeme.models.bundle import Calibrator, Manifest, ModelName, Reading
from dankmeme.models.calibration import merged
from dankmeme.models.scoring import log_odds

Label = Literal["dank", "not dank", "can't tell"]


@dataclass(frozen=True)
class Verdict:
    """How likely a meme is to be among the top 30 %, all fractions 0–1.

    Attributes:
        probability: calibrated probability of dank.
        low: lower end of its interval.
        high: upper end.
        percentile: share of validation forecasts that are lower.
        label: `dank`, `not dank` or `can't tell`.
        compared_with: the memes this refers to.
        reason: why the model can't tell, else None.
    """

    probability: float
    low: float
    high: float
    percentile: float
    label: Label
    compared_with: str
    reason: str | None = None


@dataclass(frozen=True)
class ModelScore:
    """One model's own calibrated probability of dank, 0–1."""

    probability: float
    version: str


@dataclass(frozen=True)
class ContextScore(ModelScore):
    """The context model's probability of dank, 0–1, and what it read beside the meme."""

    reads: tuple[Reading, ...]


@dataclass(frozen=True)
class RawScores:
    """What the graphs said of one picture: probabilities 0–1 before calibration, and the distance from all examples."""

    cnn: float
    automl: float | None
    novelty: float


def combined(raw: RawScores, automl_share: float) -> float:
    """The verdict's raw score, log odds."""
    cnn = _odds(raw.cnn)
    if raw.automl is None:
        return cnn
    return automl_share * _odds(raw.automl) + (1 - automl_share) * cnn


def _odds(probability: float) -> float:
    return float(log_odds(np.array([probability]))[0])


def calibrated(calibrator: Calibrator, score: float) -> tuple[float, float, float]:
    """(probability, p0, p1) of a raw score."""
    p0, p1 = calibrator.predictor.interval(np.array([score]))
    return float(merged(p0, p1)[0]), float(p0[0]), float(p1[0])


def judge(
    raw: RawScores, manifest: Manifest, calibrators: dict[ModelName, Calibrator], model: ModelName = "verdict"
) -> tuple[Verdict, float, float | None]:
    """The verdict, and the calibrated probabilities of the cnn and of the automl model.

    Args:
        raw: one picture's scores.
        manifest: the bundle's thresholds.
        calibrators: the bundle's.
        model: whose forecast the verdict is: the combination, or one model alone.
    """
    cnn_odds = _odds(raw.cnn)
    cnn = calibrated(calibrators["cnn"], cnn_odds)[0]
    automl = None
    automl_odds = None
    if raw.automl is not None:
        automl_odds = _odds(raw.automl)
        automl = calibrated(calibrators["automl"], automl_odds)[0]
    if model == "verdict" and raw.automl is None:
        model = "cnn"
    if model == "automl" and automl_odds is None:
        raise ValueError("the automl model was not asked")
    score = {"cnn": cnn_odds, "automl": automl_odds, "verdict": combined(raw, manifest.automl_share)}[model]
    assert score is not None
    probability, p0, p1 = calibrated(calibrators[model], score)
    apart = abs(cnn - automl) if automl is not None and model == "verdict" else 0.0
    reason = _reason(raw.novelty, apart, manifest)
    threshold = {"cnn": manifest.dank_from_cnn, "automl": manifest.dank_from_automl, "verdict": manifest.dank_from}[
        model
    ]
    label: Label = "can't tell" if reason else "dank" if probability >= threshold else "not dank"
    verdict = Verdict(
        probability=probability,
        low=max(0.0, p0 - apart / 2),
        high=min(1.0, p1 + apart / 2),
        percentile=float(calibrators[model].percentile(np.array([score]))[0]),
        label=label,
        compared_with=manifest.compared_with,
        reason=reason,
    )
    return verdict, cnn, automl


def _reason(novelty: float, apart: float, manifest: Manifest) -> str | None:
    if novelty > manifest.novelty_limit:
        return "the picture is unlike anything the model learnt from"
    if apart > manifest.disagreement_limit:
        return "the picture says one thing and the caption another: the two models disagree"
    return None
