"""The figures that are taken of every model: their names, what they mean, what chance gives, and when they can't be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dankmeme.training.evaluate import resampling as drawn
from dankmeme.training.evaluate.figures import Floats
from dankmeme.training.evaluate.resampling import Drawn, Resampling
from dankmeme.training.evaluate.rows import Forecast, Rows, Strings

NEEDED = 50
"""How many rows with an outcome a figure takes."""
NEEDED_AT_ENDS = 10
"""How many of them must be dank, and how many not dank."""
NEEDED_PAIRS = 50
"""How many pairs the accuracy on pairs, and the AUC within groups, take."""


@dataclass(frozen=True)
class Measure:
    """One kind of figure.

    Attributes:
        words: its name for a reader.
        meaning: what it says, in a sentence's part.
        more_is_better: otherwise less is.
        chance: what a forecast that knows nothing gets; None where that depends on the rows.
        biased: whether fewer rows alone move it to one side.
    """

    words: str
    meaning: str
    more_is_better: bool = True
    chance: float | None = 0.5
    biased: bool = False


MEASURES = {
    "auc": Measure("AUC", "how often a dank meme is ranked above a not dank one"),
    "within_group_auc": Measure("AUC within groups", "the same, over pairs of one community (and block) alone"),
    "within_template_auc": Measure("AUC within templates", "the same, over pairs drawn on one template"),
    "average_precision": Measure("Average precision", "area under the precision–recall curve", chance=None),
    "accuracy": Measure("Accuracy", "share of memes at the two ends that are called right", chance=None),
    "balanced_accuracy": Measure("Balanced accuracy", "mean of the shares of dank and of not dank memes called right"),
    "brier": Measure("Brier score", "mean squared error of the probability, all memes", False, None),
    "calibration_error": Measure(
        "Calibration error", "how far probabilities are from shares, all memes", False, None, True
    ),
    "spearman": Measure("Spearman", "rank correlation with the percentile, all memes", chance=0.0),
    "pair_accuracy": Measure("Accuracy on pairs", "which of two memes of one community close in time did better"),
}


def in_draws(rows: Rows, forecast: Forecast, threshold: float | None, draws: Resampling) -> dict[str, Drawn]:
    """Every figure that can be taken, `[1 + draws]` each, by its name in `MEASURES`."""
    could_not = shortages(rows)
    ends, within = rows.ends, draws[rows.ends]
    dank, scores = rows.dank, forecast.ranking
    ranked = np.isfinite(rows.percentile)
    called = forecast.called(threshold)
    one = np.zeros(len(rows), dtype=np.intp)
    right = None if called is None else (called == dank)[ends]
    kinds: dict[str, Callable[[], Drawn]] = {
        "auc": lambda: drawn.auc(draws, dank, rows.not_dank, scores, one),
        "within_group_auc": lambda: drawn.auc(draws, dank, rows.not_dank, scores, rows.group),
        "within_template_auc": lambda: within_template_auc(rows, scores, draws),
        "average_precision": lambda: drawn.average_precision(within, dank[ends], scores[ends]),
        "brier": lambda: drawn.brier(draws, dank, forecast.probability),
        "calibration_error": lambda: drawn.calibration_error(draws, dank, forecast.probability),
        "spearman": lambda: drawn.spearman(draws[ranked], rows.percentile[ranked], scores[ranked]),
        "pair_accuracy": lambda: drawn.pair_accuracy(draws, drawn.pairs(rows.outcome, rows.group), scores),
    }
    if right is not None:
        kinds["accuracy"] = lambda: within.share(right)
        kinds["balanced_accuracy"] = lambda: drawn.balanced_accuracy(within, dank[ends], right)
    return {name: kinds[name]() for name in MEASURES if name in kinds and name not in could_not}


def within_template_auc(rows: Rows, scores: Floats, draws: Resampling) -> Drawn:
    """AUC over pairs of one group and one known template."""
    known = rows.template != ""
    both = np.char.add(np.char.add(rows.group, "\n"), rows.template)
    return drawn.auc(draws[known], rows.dank[known], rows.not_dank[known], scores[known], both[known])


def shortages(rows: Rows) -> dict[str, str]:
    """Which figures these rows are too few for, and why, by name in `MEASURES`."""
    return {name: why for name in MEASURES if (why := _shortage(name, rows))}


def _shortage(name: str, rows: Rows) -> str | None:
    if name in {"brier", "calibration_error"}:
        return None if len(rows) >= NEEDED else f"rows: {len(rows)}; it takes {NEEDED}"
    if name == "spearman":
        ranked = int(np.isfinite(rows.percentile).sum())
        return None if ranked >= NEEDED else f"rows with a percentile: {ranked}; it takes {NEEDED}"
    if name == "pair_accuracy":
        return _without_pairs(rows)
    dank, not_dank = int(rows.dank.sum()), int(rows.not_dank.sum())
    if min(dank, not_dank) < NEEDED_AT_ENDS:
        return f"dank rows: {dank}, not dank rows: {not_dank}; it takes {NEEDED_AT_ENDS} of each"
    return _without_groups(name, rows)


def _without_pairs(rows: Rows) -> str | None:
    if not rows.in_order:
        return "nothing is known of time, so no two posts are known to be close in time"
    found = len(drawn.pairs(rows.outcome, rows.group))
    return None if found >= NEEDED_PAIRS else f"pairs with outcomes clearly apart: {found}; it takes {NEEDED_PAIRS}"


def _without_groups(name: str, rows: Rows) -> str | None:
    if name == "within_group_auc" and len(np.unique(rows.group)) < 2:
        return "there is one community (and block) alone, so it would be the AUC again"
    if name == "within_template_auc" and not (rows.template != "").any():
        return "no template is known"
    if name not in {"within_group_auc", "within_template_auc"}:
        return None
    groups = rows.group if name == "within_group_auc" else rows.template
    found = pairs_at_ends(rows, groups)
    return None if found >= NEEDED_PAIRS else f"pairs within one: {found}; it takes {NEEDED_PAIRS}"


def pairs_at_ends(rows: Rows, groups: Strings) -> int:
    """How many pairs of a dank and a not dank row share a group; "" is none."""
    names, number = np.unique(groups, return_inverse=True)
    counts = [np.bincount(number[part], minlength=len(names)) for part in (rows.dank, rows.not_dank)]
    return int((counts[0] * counts[1])[names != ""].sum())
