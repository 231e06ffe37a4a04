from __future__ import annotations

import numpy as np

from dankmeme.models.scoring import Look
from dankmeme.training.evaluate import auc
from dankmeme.training.heads import ridge_head
from dankmeme.training.labels import Labels, ends
from dankmeme.training.lessons import Pictures
from dankmeme.training.outlook import unseen

COUNT, LENGTH = 500, 80


def labels(percentile: np.ndarray) -> Labels:
    return Labels(percentile, *ends(percentile), "score")


def a_look(embedding: np.ndarray, known: Labels, fitted: np.ndarray) -> Look:
    """What a head says that was fitted on some rows."""
    inputs = np.empty((fitted.sum(), 0, 0, 3), dtype=np.uint8)
    here = known.at(fitted)
    pictures = Pictures(inputs, here.dank, here.percentile.astype(np.float32), here.ends, ("",) * len(inputs))
    head = ridge_head(embedding[fitted], pictures, 1)
    guess = head.percentile(embedding)[:, 0] if head.percentile else head.probability(embedding)
    return Look(embedding, head.probability(embedding), guess, np.zeros((COUNT, 2), dtype=np.float32))


def world(signal: float, seed: int = 3) -> tuple[np.ndarray, Labels, np.ndarray]:
    chance = np.random.default_rng(seed)
    embedding = chance.normal(size=(COUNT, LENGTH)).astype(np.float32)
    score = signal * embedding[:, 0] + chance.normal(size=COUNT)
    return embedding, labels(score.argsort().argsort() / (COUNT - 1)), np.arange(COUNT) < 400


def ranks(look: Look, known: Labels, rows: np.ndarray) -> float:
    rows = rows & known.ends
    return auc(known.dank[rows], look.probability[rows])


def test_of_labels_without_sense_nothing_is_known_beforehand() -> None:
    flattering, honest = list[float](), list[float]()
    for seed in range(6):
        embedding, known, fitted = world(0.0, seed)
        seen = a_look(embedding, known, fitted)
        flattering.append(ranks(seen, known, fitted))
        honest.append(ranks(unseen(seen, known, fitted), known, fitted))
    assert min(flattering) > 0.6  # what a head says of the memes that it was fitted on
    assert abs(np.mean(honest) - 0.5) < 0.05


def test_what_can_be_known_is_kept_and_rows_that_were_not_fitted_on_are_left_alone() -> None:
    embedding, known, fitted = world(1.5)
    seen = a_look(embedding, known, fitted)
    found = unseen(seen, known, fitted)
    assert 0.75 < ranks(found, known, fitted) < ranks(seen, known, fitted)
    np.testing.assert_array_equal(found.probability[~fitted], seen.probability[~fitted])
    np.testing.assert_array_equal(found.percentile[~fitted], seen.percentile[~fitted])
    assert np.corrcoef(found.percentile[fitted], known.percentile[fitted])[0, 1] > 0.5


def test_where_only_classes_are_known_the_estimate_is_the_probability() -> None:
    embedding, known, fitted = world(1.5)
    classes = Labels(np.full(COUNT, np.nan), known.dank, ~known.dank, "class")
    found = unseen(a_look(embedding, classes, fitted), classes, fitted)
    np.testing.assert_array_equal(found.percentile[fitted], found.probability[fitted])
    assert np.isfinite(found.probability).all()
