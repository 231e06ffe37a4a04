"""The gate: may a model take the place of the one that answers? Both are measured on the same rows.

A model passes that is better beyond noise, or of which the rows leave no room for being worse by more than `MARGIN`: a
test of non-inferiority (Piaggio et al., "Reporting of noninferiority and equivalence randomized trials", JAMA 2012) on
a paired bootstrap over blocks of time. What cannot be told yet does not pass: it takes more posts, or a person who
insists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dankmeme.training.compare import BETTER, WORSE, Comparison, Difference, compare
from dankmeme.training.evaluate import Forecast, Rows
from dankmeme.training.labels import ends
from dankmeme.training.ledger import Entry, outcome_percentiles
from dankmeme.training.words import number, told

MARGIN = 0.02
"""A model may be worse by so much AUC as far as anybody can tell, and no more."""
BRIER_MARGIN = 0.005
"""Probabilities that are worse beyond noise, and by so much at least, are no better for a better order."""
FEWEST = 200
"""So many posts that both forecast, and whose outcome is known, it takes."""
Code = Literal["better", "as good", "worse", "unclear", "too few"]


@dataclass(frozen=True)
class Ruling:
    """What the gate says.

    Attributes:
        passed: whether the candidate may be promoted.
        code: `better`, `as good` (passes); `worse`, `unclear`, `too few` (refused).
        words: why, in a sentence.
        on: what the rows are: `live posts`, `replayed posts`, or a dataset's name.
        rows: how many.
        auc: of the candidate, of the active model, and the difference; None where there are too few.
        brier: likewise.
    """

    passed: bool
    code: Code
    words: str
    on: str
    rows: int
    auc: Difference | None = None
    brier: Difference | None = None


def rule(comparison: Comparison, on: str) -> Ruling:
    """Judge a candidate by its comparison with the active model, which comes second in it."""
    auc, brier, count = comparison.figures.get("auc"), comparison.figures.get("brier"), comparison.rows
    if auc is None or count < FEWEST:
        words = f"{count:,} {on} have an outcome and a forecast of both; it takes {FEWEST}"
        return Ruling(False, "too few", words if auc is not None else comparison.words, on, count)
    code, why = _judged(auc, brier)
    words = f"AUC {number(auc.one)} against {number(auc.other)}, a difference of {told(auc.difference, signed=True)}, "
    return Ruling(code in ("better", "as good"), code, f"{words}on {count:,} {on}: {why}", on, count, auc, brier)


def _judged(auc: Difference, brier: Difference | None) -> tuple[Code, str]:
    if auc.verdict == WORSE:
        return "worse", "it is worse beyond noise"
    if brier is not None and brier.verdict == WORSE and brier.difference.value > BRIER_MARGIN:
        gap = told(brier.difference, signed=True)
        return "worse", f"its order is no worse, but its probabilities are (Brier score {gap})"
    if auc.verdict == BETTER:
        return "better", "it is better beyond noise"
    if auc.difference.low < -MARGIN:
        return "unclear", f"it may be worse by more than {MARGIN:g} as far as so few can tell"
    return "as good", f"it is not worse by more than {MARGIN:g}"


def rule_on_ledger(entries: Iterable[Entry], candidate: str, active: str, model: str = "verdict") -> Ruling:
    """Judge by the posts that both versions forecast: by live forecasts where there are enough, else by replayed ones.

    Args:
        entries: of the ledger, all versions'.
        candidate: the version that is to be promoted.
        active: the one that answers.
        model: whose forecasts are compared.
    """
    kept = list(entries)
    live = _ruling(kept, candidate, active, model, live=True)
    if live.code != "too few":
        return live
    replayed = _ruling(kept, candidate, active, model, live=False)
    if replayed.code != "too few" or not replayed.rows:
        return replayed if replayed.code != "too few" else live
    more = max(live, replayed, key=lambda each: each.rows)
    both = f"{live.rows:,} live and {replayed.rows:,} replayed posts"
    words = f"{both} have an outcome and a forecast of both; it takes {FEWEST} of either kind"
    return replace(more, words=words)


def _ruling(entries: Sequence[Entry], candidate: str, active: str, model: str, *, live: bool) -> Ruling:
    on = "live posts" if live else "replayed posts"
    rows, one, other = on_both(entries, candidate, active, model, live=live)
    if len(rows) < FEWEST:
        words = f"{len(rows):,} {on} have an outcome and a forecast of both; it takes {FEWEST}"
        return Ruling(False, "too few", words, on, len(rows))
    return rule(compare(rows, one, other), on)


def on_both(
    entries: Sequence[Entry], candidate: str, active: str, model: str, *, live: bool
) -> tuple[Rows, Forecast, Forecast]:
    """The posts of one side that both versions forecast, in order of time, and what each said of them."""
    percentiles = outcome_percentiles(entries, live=live)
    said: dict[str, dict[str, float]] = {candidate: {}, active: {}}
    posts: dict[str, Entry] = {}
    for entry in entries:
        if entry.model == model and entry.version in said and entry.live == live and entry.post in percentiles:
            said[entry.version].setdefault(entry.post, entry.forecast)
            posts.setdefault(entry.post, entry)
    both = [posts[name] for name in said[candidate] if name in said[active]]
    both.sort(key=lambda entry: (entry.created, entry.post))
    percentile = np.array([percentiles[each.post] for each in both], dtype=np.float64)
    dank, not_dank = ends(percentile)
    names = np.array([each.post for each in both], dtype=np.str_)
    rows = Rows(
        percentile=percentile,
        dank=dank,
        not_dank=not_dank,
        group=np.array([f"{each.community} / {each.block or ''}" for each in both], dtype=np.str_),
        time=np.array([each.created for each in both], dtype=np.float64),
        author=np.full(len(both), ""),
        image=names,
        family=names,
    )
    first, second = (
        Forecast(np.array([said[version][each.post] for each in both], dtype=np.float64))
        for version in (candidate, active)
    )
    return rows, first, second
