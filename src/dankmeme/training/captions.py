"""What captions are worth: a head over their words, fitted on readings and, where there are some, on captions alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import TrainingError
from dankmeme.models.caption import clean
from dankmeme.sources.lines import LineFile
from dankmeme.training.automl import Floats
from dankmeme.training.caption_head import fit_head, matrix, unseen_scores
from dankmeme.training.evaluate import auc
from dankmeme.training.labels import Labels
from dankmeme.training.near_captions import resembling
from dankmeme.training.split import runs

FOLDS = 5
PENALTIES = (4.0, 18.0, 60.0)
ENOUGH = 50_000
"""From so many captions on, the penalty makes no difference worth three times the work: the middle one is taken."""


@dataclass(frozen=True)
class Captions:
    """Captions without pictures and the percentiles of their posts, in step."""

    texts: tuple[str, ...] = ()
    percentile: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def without(self, texts: Sequence[str]) -> Captions:
        """Those that resemble none of some texts: what a dataset's memes say is learnt from the dataset alone."""
        kept = ~resembling(self.texts, texts)
        return Captions(tuple(text for text, keep in zip(self.texts, kept, strict=True) if keep), self.percentile[kept])

    def shuffled(self, seed: int) -> Captions:
        """The same with the percentiles dealt out anew by chance."""
        return Captions(self.texts, np.random.default_rng(seed).permutation(self.percentile))


@dataclass(frozen=True)
class CaptionHead:
    """A fitted head: its weights, and for every row it was fitted on what heads say that never saw it, `[n, 1]`."""

    weights: Floats
    unseen: Floats
    penalty: float


def load_captions(path: Path) -> Captions:
    """Read captions without pictures: JSON lines with `caption` and `percentile`, 0–1.

    Raises:
        TrainingError: `bad-captions`: a line is something else.
        SourceError: `bad-posts-file`: the file cannot be read.
    """
    texts, ranks = list[str](), list[float]()
    with closing(LineFile(path, code="bad-posts-file")) as file:
        for number, (line, _) in enumerate(file.lines(), 1):
            if line is not None and not line.strip():
                continue
            try:
                row = json.loads(line or b"")
                text, rank = str(row["caption"]), float(row["percentile"])
            except (ValueError, KeyError, TypeError):
                raise _bad(path, number) from None
            if not 0 <= rank <= 1:
                raise _bad(path, number)
            texts.append(clean(text))
            ranks.append(rank)
    return Captions(tuple(texts), np.array(ranks))


def fit_caption_head(
    texts: Sequence[str], labels: Labels, more: Captions, families: Sequence[str] | None = None
) -> CaptionHead:
    """Fit the caption head, with the penalty that ranks best what was not seen.

    Args:
        texts: captions as read, `[n]`.
        labels: of their posts.
        more: captions without pictures, none of which is among the texts.
        families: of near-duplicates `[n]`, each of which is unseen as a whole; None where each row is one.
    """
    grams = matrix([*more.texts, *texts])
    targets = np.concatenate([more.percentile, labels.target])[:, None]
    own = runs(families if families is not None else [str(row) for row in range(len(texts))], FOLDS)
    folds = np.concatenate([np.full(len(more.texts), -1), own]).astype(np.intp)
    penalties = PENALTIES if len(targets) < ENOUGH else (PENALTIES[1],)
    found = {penalty: unseen_scores(grams, targets, folds, penalty) for penalty in penalties}
    best = max(penalties, key=lambda penalty: auc(labels.dank[labels.ends], found[penalty][labels.ends, 0]))
    return CaptionHead(fit_head(grams, targets, best), found[best], best)


def _bad(path: Path, number: int) -> TrainingError:
    return TrainingError(
        "bad-captions", f'{path}, line {number}: not of the form {{"caption": "some words", "percentile": 0.7}}'
    )
