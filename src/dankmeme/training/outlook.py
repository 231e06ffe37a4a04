"""What a head over embeddings says of rows that it was fitted on, as if it had not seen them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.scoring import Look
from dankmeme.training.heads import ridge_head
from dankmeme.training.labels import Labels
from dankmeme.training.lessons import Pictures

FOLDS = 5


def unseen(
    look: Look, labels: Labels, fitted: NDArray[np.bool_], families: Sequence[str] | None = None, seed: int = 11
) -> Look:
    """A look at rows in which the estimates of those that the head was fitted on come from heads that were not.

    Args:
        look: at all rows `[n]`.
        labels: of the rows.
        fitted: `[n]`, which of them the head was fitted on.
        families: of near-duplicates `[n]`, each of which is unseen as a whole; None where each row is one.
        seed: of the folds.
    """
    probability, percentile = look.probability.copy(), look.percentile.copy()
    rows = np.flatnonzero(fitted)
    fold = runs([str(row) if families is None else families[row] for row in rows.tolist()], FOLDS)
    for number in range(FOLDS):
        here, rest = rows[fold == number], rows[fold != number]
        head = ridge_head(look.embedding[rest], as_pictures(labels.at(rest)), seed)
        probability[here] = head.probability(look.embedding[here])
        estimate = head.percentile(look.embedding[here])[:, 0] if head.percentile else probability[here]
        percentile[here] = np.clip(estimate, 0, 1)
    return Look(look.embedding, probability, percentile, look.template)


def runs(names: Sequence[str], folds: int) -> NDArray[np.intp]:
    """Folds `[n]` of consecutive rows; rows of one name are in that of the first of them.

    Not by chance: tastes drift, and what was fitted on the days before and after says more of a day than anything will
    of days to come.
    """
    _, first, number = np.unique(np.asarray(names, dtype=str), return_index=True, return_inverse=True)
    found: NDArray[np.intp] = (first * folds // max(len(names), 1))[number]
    return found


def as_pictures(labels: Labels) -> Pictures:
    """Labels as the image model's trainer takes them; no pixels are needed."""
    count = len(labels.dank)
    return Pictures(
        np.empty((count, 0, 0, 3), dtype=np.uint8),
        labels.dank,
        labels.percentile.astype(np.float32),
        labels.ends,
        ("",) * count,
    )
