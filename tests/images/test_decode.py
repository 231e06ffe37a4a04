from __future__ import annotations

import io
import os
import time
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from dankmeme.errors import ImageError
from dankmeme.images.decode import (
    CLEAN_PIXELS,
    FORMATS,
    MAX_BYTES,
    MAX_PIXELS,
    SHORT_SIDE,
    Picture,
    decode,
    decode_sizes,
)
from tests.drawing import animation, chunk, corners, encoded, png, png_header, texture

MUTATIONS = int(os.environ.get("DANK_MUTATIONS", "200"))
ORIENTATION = 0x0112


def refusal(data: bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode(data)
    return caught.value


def differs(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other).mean())


def quarters(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters, to the nearest 32."""
    height, width = pixels.shape[:2]
    rows, columns = (height // 4, 3 * height // 4), (width // 4, 3 * width // 4)
    return [tuple(round(int(value) / 32) for value in pixels[row, column]) for row in rows for column in columns]


# Formats


@pytest.mark.parametrize("kind", FORMATS)
def test_every_allowed_format_is_read(kind: str) -> None:
    drawn = texture(90, 120)
    picture = decode(encoded(drawn, kind))
    assert (picture.format, picture.width, picture.height, picture.animated) == (kind, 120, 90, False)
    assert picture.pixels.shape == (90, 120, 3)
    assert picture.pixels.dtype == np.uint8
    assert differs(picture.pixels, drawn) < 12


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_lossless_formats_come_back_exactly(kind: str) -> None:
    drawn = texture(33, 47)
    assert np.array_equal(decode(encoded(drawn, kind)).pixels, drawn)


@pytest.mark.parametrize("kind", ["TIFF", "ICO", "PPM", "TGA", "PDF", "EPS", "JPEG2000", "PCX", "SGI", "DIB"])
def test_a_picture_of_another_format_is_no_picture_to_us(kind: str) -> None:
    error = refusal(encoded(texture(32, 32), kind))
    assert error.code == "not-an-image"
    assert "JPEG, PNG, WEBP, GIF, AVIF or BMP" in error.message


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!DOCTYPE html><html><body>404</body></html>",
        b"just text",
        b"\x00",
        b"\x00" * 4096,
        b"PK\x03\x04" + b"\x00" * 64,
        b"%!PS-Adobe-3.0\n%%BoundingBox: 0 0 10 10\n",
    ],
    ids=["svg", "html", "text", "one-null", "nulls", "zip", "postscript"],
)
def test_what_is_no_picture_is_called_so(data: bytes) -> None:
    assert refusal(data).code == "not-an-image"


def test_an_empty_file_is_called_empty() -> None:
    assert refusal(b"").code == "empty"


def test_a_file_of_too_many_bytes_is_refused_unread() -> None:
    error = refusal(encoded(texture(8, 8), "PNG") + bytes(MAX_BYTES))
    assert error.code == "file-too-large"
    assert "20 MB" in error.message


def test_a_multi_picture_jpeg_is_a_still_jpeg() -> None:
    drawn = corners()
    data = encoded(drawn, "MPO", save_all=True, append_images=[Image.new("RGB", (80, 60), "white")])
    picture = decode(data)
    assert (picture.format, picture.animated) == ("JPEG", False)
    assert quarters(picture.pixels) == quarters(drawn)


# Damage


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6])
def test_a_truncated_picture_is_called_broken(kind: str, share: float) -> None:
    data = encoded(texture(200, 200), kind)
    kept = data[: max(16, int(len(data) * share))]
    assert refusal(kept).code == "broken-image"


def test_a_damaged_picture_is_named_as_such_and_not_as_no_picture() -> None:
    error = refusal(b"\x89PNG\r\n\x1a\n" + bytes(40))
    assert error.code == "broken-image"
    assert "damaged" in error.message


def test_a_png_without_pixels_is_broken() -> None:
    assert refusal(png(png_header(10, 10))).code == "broken-image"


@pytest.mark.parametrize(("width", "height"), [(0, 10), (10, 0), (0, 0)])
def test_a_picture_without_area_is_broken(width: int, height: int) -> None:
    assert refusal(png(png_header(width, height), chunk(b"IDAT", b""))).code == "broken-image"


# Bombs


@pytest.mark.parametrize(
    ("width", "height"),
    [(6_325, 6_325), (9_000, 9_000), (100_000, 100_000), (2**31 - 1, 2**31 - 1), (MAX_PIXELS + 1, 1)],
)
def test_a_huge_picture_is_refused_before_it_is_decoded(width: int, height: int) -> None:
    began = time.perf_counter()
    error = refusal(png(png_header(width, height), chunk(b"IDAT", b"x")))
    assert error.code == "too-many-pixels"
    assert "40 million pixels" in error.message
    assert time.perf_counter() - began < 1


def test_a_gif_whose_frame_outgrows_its_screen_counts_by_the_frame() -> None:
    data = bytearray(encoded(Image.new("P", (10, 10)), "GIF"))
    place = data.index(b"\x2c")
    data[place + 5 : place + 9] = b"\xff\xff\xff\xff"
    assert refusal(bytes(data)).code == "too-many-pixels"


def test_a_text_bomb_in_a_png_is_refused() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "a" * 30_000_000, zip=True)
    data = encoded(texture(8, 8), "PNG", pnginfo=text)
    assert len(data) < 100_000
    assert refusal(data).code == "broken-image"


# Orientation


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_gives_the_same_upright_picture(orientation: int, kind: str) -> None:
    drawn = Image.fromarray(corners(60, 80))
    stored = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    if orientation in stored:
        drawn = drawn.transpose(stored[orientation])
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = decode(encoded(drawn, kind, exif=exif.tobytes()))
    assert (picture.width, picture.height) == (80, 60)
    assert picture.pixels.shape == (60, 80, 3)
    assert quarters(picture.pixels) == quarters(corners(60, 80))


@pytest.mark.parametrize("value", [0, 9, 77, 65_535])
def test_an_orientation_out_of_range_is_ignored(value: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    assert quarters(decode(encoded(corners(), "JPEG", exif=exif.tobytes())).pixels) == quarters(corners())


@pytest.mark.parametrize(
    "exif", [b"Exif\x00\x00", b"Exif\x00\x00MM\x00*\xff\xff\xff\xff", b"Exif\x00\x00II*\x00" + b"\xff" * 60]
)
def test_damaged_metadata_does_not_make_a_damaged_picture(exif: bytes) -> None:
    assert quarters(decode(encoded(corners(), "JPEG", exif=exif)).pixels) == quarters(corners())


# Modes


def half_clear(mode: str) -> Image.Image:
    """Left half opaque black, right half fully transparent black."""
    image = Image.new("RGBA", (40, 20), (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (20, 0, 40, 20))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA"), ("AVIF", "RGBA"), ("GIF", "RGBA")]
)
def test_what_is_transparent_becomes_white(kind: str, mode: str) -> None:
    pixels = decode(encoded(half_clear(mode), kind)).pixels
    assert pixels[10, 5].max() < 10
    assert pixels[10, 35].min() > 245


def test_a_transparent_palette_colour_becomes_white() -> None:
    image = Image.new("P", (40, 20), 0)
    image.putpalette([0, 0, 0, 10, 10, 10])
    image.paste(1, (20, 0, 40, 20))
    for transparency in (1, b"\xff\x00"):
        pixels = decode(encoded(image, "PNG", transparency=transparency)).pixels
        assert pixels[10, 5].tolist() == [0, 0, 0]
        assert pixels[10, 35].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("mode", "clear"), [("L", 7), ("RGB", (7, 7, 7)), ("I;16", 7)])
def test_a_transparent_colour_without_an_alpha_channel_becomes_white(mode: str, clear: object) -> None:
    values = np.zeros((20, 40), dtype=np.uint16 if mode == "I;16" else np.uint8)
    values[:, 20:] = 7
    image = Image.fromarray(values) if mode != "RGB" else Image.fromarray(values).convert("RGB")
    pixels = decode(encoded(image, "PNG", transparency=clear)).pixels
    assert pixels[10, 5].tolist() == [0, 0, 0]
    assert pixels[10, 35].tolist() == [255, 255, 255]


def test_half_transparent_colour_is_mixed_with_white() -> None:
    pixels = decode(encoded(Image.new("RGBA", (10, 10), (255, 0, 0, 128)), "PNG")).pixels
    assert np.abs(pixels[5, 5].astype(int) - (255, 127, 127)).max() <= 1


def test_hidden_colours_do_not_bleed_when_a_transparent_picture_shrinks() -> None:
    image = Image.new("RGBA", (1_600, 1_600), (255, 255, 255, 255))
    image.paste((0, 0, 0, 0), (0, 0, 800, 1_600))
    assert decode(encoded(image, "PNG")).pixels.min() >= 250


def test_cmyk_is_read_as_the_colours_it_prints() -> None:
    picture = decode(encoded(Image.fromarray(corners()).convert("CMYK"), "JPEG", quality=95))
    assert differs(picture.pixels, corners()) < 6


@pytest.mark.parametrize("top", [65_535, 255])
def test_sixteen_bit_grey_keeps_its_brightness(top: int) -> None:
    """Also where all of it is dark: a night is not made a day."""
    values = np.linspace(0, top, 64 * 64).reshape(64, 64).astype(np.uint16)
    assert np.array_equal(decode(encoded(values, "PNG")).pixels, np.repeat((values >> 8)[..., None], 3, axis=2))


def test_sixteen_bit_colour_is_read() -> None:
    row = b"\x00" + np.array([[65_535, 0, 32_768]] * 8, dtype=">u2").tobytes()
    data = png(png_header(8, 2, depth=16), chunk(b"IDAT", zlib.compress(row * 2)))
    assert np.abs(decode(data).pixels[0, 0].astype(int) - (255, 0, 128)).max() <= 1


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("1", "PNG"), ("1", "BMP"), ("L", "PNG"), ("L", "JPEG"), ("P", "PNG"), ("P", "GIF"), ("P", "BMP")],
)
def test_few_bits_grey_and_palettes_become_rgb(mode: str, kind: str) -> None:
    drawn = Image.fromarray(corners()).convert(mode)
    picture = decode(encoded(drawn, kind))
    assert picture.pixels.shape == (60, 80, 3)
    assert differs(picture.pixels, np.asarray(drawn.convert("RGB"))) < 6


# Animations


@pytest.mark.parametrize(("kind", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("AVIF", {})])
def test_an_animation_is_marked_and_its_first_frame_taken(kind: str, options: dict[str, bool]) -> None:
    picture = decode(animation(kind, **options))
    assert picture.animated
    assert picture.format == kind
    assert np.abs(picture.pixels[15, 20].astype(int) - (255, 0, 0)).max() < 8


# What leaves


def test_metadata_does_not_survive() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "SECRET")
    for data in (
        encoded(corners(), "JPEG", exif=exif.tobytes(), comment=b"SECRET"),
        encoded(corners(), "PNG", pnginfo=text, exif=exif.tobytes()),
    ):
        assert b"SECRET" in data
        picture = decode(data)
        assert set(vars(picture)) == {"pixels", "format", "width", "height", "animated"}
        assert b"SECRET" not in picture.pixels.tobytes()
        assert type(picture.pixels) is np.ndarray


@pytest.mark.parametrize(("width", "height"), [(1, 30_000), (30_000, 1), (1, 1), (2, 65_000)])
def test_extreme_aspects_are_read(width: int, height: int) -> None:
    picture = decode(encoded(Image.new("RGB", (width, height), "teal"), "PNG"))
    assert (picture.width, picture.height) == (width, height)
    check_valid(picture)


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (768, 768),
        (769, 769),
        (4_000, 3_000),
        (800, 20_000),
        (20_000, 800),
        (6_324, 6_324),
        (1, 10_000_000),
        (10_000_000, 3),
    ],
)
def test_a_clean_picture_keeps_to_its_size(width: int, height: int) -> None:
    picture = decode(encoded(Image.new("1", (width, height)), "PNG"))
    tall, wide = picture.pixels.shape[:2]
    assert min(tall, wide) <= SHORT_SIDE
    assert tall * wide <= CLEAN_PIXELS
    assert (picture.width, picture.height) == (width, height)
    if min(width, height) > 3:
        assert wide / tall == pytest.approx(width / height, rel=0.01)
    if width * height <= CLEAN_PIXELS and min(width, height) <= SHORT_SIDE:
        assert (wide, tall) == (width, height)


@pytest.mark.parametrize("size", [(2_400, 3_200), (1_700, 1_700), (1_801, 2_777)])
def test_a_jpeg_decoded_at_reduced_scale_agrees_with_one_decoded_in_full(size: tuple[int, int]) -> None:
    drawn = Image.fromarray(texture(200, 300)).resize(size, Image.Resampling.BICUBIC)
    as_jpeg, as_png = decode(encoded(drawn, "JPEG", quality=95)), decode(encoded(drawn, "PNG", compress_level=1))
    assert as_jpeg.pixels.shape == as_png.pixels.shape
    assert differs(as_jpeg.pixels, as_png.pixels) < 3


# Several sizes at once


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(texture(700, 1_100), "JPEG", exif=exif.tobytes())


SEVERAL = {
    "small": encoded(texture(60, 80), "JPEG"),
    "draft-shared": encoded(texture(640, 500), "JPEG"),
    "draft-apart": encoded(texture(1_100, 1_300), "JPEG"),
    "draft-quarter": encoded(texture(2_100, 2_300), "JPEG", quality=80),
    "cmyk": encoded(Image.fromarray(texture(1_100, 1_300)).convert("CMYK"), "JPEG"),
    "progressive": encoded(texture(1_100, 1_300), "JPEG", progressive=True),
    "grey": encoded(texture(1_100, 1_300)[..., 0], "JPEG"),
    "mpo": encoded(texture(900, 1_100), "MPO", save_all=True, append_images=[Image.new("RGB", (80, 60))]),
    "png": encoded(texture(900, 1_100), "PNG"),
    "palette": encoded(Image.fromarray(texture(600, 700)).convert("P"), "PNG", transparency=1),
    "clear": encoded(Image.fromarray(texture(600, 700)).convert("RGBA"), "WEBP"),
    "deep": encoded(texture(600, 700)[..., 0].astype(np.uint16) * 256, "PNG"),
    **{kind: animation(kind) for kind in ("GIF", "WEBP", "PNG", "AVIF")},
    **{f"turned-{orientation}": turned(orientation) for orientation in range(1, 9)},
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_sizes_at_once_are_those_of_one_at_a_time(name: str) -> None:
    sizes = [None, 512, 30, None]
    for size, picture in zip(sizes, decode_sizes(SEVERAL[name], sizes), strict=True):
        alone = decode(SEVERAL[name], size)
        assert np.array_equal(picture.pixels, alone.pixels)
        facts = ("format", "width", "height", "animated")
        assert [getattr(picture, fact) for fact in facts] == [getattr(alone, fact) for fact in facts]


# Whatever bytes


def check_valid(picture: Picture) -> None:
    tall, wide, channels = picture.pixels.shape
    assert picture.pixels.dtype == np.uint8
    assert channels == 3
    assert 1 <= tall * wide <= CLEAN_PIXELS
    assert picture.format in FORMATS
    assert 1 <= picture.width * picture.height <= MAX_PIXELS


GOOD = [
    *(encoded(texture(40, 56, seed), kind) for seed, kind in enumerate(FORMATS)),
    encoded(texture(40, 56), "JPEG", progressive=True),
    encoded(Image.fromarray(corners()).convert("CMYK"), "JPEG"),
    encoded(Image.fromarray(corners()).convert("P"), "PNG", transparency=1),
    encoded(half_clear("LA"), "PNG"),
    encoded(texture(40, 56)[..., 0].astype(np.uint16) * 256, "PNG"),
    encoded(texture(40, 56), "WEBP", lossless=True),
    *(animation(kind) for kind in ("GIF", "WEBP", "PNG", "AVIF")),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good picture with bytes changed, cut out, doubled or cut off."""
    data = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data) - 1) | st.integers(0, min(200, len(data) - 1)))
        length = draw(st.integers(1, 64))
        match draw(st.sampled_from(["flip", "set", "cut", "double", "random", "end"])):
            case "flip":
                data[place] ^= 1 << draw(st.integers(0, 7))
            case "set":
                data[place] = draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
            case "cut":
                del data[place : place + length]
            case "double":
                data[place:place] = data[place : place + length]
            case "random":
                data[place : place + length] = draw(st.binary(min_size=length, max_size=length))
            case "end":
                del data[max(place, 1) :]
        if not data:
            return b""
    return bytes(data)


