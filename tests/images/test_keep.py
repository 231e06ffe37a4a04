from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from dankmeme.errors import ImageError
from dankmeme.images.decode import decode
from dankmeme.images.keep import THUMBNAIL_SIDE, keep
from dankmeme.images.lookalike import DETAIL_BYTES
from dankmeme.images.prepare import prepare
from tests.drawing import animation, corners, encoded, texture


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_identity_is_that_of_the_bytes() -> None:
    data = encoded(texture(200, 300), "PNG")
    kept = keep(data)
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    assert len(kept.detail) == DETAIL_BYTES


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(90, 120), (480, 640), (1_400, 1_900), (2_300, 900)])
def test_the_hash_is_the_one_that_classifying_gives(kind: str, size: tuple[int, int]) -> None:
    data = encoded(texture(*size), kind)
    assert keep(data).pdq == prepare(data, 96).pdq


@pytest.mark.parametrize("size", [(90, 120), (480, 640), (1_400, 1_900), (40, 900)])
def test_the_normal_picture_is_the_clean_one_as_a_jpeg(size: tuple[int, int]) -> None:
    data = encoded(texture(*size), "PNG")
    kept, clean = keep(data), decode(data)
    normal = opened(kept.normal)
    assert (normal.format, normal.mode, normal.size) == ("JPEG", "RGB", kept.normal_size)
    assert kept.normal_size == (clean.pixels.shape[1], clean.pixels.shape[0])
    assert (kept.width, kept.height, kept.format) == (size[1], size[0], "PNG")
    assert np.abs(np.asarray(normal).astype(float) - clean.pixels).mean() < 12


@pytest.mark.parametrize(("height", "width"), [(90, 120), (401, 20), (1_400, 1_900), (2, 3_000), (1, 1)])
def test_a_thumbnail_keeps_to_its_size_and_never_enlarges(height: int, width: int) -> None:
    kept = keep(encoded(texture(height, width), "PNG"))
    thumbnail = opened(kept.thumbnail)
    assert (thumbnail.format, thumbnail.mode, thumbnail.size) == ("JPEG", "RGB", kept.thumbnail_size)
    assert max(thumbnail.size) == min(THUMBNAIL_SIDE, max(height, width))


def test_what_is_stored_stands_upright_and_says_nothing_of_its_origin() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "SECRET"
    kept = keep(encoded(corners(), "JPEG", exif=exif.tobytes(), comment=b"SECRET", icc_profile=b"SECRET"))
    assert (kept.width, kept.height) == (60, 80)
    for stored in (kept.normal, kept.thumbnail):
        image = opened(stored)
        assert image.size == (60, 80)
        assert np.abs(np.asarray(image)[60, 45].astype(int) - (30, 200, 30)).max() < 12  # the right one goes down
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert b"SECRET" not in stored


def test_an_animation_is_kept_by_its_first_frame() -> None:
    kept = keep(animation("GIF"))
    assert kept.animated
    assert np.abs(np.asarray(opened(kept.normal))[15, 20].astype(int) - (255, 0, 0)).max() < 12


def test_what_is_no_picture_is_refused_as_by_decode() -> None:
    with pytest.raises(ImageError) as caught:
        keep(b"text")
    assert caught.value.code == "not-an-image"
