"""The ceiling: where one picture was posted more than once, how well one posting's rank predicts the other's.

Whatever differs between two postings of the same picture (hour, audience, luck) no reader of pictures can know.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.evaluate import Figure, Rows
from dankmeme.training.evaluate import resampling as drawn
from dankmeme.training.evaluate.measures import NEEDED_AT_ENDS, NEEDED_PAIRS
from dankmeme.training.evaluate.resampling import resampling

NEEDED_POSTINGS = 30
"""How many pairs of postings of one picture the ceiling takes."""


@dataclass(frozen=True)
class Ceiling:
    """How well the earlier posting's percentile predicts the later one's.

    Attributes:
        pictures: how many pictures (near-duplicates counted as one) were posted more than once.
        postings: how many pairs of an earlier posting and the next one.
        elsewhere: how many of these pairs went from one community (or block) to another.
        auc: of the later posting's class, ranked by the earlier one's percentile.
        reachable: Spearman of a faultless reader of pictures, if postings of one differ by chance alone: the root of
            `spearman` (Spearman, "The proof and measurement of association between two things", 1904); 0 where that is
            negative. One posting is as noisy a reading of its picture as the other.
        could_not: why figures are missing; None where none is.
    """

    pictures: int
    postings: int
    elsewhere: int
    spearman: Figure | None = None
    auc: Figure | None = None
    pair_accuracy: Figure | None = None
    reachable: float | None = None
    could_not: str | None = None


def ceiling(rows: Rows) -> Ceiling:
    """Take the ceiling from posts in order of time; give all there are, of training and test alike."""
    known = rows[np.isfinite(rows.outcome) & (rows.family != "")]
    earlier, later = _postings(known)
    pictures = len(np.unique(known.family[later]))
    counts = pictures, len(later), int((known.group[earlier] != known.group[later]).sum())
    why = _too_few(known, later, pictures)
    if why:
        return Ceiling(*counts, could_not=why)
    before, after = known.outcome[earlier], known.outcome[later]
    draws = resampling(len(later), in_order=known.in_order)
    one = np.zeros(len(later), dtype=np.intp)
    pairs = drawn.pairs(after, known.group[later])
    spearman = drawn.figure(drawn.spearman(draws, before, after))
    return Ceiling(
        *counts,
        spearman=spearman,
        reachable=max(spearman.value, 0.0) ** 0.5 if spearman else None,
        auc=drawn.figure(drawn.auc(draws, known.dank[later], known.not_dank[later], before, one)),
        pair_accuracy=drawn.figure(drawn.pair_accuracy(draws, pairs, before)) if len(pairs) >= NEEDED_PAIRS else None,
    )


def _postings(rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row numbers of each posting that has a next one, and of that, in order of the latter's time."""
    order = np.argsort(np.unique(rows.family, return_inverse=True)[1], kind="stable")
    same = rows.family[order][1:] == rows.family[order][:-1]
    earlier, later = order[:-1][same], order[1:][same]
    by_time = np.argsort(later, kind="stable")
    return earlier[by_time], later[by_time]


def _too_few(rows: Rows, later: NDArray[np.intp], pictures: int) -> str | None:
    if len(later) < NEEDED_POSTINGS:
        were = "no picture was" if not pictures else f"only {pictures} picture{'s were' if pictures > 1 else ' was'}"
        return f"the ceiling cannot be taken: {were} posted more than once"
    dank, not_dank = int(rows.dank[later].sum()), int(rows.not_dank[later].sum())
    if min(dank, not_dank) < NEEDED_AT_ENDS:
        return f"the ceiling cannot be taken: of {len(later)} later postings {dank} are dank and {not_dank} not dank"
    return None
