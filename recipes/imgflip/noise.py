"""What OCR does to a caption, fitted on real readings, so that true captions can be spoilt the same way.

Three things happen to outlined capitals: single characters are confused or lost (spaces above all), whole lines go
missing, and text that is part of the template comes along. Each is fitted by itself.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

LONG = 6
"""A run of at least this many lost (or added) characters is a lost line (or a foreign one)."""
RECURRING = 0.08
"""Foreign words seen in at least this share of a template's readings belong to the template."""


@dataclass(frozen=True)
class Noise:
    """A fitted noise model; all probabilities are a character's or a caption's.

    Attributes:
        confusions: what each character is read as, with how often: `{"I": [("I", 0.98), ("L", 0.01), ("", 0.01)]}`.
        inserted: probability that a character is added, and which.
        lost_line: probability that a caption loses a run of characters.
        lost_lengths: lengths of such runs.
        foreign: by template, words that come along, each with its probability.
    """

    confusions: dict[str, list[tuple[str, float]]]
    inserted: tuple[float, list[str]]
    lost_line: float
    lost_lengths: list[int]
    foreign: dict[str, list[tuple[str, float]]]


def normalised(text: str) -> str:
    """Lower case, the letters, digits, apostrophes and spaces alone: what n-grams are made of."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def fit_noise(pairs: list[tuple[str, str, str]]) -> Noise:
    """Fit on (template, true caption, reading)."""
    pairs = [(template, normalised(true), normalised(read)) for template, true, read in pairs]
    foreign = _foreign(pairs)
    swaps: dict[str, Counter[str]] = defaultdict(Counter)
    added: Counter[str] = Counter()
    lost: list[int] = []
    characters = losing = 0
    for template, true, read in pairs:
        known = {word for word, _ in foreign.get(template, [])}
        kept = " ".join(word for word in read.split() if word not in known or word in true)
        characters += len(true)
        runs = _count(true, kept, swaps, added)
        lost += runs
        losing += bool(runs)
    confusions = {
        letter: [(out, count / counts.total()) for out, count in counts.most_common(12)]
        for letter, counts in swaps.items()
    }
    letters = [
        letter for letter, count in added.most_common(20) for _ in range(max(1, count * 100 // max(added.total(), 1)))
    ]
    return Noise(
        confusions, (added.total() / max(characters, 1), letters), losing / len(pairs), lost or [LONG], foreign
    )


def spoil(text: str, template: str, noise: Noise, chance: np.random.Generator) -> str:
    """A reading that might have been, of a true caption."""
    text = normalised(text)
    if chance.random() < noise.lost_line and len(text) > LONG:
        length = int(chance.choice(noise.lost_lengths))
        start = int(chance.integers(0, max(1, len(text) - length)))
        text = text[:start] + " " + text[start + length :]
    draws = chance.random(2 * len(text))
    rate, letters = noise.inserted
    out = []
    for place, letter in enumerate(text):
        out.append(_read_as(noise.confusions.get(letter), letter, draws[2 * place]))
        if draws[2 * place + 1] < rate and letters:
            out.append(letters[int(draws[2 * place] * 1e6) % len(letters)])
    words = [word for word, probability in noise.foreign.get(template, []) if chance.random() < probability]
    return " ".join(["".join(out), *words])


def _read_as(options: list[tuple[str, float]] | None, letter: str, draw: float) -> str:
    for out, probability in options or []:
        draw -= probability
        if draw < 0:
            return out
    return letter


def _count(true: str, read: str, swaps: dict[str, Counter[str]], added: Counter[str]) -> list[int]:
    """Count one pair's edits; the lengths of its long losses are returned and not counted as single edits."""
    long_losses = []
    for code in Levenshtein.opcodes(true, read):
        source, target = true[code.src_start : code.src_end], read[code.dest_start : code.dest_end]
        if code.tag == "equal":
            for letter in source:
                swaps[letter][letter] += 1
        elif code.tag == "delete" and len(source) >= LONG:
            long_losses.append(len(source))
        elif code.tag == "insert":
            if len(target) < LONG:
                added.update(target)
        else:
            for place, letter in enumerate(source):
                swaps[letter][target[place] if place < len(target) else ""] += 1
    return long_losses


def _foreign(pairs: list[tuple[str, str, str]]) -> dict[str, list[tuple[str, float]]]:
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    readings: Counter[str] = Counter()
    for template, true, read in pairs:
        readings[template] += 1
        seen[template].update(set(read.split()) - set(true.split()))
    return {
        template: [
            (word, count / readings[template])
            for word, count in words.items()
            if len(word) > 1 and count >= 3 and count / readings[template] >= RECURRING
        ]
        for template, words in seen.items()
    }
