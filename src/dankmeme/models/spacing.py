"""Words that were read as one are put apart again: narrow capitals leave no gap that a recogniser would see.

Only capitals, which is how memes are lettered: small letters run together rarely, and rare words would be cut instead.
What is a word, and how usual it is, was counted in captions (`recipes/imgflip/words.py`); of each word only a hash is
kept. A run of letters that is no word itself, but is made of words alone, is cut into the likeliest ones (Viterbi over
unigrams).
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import numpy as np

SHORTEST, LONGEST = 4, 40
"""Letters of a run that may be cut."""
LONGEST_WORD = 16
_RUN = re.compile(r"(?<![\w.@#/])[A-Z']+(?![\w@/]|\.\w)")
_STOP = re.compile(r"(?<=[A-Za-z][,;!?])(?=[A-Za-z]{2})")
_SMALL = frozenset("a i am an as at be by do go he hi if in is it me my no of oh on or so to up us we".split())  # noqa: SIM905
"""The parts of one or two letters that there may be."""


def word_hash(word: str) -> int:
    """What a lower-case word is known by, 32 bits."""
    return zlib.crc32(word.encode())


class Spacing:
    """Puts run-together words apart.

    Args:
        path: an `.npz` with `words` (uint32 hashes of every known word), `rarity` (float16, -log of how often each is
            said) and `usual` (the rarity up to which a word may be a part).
    """

    def __init__(self, path: Path) -> None:
        with np.load(path) as kept:
            self._rarity = dict(zip(kept["words"].tolist(), kept["rarity"].tolist(), strict=True))
            self._usual = float(kept["usual"])

    def apart(self, text: str) -> str:
        """The text with spaces where words had run together, also at a comma; nothing else changes.

        Addresses and names of accounts stay as they are.
        """
        return _RUN.sub(lambda run: " ".join(self._parts(run[0])) or run[0], _STOP.sub(" ", text))

    def _parts(self, run: str) -> list[str]:
        """The likeliest words that a run of letters is made of; none where it is a word, or not made of words."""
        if not SHORTEST <= len(run) <= LONGEST or self._cost(run) is not None:
            return []
        best: list[tuple[float, int] | None] = [(0.0, 0)]
        for end in range(1, len(run) + 1):
            choices = [
                (before[0] + cost, start)
                for start in range(max(0, end - LONGEST_WORD), end)
                if (before := best[start]) is not None and (cost := self._part(run[start:end])) is not None
            ]
            best.append(min(choices, default=None))
        parts: list[str] = []
        end = len(run)
        while end and (last := best[end]) is not None:
            parts.append(run[last[1] : end])
            end = last[1]
        return parts[::-1] if not end else []

    def _part(self, word: str) -> float | None:
        """The rarity of a word that may be a part; None where it may not."""
        cost = self._cost(word)
        small = len(word) <= 2 and word.lower() not in _SMALL
        return cost if cost is not None and cost <= self._usual and not small else None

    def _cost(self, word: str) -> float | None:
        return self._rarity.get(word_hash(word.lower()))
