"""Captions become memes: each is drawn on its template the way imgflip does.

White outlined capitals at the top and the bottom, or in the template's own text boxes where
those are known. Fonts, sizes, outlines and JPEG qualities vary and differ between the parts of the
split, so that a model cannot learn our renderer instead of the meme.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

MAX_BOX_CHARACTERS = 280
"""A caption box longer than this is cut: a few run to thousands of characters."""

FONTS: dict[str, tuple[str, ...]] = {
    "fit": (
        "anton-400",
        "anton-400",
        "oswald-700",
        "oswald-600",
        "league-gothic-400",
        "fjalla-one-400",
        "archivo-black-400",
        "roboto-condensed-700",
        "francois-one-400",
        "alfa-slab-one-400",
    ),
    "calibrate": ("antonio-700", "barlow-condensed-700", "squada-one-400"),
    "test": ("bebas-neue-400", "passion-one-400", "big-shoulders-display-800", "pathway-gothic-one-400"),
}
"""Font faces (`family-weight` of the npm packages `@fontsource/<family>`) for each part."""

QUALITIES: dict[str, tuple[tuple[int, int], ...]] = {
    "fit": ((45, 68), (84, 95)),
    "calibrate": ((69, 71), (82, 83)),
    "test": ((72, 81),),
}
"""Ranges of JPEG quality for each part; those of the test part are used nowhere else."""


@dataclass(frozen=True)
class TextBox:
    """A place for text: its corner and size as fractions of the picture, and how it is lettered."""

    x: float
    y: float
    width: float
    height: float
    angle: float = 0.0
    upper: bool = True
    color: str = "white"
    align_y: str = "center"

    @property
    def is_banner(self) -> bool:
        """Whether it is the ordinary band of white capitals over the whole width."""
        return self.width > 0.95 and self.angle == 0 and self.color == "white"


@dataclass(frozen=True)
class Template:
    """A template: its picture and, where known for this framing, its text boxes."""

    name: str
    path: Path
    boxes: tuple[TextBox, ...]


def load_templates(folder: Path) -> dict[str, Template]:
    """Read `templates.json`; text boxes are taken only where `same_framing` is true."""
    templates = {}
    for name, entry in json.loads((folder / "templates.json").read_text()).items():
        layout = entry.get("layout") or {}
        boxes = ()
        if layout.get("same_framing"):
            boxes = tuple(
                TextBox(
                    b["anchor_x"],
                    b["anchor_y"],
                    b["scale_x"],
                    b["scale_y"],
                    b["angle"],
                    b["style"] == "upper",
                    b["color"],
                )
                for b in layout["boxes"]
            )
        templates[name] = Template(name, folder / entry["image_path"], boxes)
    return templates


def place(texts: list[str], template: Template, chance: random.Random) -> list[tuple[str, TextBox]]:
    """Give every text its box: the template's own where there are enough, else top, middle, bottom."""
    own = template.boxes
    if any(not box.is_banner for box in own) and (len(own) >= len(texts) > 1 or len(own) == len(texts) == 1):
        return list(zip(texts, own, strict=False))
    share = chance.uniform(0.24, 0.36)
    upper = chance.random() < 0.9
    if len(texts) == 1:
        top = chance.random() < 0.5
        return [
            (texts[0], TextBox(0, 0 if top else 1 - share, 1, share, upper=upper, align_y="top" if top else "bottom"))
        ]
    placed = [(texts[0], TextBox(0, 0, 1, share, upper=upper, align_y="top"))]
    middle = texts[1:-1]
    for number, text in enumerate(middle):
        height = (1 - 2 * share) / len(middle)
        placed.append((text, TextBox(0, share + number * height, 1, height, upper=upper)))
    return [*placed, (texts[-1], TextBox(0, 1 - share, 1, share, upper=upper, align_y="bottom"))]


