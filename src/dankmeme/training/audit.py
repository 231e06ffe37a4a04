"""The audit: what would make a model look better than it is. Each check names what it found, in figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.evaluate import Bools, Floats, Forecast, Rows, auc, spearman
from dankmeme.training.evaluate import resampling as drawn
from dankmeme.training.evaluate.measures import NEEDED_AT_ENDS
from dankmeme.training.evaluate.resampling import resampling
from dankmeme.training.rungs import category_scores, is_dated
from dankmeme.training.tokens import telling_token
from dankmeme.training.words import told

NEARLY_PERFECT = 0.95
"""AUC of a single feature from which it must hold the label."""
SUSPECT, NEARLY_EQUAL = 0.90, 0.98
"""Rank correlation of a feature of this AUC with the percentile from which it must be made from it."""
TOO_GOOD = 0.80
"""AUC from which a model is suspect: the field's best is about 0.70."""
STRONG_AUTHORS = 0.60
"""AUC of authors' past alone from which it may carry a model."""
DRIFT, SURELY = 0.05, 3.3
"""A base rate drifts where it moves by this much, and by this many standard errors."""
SPANS = 10
SHUFFLES = 5
"""How many times it is trained on shuffled labels."""

Severity = Literal["leak", "warning"]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        name: of the check.
        passed: whether nothing is amiss.
        severity: "leak" where the figures can't be believed when it fails, "warning" where they need a word of care.
        words: what was found, with figures.
    """

    name: str
    passed: bool
    severity: Severity
    words: str


@dataclass(frozen=True)
class Audit:
    """All findings, and the checks that could not be made, with the reason."""

    findings: list[Finding]
    could_not: list[str]

    @property
    def leaks(self) -> list[Finding]:
        """Findings for which the figures can't be believed."""
        return [each for each in self.findings if not each.passed and each.severity == "leak"]


