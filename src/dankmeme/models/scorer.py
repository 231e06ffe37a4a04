"""A bundle's graphs at work: a picture becomes a sight, sight and caption become raw scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.bundle import Bundle
from dankmeme.models.context import Posting, context_features
from dankmeme.models.features import colour_statistics
from dankmeme.models.scoring import Captioned, Floats, Look, caption_scores, feature_blocks, joined, look
from dankmeme.models.verdict import RawScores, combined

_UNSEEN = np.empty(0, dtype=np.float32)


@dataclass(frozen=True)
class Sight:
    """All that a bundle's heads need of a picture's pixels: computed once, it can be kept.

    Attributes:
        probability: of dank by the cnn itself, before calibration, 0–1.
        percentile: the cnn's estimate of it, 0–1.
        novelty: distance from all examples.
        embedding: float32 `[e]`.
        template: float32 `[t]`, log probability of each template that the cnn knows.
        colour: float32 `[10]`, from `features.colour_statistics`; `[0]` where it was not wanted.
    """

    probability: float
    percentile: float
    novelty: float
    embedding: Floats
    template: Floats
    colour: Floats


class Scorer:
    """Runs the graphs of a bundle; safe to use from many threads."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def see(self, inputs: Sequence[NDArray[np.uint8]], *, colours: bool = True) -> list[Sight]:
        """What the image graph says of pictures.

        Args:
            inputs: model inputs, each uint8 `[side, side, 3]`.
            colours: whether their colours are looked at too, which the automl model alone asks for.
        """
        seen = look(self._bundle.cnn, inputs)
        novelty = self._bundle.novelty.run(["distance"], {"embedding": seen.embedding})[0]
        return [
            Sight(
                probability=float(seen.probability[row]),
                percentile=float(seen.percentile[row]),
                novelty=float(novelty[row]),
                embedding=seen.embedding[row],
                template=seen.template[row],
                colour=colour_statistics(each) if colours else _UNSEEN,
            )
            for row, each in enumerate(inputs)
        ]

    def score(self, sights: Sequence[Sight], captions: Sequence[Captioned | None]) -> list[RawScores]:
        """Raw scores of pictures; the lists run in step, the automl model is asked where there is a caption."""
        raw = [RawScores(sight.probability, None, sight.novelty) for sight in sights]
        rows = [row for row, caption in enumerate(captions) if caption is not None]
        if rows and self._bundle.reads_captions:
            known = [caption for caption in captions if caption is not None]
            for row, probability in zip(rows, self._automl([sights[row] for row in rows], known), strict=True):
                raw[row] = replace(raw[row], automl=float(probability))
        return raw

    def in_context(self, raw: Sequence[RawScores], postings: Sequence[Posting]) -> list[float | None]:
        """What the context model says of pictures posted so, probabilities 0–1; the lists run in step.

        None where the bundle has no such model, or where a posting does not tell all that it reads.
        """
        bundle, said = self._bundle, list[float | None]([None] * len(raw))
        reads = bundle.context_reads
        rows = [row for row, posting in enumerate(postings) if reads and posting.tells(reads)]
        if not rows:
            return said
        odds = np.array([combined(raw[row], bundle.manifest.automl_share) for row in rows])
        titles = bundle.title if "title" in reads else None
        features = context_features(odds, [postings[row] for row in rows], reads, titles)
        for row, probability in zip(rows, bundle.context.run(["probability"], {"features": features})[0], strict=True):
            said[row] = float(probability)
        return said

    def _automl(self, sights: Sequence[Sight], captions: Sequence[Captioned]) -> Floats:
        """The automl model's probabilities `[n]`."""
        blocks = feature_blocks(
            _look(sights),
            [sight.colour for sight in sights],
            captions,
            [caption_scores(self._bundle.caption, caption.text) for caption in captions],
        )
        features = joined(blocks, self._bundle.manifest.feature_sets)
        probability: Floats = self._bundle.automl.run(["probability"], {"features": features})[0]
        return probability


def _look(sights: Sequence[Sight]) -> Look:
    return Look(
        embedding=np.stack([sight.embedding for sight in sights]),
        probability=np.array([sight.probability for sight in sights], dtype=np.float32),
        percentile=np.array([sight.percentile for sight in sights], dtype=np.float32),
        template=np.stack([sight.template for sight in sights]),
    )
