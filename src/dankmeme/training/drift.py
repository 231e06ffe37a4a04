"""Does a model still meet what it learnt for? Its newest forecasts are compared with those before, and with outcomes.

| check | what it compares |
|---|---|
| scores | how forecasts are spread: population stability index (Siddiqi, "Credit Risk Scorecards", 2006) |
| abstentions | how often it can't tell |
| calibration | the mean forecast with the share that turned out dank |
| ranking | AUC |

Each says so where there is too little to tell. One that is beyond chance and beyond what matters makes a retrain due.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.labels import DANK_FROM
from dankmeme.training.ledger import Entry, Rows, auc_figure, outcome_percentiles

RECENT = 500
"""So many of the newest posts are compared with those before."""
NEEDED = 200
"""So many there must be on both sides."""
SHIFTED = 0.25
"""From this population stability index on, scores count as shifted; 0.1 is the usual threshold for a second look."""
MORE_ABSTENTIONS, OFF, DEVIATIONS = 0.1, 0.05, 3.0
"""Differences of shares that matter, and how many standard deviations make one more than chance."""
WORSE = 0.03
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Check:
    """One comparison; `now` and `before` are None where there is too little to tell."""

    name: str
    drifted: bool
    words: str
    now: float | None = None
    before: float | None = None


@dataclass(frozen=True)
class Drift:
    """What became of a version since; `due` says whether it should be trained anew."""

    version: str
    due: bool
    words: str
    checks: list[Check]


def drift(version: str, percentiles: Sequence[float], abstained: Sequence[bool], entries: Sequence[Entry]) -> Drift:
    """Compare a version's newest forecasts with those before, and with outcomes.

    Args:
        version: whose forecasts they are.
        percentiles: of its verdicts `[n]`, 0–1, in order of time.
        abstained: whether it could not tell `[n]`.
        entries: of the ledger; live ones count where there are enough, else replayed ones.
    """
    said, silent = np.array(percentiles, dtype=np.float64), np.array(abstained, dtype=bool)
    rows = _rows(version, entries)
    checks = [_scores(said), _abstentions(silent), _calibration(rows), _ranking(rows)]
    reasons = [each.words for each in checks if each.drifted]
    words = "a retrain is due: " + "; ".join(reasons) if reasons else "nothing says that a retrain is due"
    return Drift(version, bool(reasons), words, checks)


def stability_index(now: Floats, before: Floats) -> float:
    """Population stability index of scores `[n]` against those before `[m]`, over tenths of those before."""
    edges = np.unique(np.quantile(before, np.linspace(0, 1, 11)[1:-1]))
    shares = [np.bincount(np.searchsorted(edges, each), minlength=len(edges) + 1) for each in (now, before)]
    p, q = ((each + 0.5) / (each.sum() + 0.5 * len(each)) for each in shares)
    return float(((p - q) * np.log(p / q)).sum())


def _scores(said: Floats) -> Check:
    if len(said) < RECENT + NEEDED:
        return _too_few("scores", len(said), RECENT + NEEDED)
    found = stability_index(said[-RECENT:], said[:-RECENT])
    drifted = found > SHIFTED
    what = "its scores have shifted" if drifted else "its scores are spread as before"
    return Check("scores", drifted, f"{what} (stability index {found:.2f}, from {SHIFTED:g} on too much)", found, 0.0)


def _abstentions(silent: NDArray[np.bool_]) -> Check:
    if len(silent) < RECENT + NEEDED:
        return _too_few("abstentions", len(silent), RECENT + NEEDED)
    now, before = float(silent[-RECENT:].mean()), float(silent[:-RECENT].mean())
    pooled = float(silent.mean())
    spread = math.sqrt(max(pooled * (1 - pooled), 1e-9) * (1 / RECENT + 1 / (len(silent) - RECENT)))
    drifted = now - before > max(MORE_ABSTENTIONS, DEVIATIONS * spread)
    return Check(
        "abstentions", drifted, f"it can't tell of {now:.0%} of the newest posts, {before:.0%} before", now, before
    )


def _calibration(rows: Rows) -> Check:
    if len(rows) < NEEDED:
        return _too_few("calibration", len(rows), NEEDED, "posts with an outcome")
    newest = rows[-RECENT:]
    forecast, dank = float(newest.forecast.mean()), newest.outcome >= DANK_FROM
    share = float(dank.mean())
    spread = float(np.std(newest.forecast - dank)) / math.sqrt(len(newest))
    drifted = abs(forecast - share) > max(OFF, DEVIATIONS * spread)
    words = f"of {len(newest)} posts it expected {forecast:.0%} to be dank, and {share:.0%} were"
    return Check("calibration", drifted, words, forecast, share)


def _ranking(rows: Rows) -> Check:
    if len(rows) < RECENT + NEEDED:
        return _too_few("ranking", len(rows), RECENT + NEEDED, "posts with an outcome")
    now, before = auc_figure(rows[-RECENT:]), auc_figure(rows[:-RECENT])
    if now is None or before is None:
        return Check("ranking", False, "dank or not dank posts are missing")
    drifted = now.high < before.low and before.value - now.value > WORSE
    words = f"AUC {now.value:.3f} ({now.low:.3f}–{now.high:.3f}) on the newest posts, {before.value:.3f} before"
    return Check("ranking", drifted, words, now.value, before.value)


def _too_few(name: str, count: int, needed: int, what: str = "posts") -> Check:
    return Check(name, False, f"too few to tell: {count} of {needed} {what}")


def _rows(version: str, entries: Sequence[Entry]) -> Rows:
    """A version's verdicts that met an outcome: live ones where there are enough, else replayed ones."""
    sides = [_side(version, entries, live=live) for live in (True, False)]
    return next((side for side in sides if len(side) >= NEEDED), max(sides, key=len))


def _side(version: str, entries: Sequence[Entry], *, live: bool) -> Rows:
    percentiles = outcome_percentiles(entries, live=live)
    mine = [
        each
        for each in entries
        if each.version == version and each.model == "verdict" and each.live == live and each.post in percentiles
    ]
    mine.sort(key=lambda each: (each.created, each.post))
    return Rows(
        created=np.array([each.created for each in mine], dtype=np.float64),
        forecast=np.array([each.forecast for each in mine], dtype=np.float64),
        outcome=np.array([percentiles[each.post] for each in mine], dtype=np.float64),
        group=np.zeros(len(mine), dtype=np.intp),
    )
