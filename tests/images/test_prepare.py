from __future__ import annotations

import hashlib

import numpy as np
import pytest
from PIL import Image

from dankmeme.images.decode import decode, squash
from dankmeme.images.fingerprint import HASH_SIDE, pdq
from dankmeme.images.prepare import prepare
from tests.drawing import encoded, texture


def test_a_prepared_picture_has_identity_hash_and_model_input() -> None:
    drawn = texture(300, 400)
    data = encoded(drawn, "PNG")
    prepared = prepare(data, 96)
    assert prepared.sha256 == hashlib.sha256(data).hexdigest()
    assert prepared.pdq == pdq(drawn)
    assert prepared.model_input.shape == (96, 96, 3)
    assert prepared.model_input.dtype == np.uint8
    assert np.array_equal(prepared.picture.pixels, drawn)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 3_000), (3_000, 1), (17, 5_000), (96, 96), (1_500, 900)])
def test_every_shape_is_squashed_to_the_square_of_the_model(height: int, width: int) -> None:
    picture = np.full((height, width, 3), (10, 200, 90), dtype=np.uint8)
    prepared = prepare(encoded(picture, "PNG"), 64)
    assert prepared.model_input.shape == (64, 64, 3)
    assert np.abs(prepared.model_input.astype(int) - (10, 200, 90)).max() <= 1


def test_the_model_sees_the_whole_picture() -> None:
    picture = np.zeros((200, 800, 3), dtype=np.uint8)
    picture[:, 400:] = 255
    seen = prepare(encoded(picture, "PNG"), 64).model_input
    assert seen[:, :30].max() < 10
    assert seen[:, 34:].min() > 245


@pytest.mark.parametrize(("height", "width"), [(513, 100), (1_000, 2_000), (5, 9_000), (512, 512), (2, 3)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_bound_on_the_long_side_is_kept_and_never_enlarges(height: int, width: int, kind: str) -> None:
    small = decode(encoded(texture(height, width), kind), longest=HASH_SIDE).pixels
    assert max(small.shape[:2]) == min(HASH_SIDE, max(height, width))
    assert min(small.shape[:2]) >= 1


def test_scores_do_not_depend_on_whether_the_picture_is_kept() -> None:
    data = encoded(texture(1_400, 1_900), "JPEG")
    kept, left = prepare(data, 96), prepare(data, 96, keep_picture=False)
    assert kept.pdq == left.pdq
    assert np.array_equal(kept.model_input, left.model_input)
    assert kept.picture.pixels.shape[0] > left.picture.pixels.shape[0]
    assert (kept.picture.width, kept.picture.height) == (left.picture.width, left.picture.height)


def test_squashing_keeps_the_mean_colour() -> None:
    picture = texture(333, 777)
    assert np.abs(squash(Image.fromarray(picture), 64).mean((0, 1)) - picture.mean((0, 1))).max() < 1.5