def draw(texts: list[str], template: Template, part: str, seed: str, fonts: Path) -> bytes:
    """Draw one meme and return it as JPEG bytes.

    Args:
        texts: the caption's boxes, in order.
        template: what they are drawn on.
        part: `fit`, `calibrate` or `test`: which fonts and qualities may be used.
        seed: the meme's id; the same id is always drawn the same way.
        fonts: folder that holds `@fontsource/*` packages.
    """
    chance = random.Random(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))
    picture = _scaled_template(template.path, chance.choice((400, 480, 500, 500, 560, 640, 700))).copy()
    face = chance.choice(FONTS[part])
    outline = chance.uniform(0.05, 0.11)
    largest = chance.uniform(0.09, 0.15) * min(picture.size[1], 1.2 * picture.size[0])
    texts = [text.strip()[:MAX_BOX_CHARACTERS] for text in texts]
    for text, box in place([text for text in texts if text] or [" "], template, chance):
        _letter(picture, text, box, _font_file(fonts, face), largest, outline)
    if chance.random() < 0.5:
        _watermark(picture, fonts)
    low, high = chance.choice(QUALITIES[part])
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=chance.randint(low, high))
    return out.getvalue()


def _letter(picture: Image.Image, text: str, box: TextBox, face: Path, largest: float, outline: float) -> None:
    text = text.upper() if box.upper else text
    width, height = int(box.width * picture.width), int(box.height * picture.height)
    size, lines = _fit(text, face, width * 0.95, height * 0.97, largest)
    stroke = max(1, round(size * outline)) if box.color == "white" else 0
    layer = Image.new("RGBA", (max(width, 8), max(height, 8)))
    pen, font = ImageDraw.Draw(layer), _font(face, size)
    step = size * 1.12
    free = max(0.0, height - step * len(lines))
    y = {"top": 2.0, "center": free / 2, "bottom": free - 2}[box.align_y]
    for number, line in enumerate(lines):
        pen.text(
            (width / 2, y + step * (number + 0.5)),
            line,
            font=font,
            anchor="mm",
            fill=box.color,
            stroke_width=stroke,
            stroke_fill="black",
        )
    if box.angle:
        layer = layer.rotate(box.angle, expand=True, resample=Image.Resampling.BICUBIC)
    corner = (int(box.x * picture.width), int(box.y * picture.height))
    picture.paste(layer, corner, layer)


def _fit(text: str, face: Path, width: float, height: float, largest: float) -> tuple[int, list[str]]:
    """The largest size at which the wrapped text fits its box (11 px at the least), and its lines."""
    size = max(11, int(largest))
    while True:
        lines = _wrap(text, face, width / size)
        widest = max(_length(face, line) for line in lines)
        if size <= 11 or (len(lines) * size * 1.12 <= height and widest * size <= width):
            return size, lines
        size = max(11, int(size * 0.93))


def _wrap(text: str, face: Path, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and _length(face, f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines or [" "]


def _watermark(picture: Image.Image, fonts: Path) -> None:
    font = _font(_font_file(fonts, "roboto-condensed-700"), 11)
    ImageDraw.Draw(picture).text(
        (3, picture.height - 14), "imgflip.com", font=font, fill="white", stroke_width=1, stroke_fill="black"
    )


@cache
def _scaled_template(path: Path, longest: int) -> Image.Image:
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    factor = longest / max(picture.size)
    return picture.resize((round(picture.width * factor), round(picture.height * factor)), Image.Resampling.LANCZOS)


@cache
def _font_file(fonts: Path, face: str) -> Path:
    family, weight = face.rsplit("-", 1)
    return fonts / "@fontsource" / family / "files" / f"{family}-latin-{weight}-normal.woff"


@cache
def _font(face: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(face), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _letter_widths(face: Path) -> dict[str, float]:
    font = _font(face, 100)
    return {chr(code): font.getlength(chr(code)) / 100 for code in range(32, 256)}


def _length(face: Path, text: str) -> float:
    """Width of a text in units of the font size (kerning left out)."""
    widths = _letter_widths(face)
    return sum(widths.get(letter, 0.6) for letter in text)
