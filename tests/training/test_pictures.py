from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dankmeme.errors import ImageError
from dankmeme.images.fingerprint import sha256
from dankmeme.images.prepare import prepare
from dankmeme.models.caption import Caption
from dankmeme.models.eyes import Eyes
from dankmeme.models.features import colour_statistics
from dankmeme.training.cache import Cache
from dankmeme.training.pictures import (
    SMALLEST_SIDE,
    Broken,
    Facts,
    Inputs,
    captions_of,
    embeddings_of,
    facts_of,
    inputs_of,
    keep_captions,
)
from tests.training.drawn import memes
from tests.training.folders import picture

SIDE = 32


class Counting:
    """Eyes that count what they are asked, look in this process, and break where they are told to."""

    def __init__(self) -> None:
        self.decoded = self.read_ones = 0
        self.trouble: str | None = None
        self.patience = 1_000_000
        self.blind = False

    def prepare(self, data: bytes, side: int, *, keep_picture: bool) -> Any:
        self.decoded += 1
        if self.trouble and self.decoded <= self.patience:
            raise ImageError(self.trouble, "it broke")
        return prepare(data, side, keep_picture=keep_picture)

    def read(self, pixels: Inputs) -> Caption | None:
        self.read_ones += 1
        return None if self.blind else memes()[0].caption


