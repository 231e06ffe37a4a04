"""Honest figures: each with a 95 % interval by bootstrap over blocks of time. It needs numpy alone."""

from dankmeme.training.evaluate.curves import ByChance, Curve, Histogram, ReliabilityBin
from dankmeme.training.evaluate.evaluation import Abstention, Evaluation, ModelFigures, Slice, evaluate
from dankmeme.training.evaluate.figures import (
    Bools,
    Figure,
    Floats,
    accuracy,
    auc,
    average_precision,
    balanced_accuracy,
    best_threshold,
    bootstrapped,
    brier,
    calibration_error,
    grouped_auc,
    pair_accuracy,
    spearman,
)
from dankmeme.training.evaluate.measures import MEASURES, Measure
from dankmeme.training.evaluate.rows import Forecast, Rows, Strings

__all__ = [
    "MEASURES",
    "Abstention",
    "Bools",
    "ByChance",
    "Curve",
    "Evaluation",
    "Figure",
    "Floats",
    "Forecast",
    "Histogram",
    "Measure",
    "ModelFigures",
    "ReliabilityBin",
    "Rows",
    "Slice",
    "Strings",
    "accuracy",
    "auc",
    "average_precision",
    "balanced_accuracy",
    "best_threshold",
    "bootstrapped",
    "brier",
    "calibration_error",
    "evaluate",
    "grouped_auc",
    "pair_accuracy",
    "spearman",
]
