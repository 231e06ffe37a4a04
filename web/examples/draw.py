"""Draws the example memes of the web app: `python examples/draw.py`, from `web/` after `npm ci`; needs Pillow."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WEB = Path(__file__).resolve().parent.parent
FONT = WEB / "node_modules/@fontsource/anton/files/anton-latin-400-normal.woff"
OUT = WEB / "public/examples"
SMALL, SMALL_SIDE = WEB / "public/small", 240
SIZE = 600
SHARPNESS = 3  # Drawn three times as large, then reduced: Pillow's shapes have no antialiasing.
MOST_BYTES = 60_000
INK = "#17140f"

Scene = Callable[["Sketch"], None]


class Sketch:
    """A square canvas in units of the finished picture."""

    def __init__(self, background: str) -> None:
        side = SIZE * SHARPNESS
        self.image = Image.new("RGB", (side, side), background)
        self.draw = ImageDraw.Draw(self.image)

    def rays(self, colour: str, count: int = 16, centre: tuple[float, float] = (300, 310)) -> None:
        """The sunburst behind every advice animal."""
        for ray in range(0, count * 2, 2):
            angles = (math.pi * ray / count, math.pi * (ray + 1) / count)
            rim = [(centre[0] + 900 * math.cos(a), centre[1] + 900 * math.sin(a)) for a in angles]
            self.shape([centre, *rim], colour, outline=None)

    def shape(
        self, points: list[tuple[float, float]], fill: str | None, outline: str | None = INK, width: int = 6
    ) -> None:
        scaled = [(x * SHARPNESS, y * SHARPNESS) for x, y in points]
        if fill:
            self.draw.polygon(scaled, fill=fill)
        if outline:
            self.path([*points, points[0], points[1]], outline, width)

    def path(self, points: list[tuple[float, float]], colour: str = INK, width: int = 6) -> None:
        """A line with round joints and ends."""
        scaled = [(x * SHARPNESS, y * SHARPNESS) for x, y in points]
        self.draw.line(scaled, fill=colour, width=width * SHARPNESS, joint="curve")
        radius = width * SHARPNESS / 2
        for x, y in (scaled[0], scaled[-1]):
            self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def oval(
        self, x: float, y: float, wide: float, high: float, fill: str, outline: str | None = INK, width: int = 6
    ) -> None:
        box = [v * SHARPNESS for v in (x - wide, y - high, x + wide, y + high)]
        self.draw.ellipse(box, fill=fill, outline=outline, width=width * SHARPNESS if outline else 0)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        fill: str,
        radius: float = 0,
        outline: str | None = INK,
    ) -> None:
        box = [v * SHARPNESS for v in (left, top, right, bottom)]
        self.draw.rounded_rectangle(
            box, radius * SHARPNESS, fill=fill, outline=outline, width=6 * SHARPNESS if outline else 0
        )

    def slice(self, x: float, y: float, radius: float, start: float, end: float, fill: str) -> None:
        box = [v * SHARPNESS for v in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.pieslice(box, start, end, fill=fill, outline=INK, width=6 * SHARPNESS)

    def arc(
        self, x: float, y: float, wide: float, high: float, start: float, end: float, colour: str = INK, width: int = 6
    ) -> None:
        steps = [math.radians(start + (end - start) * step / 40) for step in range(41)]
        self.path([(x + wide * math.cos(a), y + high * math.sin(a)) for a in steps], colour, width)

    def caption(self, text: str, middle: float) -> None:
        """White capitals with a black rim, as large as the width allows."""
        size = 76
        while self._font(size).getlength(text) > (SIZE - 44) * SHARPNESS:
            size -= 1
        self.label(text, 300, middle, size, "white", rim=max(5, size // 11))

    def label(self, text: str, x: float, y: float, size: int, colour: str = INK, rim: int = 0) -> None:
        place = (x * SHARPNESS, y * SHARPNESS)
        self.draw.text(place, text, colour, self._font(size), "mm", stroke_width=rim * SHARPNESS, stroke_fill=INK)

    def finished(self) -> Image.Image:
        return self.image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)

    @staticmethod
    def _font(size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(FONT), size * SHARPNESS)


def cat(sketch: Sketch) -> None:
    """A cat on a keyboard, sure of itself."""
    sketch.rays("#f2a65a")
    fur, dark = "#6d6875", "#4f4a57"
    sketch.arc(455, 360, 70, 90, 90, -80, INK, 40)
    sketch.arc(455, 360, 70, 90, 90, -80, fur, 28)
    sketch.oval(300, 400, 150, 96, fur)
    sketch.shape([(190, 200), (180, 95), (268, 150)], fur)
    sketch.shape([(410, 200), (420, 95), (332, 150)], fur)
    sketch.shape([(203, 172), (197, 125), (240, 152)], "#f4a6b0", None)
    sketch.shape([(397, 172), (403, 125), (360, 152)], "#f4a6b0", None)
    sketch.oval(300, 238, 135, 108, fur)
    for stripe in (-34, 0, 34):
        sketch.path([(300 + stripe, 142 + abs(stripe) / 6), (300 + stripe * 0.8, 172)], dark, 11)
    for side in (-1, 1):
        sketch.oval(300 + side * 55, 228, 34, 34, "#e9ff70")
        sketch.oval(300 + side * 55, 232, 10, 26, INK, None)
        sketch.box(300 + side * 55 - 40, 186, 300 + side * 55 + 40, 214, fur, outline=None)
        sketch.path([(300 + side * 20, 216), (300 + side * 92, 206)], INK, 8)
        for whisker in (-14, 4, 22):
            sketch.path([(300 + side * 80, 275 + whisker / 3), (300 + side * 170, 268 + whisker)], INK, 3)
    sketch.shape([(284, 264), (316, 264), (300, 282)], "#f4a6b0", width=4)
    sketch.arc(280, 284, 20, 18, 0, 150, INK, 5)
    sketch.arc(320, 284, 20, 18, 30, 180, INK, 5)
    sketch.shape([(70, 500), (100, 425), (500, 425), (530, 500)], "#e8e4da")
    for row, count in enumerate((11, 11, 10)):
        for key in range(count):
            left = 104 - row * 9 + key * (392 + row * 18) / count
            sketch.box(left, 434 + row * 22, left + 27, 450 + row * 22, "#b9b3a5", 4, None)
    for side in (-1, 1):
        sketch.oval(300 + side * 66, 440, 46, 30, fur)
        for toe in (-14, 8):
            sketch.path([(300 + side * 66 + toe, 446), (300 + side * 66 + toe, 462)], INK, 4)
    sketch.caption("I FIXED YOUR CODE", 50)
    sketch.caption("NOW IT MEOWS", 550)


def bug(sketch: Sketch) -> None:
    """A beetle that was promoted."""
    sketch.rays("#7ac7c4")
    for side in (-1, 1):
        for foot, (knee, tip) in enumerate(((-70, -100), (15, 40), (90, 140))):
            sketch.path(
                [
                    (300 + side * 95, 345 + foot * 40),
                    (300 + side * 165, 345 + knee * 0.7),
                    (300 + side * 205, 345 + tip * 0.8),
                ],
                INK,
                11,
            )
    sketch.oval(300, 370, 125, 130, "#e4572e")
    sketch.path([(300, 250), (300, 496)], INK, 6)
    for x, y, radius in (
        (240, 340, 22),
        (360, 340, 22),
        (228, 412, 18),
        (372, 412, 18),
        (262, 458, 13),
        (338, 458, 13),
    ):
        sketch.oval(x, y, radius, radius, INK, None)
    sketch.oval(300, 250, 78, 62, "#2b2a33")
    for side in (-1, 1):
        sketch.oval(300 + side * 34, 244, 25, 27, "white")
        sketch.oval(300 + side * 34 + 5, 248, 10, 12, INK, None)
    sketch.arc(334, 244, 33, 35, 0, 360, "#ffc83d", 6)
    sketch.path([(366, 256), (388, 300)], "#ffc83d", 4)
    sketch.arc(300, 278, 26, 16, 15, 165, "white", 5)
    sketch.oval(300, 194, 92, 16, INK)
    sketch.box(244, 100, 356, 194, INK, 8)
    sketch.box(244, 162, 356, 180, "#e4572e", 0, None)
    sketch.shape([(300, 322), (262, 304), (262, 342)], "#ffc83d", width=4)
    sketch.shape([(300, 322), (338, 304), (338, 342)], "#ffc83d", width=4)
    sketch.oval(300, 322, 9, 9, "#ffc83d", INK, 4)
    sketch.caption("I WAS NEVER A BUG", 50)
    sketch.caption("I AM A FEATURE, SIR", 550)


def pie(sketch: Sketch) -> None:
    """Where the time goes."""
    sketch.rays("#fbd87f")
    sketch.oval(312, 302, 178, 178, INK, None)
    sketch.slice(300, 290, 178, -62, 268, "#3d7ea6")
    sketch.slice(312, 276, 178, 268, 298, "#e4572e")
    for side in (-1, 1):
        sketch.oval(300 + side * 58, 300, 25, 30, "white")
        sketch.oval(300 + side * 58, 308, 11, 13, INK, None)
        sketch.path([(300 + side * 35, 254), (300 + side * 86, 264)], INK, 8)
    sketch.arc(300, 396, 46, 26, 200, 340, INK, 7)
    sketch.oval(396, 342, 11, 16, "#9ad8ff", INK, 4)
    sketch.label("WRAPPING", 458, 128, 30)
    sketch.path([(412, 134), (366, 150)], INK, 5)
    sketch.label("LOOKING FOR", 112, 436, 30)
    sketch.label("THE TAPE'S END", 112, 474, 30)
    sketch.path([(128, 412), (160, 376)], INK, 5)
    sketch.caption("GIFT WRAPPING", 50)
    sketch.caption("A TIME STUDY", 550)


def duck(sketch: Sketch) -> None:
    """The rubber duck of debugging, at the end of its patience."""
    sketch.rays("#5aa9e6")
    body, bill = "#ffd23f", "#f3722c"
    sketch.shape([(455, 345), (528, 290), (510, 400), (440, 440)], body)
    sketch.oval(320, 400, 180, 98, body)
    sketch.oval(230, 240, 112, 108, body)
    sketch.oval(262, 330, 70, 60, body, None)
    sketch.arc(375, 385, 82, 52, -20, 170, INK, 7)
    sketch.shape([(158, 248), (62, 250), (50, 274), (86, 290), (166, 288)], bill)
    sketch.path([(56, 272), (160, 268)], INK, 5)
    for x in (192, 270):
        sketch.oval(x, 215, 33, 35, "white")
        sketch.oval(x - 8, 224, 11, 13, INK, None)
        sketch.box(x - 39, 174, x + 39, 206, body, 0, None)
        sketch.path([(x - 36, 207), (x + 36, 207)], INK, 7)
        sketch.arc(x, 252, 24, 10, 20, 160, INK, 4)
    sketch.oval(258, 462, 250, 34, "#d7f0ff", None)
    for bubble in range(11):
        x = 40 + bubble * 52
        radius = 30 + (bubble * 7) % 17
        sketch.oval(x, 488 - (bubble * 5) % 13, radius, radius, "#eefaff", "#9cc7e0", 3)
    sketch.box(0, 500, 600, 600, "#eefaff", 0, None)
    sketch.caption("EXPLAINED IT TO THE DUCK", 50)
    sketch.caption("NOW THE DUCK DRINKS", 550)


def toast(sketch: Sketch) -> None:
    """A slice of toast, overdone."""
    sketch.rays("#b8b8d1")
    crust, crumb = "#6b4226", "#3a2a20"
    sketch.shape(_slice_outline(0), crust)
    sketch.shape(_slice_outline(22), crumb, None)
    for x, y, radius in ((230, 190, 10), (388, 420, 12), (222, 400, 8), (360, 172, 7), (400, 300, 8), (206, 300, 6)):
        sketch.oval(x, y, radius, radius, "#57402f", None)
    for side in (-1, 1):
        sketch.oval(300 + side * 54, 272, 31, 37, "white")
        sketch.oval(300 + side * 50, 276, 9, 10, INK, None)
    sketch.box(232, 346, 368, 394, "white", 18)
    sketch.path([(236, 370), (364, 370)], INK, 4)
    for tooth in range(258, 360, 21):
        sketch.path([(tooth, 350), (tooth, 390)], INK, 4)
    for x, height in ((190, 0), (300, -4), (410, 0)):
        sketch.path([(x + 9 * math.sin(step / 5), 122 + height - step) for step in range(34)], "#f3f3f7", 8)
    sketch.caption("THE DEMO WENT FINE", 50)
    sketch.caption("I AM FINE", 550)


def _slice_outline(inset: float) -> list[tuple[float, float]]:
    """A slice of bread: a box with two ears."""
    left, right, bottom = 160 + inset, 440 - inset, 496 - inset
    ear = 66 - inset * 0.7
    points: list[tuple[float, float]] = []
    for middle, start, end in ((198, 130, 290), (402, 250, 410)):
        points += [
            (middle + ear * math.cos(math.radians(a)), 196 + ear * math.sin(math.radians(a)))
            for a in range(start, end, 6)
        ]
    points += [
        (right, 256),
        (right, bottom - 14),
        (right - 14, bottom),
        (left + 14, bottom),
        (left, bottom - 14),
        (left, 256),
    ]
    return points


SCENES: dict[str, tuple[str, Scene]] = {
    "cat": ("#f7b977", cat),
    "bug": ("#92d5d2", bug),
    "pie": ("#ffe5a3", pie),
    "duck": ("#7cc0f2", duck),
    "toast": ("#c9c9de", toast),
}


def small_jpeg(image: Image.Image) -> bytes:
    """The picture as a JPEG of at most 60 kB."""
    for quality in range(88, 40, -4):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= MOST_BYTES:
            return out.getvalue()
    raise ValueError("the picture does not fit")


def main() -> None:
    for folder in (OUT, SMALL):
        folder.mkdir(parents=True, exist_ok=True)
    for name, (background, scene) in SCENES.items():
        sketch = Sketch(background)
        scene(sketch)
        picture = sketch.finished()
        small = picture.resize((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
        small.save(SMALL / f"{name}.webp", quality=50, method=6)
        data = small_jpeg(picture)
        (OUT / f"{name}.jpg").write_bytes(data)
        print(f"{name}.jpg {len(data):,} bytes")


if __name__ == "__main__":
    main()
