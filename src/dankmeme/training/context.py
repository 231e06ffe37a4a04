"""The context model: what title and clock add to the verdict, fitted on memes that no model and no head saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import TrainingError
from dankmeme.models.bundle import Reading
from dankmeme.models.context import CLOCK_COLUMNS, Posting, context_features
from dankmeme.models.scoring import Floats
from dankmeme.posts import Post
from dankmeme.training.automl_graph import export_layers
from dankmeme.training.caption_head import export_head
from dankmeme.training.captions import Captions, fit_caption_head
from dankmeme.training.labels import Labels
from dankmeme.training.learners import Layers
from dankmeme.training.material import FEWEST_AT_ENDS
from dankmeme.training.sights import session_of

STRENGTH = 1.0
"""Inverse penalty of the logistic regression, whose columns have about equal spread."""
AROUND = 0.5**0.5
"""Spread of a point that goes evenly round a circle."""
PARTS = (("fit", "choose"), ("calibrate",))
"""The title head learns from the first, the context model from the second."""


@dataclass(frozen=True)
class Posted:
    """How memes were posted and how they did, in step."""

    postings: Sequence[Posting]
    labels: Labels

    def telling(self, reads: Sequence[Reading]) -> NDArray[np.intp]:
        """The rows that tell all of what is read."""
        told = [posting.tells(reads) for posting in self.postings]
        return np.flatnonzero(np.array(told, dtype=bool) & self.labels.known)

    def at(self, rows: NDArray[np.intp]) -> Posted:
        """Some rows of it."""
        return Posted([self.postings[row] for row in rows], self.labels.at(rows))


@dataclass(frozen=True)
class Context:
    """A fitted context model: its graphs by file name, and how it was made; nothing of either where none was wanted."""

    graphs: dict[str, Path] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


def postings_of(posts: Sequence[Post]) -> list[Posting]:
    """How posts were posted. The name of a file is no title, and a mere order is no time."""
    return [Posting(None if not post.title or is_file_name(post) else post.title, post.created_utc) for post in posts]


def check_context(reads: Sequence[Reading], posted: Posted, parts: NDArray[np.str_]) -> None:
    """Whether enough memes tell what is to be read.

    Args:
        reads: by the model.
        posted: all memes, `[n]`.
        parts: of the split, `[n]`.

    Raises:
        TrainingError: `no-titles`, `no-times`.
    """
    for number, reading in enumerate(reads, 1):
        told = posted.telling(reads[:number])
        for names in PARTS:
            labels = posted.labels.at(told[np.isin(parts[told], names)])
            if min(labels.dank.sum(), labels.not_dank.sum()) < FEWEST_AT_ENDS:
                raise _untold(reading, len(told), len(parts), also_titled=number > 1)


def fit_context(
    reads: Sequence[Reading], learnt: Posted, calibrate: Posted, odds: NDArray[np.float64], work: Path
) -> Context:
    """Fit a title head, where titles are read, and a logistic regression that says how likely a posting is dank.

    Args:
        reads: by the model; nothing is fitted where it is empty.
        learnt: the memes that models and title head learn from.
        calibrate: memes that neither saw, `[n]`.
        odds: the verdict's raw scores of those, `[n]`.
        work: the folder for its graphs.
    """
    if not reads:
        return Context()
    graphs, facts, titles = dict[str, Path](), dict[str, Any](), None
    if "title" in reads:
        graphs["title.onnx"] = work / "title.onnx"
        facts = _fit_titles(learnt.at(learnt.telling(("title",))), graphs["title.onnx"])
        titles = session_of(graphs["title.onnx"])
    rows = calibrate.telling(reads)
    told = calibrate.at(rows)
    features = context_features(odds[rows], told.postings, reads, titles)
    graphs["context.onnx"] = work / "context.onnx"
    export_layers(_fit_logistic(features, told.labels.dank, clock="clock" in reads), graphs["context.onnx"])
    return Context(graphs, {"reads": list(reads), "memes": len(rows), **facts})


def _fit_titles(told: Posted, path: Path) -> dict[str, Any]:
    """Write the title head; says how it was made."""
    head = fit_caption_head([posting.title or "" for posting in told.postings], told.labels, Captions())
    export_head(head.weights, path)
    return {"titles": len(told.postings), "title_penalty": head.penalty}


def _fit_logistic(features: Floats, dank: NDArray[np.bool_], *, clock: bool) -> Layers:
    """Logistic regression on features as they are.

    Scores are brought to mean 0 and spread 1. The clock is not: the memes may come from a day or two, and where so
    small an arc is stretched to the spread of a circle, the rest of the week is thrown far out.
    """
    from sklearn.linear_model import LogisticRegression

    mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64) + 1e-6
    if clock:
        mean[-CLOCK_COLUMNS:], scale[-CLOCK_COLUMNS:] = 0.0, AROUND
    fitted = LogisticRegression(C=STRENGTH, max_iter=1_000).fit((features - mean) / scale, dank)
    weights = (fitted.coef_[0] / scale)[:, None]
    bias = fitted.intercept_ - mean @ weights
    return Layers((weights.astype(np.float32),), (bias.astype(np.float32),), sigmoid=True)


def is_file_name(post: Post) -> bool:
    """Whether a title is none: that of memes sorted by hand may even tell their class."""
    file = post.images[0].file
    return file is not None and post.title == Path(file).stem


def _untold(reading: Reading, count: int, of: int, *, also_titled: bool) -> TrainingError:
    if reading == "title":
        return TrainingError(
            "no-titles",
            f"only {count:,} of {of:,} memes have a title, too few of them dank or not dank in some part of the data: "
            "leave out `--with title`, or give their posts a `title` (the name of a file is none)",
        )
    return TrainingError(
        "no-times",
        f"only {count:,} of {of:,} memes have {'a title and ' if also_titled else ''}a time of posting, too few of "
        "them dank or not dank in some part of the data: leave out `--with clock`, or give their posts a `created_utc`",
    )
