"""Words that give a label away: a score, or a mark that was put into a text after the votes were counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from dankmeme.training.evaluate import Bools, auc
from dankmeme.training.evaluate.curves import wilson

LEAST_ROWS = 30
"""In how many rows a word or a number must stand."""
NEARLY_PURE = 0.90
"""A word's rows are nearly all of one class where Wilson's interval of their share starts above this."""
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")


def telling_token(texts: Sequence[str], dank: Bools, not_dank: Bools, nearly_perfect: float) -> str | None:
    """What in the texts tells the label, in words; None where nothing does.

    Args:
        texts: of `n` rows.
        dank: of the rows, `[n]`.
        not_dank: likewise.
        nearly_perfect: AUC from which the first number in a text tells the label.
    """
    ends: list[int] = np.flatnonzero(dank | not_dank).tolist()
    return _word(texts, ends, dank) or _number(texts, ends, dank, nearly_perfect)


def _word(texts: Sequence[str], ends: list[int], dank: Bools) -> str | None:
    """The word that parts the classes best: nearly all rows with it are of one class."""
    found: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for row in ends:
        found[int(dank[row])].update(set(_WORD.findall(texts[row].casefold())))
    parting = []
    for word in found[0] | found[1]:
        rows, hits = found[0][word] + found[1][word], max(found[0][word], found[1][word])
        if rows >= LEAST_ROWS and wilson(hits, rows)[0] > NEARLY_PURE:
            parting.append((hits, rows, word))
    if not parting:
        return None
    hits, rows, word = max(parting)
    return f"the word “{word}” stands in {rows:,} texts, {hits:,} of them of one class,"


def _number(texts: Sequence[str], ends: list[int], dank: Bools, nearly_perfect: float) -> str | None:
    numbers = {row: float(match[0]) for row in ends if (match := _NUMBER.search(texts[row]))}
    rows = np.fromiter(numbers, dtype=np.intp)
    if len(rows) < LEAST_ROWS or len(rows) < len(ends) / 20:
        return None
    value = auc(dank[rows], np.fromiter(numbers.values(), dtype=np.float64))
    if np.isnan(value) or max(value, 1 - value) <= nearly_perfect:
        return None
    return f"the first number in {len(rows):,} texts has AUC {value:.3f}"