def survives(data: bytes) -> None:
    refused = None
    try:
        check_valid(decode(data))
    except ImageError as error:
        refused = error
    if refused is not None:
        assert refused.code in {"empty", "not-an-image", "broken-image", "too-many-pixels"}
        assert refused.message
        assert "object at 0x" not in refused.message


@settings(
    max_examples=MUTATIONS, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(mutated())
def test_a_mutated_picture_is_read_or_refused_with_an_error_of_ours(data: bytes) -> None:
    survives(data)


@settings(max_examples=MUTATIONS // 4, deadline=None)
@given(st.sampled_from([data[:12] for data in GOOD]), st.binary(max_size=300))
def test_noise_after_a_good_beginning_is_read_or_refused(beginning: bytes, noise: bytes) -> None:
    survives(beginning + noise)


@settings(max_examples=MUTATIONS // 4, deadline=None)
@given(st.data())
def test_a_png_with_good_checksums_but_chunks_dropped_swapped_or_filled_is_read_or_refused(
    draws: st.DataObject,
) -> None:
    source = io.BytesIO(draws.draw(st.sampled_from([data for data in GOOD if data.startswith(b"\x89PNG")])))
    source.seek(8)
    chunks = []
    while head := source.read(8):
        chunks.append((head[4:], source.read(int.from_bytes(head[:4]))))
        source.read(4)
    order = draws.draw(st.lists(st.sampled_from(range(len(chunks))), min_size=1, max_size=len(chunks) + 2))
    kept = [chunks[0], *(chunks[place] for place in order)] if draws.draw(st.booleans()) else [chunks[p] for p in order]
    place = draws.draw(st.integers(0, len(kept) - 1))
    kept[place] = (kept[place][0], draws.draw(st.binary(max_size=40) | st.just(kept[place][1])))
    survives(png(*(chunk(*each) for each in kept)))