@dataclass(frozen=True)
class Features:
    """What the model looks at.

    Attributes:
        names: of the columns, `[d]`.
        train: numbers of the training rows, `[n, d]`, NaN where unknown.
        test: numbers of the test rows, `[m, d]`.
        texts: what is read, by name ("title", "caption"): texts of the training rows and of the test rows.
    """

    names: Sequence[str]
    train: Floats
    test: Floats
    texts: Mapping[str, tuple[Sequence[str], Sequence[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """What is audited.

    Attributes:
        train: rows that the model learnt from, validation slice included.
        test: rows that it is measured on.
        model: its forecasts of the test rows.
        features: what it looks at; None: nothing that can be looked at one by one.
        gap: seconds that must lie between the parts, the label's age; 0 where only an order is known.
        relearnt: trains anew with the labels of both parts dealt out by a seed, or with the true ones (None), and gives
            the AUC on the test part by the same labels; None: not run. It must go the whole way of the training that
            is audited: what it leaves out is not checked.
    """

    train: Rows
    test: Rows
    model: Forecast
    features: Features | None = None
    gap: float = 0.0
    relearnt: Callable[[int | None], float] | None = None


class CannotTell(Exception):  # noqa: N818 — no error: a check says so of itself
    """A check that can't be made, with the reason."""


def audit(case: Case) -> Audit:
    """Make every check that can be made."""
    findings, could_not = [], []
    for name, check in CHECKS.items():
        try:
            findings.append(check(case))
        except CannotTell as reason:
            could_not.append(f"{name}: {reason}")
    return Audit(findings, could_not)


def _pictures(case: Case) -> Finding:
    shared = int(np.isin(case.test.image, case.train.image).sum())
    words = f"{shared:,} of {len(case.test):,} test memes are pictures of the training part as well"
    return Finding("same picture in both parts", not shared, "leak", words)


def _families(case: Case) -> Finding:
    learnt = np.union1d(case.train.family, case.train.image)
    shared = int((np.isin(case.test.family, learnt) | np.isin(case.test.image, learnt)).sum())
    words = f"{shared:,} of {len(case.test):,} test memes are near-duplicates of a meme of the training part"
    return Finding("near-duplicates in both parts", not shared, "leak", words)


def _order(case: Case) -> Finding:
    train, test = (rows.time[np.isfinite(rows.time)] for rows in (case.train, case.test))
    if not (len(train) and len(test)):
        raise CannotTell("nothing is known of time in one of the parts")
    if is_dated(train) != is_dated(test):
        raise CannotTell("one part has dates and the other a mere order")
    late = int((train > test[0]).sum())
    near = int(((test >= train[-1]) & (test < train[-1] + case.gap)).sum()) if case.gap else 0
    words = f"{late:,} training memes are later than the first test meme"
    if case.gap:
        words += f"; {near:,} test memes lie within {case.gap / 3600:,.0f} h of the last training meme, the label's age"
    return Finding("training before test", not late and not near, "leak", words)


def _authors(case: Case) -> Finding:
    """Authors who are always dank carry a model that knows them, as long as they are seen again."""
    train, test = case.train, case.test
    if not ((train.author != "").any() and (test.author != "").any()):
        raise CannotTell("no authors are known")
    known = test.author != ""
    seen = known & np.isin(test.author, train.author)
    share = f"{seen.sum() / known.sum() * 100:.0f} % of the test memes are by authors of the training part"
    if min(_fewer(test, seen), _fewer(test, known & ~seen)) < NEEDED_AT_ENDS:
        return Finding("authors in both parts", True, "warning", f"{share}; too few of one kind to compare them")
    learnt = np.isfinite(train.outcome)
    past = category_scores(train.author[learnt], train.outcome[learnt], test.author)
    alone = drawn.figure(_drawn_auc(test, past, seen))
    inside, outside = (_drawn_auc(test, case.model.ranking, part) for part in (seen, known & ~seen))
    gap = drawn.figure(inside - outside)
    if alone is None or gap is None:
        raise CannotTell("there are too few memes by seen or by unseen authors")
    words = (
        f"{share}; AUC {inside[0]:.3f} on those and {outside[0]:.3f} on the others, a difference of "
        f"{told(gap, signed=True)}; what authors got before ranks theirs with AUC {told(alone)}"
    )
    leaks = gap.low > 0 and alone.value >= STRONG_AUTHORS and alone.low > 0.5
    return Finding("authors in both parts", not leaks, "leak", words)


def _single_feature(case: Case) -> Finding:
    features = case.features
    found = sorted(_alone(features.names, features.test, case.test), key=lambda each: -each[1]) if features else []
    if not found:
        raise CannotTell("no numbers that the model looks at were handed in, or there are too few memes")
    name, best, column = found[0]
    model = _drawn_auc(case.test, case.model.ranking)
    gap = drawn.figure(_drawn_auc(case.test, column) - model)
    words = f"the best of {len(found):,} features alone, {name}, has AUC {best:.3f}; the model {model[0]:.3f}"
    beats = gap is not None and gap.low > 0
    if best > model[0]:
        words += ", which is beyond noise" if beats else ", which is not beyond noise"
    return Finding("a feature that beats the model", not beats, "warning", words)


def _label(case: Case) -> Finding:
    if case.features is None:
        raise CannotTell("nothing that the model looks at was handed in")
    found = [*_columns_of_labels(case, case.features), *_texts_of_labels(case, case.features)]
    texts = " and ".join(case.features.texts) or "no text"
    looked = f"looked at: {len(case.features.names):,} features, {texts}"
    words = "; ".join(found) or f"no single one tells the label ({looked})"
    return Finding("the label in a feature", not found, "leak", words)


def _columns_of_labels(case: Case, features: Features) -> Iterator[str]:
    for part, rows, values in (("training", case.train, features.train), ("test", case.test, features.test)):
        for name, alone, column in _alone(features.names, values, rows):
            ranked = np.isfinite(rows.percentile)
            equal = spearman(rows.percentile[ranked], column[ranked]) if alone > SUSPECT and ranked.any() else 0.0
            if alone > NEARLY_PERFECT or equal > NEARLY_EQUAL:
                yield f"{name} alone has AUC {alone:.3f} on the {part} part"


def _texts_of_labels(case: Case, features: Features) -> Iterator[str]:
    for name, (train, test) in features.texts.items():
        for part, rows, texts in (("training", case.train, train), ("test", case.test, test)):
            token = telling_token(texts, rows.dank, rows.not_dank, NEARLY_PERFECT)
            if token:
                yield f"{token} in the {name} of the {part} part"


def _too_good(case: Case) -> Finding:
    value = auc(case.test.dank[case.test.ends], case.model.ranking[case.test.ends])
    if _fewer(case.test, case.test.ends) < NEEDED_AT_ENDS:
        raise CannotTell("there are too few memes at the two ends")
    words = f"AUC {value:.3f}, less than {TOO_GOOD:.2f}"
    if value >= TOO_GOOD:
        words = (
            f"AUC {value:.3f}; popularity is noisy, the field's best is about 0.70: {TOO_GOOD:.2f} or more is suspect"
        )
    return Finding("too good to be true", value < TOO_GOOD, "warning", words)


def _drift(case: Case) -> Finding:
    """Trend of the share of dank over spans of equally many rows: Cochran–Armitage."""
    dank = np.concatenate([case.train.dank, case.test.dank])
    if not (case.train.in_order and case.test.in_order) or len(dank) < SPANS * NEEDED_AT_ENDS:
        raise CannotTell("nothing is known of time, or there are too few memes")
    place = np.arange(len(dank)) * SPANS // len(dank)
    rates = np.bincount(place, weights=dank) / np.bincount(place)
    slope = np.polyfit(place, dank.astype(float), 1)[0] * (SPANS - 1)
    error = dank.std() / (place.std() * np.sqrt(len(dank))) * (SPANS - 1)
    drifts = abs(slope) > DRIFT and abs(slope) > SURELY * error
    moved = f"{slope * 100:+.1f} points, chance alone by ±{1.96 * error * 100:.1f}".replace("-", "−")
    words = (
        f"the share of dank memes goes from {rates[0] * 100:.0f} % in the first to {rates[-1] * 100:.0f} % in the last "
        f"of {SPANS} spans; a line through them moves by {moved}"
    )
    return Finding("drift of the label", not drifts, "warning", words)


def _shuffled(case: Case) -> Finding:
    """A permutation test of the way of training: labels are dealt out anew in both parts, so that chance alone is left.

    With them, the AUC of whatever was learnt is spread like the rank-sum statistic (Mann and Whitney, 1947).
    """
    if case.relearnt is None:
        raise CannotTell("it was not run")
    dank, not_dank = int(case.test.dank.sum()), int(case.test.not_dank.sum())
    if min(dank, not_dank) < NEEDED_AT_ENDS:
        raise CannotTell("there are too few memes at the two ends")
    value = float(np.mean([case.relearnt(seed) for seed in range(SHUFFLES)]))
    width = SURELY * np.sqrt((dank + not_dank + 1) / (12 * dank * not_dank) / SHUFFLES)
    words = (
        f"trained anew on shuffled labels {SHUFFLES} times, it has a mean AUC of {value:.3f}; without a leak that lies "
        f"between {0.5 - width:.3f} and {0.5 + width:.3f} in 999 of 1,000 cases. On the true labels the same training, "
        f"in small, gets {case.relearnt(None):.3f}"
    )
    return Finding("learning from shuffled labels", bool(abs(value - 0.5) <= width), "leak", words)


CHECKS: dict[str, Callable[[Case], Finding]] = {
    "same picture in both parts": _pictures,
    "near-duplicates in both parts": _families,
    "training before test": _order,
    "authors in both parts": _authors,
    "a feature that beats the model": _single_feature,
    "the label in a feature": _label,
    "too good to be true": _too_good,
    "drift of the label": _drift,
    "learning from shuffled labels": _shuffled,
}


def _fewer(rows: Rows, part: Bools) -> int:
    """How many rows of a part the rarer end has."""
    return int(min((rows.dank & part).sum(), (rows.not_dank & part).sum()))


def _drawn_auc(rows: Rows, scores: Floats, part: Bools | None = None) -> drawn.Drawn:
    kept = np.ones(len(rows), dtype=bool) if part is None else part
    draws = resampling(len(rows), in_order=rows.in_order)
    return drawn.auc(draws, rows.dank & kept, rows.not_dank & kept, scores, np.zeros(len(rows), dtype=np.intp))


def _alone(names: Sequence[str], values: Floats, rows: Rows) -> Iterator[tuple[str, float, NDArray[np.float64]]]:
    """Each feature by name, its AUC, and its numbers `[n]`, both turned round where less of it is danker."""
    if _fewer(rows, rows.ends) < NEEDED_AT_ENDS:
        return
    for name, column in zip(names, values.T, strict=True):
        known = np.isfinite(column)
        filled = np.where(known, column, np.median(column[known]) if known.any() else 0.0)
        alone = auc(rows.dank[rows.ends], filled[rows.ends])
        yield (name, alone, filled) if alone >= 0.5 else (name, 1 - alone, -filled)
