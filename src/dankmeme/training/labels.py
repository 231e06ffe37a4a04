"""What counts as dank: a post's rank among its neighbours in time, never its raw score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dankmeme.posts import Post

DANK_FROM = 0.70
"""A meme is dank when its percentile is at least this."""
NOT_DANK_TO = 0.35
"""A meme is not dank when its percentile is at most this; between the two it is neither."""
AGE_HOURS = 48.0
"""The age at which scores are compared, where they were followed."""
NEIGHBOURS = 400
"""With how many posts close in time a post's score is compared."""
COMPARABLE = 10
"""A community with fewer posts in a part gives no ranks: too few to compare with."""

Kind = Literal["given", "followed", "score", "class"]
"""Where labels come from: ranks that stand in the data, scores at a fixed age, scores of unknown age, two classes."""


@dataclass(frozen=True)
class Labels:
    """What a model is to learn, a row a post.

    Attributes:
        percentile: `[n]`, 0–1; NaN where there is no rank (a class alone is known, or nothing).
        dank: `[n]`: percentile of `DANK_FROM` or more, or the class.
        not_dank: `[n]`: percentile of `NOT_DANK_TO` or less, or the class. The middle is neither.
        kind: where they come from.
    """

    percentile: NDArray[np.float64]
    dank: NDArray[np.bool_]
    not_dank: NDArray[np.bool_]
    kind: Kind

    @property
    def known(self) -> NDArray[np.bool_]:
        """Rows `[n]` with a label, the middle included."""
        return ~np.isnan(self.percentile) | self.dank | self.not_dank

    @property
    def ends(self) -> NDArray[np.bool_]:
        """Rows `[n]` that are dank or not dank."""
        return self.dank | self.not_dank

    @property
    def target(self) -> NDArray[np.float64]:
        """What a regression learns `[n]`: the percentile, or the class as 0 or 1; NaN where nothing is known."""
        classes = np.where(self.ends, self.dank.astype(np.float64), np.nan)
        return np.where(np.isnan(self.percentile), classes, self.percentile)

    def at(self, rows: NDArray[np.generic]) -> Labels:
        """Those of some rows (numbers, or a mask)."""
        return Labels(self.percentile[rows], self.dank[rows], self.not_dank[rows], self.kind)

    def mixed(self, other: NDArray[np.float64], shares: NDArray[np.float64]) -> Labels:
        """These, drawn to other percentiles; what is dank follows from what comes out.

        Args:
            other: `[n]`, 0–1; anything where the share is 0.
            shares: `[n]`, 0–1, how far each is drawn: at 0 a label stays as it is.
        """
        drawn = self.known & (shares > 0)
        percentile = np.where(drawn, (1 - shares) * self.target + shares * other, self.percentile)
        dank, not_dank = ends(percentile)
        return Labels(percentile, np.where(drawn, dank, self.dank), np.where(drawn, not_dank, self.not_dank), self.kind)


def kind_of(posts: Sequence[Post], age: float = AGE_HOURS) -> Kind | None:
    """Which labels posts can have: ranks that stand there before scores at an age, before plain scores, before classes;
    None where there is nothing to learn from.
    """
    if any(post.percentile is not None for post in posts):
        return "given"
    if any(age in post.score_at for post in posts):
        return "followed"
    if any(post.score is not None for post in posts):
        return "score"
    return "class" if any(post.label is not None for post in posts) else None


def labels_of(posts: Sequence[Post], parts: NDArray[np.str_], kind: Kind, age: float = AGE_HOURS) -> Labels:
    """Label posts, in order of time, each among its neighbours in the same part, community and block.

    Args:
        posts: `[n]`; those without what the kind asks for get no label, nothing is made up.
        parts: `[n]`, of the split.
        kind: see `kind_of`.
        age: in hours, of the scores that are compared where they were followed.
    """
    if kind == "class":
        label = np.array([-1 if post.label is None else post.label for post in posts])
        return Labels(np.full(len(posts), np.nan), label == 1, label == 0, kind)
    if kind == "given":
        percentile = np.array([np.nan if post.percentile is None else post.percentile for post in posts])
    else:
        percentile = _ranks(posts, parts, None if kind == "score" else age)
    dank, not_dank = ends(percentile)
    return Labels(percentile, dank, not_dank, kind)


def groups_of(posts: Sequence[Post]) -> NDArray[np.str_]:
    """What scores compare within, a name a post: its community, and its block where there is one."""
    return np.array([post.community if post.block is None else f"{post.community} / {post.block}" for post in posts])


def _ranks(posts: Sequence[Post], parts: NDArray[np.str_], age: float | None) -> NDArray[np.float64]:
    found = [post.score if age is None else post.score_at.get(age) for post in posts]
    scores = np.array([np.nan if score is None else score for score in found], dtype=np.float64)
    groups = np.char.add(np.char.add(parts.astype(str), " "), groups_of(posts))
    percentile = np.full(len(posts), np.nan)
    scored = ~np.isnan(scores)
    for group in np.unique(groups[scored]):
        rows = np.flatnonzero((groups == group) & scored)
        if len(rows) >= COMPARABLE:
            percentile[rows] = neighbour_percentile(scores[rows], NEIGHBOURS)
    return percentile


def neighbour_percentile(
    scores: NDArray[np.number], neighbours: int, groups: NDArray[np.generic] | None = None
) -> NDArray[np.float64]:
    """Mid-rank percentile of every score among its neighbours in time.

    Args:
        scores: `[n]`, in order of time. Rows of one part of a split only, so that no label knows of another part.
        neighbours: how many rows, half before and half after, are compared (fewer where a group is smaller; at the
            ends the window moves inward).
        groups: `[n]`, compare only rows of the same group (a template, a community). None: all rows.

    Returns:
        `[n]`, 0–1: the share of the neighbours below, ties counted half.
    """
    values: NDArray[np.float64] = np.asarray(scores, dtype=np.float64)
    percentile = np.full(len(values), 0.5)
    if groups is None:
        return _windowed_midrank(values, neighbours)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        percentile[rows] = _windowed_midrank(values[rows], neighbours)
    return percentile


def _windowed_midrank(scores: NDArray[np.float64], neighbours: int) -> NDArray[np.float64]:
    count = len(scores)
    if count < 2:
        return np.full(count, 0.5)
    window = min(neighbours + 1, count)
    percentile = np.empty(count)
    for row in range(count):
        start = min(max(0, row - window // 2), count - window)
        near = scores[start : start + window]
        below = np.count_nonzero(near < scores[row])
        equal = np.count_nonzero(near == scores[row]) - 1
        percentile[row] = (below + 0.5 * equal) / (window - 1)
    return percentile


def ends(percentile: NDArray[np.floating]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Masks `[n]` of the dank and the not dank rows; the middle is in neither."""
    return percentile >= DANK_FROM, percentile <= NOT_DANK_TO
