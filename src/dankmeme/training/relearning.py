"""A bundle's own training said again in small: same heads, same words, same winner of the search, on other labels.

The audit deals the labels of all memes out anew and trains on those. Whatever is learnt then was learnt by a way that
labels must not have, from the test part for example. That the same training learns something from the true labels is
measured beside it: one that learns nothing from either would pass as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.scoring import Captioned, Look, feature_blocks, log_odds
from dankmeme.training.automl import Fitted, Table, Trial, fit_best
from dankmeme.training.caption_head import apply_head, matrix
from dankmeme.training.captions import Captions, fit_caption_head
from dankmeme.training.ensemble import decide
from dankmeme.training.evaluate import auc
from dankmeme.training.heads import Head, ridge_head
from dankmeme.training.labels import Labels
from dankmeme.training.lessons import Pictures
from dankmeme.training.material import FEWEST_AT_ENDS
from dankmeme.training.sides import Side
from dankmeme.training.split import TRAINING, dealt

MOST = 4_000
"""So many memes to learn from at most: what leaks shows in them as well."""
SEED = 1
Relearnt = Callable[[int | None], float]
"""Learns anew from labels that a seed has dealt out, None for the true ones; the AUC on the test rows, by those too."""


@dataclass(frozen=True)
class _Memes:
    """What is known of some memes, in order of time; the captions are none where the bundle reads none."""

    look: Look
    colour: NDArray[np.float32]
    captions: list[Captioned]
    labels: Labels
    parts: NDArray[np.str_]
    family: NDArray[np.str_]

    def at(self, rows: NDArray[np.intp]) -> _Memes:
        look = Look(*(each[rows] for each in vars(self.look).values()))
        captions = [self.captions[row] for row in rows] if self.captions else []
        return _Memes(look, self.colour[rows], captions, self.labels.at(rows), self.parts[rows], self.family[rows])

    def of(self, *parts: str) -> _Memes:
        return self.at(np.flatnonzero(np.isin(self.parts, parts)))

    def dealt(self, seed: int | None) -> _Memes:
        """With the labels of each part dealt out anew."""
        return self if seed is None else replace(self, labels=self.labels.at(dealt(self.parts, seed)))

    @property
    def texts(self) -> list[str]:
        return [caption.text for caption in self.captions]


def relearning(facts: dict[str, Any], train: Side, test: Side, threads: int) -> Relearnt | None:
    """What trains a bundle anew on other labels; None where it does not say how it was trained.

    Args:
        facts: how it was trained.
        train: what it learnt from, its parts of the split among it.
        test: what it is measured on.
        threads: of LightGBM.
    """
    if not facts:
        return None
    automl = facts.get("automl")
    learnt, asked = (_memes(side, captions=automl is not None) for side in (train, test))
    learnt = learnt.at(_some(len(learnt.parts)))
    if not all(_both_ends(learnt.of(part).labels) for part in TRAINING):
        return None

    def run(seed: int | None) -> float:
        taught, tested = learnt.dealt(seed), asked.dealt(seed)
        odds = _cnn_alone(taught, tested) if automl is None else _both(automl, taught, tested, threads)
        ends = tested.labels.ends
        return auc(tested.labels.dank[ends], odds[ends])

    return run


def _some(count: int) -> NDArray[np.intp]:
    """Rows at even distances, at most `MOST`."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST)).round().astype(np.intp)) if count else np.arange(0)


def _both_ends(labels: Labels) -> bool:
    return min(int(labels.dank.sum()), int(labels.not_dank.sum())) >= FEWEST_AT_ENDS


def _memes(side: Side, *, captions: bool) -> _Memes:
    """The memes of a side; those whose caption could not be read are left out where captions count."""
    read = side.known.captions or [None] * len(side.picked)
    rows = np.flatnonzero([caption is not None or not captions for caption in read])
    seen = side.known.seen.at(rows)
    kept = [caption for caption in read if caption is not None] if captions else []
    picked = side.picked[rows]
    material = side.material
    return _Memes(
        seen.look, seen.colour, kept, material.labels.at(picked), material.parts[picked], material.family[picked]
    )


def _cnn_alone(taught: _Memes, tested: _Memes) -> NDArray[np.float64]:
    fit = taught.of("fit", "choose")
    return (
        ridge_head(fit.look.embedding, Pictures.labelled(fit.labels), SEED)
        .odds(tested.look.embedding)
        .astype(np.float64)
    )


def _both(automl: dict[str, Any], taught: _Memes, tested: _Memes, threads: int) -> NDArray[np.float64]:
    """Log odds of the verdict for test memes, by both models trained as the bundle's were."""
    fit = taught.of("fit")
    head = ridge_head(fit.look.embedding, Pictures.labelled(fit.labels), SEED)
    learnt = taught.of("fit", "choose")
    words = fit_caption_head(learnt.texts, learnt.labels, Captions(), learnt.family.tolist())
    blocks = feature_blocks(_looked(head, learnt), list(learnt.colour), learnt.captions, list(words.unseen))
    trial = Trial(automl["settings"], tuple(automl["sets"]), 0.0, (), 0.0)
    fitted = fit_best(Table(blocks, learnt.labels), trial, threads)
    calibrate = taught.of("calibrate")
    (held, held_cnn), (said, said_cnn) = (_asked(head, words.weights, fitted, each) for each in (calibrate, tested))
    share = decide(held_cnn, held, calibrate.labels).automl_share
    return share * log_odds(said) + (1 - share) * log_odds(said_cnn)


def _asked(
    head: Head, words: NDArray[np.float32], fitted: Fitted, memes: _Memes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities of memes by the automl model and by the cnn."""
    look = _looked(head, memes)
    blocks = feature_blocks(look, list(memes.colour), memes.captions, list(apply_head(matrix(memes.texts), words)))
    return fitted(blocks), look.probability.astype(np.float64)


def _looked(head: Head, memes: _Memes) -> Look:
    embedding = memes.look.embedding
    probability = head.probability(embedding)
    percentile = np.clip(head.percentile(embedding)[:, 0], 0, 1) if head.percentile else probability
    return Look(embedding, probability, percentile, memes.look.template)
