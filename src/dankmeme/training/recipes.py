"""How each kind of backbone is trained, where options leave it open."""

from __future__ import annotations

from dataclasses import dataclass

from dankmeme.training.augment import MILD, YEAR_2018, Changes


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One way to train.

    Attributes:
        hidden: width of the head's hidden layer.
        dropout: share of it that is dropped while learning.
        classes: whether the head gives two classes and softmax, as in 2018; else log odds and a percentile.
        standardised: whether embeddings are standardised first.
        ridge: whether ridge regression competes with the head.
        head_rate: learning rate of the head.
        body_rate: of the backbone, while it is trained.
        decay: of the weights.
        cosine: whether rates rise at first and fall at last; else they stay.
        epochs: of the head, or of a network from scratch.
        fine_tune_epochs: of both.
        changes: to the pictures, while the backbone is trained.
    """

    hidden: int = 64
    dropout: float = 0.3
    classes: bool = False
    standardised: bool = True
    ridge: bool = True
    head_rate: float = 1e-3
    body_rate: float = 5e-5
    decay: float = 0.02
    cosine: bool = True
    epochs: int = 30
    fine_tune_epochs: int = 4
    changes: Changes = MILD


KERAS = Recipe()
ONNX = Recipe(fine_tune_epochs=0)
SCRATCH = Recipe(
    dropout=0.2, standardised=False, head_rate=2.5e-3, body_rate=2.5e-3, epochs=12, fine_tune_epochs=0, changes=MILD
)
VGG16_2018 = Recipe(
    hidden=40,
    dropout=0.5,
    classes=True,
    standardised=False,
    ridge=False,
    head_rate=1e-4,
    body_rate=1e-5,
    decay=0.0,
    cosine=False,
    epochs=40,
    changes=YEAR_2018,
)
"""Pooling, Dense(40), Dropout(0.5), softmax over 2 classes, Adam at 1e-4, pictures of 128 × 128, as in 2018. The
backbone, which was trained along in 2018, follows at a tenth of the rate, and only once the head has settled."""