@pytest.fixture
def eyes() -> Any:
    return Counting()


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(tmp_path / "pictures.sqlite") as cache:
        yield cache


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Forty pictures; the last is the first once more."""
    paths = [tmp_path / f"{number}.jpg" for number in range(40)]
    for number, path in enumerate(paths):
        path.write_bytes(picture(number % 39))
    return paths


def keys_of(files: list[Path]) -> list[str]:
    return [sha256(file.read_bytes()) for file in files]


def silent(done: int, of: int) -> None:
    del done, of


def brightness(inputs: Inputs) -> np.ndarray:
    return inputs.reshape(len(inputs), -1)[:, :5].astype(np.float32)


def test_a_second_run_decodes_nothing_and_says_the_same(files: list[Path], cache: Cache, eyes: Any) -> None:
    told: list[tuple[int, int]] = []
    first = facts_of(files, keys_of(files), cache, eyes, lambda *progress: told.append(progress))
    assert eyes.decoded == 39
    assert told[-1] == (39, 39)
    assert facts_of(files, keys_of(files), cache, eyes, silent) == first
    assert eyes.decoded == 39
    prepared = prepare(picture(3), SMALLEST_SIDE)
    assert first[3] == Facts(prepared.pdq.hex, prepared.pdq.quality, prepared.detail, 80, 64)


def test_a_run_that_was_interrupted_goes_on(files: list[Path], cache: Cache, eyes: Any) -> None:
    def interrupt(done: int, of: int) -> None:
        del of
        if done == 35:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        facts_of(files, keys_of(files), cache, eyes, interrupt)
    eyes.decoded = 0
    assert len(facts_of(files, keys_of(files), cache, eyes, silent)) == 40
    assert eyes.decoded == 39 - 32  # of whole batches that were written down nothing is done again


def test_a_broken_picture_is_remembered_and_named(tmp_path: Path, cache: Cache, eyes: Any) -> None:
    file = tmp_path / "broken.jpg"
    file.write_bytes(picture(1)[:200])
    for _ in range(2):
        (found,) = facts_of([file], ["key"], cache, eyes, silent)
        assert isinstance(found, Broken)
        assert found.code == "broken-image"
    assert eyes.decoded == 1


@pytest.mark.parametrize("code", ["decode-timeout", "decode-failed"])
def test_what_a_busy_machine_does_to_a_picture_is_not_remembered(
    code: str, files: list[Path], cache: Cache, eyes: Any
) -> None:
    eyes.trouble = code
    assert all(isinstance(found, Broken) for found in facts_of(files[:2], keys_of(files)[:2], cache, eyes, silent))
    eyes.trouble = None
    assert all(isinstance(found, Facts) for found in facts_of(files[:2], keys_of(files)[:2], cache, eyes, silent))


def test_a_picture_that_is_gone_is_broken_until_it_is_back(files: list[Path], cache: Cache, eyes: Any) -> None:
    keys, data = keys_of(files), files[0].read_bytes()
    files[0].unlink()
    (gone,) = facts_of(files[:1], keys[:1], cache, eyes, silent)
    assert isinstance(gone, Broken)
    assert gone.code == "file-unreadable"
    files[0].write_bytes(data)
    assert isinstance(facts_of(files[:1], keys[:1], cache, eyes, silent)[0], Facts)


def test_captions_are_read_once_and_those_that_were_given_never(files: list[Path], cache: Cache, eyes: Any) -> None:
    keys, caption = keys_of(files), memes()[1].caption
    keep_captions({keys[0]: caption}, cache)
    first = captions_of(files, keys, cache, eyes, silent)
    assert first[0] == first[39] == caption
    assert first[1] == memes()[0].caption
    assert eyes.read_ones == 38
    assert captions_of(files, keys, cache, eyes, silent) == first
    assert eyes.read_ones == 38


def test_a_caption_that_could_not_be_read_is_tried_again_the_next_time(
    files: list[Path], cache: Cache, eyes: Any
) -> None:
    eyes.blind = True
    assert captions_of(files[:3], keys_of(files)[:3], cache, eyes, silent) == [None] * 3
    eyes.blind = False
    assert captions_of(files[:3], keys_of(files)[:3], cache, eyes, silent) == [memes()[0].caption] * 3


def test_embeddings_are_kept_by_picture_trunk_and_side(files: list[Path], cache: Cache, eyes: Any) -> None:
    keys = keys_of(files)
    values, colours = embeddings_of(files, keys, cache, eyes, "trunk", SIDE, brightness, silent)
    want = prepare(picture(7), SIDE).model_input
    np.testing.assert_array_equal(values[7], brightness(want[None])[0])
    np.testing.assert_array_equal(colours[7], colour_statistics(want))
    np.testing.assert_array_equal(values[39], values[0])
    again = embeddings_of(files, keys, cache, eyes, "trunk", SIDE, brightness, silent)
    np.testing.assert_array_equal(again[0], values)
    assert eyes.decoded == 39
    embeddings_of(files[:2], keys[:2], cache, eyes, "another trunk", SIDE, brightness, silent)
    embeddings_of(files[:2], keys[:2], cache, eyes, "trunk", 2 * SIDE, brightness, silent)
    assert eyes.decoded == 39 + 4


def test_model_inputs_are_laid_down_once_and_an_unfinished_file_is_begun_anew(
    files: list[Path], tmp_path: Path, eyes: Any
) -> None:
    path, keys = tmp_path / "work" / "inputs.npy", keys_of(files)
    first = np.array(inputs_of(files, keys, eyes, SIDE, path, silent))
    np.testing.assert_array_equal(first[5], prepare(picture(5), SIDE).model_input)
    np.testing.assert_array_equal(inputs_of(files, keys, eyes, SIDE, path, silent), first)
    assert eyes.decoded == 40
    inputs_of(files[:39], keys[:39], eyes, SIDE, path, silent)
    assert eyes.decoded == 79
    path.with_suffix(".json").unlink()
    assert len(inputs_of(files[:39], keys[:39], eyes, SIDE, path, silent)) == 39
    assert eyes.decoded == 118


def test_model_inputs_that_were_cut_short_are_gone_on_with(files: list[Path], tmp_path: Path) -> None:
    keys, path, eyes = keys_of(files), tmp_path / "inputs.npy", Counting()

    def killed(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inputs_of(files, keys, eyes, SIDE, path, killed)
    before = eyes.decoded
    found = inputs_of(files, keys, eyes, SIDE, path, silent)
    assert eyes.decoded - before == len(files) - 32
    for row in (0, 31, 32, len(files) - 1):
        np.testing.assert_array_equal(found[row], prepare(files[row].read_bytes(), SIDE).model_input)


def test_a_busy_machine_does_not_end_the_looking(files: list[Path], tmp_path: Path) -> None:
    eyes = Counting()
    eyes.trouble, eyes.patience = "decode-timeout", 2
    assert len(inputs_of(files[:1], keys_of(files)[:1], eyes, SIDE, tmp_path / "inputs.npy", silent)) == 1
    assert eyes.decoded == 3
    eyes.patience = 9
    with pytest.raises(ImageError):
        inputs_of(files[1:2], keys_of(files)[1:2], eyes, SIDE, tmp_path / "others.npy", silent)


def test_pictures_are_looked_at_in_processes_as_they_are_here(files: list[Path], cache: Cache) -> None:
    with closing(Eyes(captions=False, workers=1)) as eyes:
        found = facts_of(files[:4], keys_of(files)[:4], cache, eyes, silent)
    prepared = prepare(picture(2), SMALLEST_SIDE)
    assert found[2] == Facts(prepared.pdq.hex, prepared.pdq.quality, prepared.detail, 80, 64)
