"""What the caption model looks at, from pixels and the caption read from them: one code path for training and serving.

Hashed n-grams follow Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (2009); colourfulness
follows Hasler & Süsstrunk (2003).
"""

from __future__ import annotations

import re
import unicodedata
import zlib

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.caption import Caption

BUCKETS = 1 << 17
"""Rows of the n-gram weight table for each of the two families (letters first, words second)."""
MAX_CHARACTERS = 600
"""A caption is looked at up to here."""
CHARACTER_LENGTHS = (3, 4, 5)

_WORD = re.compile(r"[a-z0-9']+")

TEXT_STATISTICS = (
    "characters",
    "words",
    "mean_word_length",
    "digits",
    "question_marks",
    "exclamation_marks",
    "full_stops",
    "commas",
    "apostrophes",
    "quotes",
    "ellipsis",
    "capitals",
    "distinct_words",
    "longest_word",
    "first_person",
    "second_person",
    "negation",
    "empty",
)
LAYOUT_STATISTICS = (
    "lines",
    "text_area",
    "largest_line",
    "mean_line",
    "smallest_line",
    "top_share",
    "middle_share",
    "bottom_share",
    "first_top",
    "last_bottom",
    "left_edge",
    "right_edge",
    "reading_score",
    "aspect_ratio",
    "top_characters",
    "bottom_characters",
)
COLOUR_STATISTICS = (
    "brightness",
    "contrast",
    "red",
    "green",
    "blue",
    "saturation",
    "colourfulness",
    "white",
    "black",
    "edges",
)


def ngrams(text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Hashed n-grams of a caption.

    Letter n-grams are taken with all spaces left out, since OCR drops spaces before anything else; words alone and
    in pairs stand beside them. Each family is scaled to length 1.

    Returns:
        Buckets int64 `[k]`, 0 ≤ bucket < 2 × `BUCKETS`, distinct, and their weights float32 `[k]`; k = 0 for no text.
    """
    words = _WORD.findall(_plain(text)[:MAX_CHARACTERS])
    run = "".join(words)
    letters = [run[start : start + length] for length in CHARACTER_LENGTHS for start in range(len(run) - length + 1)]
    pairs = [f"{one} {two}" for one, two in zip(["<", *words], [*words, ">"], strict=True)] if words else []
    families = (_hashed(letters, 0), _hashed(words + pairs, BUCKETS))
    return np.concatenate([family[0] for family in families]), np.concatenate([family[1] for family in families])


def text_statistics(text: str) -> NDArray[np.float32]:
    """`TEXT_STATISTICS` of a caption, float32 `[18]`: counts are log(1 + n), shares 0–1."""
    words = _WORD.findall(_plain(text))
    count = max(len(words), 1)
    letters = [letter for letter in text if letter.isalpha()]
    kinds = set(words)
    return np.array(
        [
            np.log1p(len(text)),
            np.log1p(len(words)),
            sum(map(len, words)) / count,
            np.log1p(sum(letter.isdigit() for letter in text)),
            *(np.log1p(text.count(sign)) for sign in "?!.,'\""),
            float("..." in text),
            sum(letter.isupper() for letter in letters) / max(len(letters), 1),
            len(kinds) / count,
            max(map(len, words), default=0),
            float(bool(kinds & {"i", "me", "my", "im", "i'm", "we", "our", "us"})),
            float(bool(kinds & {"you", "your", "you're", "youre", "u"})),
            float(bool(kinds & {"no", "not", "never", "don't", "dont", "can't", "cant", "isn't", "nobody"})),
            float(not words),
        ],
        dtype=np.float32,
    )


def layout_statistics(caption: Caption, width: int, height: int) -> NDArray[np.float32]:
    """`LAYOUT_STATISTICS` of a caption, float32 `[16]`: where the text stands, as fractions of the picture.

    Args:
        caption: what was read.
        width: of the upright original, in pixels.
        height: likewise.
    """
    aspect = np.log(width / height)
    if not caption.lines:
        return np.array([0.0] * 13 + [aspect, 0.0, 0.0], dtype=np.float32)
    box = np.array([[line.left, line.top, line.right, line.bottom] for line in caption.lines])
    heights = box[:, 3] - box[:, 1]
    middle = (box[:, 1] + box[:, 3]) / 2
    characters = np.array([len(line.text) for line in caption.lines], dtype=float)
    share = characters / characters.sum()
    return np.array(
        [
            np.log1p(len(box)),
            float(((box[:, 2] - box[:, 0]) * heights).sum()),
            heights.max(),
            heights.mean(),
            heights.min(),
            share[middle < 0.35].sum(),
            share[(middle >= 0.35) & (middle <= 0.65)].sum(),
            share[middle > 0.65].sum(),
            box[:, 1].min(),
            box[:, 3].max(),
            box[:, 0].min(),
            box[:, 2].max(),
            float(np.mean([line.score for line in caption.lines])),
            aspect,
            np.log1p(characters[middle < 0.5].sum()),
            np.log1p(characters[middle >= 0.5].sum()),
        ],
        dtype=np.float32,
    )


def colour_statistics(model_input: NDArray[np.uint8]) -> NDArray[np.float32]:
    """`COLOUR_STATISTICS` of a model input, uint8 `[side, side, 3]` RGB; float32 `[10]`, each about 0–1."""
    red, green, blue = np.ascontiguousarray(model_input.transpose(2, 0, 1)).astype(np.float32) / 255
    grey = (red + green + blue) / 3
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    colourfulness = np.hypot(red_green.std(), yellow_blue.std()) + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean())
    edges = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
    return np.array(
        [
            grey.mean(),
            grey.std(),
            red.mean(),
            green.mean(),
            blue.mean(),
            spread.mean(),
            colourfulness,
            (grey > 0.94).mean(),
            (grey < 0.06).mean(),
            edges,
        ],
        dtype=np.float32,
    )


def _plain(text: str) -> str:
    """Lower case without accents."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(letter)
    )


def _hashed(grams: list[str], offset: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    hashed = np.array([zlib.crc32(gram.encode()) % BUCKETS for gram in grams], dtype=np.int64)
    buckets, counts = np.unique(hashed, return_counts=True)
    weights = 1 + np.log(counts.astype(np.float32))
    length = float(np.sqrt((weights**2).sum())) if len(weights) else 1.0
    return buckets + offset, (weights / length).astype(np.float32)
