"""What a head over embeddings says of rows that it was fitted on, as if it had not seen them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.scoring import Look
from dankmeme.training.heads import ridge_head
from dankmeme.training.labels import Labels
from dankmeme.training.lessons import Pictures

FOLDS = 5


def unseen(look: Look, labels: Labels, fitted: NDArray[np.bool_], seed: int = 11) -> Look:
    """A look at rows in which the estimates of those that the head was fitted on come from heads that were not.

    Args:
        look: at all rows `[n]`.
        labels: of the rows.
        fitted: `[n]`, which of them the head was fitted on.
        seed: of the folds.
    """
    probability, percentile = look.probability.copy(), look.percentile.copy()
    rows = np.flatnonzero(fitted)
    fold = np.random.default_rng(seed).integers(0, FOLDS, len(rows))
    for number in range(FOLDS):
        here, rest = rows[fold == number], rows[fold != number]
        head = ridge_head(look.embedding[rest], as_pictures(labels.at(rest)), seed)
        probability[here] = head.probability(look.embedding[here])
        estimate = head.percentile(look.embedding[here])[:, 0] if head.percentile else probability[here]
        percentile[here] = np.clip(estimate, 0, 1)
    return Look(look.embedding, probability, percentile, look.template)


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
