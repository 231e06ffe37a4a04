"""The models' raw answers for a batch of pictures: one code path for training and serving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.features import layout_statistics, ngrams, text_statistics

if TYPE_CHECKING:
    from dankmeme.models.caption import Caption

Floats = NDArray[np.float32]

FEATURE_SETS = ("outlook", "caption", "text", "layout", "colour", "template", "embedding")
"""All feature sets, in the order in which they are joined."""


@dataclass(frozen=True)
class Look:
    """What the cnn says of a batch.

    Attributes:
        embedding: `[n, e]`.
        probability: `[n]`, of dank by the cnn itself.
        percentile: `[n]`, its estimate of the percentile.
        template: `[n, t]`, log probability of each template it knows.
    """

    embedding: Floats
    probability: Floats
    percentile: Floats
    template: Floats


@dataclass(frozen=True)
class Captioned:
    """A caption with what surrounds it: the text, its lines, and the upright picture's size in pixels."""

    caption: Caption
    text: str
    width: int
    height: int


def look(session: Any, inputs: Sequence[NDArray[np.uint8]]) -> Look:
    """Run the cnn on model inputs, each uint8 `[side, side, 3]`."""
    batch = np.stack(inputs).astype(np.float32)
    names = ["embedding", "probability", "percentile", "template"]
    return Look(*session.run(names, {"image": batch}))


def caption_scores(session: Any, text: str) -> Floats:
    """The caption head's scores `[h]`; its bias alone for an empty text."""
    buckets, weights = ngrams(text)
    scores: Floats = session.run(["scores"], {"buckets": buckets, "weights": weights})[0]
    return scores


def feature_blocks(
    seen: Look, colours: Sequence[Floats], captions: Sequence[Captioned], scores: Sequence[Floats]
) -> dict[str, Floats]:
    """Every feature set of a batch, each `[n, d]`; the lists run in step, `colours` from
    `features.colour_statistics`, `scores` from `caption_scores`.
    """
    odds = log_odds(seen.probability)
    return {
        "outlook": np.stack([odds, seen.percentile], axis=1).astype(np.float32),
        "caption": np.stack(list(scores)),
        "text": np.stack([text_statistics(each.text) for each in captions]),
        "layout": np.stack([layout_statistics(each.caption, each.width, each.height) for each in captions]),
        "colour": np.stack(list(colours)),
        "template": seen.template,
        "embedding": seen.embedding,
    }


def joined(blocks: dict[str, Floats], sets: Sequence[str]) -> Floats:
    """The named feature sets side by side, float32 `[n, d]`."""
    return np.concatenate([blocks[name] for name in FEATURE_SETS if name in sets], axis=1).astype(np.float32)


def log_odds(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    """log(p / (1 − p)), with p kept within 1e-6 of 0 and 1."""
    kept = np.clip(np.asarray(probability, dtype=np.float64), 1e-6, 1 - 1e-6)
    odds: NDArray[np.float64] = np.log(kept / (1 - kept))
    return odds
