"""Real pictures beside the drawn ones: `reddit_memes_2018`, ranked within their listing block alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from dankmeme.images.prepare import prepare
from pictures import SIDE

HELD_OUT = 0.40
"""Share of near-duplicate groups kept out of all training, beside the sample of originals."""
WATCHED = 0.10
"""Share that the cnn does not train on, to see how far from its references a real but unseen meme lies."""


@dataclass(frozen=True)
class RealPictures:
    """Decoded pictures: model inputs uint8 `[n, side, side, 3]`, percentile within the block, block, part.

    `part` is `fit`, `watch` or `test`; no near-duplicate group stands in two parts.
    """

    ids: list[str]
    inputs: NDArray[np.uint8]
    percentile: NDArray[np.float64]
    block: NDArray[np.str_]
    part: NDArray[np.str_]


def load_reddit(data: Path, build: Path) -> RealPictures:
    """Decode the real pictures, or take them from the cache."""
    posts = [json.loads(line) for line in (data / "reddit_memes_2018" / "posts.jsonl").read_text().splitlines()]
    cache = build / "reddit.npy"
    if not cache.exists():
        inputs = [
            prepare((data / "reddit_memes_2018" / post["file"]).read_bytes(), SIDE).model_input
            for post in tqdm(posts, desc="real pictures")
        ]
        np.save(cache, np.stack(inputs))
    originals = {
        json.loads(line)["id"] for line in (data / "reddit_originals_sample" / "posts.jsonl").read_text().splitlines()
    }
    groups = np.array([post["near_dup_group"] for post in posts])
    held = {group for group, post in zip(groups, posts, strict=True) if post["id"] in originals}
    chance = np.random.default_rng(20_261_122)
    draws = {group: chance.random() for group in np.unique(groups)}
    part = np.array(
        [
            "test"
            if group in held or draws[group] < HELD_OUT
            else "watch"
            if draws[group] < HELD_OUT + WATCHED
            else "fit"
            for group in groups
        ]
    )
    return RealPictures(
        [post["id"] for post in posts],
        np.load(cache),
        np.array([post["ups_pct_in_block"] for post in posts]),
        np.array([post["listing_block"] for post in posts]),
        part,
    )
