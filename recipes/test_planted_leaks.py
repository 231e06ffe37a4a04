"""Leaks planted among made-up memes. Needs the `train` extra; `make prove` runs it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from planted_leaks import LEAKS, planted
from tests.training.folders import row, write

from dankmeme.models.eyes import Eyes
from dankmeme.training.cache import Cache
from dankmeme.training.dataset import load_dataset
from dankmeme.training.material import Cut, make_ready

pytestmark = pytest.mark.filterwarnings("ignore")
COUNT, SIZE = 1_200, 16


def test_every_leak_is_found_and_nothing_where_there_is_none(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    quality = chance.normal(size=COUNT)
    rank = (quality + 2 * chance.normal(size=COUNT)).argsort().argsort() / (COUNT - 1)
    folder = write(tmp_path, [row(number, percentile=float(each)) for number, each in enumerate(rank)])
    with Cache(tmp_path / "cache.sqlite") as cache, closing(Eyes(captions=False, workers=1)) as eyes:
        material = make_ready(
            load_dataset(folder),
            cache,
            eyes,
            lambda *_: None,
            parts=lambda posts, keys: Cut.untouched(len(posts)),
            to_learn=False,
        )
    embedding = chance.normal(size=(COUNT, SIZE)).astype(np.float32)
    embedding[:, 0] += 2 * quality
    found = planted(material, embedding)
    assert len(found) == len(LEAKS)
    assert [each.planted for each in found if not each.right] == []
