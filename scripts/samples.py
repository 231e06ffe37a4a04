"""Draw the sample memes and list them: `python scripts/samples.py`, after `npm ci` in `web/` (for the font).

Writes `src/dankmeme/assets/samples/`: the pictures, and `posts.jsonl` with the posts that `dankmeme.sources.samples`
reads. The same code and the same Pillow draw the same bytes.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
FONT = ROOT / "web/node_modules/@fontsource/anton/files/anton-latin-400-normal.woff"
OUT = ROOT / "src/dankmeme/assets/samples"
SHARPNESS = 3  # Drawn three times as large, then reduced: Pillow's shapes have no antialiasing.
MOST_BYTES = 60_000
INK = "#17140f"

Point = tuple[float, float]
Points = Sequence[Point]


class Sketch:
    """A canvas in units of the finished picture; `frame` counts the frames of an animation."""

    def __init__(self, width: int, height: int, background: str, frame: int = 0) -> None:
        self.width, self.height, self.frame = width, height, frame
        self.image = Image.new("RGB", (width * SHARPNESS, height * SHARPNESS), background)
        self.draw = ImageDraw.Draw(self.image)

    @contextmanager
    def panel(self, left: int, top: int, width: int, height: int, background: str) -> Iterator[Sketch]:
        """A sketch that becomes a framed part of this one."""
        part = Sketch(width, height, background)
        yield part
        self.image.paste(part.image, (left * SHARPNESS, top * SHARPNESS))
        self.box(left, top, left + width, top + height, None)

    def rays(self, colour: str, count: int = 16, centre: Point | None = None) -> None:
        """The sunburst behind every advice animal."""
        x, y = centre or (self.width / 2, self.height / 2)
        for ray in range(0, count * 2, 2):
            angles = (math.pi * ray / count, math.pi * (ray + 1) / count)
            rim = [(x + 1500 * math.cos(a), y + 1500 * math.sin(a)) for a in angles]
            self.shape([(x, y), *rim], colour, None)

    def shape(self, points: Points, fill: str | None, outline: str | None = INK, width: int = 6) -> None:
        if fill:
            self.draw.polygon(_scaled(points), fill=fill)
        if outline:
            self.path([*points, points[0]], outline, width)

    def blob(self, points: Points, fill: str, outline: str | None = INK, width: int = 6) -> None:
        """A shape without corners."""
        self.shape(_smooth([points[-1], *points, points[0], points[1]]), fill, outline, width)

    def path(self, points: Points, colour: str = INK, width: int = 6) -> None:
        """A line with round joints and ends."""
        scaled, radius = _scaled(points), width * SHARPNESS / 2
        for (x, y), (u, v) in pairwise(scaled):
            far = math.hypot(u - x, v - y) or 1
            dx, dy = (v - y) / far * radius, (x - u) / far * radius
            self.draw.polygon([(x + dx, y + dy), (u + dx, v + dy), (u - dx, v - dy), (x - dx, y - dy)], fill=colour)
        for x, y in scaled:
            self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def curve(self, points: Points, colour: str = INK, width: int = 6) -> None:
        self.path(_smooth([points[0], *points, points[-1]]), colour, width)

    def limb(self, points: Points, colour: str, width: int) -> None:
        """A bent arm, leg or tail."""
        self.curve(points, INK, width + 12)
        self.curve(points, colour, width)

    def oval(
        self, x: float, y: float, wide: float, high: float, fill: str | None, outline: str | None = INK, width: int = 6
    ) -> None:
        box = [v * SHARPNESS for v in (x - wide, y - high, x + wide, y + high)]
        self.draw.ellipse(box, fill=fill, outline=outline, width=width * SHARPNESS if outline else 0)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        fill: str | None,
        radius: float = 0,
        outline: str | None = INK,
        width: int = 6,
    ) -> None:
        box = [v * SHARPNESS for v in (left, top, right, bottom)]
        self.draw.rounded_rectangle(
            box, radius * SHARPNESS, fill=fill, outline=outline, width=width * SHARPNESS if outline else 0
        )

    def arc(
        self, x: float, y: float, wide: float, high: float, start: float, end: float, colour: str = INK, width: int = 6
    ) -> None:
        self.path(_round(x, y, wide, high, start, end), colour, width)

    def eyes(
        self,
        x: float,
        y: float,
        apart: float,
        size: float,
        look: Point = (0, 0),
        lid: float = 0,
        skin: str = "white",
        pupil: float = 0.42,
    ) -> None:
        """Two eyes around a point: `lid` is the share that a lid in the colour of the skin hides."""
        for side in (-1, 1):
            middle = x + side * apart
            self.oval(middle, y, size, size * 1.08, "white", width=5)
            self.oval(middle + look[0], y + look[1], size * pupil, size * pupil * 1.1, INK, None)
            if lid:
                angle = math.degrees(math.asin(2 * lid - 1))
                box = [v * SHARPNESS for v in (middle - size, y - size * 1.08, middle + size, y + size * 1.08)]
                self.draw.chord(box, 180 - angle, 360 + angle, fill=skin, outline=INK, width=5 * SHARPNESS)

    def brows(self, x: float, y: float, apart: float, long: float, slope: float, width: int = 8) -> None:
        """Two eyebrows: a slope above 0 is angry, below 0 worried."""
        for side in (-1, 1):
            inner, outer = x + side * (apart - long / 2), x + side * (apart + long / 2)
            self.path([(inner, y + slope), (outer, y - slope)], INK, width)

    def caption(self, text: str, place: str, most: int = 78) -> None:
        """White capitals with a black rim at the `top` or the `bottom`, as large as the width allows."""
        lines, size = text.split("\n"), most
        while max(_anton(size).getlength(line) for line in lines) > (self.width - 40) * SHARPNESS:
            size -= 1
        first, step = 14 + size * 0.5, size * 1.13
        if place == "bottom":
            first = self.height - first - step * (len(lines) - 1)
        for number, line in enumerate(lines):
            self.label(line, self.width / 2, first + number * step, size, "white", rim=max(4, size // 11))

    def label(self, text: str, x: float, y: float, size: int, colour: str = INK, rim: int = 0) -> None:
        place = (x * SHARPNESS, y * SHARPNESS)
        self.draw.text(place, text, colour, _anton(size), "mm", stroke_width=rim * SHARPNESS, stroke_fill=INK)

    def write(self, text: str, x: float, y: float, size: int, colour: str = INK, bold: bool = False) -> None:
        """Small print, from its upper left corner."""
        font, place = ImageFont.load_default(size * SHARPNESS), (x * SHARPNESS, y * SHARPNESS)
        self.draw.multiline_text(
            place,
            text,
            colour,
            font,
            spacing=size * 0.36 * SHARPNESS,
            stroke_width=SHARPNESS * bold,
            stroke_fill=colour,
        )

    def finished(self) -> Image.Image:
        return self.image.resize((self.width, self.height), Image.Resampling.LANCZOS)


def _anton(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), size * SHARPNESS)


def _scaled(points: Points) -> list[Point]:
    return [(x * SHARPNESS, y * SHARPNESS) for x, y in points]


def _round(x: float, y: float, wide: float, high: float, start: float, end: float) -> list[Point]:
    """Points of an ellipse, from one angle (degrees, clockwise from the right) to another."""
    steps = [math.radians(start + (end - start) * step / 40) for step in range(41)]
    return [(x + wide * math.cos(a), y + high * math.sin(a)) for a in steps]


def _smooth(points: Points) -> list[Point]:
    """A Catmull-Rom spline through all points but the first and the last, which only say where it comes from."""
    found = [points[1]]
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False):
        for step in range(1, 13):
            t = step / 12
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
            x, y = (sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) / 2 for axis in (0, 1))
            found.append((x, y))
    return found


Scene = Callable[[Sketch], None]


@dataclass(frozen=True)
class Drawing:
    """A picture to be drawn, in so many frames."""

    width: int
    height: int
    background: str
    scene: Scene
    frames: int = 1


DRAWINGS: dict[str, Drawing] = {}


def drawing(file: str, width: int, height: int, background: str, frames: int = 1) -> Callable[[Scene], Scene]:
    """Which file a scene becomes, and how large."""

    def keep(scene: Scene) -> Scene:
        DRAWINGS[file] = Drawing(width, height, background, scene, frames)
        return scene

    return keep


# Rows of points read better than columns.
# fmt: off


@drawing("tests.jpg", 640, 640, "#9bdcb0")
def tests(s: Sketch) -> None:
    """A tick, proud of its record."""
    s.rays("#7fcf9a")
    green = "#2f9e5b"
    s.limb([(420, 400), (500, 400), (520, 330)], green, 26)
    s.limb([(190, 420), (130, 450), (150, 510)], green, 26)
    for side in (-1, 1):
        s.limb([(280 + side * 50, 470), (278 + side * 54, 545)], green, 26)
    s.oval(280, 330, 172, 172, green)
    s.arc(280, 330, 146, 146, 195, 250, "#5fc98a", 12)
    s.path([(240, 218), (266, 246), (322, 188)], "white", 20)
    s.box(146, 278, 272, 348, INK, 26)
    s.box(292, 278, 418, 348, INK, 26)
    s.path([(126, 286), (434, 286)], INK, 12)
    for x in (172, 318):
        s.path([(x, 330), (x + 34, 296)], "#5c6b73", 9)
    s.arc(292, 376, 66, 50, 8, 150, INK, 8)
    s.box(424, 190, 620, 322, "white", 10)
    s.label("0 FAILED", 522, 230, 42, "#2f9e5b")
    s.label("0 OF 0 RUN", 522, 284, 38)
    s.oval(520, 326, 22, 20, green)
    s.caption("ALL MY TESTS PASS", "top")
    s.caption("ALL ZERO OF THEM", "bottom")


@drawing("sock.jpg", 560, 720, "#c9b6e4")
def sock(s: Sketch) -> None:
    """A sock after the dryer."""
    s.rays("#b79fdc", 14, (270, 380))
    s.oval(270, 596, 210, 22, "#8f76bb", None)
    wool, stripe = "#f4f1de", "#e4572e"
    s.blob([(200, 190), (352, 190), (356, 330), (366, 470), (350, 560), (262, 592), (130, 594), (84, 548), (112, 496),
        (184, 470), (206, 420), (200, 320)], wool)
    s.blob([(84, 548), (108, 502), (160, 482), (176, 540), (160, 592), (118, 588)], stripe, width=5)
    s.blob([(364, 450), (362, 520), (330, 562), (300, 520), (318, 470)], stripe, width=5)
    s.box(188, 150, 364, 222, stripe, 16)
    for x in range(212, 350, 22):
        s.path([(x, 164), (x, 208)], "#b93f1d", 5)
    s.eyes(278, 304, 40, 34, (0, 10), 0.3, wool)
    s.brows(278, 254, 44, 44, -10)
    s.arc(278, 392, 30, 20, 205, 335, INK, 7)
    s.blob([(226, 340), (238, 366), (226, 378), (214, 366)], "#7fc8f8", width=4)
    s.limb([(352, 410), (410, 430), (438, 470)], wool, 18)
    s.arc(446, 484, 30, 26, 180, 360, INK, 10)
    s.box(376, 484, 520, 594, "#8a5a34", 12)
    for x in (404, 486):
        s.box(x, 484, x + 14, 594, "#5e3b1f", 0, None)
    s.box(424, 520, 474, 552, "#ffd166", 6, width=4)
    s.caption("WENT IN AS A PAIR", "top", 74)
    s.caption("CAME OUT SINGLE", "bottom", 74)


@drawing("coffee.png", 800, 560, "#fff8e7")
def coffee(s: Sketch) -> None:
    """A chart of cups and consequences."""
    s.label("WHAT COFFEE DOES TO ME", 400, 50, 60)
    for y in (170, 245, 320, 395):
        s.path([(60, y), (780, y)], "#eadfc6", 3)
    s.path([(60, 110), (60, 470), (784, 470)], INK, 7)
    for cup in range(9):
        s.label(str(cup), 106 + cup * 80, 500, 36)
    s.label("CUPS", 426, 536, 32)
    s.curve([(106, 420), (186, 390), (266, 290), (346, 170), (420, 190)], "#c8553d", 12)
    s.path([(420, 190), (446, 330), (478, 230), (508, 410), (538, 236), (568, 430), (598, 250), (630, 440),
        (654, 230), (684, 424), (712, 190)], "#c8553d", 12)
    _mug(s, 106, 414, "asleep")
    _mug(s, 260, 296, "awake")
    _mug(s, 346, 170, "awake")
    _mug(s, 716, 178, "wired")
    s.label("FURNITURE", 248, 432, 40)
    s.label("A PERSON", 144, 280, 40)
    s.label("GENIUS", 238, 158, 40)
    s.label("I CAN HEAR", 536, 134, 44, "#c8553d")
    s.label("THE FONT", 536, 182, 44, "#c8553d")


def _mug(s: Sketch, x: float, y: float, mood: str) -> None:
    s.arc(x + 38, y + 4, 20, 20, -90, 90, INK, 12)
    s.box(x - 38, y - 36, x + 38, y + 38, "#3d7ea6", 12, width=5)
    if mood == "asleep":
        for side in (-1, 1):
            s.arc(x + side * 17, y - 6, 10, 6, 10, 170, INK, 4)
        s.oval(x, y + 18, 6, 5, INK, None)
        return
    wired = mood == "wired"
    s.eyes(x, y - 8, 17, 16, pupil=0.25 if wired else 0.42)
    s.arc(x, y + (22 if wired else 14), 16, 8, 180 if wired else 0, 360 if wired else 180, INK, 4)
    if wired:
        for dx, dy in ((-62, -30), (-66, 6), (-56, 38), (62, -44), (70, -4), (58, 38)):
            s.path([(x + dx, y + dy), (x + dx * 1.2, y + dy * 1.2)], INK, 5)


@drawing("potato.jpg", 560, 800, "white")
def potato(s: Sketch) -> None:
    """Sunday's plan, Monday's fact."""
    skin = "#c99b5f"
    with s.panel(0, 0, 560, 400, "#ffcf70") as p:
        p.rays("#ffbf4a", 14, (280, 220))
        for side in (-1, 1):
            p.limb([(280 + side * 90, 240), (280 + side * 160, 200), (280 + side * 150, 130)], skin, 22)
            p.limb([(280 + side * 45, 290), (280 + side * 60, 356)], skin, 22)
            p.oval(280 + side * 72, 362, 36, 17, "#e4572e")
        p.blob([(200, 120), (290, 84), (370, 130), (398, 230), (350, 318), (260, 326), (178, 290), (162, 200)], skin)
        p.shape([(176, 148), (382, 142), (390, 176), (168, 182)], "#e4572e", width=5)
        for x, y in ((210, 256), (350, 262), (318, 300), (236, 302)):
            p.oval(x, y, 8, 5, "#9c7440", None)
        p.eyes(280, 214, 38, 26, (0, 2))
        p.brows(280, 190, 40, 46, 9)
        p.arc(280, 252, 34, 22, 15, 165, INK, 7)
        p.caption("SUNDAY: NEW LIFE", "top", 66)
    with s.panel(0, 400, 560, 400, "#7d9cc0") as p:
        p.box(40, 40, 160, 150, "#2b3a55", 6)
        p.oval(124, 78, 22, 22, "#ffe9a8", None)
        p.oval(114, 72, 20, 20, "#2b3a55", None)
        p.box(30, 150, 530, 290, "#6b4226", 16)
        p.box(60, 130, 300, 250, "white", 40)
        p.blob([(100, 190), (130, 112), (220, 96), (300, 130), (320, 210), (250, 260), (140, 250)], skin)
        for x, y in ((146, 150), (280, 160), (286, 196)):
            p.oval(x, y, 8, 5, "#9c7440", None)
        p.eyes(208, 166, 36, 24, (0, 10), 0.62, skin)
        p.path([(186, 212), (234, 212)], INK, 7)
        p.blob([(60, 246), (200, 226), (380, 190), (520, 220), (530, 330), (280, 345), (40, 330)], "#e4572e")
        for x in (150, 270, 390, 490):
            p.path([(x, 250), (x - 10, 320)], "#f28c6a", 8)
        p.oval(440, 130, 54, 54, "#ffd166")
        p.oval(440, 130, 40, 40, "white", width=4)
        p.path([(440, 104), (440, 130), (462, 142)], INK, 6)
        for side in (-1, 1):
            p.oval(440 + side * 40, 80, 20, 16, "#ffd166")
            p.arc(440 + side * 40, 130, 44, 62, -30 if side > 0 else 210, 30 if side > 0 else 150, INK, 4)
        p.caption("MONDAY: STILL A POTATO", "bottom", 62)


@drawing("deploy.png", 720, 720, "white")
def deploy(s: Sketch) -> None:
    """Four steps to a weekend in the office."""
    with s.panel(0, 0, 360, 360, "#8fd3e8") as p:
        _robot(p, 180, 150, "#f4f1de", "glad")
        p.caption("IT IS ONE LINE", "bottom", 52)
    with s.panel(360, 0, 360, 360, "#ffd166") as p:
        p.rays("#ffc23d", 12, (180, 190))
        p.oval(180, 246, 118, 44, "#5c6b73")
        p.box(62, 218, 298, 246, "#5c6b73", 0, None)
        p.oval(180, 218, 118, 44, "#7c8c95")
        p.oval(180, 206, 76, 30, "#a4161a")
        p.box(107, 180, 253, 206, "#a4161a", 0, None)
        p.oval(180, 180, 76, 30, "#e5383b")
        p.limb([(356, 0), (300, 70), (196, 150)], "#f4f1de", 34)
        p.blob([(150, 150), (176, 122), (214, 120), (222, 150), (196, 172), (170, 184)], "#f4f1de")
        p.caption("FRIDAY, 16:59", "bottom", 52)
    with s.panel(0, 360, 360, 360, "#10131f") as p:
        p.eyes(180, 150, 46, 38, pupil=0.22)
        for x, y in ((40, 60), (310, 44), (288, 250), (60, 238), (120, 40), (250, 90)):
            p.oval(x, y, 3, 3, "#fff3b0", None)
        p.caption("SATURDAY, 03:12", "bottom", 52)
    with s.panel(360, 360, 360, 360, "#f3722c") as p:
        for x, high in ((20, 190), (80, 250), (150, 170), (220, 240), (290, 180), (345, 250)):
            p.blob([(x - 56, 370), (x - 40, 370 - high * 0.5), (x, 370 - high), (x + 40, 370 - high * 0.5),
                (x + 56, 370)], "#ffb627", None)
        _robot(p, 180, 150, "#6c6a75", "burnt")
        p.caption("IT WAS A COMMENT", "bottom", 52)
    s.path([(360, 0), (360, 720)], INK, 10)
    s.path([(0, 360), (720, 360)], INK, 10)


def _robot(s: Sketch, x: float, y: float, metal: str, mood: str) -> None:
    burnt = mood == "burnt"
    s.curve([(x, y - 76), (x + (26 if burnt else 0), y - 100), (x + (44 if burnt else 0), y - 116)], INK, 8)
    s.oval(x + (46 if burnt else 0), y - 122, 14, 14, "#e5383b")
    s.box(x - 62, y + 66, x + 62, y + 190, metal, 20)
    s.box(x - 30, y + 92, x + 30, y + 124, "#3d7ea6", 6, width=5)
    for side in (-1, 1):
        s.limb([(x + side * 62, y + 90), (x + side * 108, y + (130 if burnt else 60))], metal, 20)
        s.box(x + side * 98 - 12, y - 28, x + side * 98 + 12, y + 28, "#e5383b", 6)
    s.box(x - 92, y - 76, x + 92, y + 66, metal, 26)
    s.box(x - 72, y - 52, x + 72, y + 46, "#22303c", 18, width=5)
    colour = "#ffb627" if burnt else "#7df9c1"
    for side in (-1, 1):
        if burnt:
            s.path([(x + side * 34 - 14, y - 26), (x + side * 34 + 14, y + 2)], colour, 8)
            s.path([(x + side * 34 - 14, y + 2), (x + side * 34 + 14, y - 26)], colour, 8)
        else:
            s.arc(x + side * 34, y - 2, 16, 20, 190, 350, colour, 9)
    s.arc(x, y + (34 if burnt else 12), 26, 14, 200 if burnt else 10, 340 if burnt else 170, colour, 8)
    if burnt:
        for dx, dy in ((-60, 150), (40, 160), (-70, -60), (70, 40)):
            s.oval(x + dx, y + dy, 14, 9, "#3b3942", None)


@drawing("elephant.jpg", 640, 800, "#a9d6e5")
def elephant(s: Sketch) -> None:
    """What it all rests on."""
    s.blob([(40, 150), (110, 110), (190, 130), (230, 170), (130, 186), (50, 182)], "#d8eef6", None)
    s.blob([(430, 250), (500, 214), (580, 236), (620, 270), (520, 290), (440, 282)], "#d8eef6", None)
    skin, dark = "#8d99ae", "#6f7b91"
    s.path([(0, 724), (640, 724)], "#5e3b1f", 12)
    s.oval(320, 640, 78, 78, None, width=16)
    for turn in range(0, 180, 30):
        a = math.radians(turn)
        s.path([(320 - 70 * math.cos(a), 640 - 70 * math.sin(a)), (320 + 70 * math.cos(a), 640 + 70 * math.sin(a))],
            "#5c6b73", 3)
    s.path([(320, 640), (320, 530)], INK, 14)
    for side in (-1, 1):
        s.limb([(320 + side * 90, 470), (320 + side * 120, 560), (320 + side * 60, 622 + side * 20)], skin, 58)
        s.limb([(320 + side * 130, 380), (320 + side * 220, 350), (320 + side * 254, 286)], skin, 48)
    s.blob([(320, 300), (450, 340), (480, 450), (420, 530), (320, 546), (220, 530), (160, 450), (190, 340)], skin)
    s.oval(320, 458, 92, 70, "#a7b2c4", None)
    for side in (-1, 1):
        s.blob([(320 + side * 76, 190), (320 + side * 190, 150), (320 + side * 226, 230), (320 + side * 180, 330),
            (320 + side * 90, 310)], skin)
        s.blob([(320 + side * 110, 214), (320 + side * 178, 190), (320 + side * 196, 240), (320 + side * 160, 296),
            (320 + side * 110, 286)], "#e5b3bb", None)
    s.oval(320, 240, 112, 104, skin)
    s.eyes(320, 216, 46, 24, (0, 3), pupil=0.36)
    s.brows(320, 176, 50, 44, -9)
    s.limb([(320, 262), (316, 340), (338, 400), (392, 402)], skin, 44)
    for y in (300, 330, 360):
        s.path([(302, y), (336, y)], dark, 5)
    s.label("THE WHOLE", 320, 448, 54, "white", 5)
    s.label("COMPANY", 320, 506, 54, "white", 5)
    s.label("A SPREADSHEET FROM 2009", 320, 758, 54, "white", 5)
    s.caption("NOBODY BREATHE", "top", 74)


@drawing("box.png", 800, 520, "#e9c46a")
def box(s: Sketch) -> None:
    """Furniture, and what it came in."""
    s.box(0, 392, 800, 520, "#c98b4b", 0, None)
    s.path([(0, 392), (800, 392)], INK, 6)
    s.oval(210, 400, 186, 74, "#6a4c93")
    s.oval(210, 376, 150, 48, "#9d7bc4")
    s.oval(210, 386, 118, 30, "#c9b1e6", None)
    for x in (90, 150, 270, 330):
        s.path([(x, 430), (x, 452)], "#4f3670", 6)
    s.curve([(276, 354), (300, 330), (312, 300)], INK, 4)
    s.box(274, 236, 374, 304, "white", 8, width=5)
    s.label("89.-", 324, 270, 46, "#c1121f")
    fur = "#f08a3c"
    s.shape([(474, 216), (470, 116), (544, 166)], fur)
    s.shape([(686, 216), (690, 116), (616, 166)], fur)
    s.shape([(487, 188), (486, 142), (520, 164)], "#f7b2ad", None)
    s.shape([(673, 188), (674, 142), (640, 164)], "#f7b2ad", None)
    s.oval(580, 236, 128, 100, fur)
    for dx in (-32, 0, 32):
        s.path([(580 + dx, 146 + abs(dx) / 5), (580 + dx * 0.8, 174)], "#c7631b", 10)
    for side in (-1, 1):
        s.arc(580 + side * 54, 232, 26, 20, 190, 350, INK, 8)
        for whisker in (-12, 4, 20):
            s.path([(580 + side * 78, 270 + whisker / 3), (580 + side * 168, 262 + whisker)], INK, 3)
    s.shape([(566, 256), (594, 256), (580, 272)], "#d1495b", width=4)
    s.arc(562, 274, 18, 16, 0, 150, INK, 5)
    s.arc(598, 274, 18, 16, 30, 180, INK, 5)
    s.shape([(430, 304), (730, 304), (712, 480), (448, 480)], "#b98b5e")
    s.shape([(430, 304), (392, 356), (426, 366), (446, 322)], "#a3784d")
    s.shape([(730, 304), (768, 356), (734, 366), (714, 322)], "#a3784d")
    s.box(556, 304, 604, 400, "#d6b48a", 0, None)
    for side in (-1, 1):
        s.oval(580 + side * 70, 310, 40, 26, fur)
        for toe in (-12, 8):
            s.path([(580 + side * 70 + toe, 314), (580 + side * 70 + toe, 330)], INK, 4)
    s.label("THE BED", 144, 180, 64, "white", 6)
    s.label("I BOUGHT", 144, 252, 64, "white", 6)
    s.label("THE BOX IT", 580, 404, 50, "white", 5)
    s.label("CAME IN", 580, 460, 50, "white", 5)
    s.caption("VALUE FOR MONEY", "top", 76)


@drawing("wall.png", 720, 460, "#f7f9fb")
def wall(s: Sketch) -> None:
    """A post of a small social network for vegetables."""
    s.box(24, 24, 696, 436, "white", 24, "#d5dde3", 3)
    s.oval(92, 96, 44, 44, "#e8f5d8", None)
    for dx, turn in ((-16, -22), (0, 0), (16, 22)):
        s.path([(92 + dx * 0.3, 78), (92 + dx + turn * 0.3, 50)], "#4caf50", 9)
    s.blob([(92, 70), (122, 82), (122, 108), (92, 138), (62, 108), (62, 82)], "#d9b3f0", width=4)
    for side in (-1, 1):
        s.oval(92 + side * 13, 98, 5, 6, INK, None)
    s.arc(92, 108, 9, 6, 10, 170, INK, 4)
    s.write("Turnip of Reason", 154, 64, 30, bold=True)
    s.write("@turnip  ·  4 min", 154, 104, 24, "#6b7b86")
    text = ("my cat has been staring at the", "bedroom wall for 20 minutes and", "it is still the most thorough",
        "review anything here ever got")
    s.write("\n".join(text), 56, 160, 39)
    s.path([(56, 374), (664, 374)], "#e3e9ed", 3)
    for x, colour in ((70, "#e5383b"), (250, "#3d7ea6"), (430, "#2f9e5b")):
        s.oval(x + 8, 406, 13, 13, colour, None)
    s.write("48.1k", 98, 392, 25, "#45535d")
    s.write("1.2k", 278, 392, 25, "#45535d")
    s.write("the wall liked this", 458, 392, 25, "#45535d")


@drawing("fridge.png", 540, 860, "#e9eef2")
def fridge(s: Sketch) -> None:
    """A chat in the small hours."""
    s.box(0, 0, 540, 116, "#2f6690", 0, None)
    s.oval(70, 62, 42, 42, "#cfe8f7", None)
    s.box(50, 28, 92, 96, "white", 8, width=4)
    s.path([(50, 54), (92, 54)], INK, 4)
    s.path([(84, 38), (84, 46)], INK, 4)
    s.path([(84, 62), (84, 74)], INK, 4)
    s.write("The Fridge", 132, 28, 34, "white", bold=True)
    s.write("cold, but always there", 132, 72, 23, "#cfe8f7")
    s.write("02:13", 238, 138, 22, "#7b8a95")
    _bubble(s, 176, "you up?", mine=True)
    _bubble(s, 270, "* light comes on *", mine=False)
    _bubble(s, 364, "anything new?", mine=True)
    _bubble(s, 458, "since 01:50? no.\nmustard and a lemon.", mine=False)
    s.write("02:21", 238, 592, 22, "#7b8a95")
    _bubble(s, 630, "and now?", mine=True)
    _bubble(s, 724, "the lemon is scared", mine=False)


def _bubble(s: Sketch, top: float, text: str, mine: bool) -> None:
    lines = text.split("\n")
    wide = max(ImageFont.load_default(34).getlength(line) for line in lines) + 52
    left = 516 - wide if mine else 24
    s.box(left, top, left + wide, top + 26 + 48 * len(lines), "#c6f0c2" if mine else "white", 26, None)
    s.write(text, left + 24, top + 16, 34)


@drawing("giraffe.png", 460, 1490, "#fbe3a6")
def giraffe(s: Sketch) -> None:
    """A long way down to the button."""
    s.rays("#f8d888", 20, (230, 300))
    s.box(0, 1240, 460, 1490, "#90be6d", 0, None)
    coat, spot = "#f4c95d", "#b5651d"
    for side in (-1, 1):
        s.limb([(230 + side * 46, 1120), (230 + side * 54, 1262)], coat, 34)
        s.box(230 + side * 54 - 23, 1248, 230 + side * 54 + 23, 1276, INK, 8)
    s.blob([(160, 1030), (300, 1030), (326, 1110), (296, 1176), (164, 1176), (134, 1110)], coat)
    s.shape([(184, 330), (276, 330), (296, 1060), (164, 1060)], coat)
    s.blob([(170, 1046), (290, 1046), (300, 1090), (160, 1090)], coat, None)
    for x, y, wide, high in ((214, 440, 16, 22), (254, 520, 15, 24), (204, 620, 17, 26), (256, 690, 16, 22),
                             (206, 800, 18, 26), (262, 868, 18, 26), (204, 980, 20, 26), (262, 1060, 22, 24),
                             (186, 1120, 20, 22), (280, 1130, 18, 20)):
        s.oval(x, y, wide, high, spot, None)
    for side in (-1, 1):
        s.limb([(230 + side * 30, 180), (230 + side * 36, 128)], coat, 12)
        s.oval(230 + side * 37, 122, 17, 17, spot)
        s.blob([(230 + side * 66, 200), (230 + side * 130, 176), (230 + side * 146, 206), (230 + side * 90, 230)], coat)
    s.oval(230, 250, 82, 92, coat)
    s.oval(230, 322, 72, 56, "#f9e0a0")
    for side in (-1, 1):
        s.oval(230 + side * 26, 304, 8, 6, INK, None)
    s.eyes(230, 228, 40, 26, (0, 8), 0.28, coat)
    s.arc(230, 328, 34, 20, 20, 160, INK, 6)
    for y, text in ((470, "SCROLL"), (670, "SCROLL"), (870, "SCROLL")):
        s.label(text, 230, y, 80, "white", 7)
    s.caption("ACCEPT TERMS?", "top", 80)
    s.caption("SESSION\nEXPIRED", "bottom", 100)


@drawing("snail.jpg", 760, 560, "#a3d9c9")
def snail(s: Sketch) -> None:
    """An update, on its way."""
    s.rays("#8fcfbd", 16, (460, 300))
    s.box(30, 384, 730, 462, "white", 39)
    s.box(44, 398, 690, 448, "#2f9e5b", 25, None)
    s.label("99 %", 200, 423, 54, "white", 5)
    skin = "#f2d4a2"
    s.blob([(200, 384), (290, 360), (480, 356), (556, 330), (580, 250), (636, 236), (670, 284), (652, 350),
        (600, 384), (420, 392)], skin)
    for x, y in ((606, 150), (672, 160)):
        s.limb([(x * 0.5 + 310, 262), (x, y)], skin, 12)
        s.oval(x, y - 6, 28, 28, "white", width=5)
        s.oval(x + 5, y, 10, 11, INK, None)
        s.path([(x - 28, y - 16), (x + 28, y - 16)], INK, 7)
    s.arc(634, 310, 24, 14, 20, 160, INK, 6)
    s.oval(400, 246, 132, 126, "#e76f51")
    turns = [(400 + (112 - 7 * k) * math.cos(k / 2.2), 250 + (106 - 6.6 * k) * math.sin(k / 2.2)) for k in range(16)]
    s.curve(turns, "#8c3b26", 11)
    for x in (60, 120):
        s.path([(x, 350), (x + 70, 350)], "#e4f5ef", 7)
    s.caption("ONE MINUTE REMAINING", "top", 76)
    s.caption("SINCE TUESDAY", "bottom", 72)


@drawing("keys.png", 760, 540, "#fdf6ec")
def keys(s: Sketch) -> None:
    """Set theory in the morning."""
    s.label("MY MORNING, A DIAGRAM", 380, 54, 64)
    s.oval(232, 318, 208, 204, "#f6bd60", width=8)
    s.label("WHERE", 232, 172, 50)
    s.label("I LOOK", 232, 226, 50)
    for text, y in (("POCKETS", 292), ("THE SAME POCKETS", 338), ("POCKETS, ANGRILY", 384), ("OTHER TROUSERS", 430)):
        s.label(text, 232, y, 38, "#7a4b10")
    s.oval(606, 276, 138, 136, "#84a59d", width=8)
    s.label("WHERE THE", 606, 208, 39)
    s.label("KEYS ARE", 606, 254, 42)
    s.label("FRIDGE", 606, 308, 42, "#1f3d36")
    s.oval(572, 364, 20, 20, None, "#ffd166", 10)
    s.path([(592, 364), (650, 364), (650, 382)], "#ffd166", 10)
    s.path([(632, 364), (632, 382)], "#ffd166", 10)
    s.label("OVERLAP:", 606, 448, 44, "#c1121f")
    s.label("NONE", 606, 498, 44, "#c1121f")


@drawing("hours.png", 640, 740, "#eef4ed")
def hours(s: Sketch) -> None:
    """A bar chart that could not be contained."""
    s.label("HOURS I SPENT", 236, 56, 62)
    for y in (200, 320, 440):
        s.path([(70, y), (610, y)], "#d3ddd1", 3)
    s.box(96, 550, 226, 566, "#3d7ea6")
    s.box(268, 400, 398, 566, "#f4a261")
    s.shape([(452, 566), (444, 300), (462, -30), (584, -30), (566, 300), (574, 566)], "#e5383b")
    s.eyes(333, 452, 26, 18, (0, 4), 0.4, "#f4a261")
    s.path([(316, 504), (350, 504)], INK, 5)
    s.eyes(508, 190, 27, 25, (0, 2), pupil=0.34)
    s.oval(508, 262, 26, 30, "#5a0f14")
    s.oval(508, 278, 15, 12, "#ff8fa3", None)
    s.path([(66, 130), (66, 568), (614, 568)], INK, 7)
    s.label("0.1", 161, 522, 38)
    s.label("40", 333, 370, 38)
    s.label("DOING", 161, 606, 42)
    s.label("IT", 161, 654, 42)
    s.label("AUTO-", 333, 606, 42)
    s.label("MATING IT", 333, 654, 42)
    s.label("TELLING", 514, 606, 42)
    s.label("PEOPLE", 514, 654, 42)
    s.label("SOURCE: EVERYBODY AT LUNCH", 320, 708, 36, "#6b7b70")


@drawing("cactus.png", 840, 440, "white")
def cactus(s: Sketch) -> None:
    """A short romance."""
    with s.panel(0, 0, 420, 440, "#ffd6e0") as p:
        p.rays("#ffc2d1", 12, (210, 230))
        _potted(p, 130, happy=True)
        p.curve([(300, 262), (312, 310), (292, 350), (306, 400)], INK, 4)
        p.blob([(300, 96), (362, 120), (372, 190), (300, 260), (228, 190), (238, 120)], "#e5383b")
        p.shape([(300, 256), (288, 276), (312, 276)], "#e5383b", width=4)
        p.arc(272, 142, 18, 24, 170, 260, "#ff9aa2", 8)
        p.eyes(296, 176, 26, 17, (-5, 2))
        p.arc(294, 206, 18, 12, 10, 170, INK, 5)
        p.caption("FIRST DATE", "top", 66)
    with s.panel(420, 0, 420, 440, "#b8c5d6") as p:
        _potted(p, 130, happy=False)
        for x, y, turn in ((256, 132, 0), (330, 156, 1), (370, 230, 2), (270, 240, 1), (310, 320, 0), (376, 340, 2)):
            tilt = ((0, 20), (16, 6), (-10, 16))[turn]
            p.shape([(x, y), (x + 30, y + tilt[0]), (x + 16, y + 26), (x - 8, y + tilt[1])], "#e5383b", width=4)
        p.curve([(290, 404), (320, 390), (350, 408), (384, 396)], INK, 4)
        p.caption("LAST DATE", "top", 66)
    s.path([(420, 0), (420, 440)], INK, 10)


def _potted(s: Sketch, x: float, happy: bool) -> None:
    green = "#52a447"
    s.limb([(x + 50, 262), (x + 84, 262), (x + 88, 200)], green, 30)
    s.limb([(x - 50, 240), (x - 82, 236), (x - 84, 186)], green, 30)
    s.box(x - 56, 110, x + 56, 350, green, 54)
    for dx, y in ((-34, 150), (34, 150), (0, 132), (-36, 270), (36, 290), (0, 304), (-84, 200), (88, 220), (-30, 318)):
        s.path([(x + dx - 5, y - 6), (x + dx + 5, y + 6)], "#d8f3c9", 4)
        s.path([(x + dx + 5, y - 6), (x + dx - 5, y + 6)], "#d8f3c9", 4)
    s.shape([(x - 76, 330), (x + 76, 330), (x + 58, 416), (x - 58, 416)], "#d9773f")
    s.box(x - 84, 316, x + 84, 346, "#e58f5b", 6)
    s.eyes(x, 200, 25, 19, (5, 1) if happy else (4, 6))
    if happy:
        s.arc(x, 232, 20, 14, 10, 170, INK, 6)
        for side in (-1, 1):
            s.oval(x + side * 40, 230, 10, 7, "#f28482", None)
    else:
        s.oval(x, 246, 12, 15, INK, None)
        s.brows(x, 168, 27, 26, -7, 7)


@drawing("octopus.jpg", 720, 640, "#f6a6b2")
def octopus(s: Sketch) -> None:
    """Well supplied."""
    s.rays("#f28fa0", 18, (360, 300))
    skin = "#7b4fa3"
    mugs = ((76, 190), (56, 330), (96, 470), (232, 498), (488, 498), (624, 470), (664, 330), (644, 190))
    for x, y in mugs:
        side = 1 if x > 360 else -1
        s.limb([(360 + side * 50, 390), ((360 + x) / 2, y * 0.45 + 240), (x - side * 12, y + 26)], skin, 30)
    s.blob([(360, 120), (470, 150), (506, 260), (466, 360), (440, 430), (280, 430), (254, 360), (214, 260),
        (250, 150)], skin)
    for x, y, radius in ((290, 176, 15), (322, 152, 9), (430, 190, 12)):
        s.oval(x, y, radius, radius, "#9a70bf", None)
    s.eyes(360, 280, 58, 52, pupil=0.2)
    for side in (-1, 1):
        s.path([(360 + side * 90, 306), (360 + side * 80, 300)], "#e5383b", 3)
        s.path([(360 + side * 96, 270), (360 + side * 84, 272)], "#e5383b", 3)
    s.curve([(306, 374), (324, 362), (342, 378), (360, 362), (378, 378), (396, 362), (414, 374)], INK, 7)
    for x, y in mugs:
        s.arc(x + (34 if x > 360 else -34), y + 4, 16, 16, 0, 360, INK, 8)
        s.box(x - 32, y - 34, x + 32, y + 36, "#f4f1de", 9, width=5)
        s.oval(x, y - 32, 31, 9, "#5e3b1f", width=5)
    s.caption("EIGHT COFFEES A DAY", "top", 76)
    s.caption("MY THREE HEARTS ARE FINE", "bottom", 76)


@drawing("gravity.gif", 480, 420, "#bde0fe", frames=3)
def gravity(s: Sketch) -> None:
    """A cat in quality assurance."""
    s.box(0, 330, 300, 420, "#b07d4b", 0)
    s.box(-8, 322, 308, 346, "#c98b4b", 6)
    fur, far = "#5c5470", s.frame
    s.limb([(60, 320), (22, 260), (40, 200)], fur, 24)
    s.blob([(60, 322), (66, 240), (120, 200), (180, 240), (190, 322)], fur)
    s.shape([(70, 140), (62, 80), (118, 100)], fur)
    s.shape([(186, 140), (194, 80), (138, 100)], fur)
    s.oval(128, 160, 84, 68, fur)
    s.eyes(128, 148, 34, 22, ((10, 4), (9, 10), (0, 0))[far], (0.34, 0.2, 0.5)[far], fur)
    s.shape([(118, 172), (138, 172), (128, 182)], "#f4a6b0", width=4)
    s.arc(117, 184, 12, 10, 0, 150, INK, 4)
    s.arc(139, 184, 12, 10, 30, 180, INK, 4)
    if far < 2:
        s.limb([(170, 268), (216, 262), (258 + far * 26, 270)], fur, 26)
        x, y, lean = (306, 322, 0) if far == 0 else (380, 350, 46)
        s.shape([(x - 28 + lean, y - 84), (x + 28 + lean, y - 84 + lean), (x + 20, y + lean * 0.6), (x - 20, y)],
            "#e8f7ff")
        s.shape([(x - 25 + lean * 0.6, y - 52), (x + 25 + lean * 0.6, y - 52 + lean), (x + 20, y + lean * 0.6),
            (x - 20, y)], "#5aa9e6", width=4)
    else:
        s.limb([(170, 268), (200, 296), (214, 318)], fur, 26)
        s.blob([(320, 404), (370, 384), (450, 390), (474, 408), (400, 418)], "#5aa9e6", width=4)
        for x, y in ((344, 352), (400, 336), (440, 362)):
            s.shape([(x, y), (x + 24, y + 8), (x + 8, y + 30)], "#e8f7ff", width=4)
    s.caption("UNIT TEST: GRAVITY", "top", 56)
    text, colour = (("RUNNING", "white"), ("RUNNING", "white"), ("PASSED", "#7dff8a"))[far]
    s.label(text, 366, 128, 52, colour, 5)
    s.label(("· · ·", "· · · ·", "IN 0.4 S")[far], 366, 184, 44, colour, 5)


@drawing("toaster.png", 720, 580, "#ffb3ba")
def toaster(s: Sketch) -> None:
    """Without its cover."""
    s.rays("#ff9fa8", 18, (350, 300))
    s.box(0, 462, 720, 580, "#a8dadc", 0, None)
    s.path([(0, 462), (720, 462)], INK, 6)
    s.box(150, 440, 510, 478, "#5c6b73", 10)
    s.box(172, 170, 488, 446, "#d9dfe3", 10)
    for x in (188, 452):
        s.box(x, 160, x + 20, 446, "#9aa7b0", 4, width=4)
    for y in range(190, 270, 24):
        coil = [(214 + step * 12, y + (8 if step % 2 else -8)) for step in range(20)]
        s.path(coil, "#f3722c", 6)
    s.box(204, 392, 456, 432, "#3f7d4a", 4, width=4)
    for x in (226, 262, 300, 350, 390, 424):
        s.box(x, 402, x + 18, 420, "#17140f" if x % 4 else "#ffd166", 3, None)
    s.eyes(330, 308, 50, 34, (14, 8))
    s.brows(330, 256, 54, 46, -10)
    for side in (-1, 1):
        s.oval(330 + side * 92, 344, 26, 15, "#ff6b81", None)
    s.arc(330, 372, 20, 11, 190, 350, INK, 6)
    metal = "#d9dfe3"
    s.limb([(172, 330), (110, 380), (190, 424)], metal, 20)
    s.limb([(488, 330), (550, 390), (470, 424)], metal, 20)
    s.box(206, 386, 454, 452, "#fdfcdc", 8)
    for x in range(222, 450, 32):
        s.box(x, 392, x + 14, 446, "#e76f51", 0, None)
    s.oval(204, 420, 22, 20, metal)
    s.oval(456, 420, 22, 20, metal)
    s.box(574, 302, 694, 474, "#c1121f", 26)
    s.box(598, 294, 670, 314, INK, 6, None)
    s.path([(694, 360), (708, 360)], INK, 12)
    s.arc(604, 342, 14, 18, 180, 270, "#ff8a80", 7)
    s.label("COVER", 634, 400, 44, "white")
    s.caption("DO YOU MIND?", "top", 84)
    s.caption("I AM IN MY COILS", "bottom", 84)


@drawing("cake-recipe.png", 560, 640, "#e4f1e1")
def cake_recipe(s: Sketch) -> None:
    """The picture in the book."""
    s.oval(280, 530, 220, 36, "#c4a35a")
    s.oval(280, 518, 220, 36, "#f0d58c")
    for low, high, wide, colour, icing in (
        (408, 520, 170, "#ffafcc", "white"),
        (300, 412, 126, "#bde0fe", "white"),
        (204, 306, 84, "#ffafcc", "white"),
    ):
        s.box(280 - wide, low, 280 + wide, high, colour, 14)
        for drop in range(int(wide / 21)):
            x = 280 - wide + 22 + drop * (2 * wide - 44) / (int(wide / 21) - 1)
            s.oval(x, low + 10, 17, 22, icing, None)
        s.path([(280 - wide + 10, low), (280 + wide - 10, low)], INK, 6)
    s.eyes(280, 340, 38, 21)
    s.arc(280, 366, 26, 16, 10, 170, INK, 6)
    for side in (-1, 1):
        s.oval(280 + side * 80, 366, 14, 9, "#ff8fab", None)
    s.oval(280, 178, 28, 28, "#e5383b")
    s.curve([(284, 154), (292, 130), (312, 122)], INK, 6)
    for x in range(150, 420, 52):
        s.oval(x, 474, 9, 9, "#ffd166", width=4)
    s.caption("THE RECIPE", "top", 84)
    s.caption("SERVES 8, 20 MINUTES", "bottom", 64)


@drawing("cake-mine.png", 560, 640, "#d8c3a5")
def cake_mine(s: Sketch) -> None:
    """The picture on the phone."""
    s.oval(280, 530, 230, 36, "#8d6b3d")
    s.oval(280, 518, 230, 36, "#b08d57")
    s.blob([(104, 420), (200, 396), (340, 410), (420, 404), (452, 460), (474, 522), (380, 538), (200, 530), (74, 524),
        (96, 470)], "#ffafcc")
    for x, y, high in ((140, 424, 26), (186, 420, 44), (240, 424, 26), (300, 430, 70), (356, 424, 34), (406, 424, 50)):
        s.oval(x, y, 20, high, "white", None)
    s.shape([(150, 312), (372, 246), (402, 388), (176, 438)], "#bde0fe")
    for x, y, high in ((176, 312, 26), (224, 300, 34), (272, 284, 22), (318, 274, 44), (352, 262, 26)):
        s.oval(x, y, 18, high, "white", None)
    s.path([(150, 312), (372, 246)], INK, 6)
    for x, y, size, look in ((236, 352, 34, -12), (332, 326, 22, 9)):
        s.oval(x, y, size, size, "white", width=5)
        s.oval(x + look, y + 6, 10, 11, INK, None)
    s.curve([(240, 406), (268, 392), (296, 402), (324, 380), (350, 384)], INK, 7)
    s.shape([(404, 470), (492, 410), (546, 486), (458, 546)], "#ffafcc")
    for x, y in ((418, 474), (446, 450), (474, 432)):
        s.oval(x, y, 14, 18, "white", None)
    s.path([(404, 470), (492, 410)], INK, 6)
    s.curve([(212, 268), (206, 240), (218, 214)], "#ffd166", 14)
    s.blob([(218, 206), (232, 176), (220, 140), (200, 178)], "#f3722c", width=5)
    s.blob([(110, 470), (150, 480), (140, 512), (96, 510)], "#5e3b1f", None)
    s.oval(336, 236, 28, 28, "#e5383b")
    s.curve([(342, 212), (338, 190), (356, 174)], INK, 6)
    for x, sway in ((100, 18), (430, -16), (490, 18)):
        s.curve([(x, 210), (x + sway, 184), (x - sway, 158), (x + sway, 132)], "#f5ebdc", 9)
    s.caption("MY CAKE", "top", 84)
    s.caption("IT KNOWS MY NAME", "bottom", 72)


@drawing("laundry.png", 600, 740, "#33415c")
def laundry(s: Sketch) -> None:
    """What comes of waiting three days."""
    s.oval(480, 150, 56, 56, "#ffe9a8", None)
    s.box(0, 640, 600, 740, "#1f2940", 0, None)
    s.box(70, 390, 530, 672, "#e9eef2", 18)
    s.box(70, 390, 530, 452, "#c3ced8", 18)
    s.oval(474, 421, 18, 18, "#5c6b73", width=5)
    s.label("DAY 3", 140, 421, 44, "#c1121f")
    s.oval(300, 562, 96, 96, "#7c8c95")
    s.oval(300, 562, 74, 74, "#0f1626")
    for side in (-1, 1):
        s.limb([(306 + side * 90, 330), (306 + side * 170, 296), (306 + side * 190, 230)], "#f1faee", 34)
    s.blob([(300, 600), (250, 560), (214, 440), (180, 330), (196, 220), (270, 152), (350, 156), (420, 220),
        (430, 330), (390, 440), (350, 560)], "#f1faee")
    s.curve([(214, 400), (260, 420), (300, 404), (350, 424), (396, 398)], "#8ecae6", 12)
    s.curve([(230, 440), (264, 456), (304, 440), (346, 458), (384, 436)], "#8ecae6", 12)
    for side in (-1, 1):
        s.oval(306 + side * 44, 250, 26, 34, INK, None)
        s.oval(306 + side * 40, 240, 8, 9, "white", None)
    s.oval(306, 324, 24, 32, INK, None)
    for x, y in ((150, 200), (500, 380), (96, 330)):
        s.curve([(x, y), (x + 14, y - 16), (x - 6, y - 32), (x + 12, y - 50)], "#a3b18a", 8)
    s.caption("FORGOT THE LAUNDRY", "top", 80)
    s.caption("IT CAME TO FIND ME", "bottom", 80)


@drawing("owl.jpg", 640, 640, "#4d5a8f")
def owl(s: Sketch) -> None:
    """Early to bed."""
    s.rays("#414d80", 18, (320, 330))
    s.oval(540, 170, 46, 46, "#ffe9a8", None)
    s.oval(522, 158, 40, 40, "#4d5a8f", None)
    s.limb([(0, 520), (300, 512), (640, 526)], "#6b4226", 28)
    coat, pale = "#9c6644", "#e6ccb2"
    s.blob([(206, 150), (260, 178), (380, 178), (434, 150), (452, 240), (470, 380), (420, 496), (320, 522),
        (220, 496), (170, 380), (188, 240)], coat)
    s.oval(320, 418, 92, 88, pale, None)
    for row in range(3):
        for scale in range(3 + row % 2):
            s.arc(276 - row % 2 * 22 + scale * 44, 384 + row * 34, 14, 12, 20, 160, coat, 5)
    for side in (-1, 1):
        s.blob([(320 + side * 132, 300), (320 + side * 168, 380), (320 + side * 140, 476), (320 + side * 104, 400)],
            "#7f5539")
        s.oval(320 + side * 68, 262, 82, 82, pale)
        s.oval(320 + side * 68, 262, 62, 62, "#ffb627", width=5)
        s.oval(320 + side * 68, 262, 22, 22, INK, None)
        s.oval(320 + side * 68 - 7, 254, 6, 6, "white", None)
        for toe in (-18, 0, 18):
            s.path([(320 + side * 50 + toe, 508), (320 + side * 50 + toe, 528)], "#ffb627", 11)
    s.shape([(302, 300), (338, 300), (320, 344)], "#f3722c", width=5)
    s.caption("I GO TO BED EARLY", "top")
    s.caption("4 AM IS VERY EARLY", "bottom")


@drawing("dinosaur.png", 800, 500, "#b5e2a8")
def dinosaur(s: Sketch) -> None:
    """How it really happened."""
    s.rays("#9fd690", 18, (330, 300))
    s.box(0, 418, 800, 500, "#c98b4b", 0, None)
    s.path([(0, 418), (800, 418)], INK, 6)
    skin, belly = "#2a9d8f", "#e9d8a6"
    s.blob([(60, 418), (110, 300), (190, 236), (240, 150), (330, 110), (440, 116), (492, 160), (486, 222), (420, 250),
        (370, 262), (376, 330), (372, 418)], skin)
    s.blob([(250, 418), (262, 330), (330, 262), (366, 290), (368, 418)], belly, None)
    for x, y in ((116, 290), (164, 240), (206, 196), (246, 142)):
        s.shape([(x - 20, y + 12), (x - 18, y - 26), (x + 18, y - 6)], "#f4a261", width=5)
    s.oval(376, 150, 24, 25, "white", width=5)
    s.oval(384, 156, 11, 12, INK, None)
    s.path([(346, 118), (404, 126)], INK, 8)
    s.oval(470, 164, 6, 5, INK, None)
    s.path([(392, 218), (488, 208)], INK, 7)
    for x in range(404, 484, 20):
        s.shape([(x, 217), (x + 14, 215), (x + 8, 232)], "white", width=3)
    s.blob([(330, 180), (338, 196), (330, 204), (322, 196)], "#7fc8f8", width=4)
    for y in (300, 340):
        s.limb([(356, y), (404, y + 8), (424, y - 2)], skin, 18)
        s.path([(428, y - 8), (440, y - 12)], INK, 5)
        s.path([(430, y + 2), (443, y + 2)], INK, 5)
    s.shape([(462, 418), (486, 314), (782, 314), (796, 418)], "#e8e4da")
    for left, text in ((490, "CTRL"), (580, "ALT"), (692, "DEL")):
        s.box(left, 332, left + 82, 400, "white" if text != "DEL" else "#ff8fa3", 10, width=5)
        s.label(text, left + 41, 366, 36)
    s.caption("HOW DINOSAURS DIED OUT", "top", 74)
    s.caption("COULD NOT REACH DELETE", "bottom", 66)


@drawing("fish.png", 700, 580, "#ffe5b4")
def fish(s: Sketch) -> None:
    """Security, as practised in a bowl."""
    s.box(0, 470, 700, 580, "#a47148", 0, None)
    s.path([(0, 470), (700, 470)], INK, 6)
    s.oval(350, 300, 220, 186, "#cfeefb")
    s.draw.chord([v * SHARPNESS for v in (136, 120, 564, 480)], -18, 198, fill="#7cc6f0")
    s.arc(350, 300, 220, 186, 0, 360, INK, 6)
    s.oval(350, 124, 128, 18, "#e9f8ff")
    s.box(410, 334, 482, 430, "#b8b8d1", 0, width=5)
    for x in (405, 436, 467):
        s.box(x, 316, x + 20, 338, "#b8b8d1", 0, width=5)
    s.box(432, 384, 460, 430, "#4f4a57", 14, width=5)
    s.shape([(446, 316), (446, 272), (480, 286), (446, 298)], "#e5383b", width=5)
    s.blob([(206, 340), (172, 298), (178, 384)], "#f3722c")
    s.blob([(192, 340), (256, 272), (336, 276), (386, 340), (332, 400), (252, 402)], "#f3722c")
    s.blob([(266, 282), (296, 236), (336, 276)], "#f3722c")
    s.path([(256, 280), (256, 396)], "#ffb38a", 12)
    s.eyes(330, 322, 26, 25, (9, -2), pupil=0.5)
    s.oval(358, 366, 12, 14, INK, None)
    for x, y, radius in ((420, 260, 12), (432, 222, 9), (418, 190, 7)):
        s.oval(x, y, radius, radius, "white", "#5aa9e6", 4)
    for x in range(254, 450, 32):
        s.oval(x, 450, 18, 11, "#f6bd60", width=4)
    s.caption("MY NEW PASSWORD IS", "top", 80)
    s.caption("OH LOOK, A CASTLE", "bottom", 80)


@drawing("printer.png", 640, 640, "#c98bb9")
def printer(s: Sketch) -> None:
    """A hostage negotiation."""
    s.rays("#b876a8", 16, (320, 330))
    s.shape([(200, 250), (214, 112), (426, 112), (440, 250)], "white")
    for y in (186, 208):
        s.path([(246, y), (394, y)], "#b9b3a5", 5)
    s.box(110, 236, 530, 470, "#3c4454", 30)
    s.box(110, 236, 530, 300, "#59637a", 30)
    for x, colour in ((148, "#00b4d8"), (182, "#e056a0"), (216, "#ffd166"), (250, "#0b0b0b")):
        s.box(x, 254, x + 24, 282, colour, 6, width=4)
    s.box(420, 252, 506, 284, "#1f2430", 8, width=4)
    s.label("ERROR", 463, 268, 26, "#ff5964")
    for side in (-1, 1):
        s.shape([(320 + side * 30, 346), (320 + side * 124, 312), (320 + side * 116, 366), (320 + side * 50, 376)],
            "#ffd166", width=5)
        s.oval(320 + side * 80, 348, 11, 14, INK, None)
    s.box(168, 396, 472, 446, "#0f121a", 16)
    for x in range(188, 440, 34):
        s.shape([(x, 400), (x + 26, 400), (x + 13, 420)], "white", None)
    s.shape([(208, 430), (432, 430), (454, 546), (360, 528), (300, 556), (186, 534)], "white")
    s.label("ONE GREY PAGE", 318, 486, 34)
    s.caption("YOU WANT BLACK", "top", 84)
    s.caption("I WANT CYAN", "bottom", 84)


# fmt: on


@dataclass(frozen=True)
class Listed:
    """A post as `posts.jsonl` has it; see `dankmeme.sources.samples`."""

    id: str
    files: tuple[str, ...]
    title: str
    author: str
    community: str
    age_hours: float
    score: int
    score_at: dict[str, int]
    nsfw: bool


def listed(
    name: str,
    title: str,
    author: str,
    community: str,
    age: float,
    most: int,
    pace: float = 10,
    files: tuple[str, ...] = (),
    nsfw: bool = False,
) -> Listed:
    """A post whose points approach `most`; after `pace` hours it has 63 % of them."""

    def points(hours: float) -> int:
        return round(most * (1 - math.exp(-hours / pace)))

    reached = {str(hours): points(hours) for hours in (1, 6, 24, 48) if hours <= age}
    own = files or tuple(file for file in DRAWINGS if Path(file).stem == name)
    return Listed(name, own, title, author, community, age, points(age), reached, nsfw)


ALL, CATS, WORK = "samplememes", "catdepartment", "worksonmymachine"

POSTS = (
    listed("dinosaur", "The asteroid was a scapegoat", "paleo_noodle", WORK, 0.5, 2100, 9),
    listed("fridge", "We are taking it slow", "midnight_mustard", ALL, 1.3, 5200, 7),
    listed("snail", "Do not turn off your snail", "loading_lou", WORK, 2.6, 340),
    listed("gravity", "She runs the whole suite every night", "boxfan", CATS, 4, 6400, 6),
    listed("keys", "It is always the last place I put dairy", "otherpocket", ALL, 6.5, 95, 8),
    listed("tests-again", "My suite is spotless, made this myself", "freshly_found", ALL, 8, 41, 6, ("tests.jpg",)),
    listed("toaster", "Marked, because somebody left the cover off", "crumbtray", ALL, 11, 780, 12, nsfw=True),
    listed("potato", "Day one of being a runner", "starch_enemy", ALL, 15, 1900, 9),
    listed("hours-again", "Found this, so true", "freshly_found", ALL, 20, 64, 8, ("hours-again.jpg",)),
    listed("printer", "It has my family photos and it knows it", "papertray2", WORK, 23, 4700, 9),
    listed("cake", "Followed every step, see second picture", "spoonlicker", ALL, 27, 1250, 14,
           ("cake-recipe.png", "cake-mine.png")),
    listed("coffee", "Peer reviewed by my left eyelid", "decaf_denier", WORK, 33, 880, 11),
    listed("laundry", "I rewashed it twice and now it has a name", "spin_cycle", ALL, 41, 410, 12),
    listed("octopus", "One of them beats just for espresso", "inkwell", ALL, 47, 2900, 10),
    listed("wall", "Approved with no comments", "boxfan", CATS, 55, 7400, 8),
    listed("cactus", "She said she needed some space", "pricklypair", ALL, 68, 1500, 13),
    listed("owl-again", "anyone else", "reposting_rita", CATS, 80, 12, 5, ("owl-again.jpg",)),
    listed("elephant", "There is a macro, and nobody knows who wrote it", "cell_b7", WORK, 96, 5600, 9),
    listed("fish", "Strong, unique, gone", "bowlcut", ALL, 118, 160, 10),
    listed("hours", "It even sends me an email now", "cron_cobbler", WORK, 140, 3300, 11),
    listed("giraffe", "Please log in again to scroll", "neckandneck", ALL, 165, 72, 9),
    listed("box", "The bed is for visitors", "sir_loaf", CATS, 200, 9100, 8),
    listed("sock", "Looking for something long-term, left foot", "spin_cycle", ALL, 240, 2600, 12),
    listed("owl", "Consistent sleep schedule", "hootenanny", ALL, 290, 3900, 10),
    listed("tests", "One hundred percent of nothing", "cron_cobbler", WORK, 340, 8200, 8),
    listed("deploy", "What could a comment do", "cell_b7", WORK, 396, 6100, 9),
)  # fmt: skip

COPIES = {"owl-again.jpg": ("owl.jpg", 0.7, 55), "hours-again.jpg": ("hours.png", 0.8, 60)}
"""Reposts that look the same: of what, how large, and at which quality of JPEG."""


def encoded(drawn: Drawing, file: str) -> bytes:
    """The picture's file, in the format that its name says."""
    frames = []
    for number in range(drawn.frames):
        sketch = Sketch(drawn.width, drawn.height, drawn.background, number)
        drawn.scene(sketch)
        frames.append(sketch.finished())
    if file.endswith(".jpg"):
        return small_jpeg(frames[0])
    out, flat = io.BytesIO(), [_few_colours(frame) for frame in frames]
    if file.endswith(".gif"):
        flat[0].save(out, "GIF", save_all=True, append_images=flat[1:], duration=[1100, 300, 1600], loop=0)
    else:
        flat[0].save(out, "PNG", optimize=True)
    return out.getvalue()


def _few_colours(image: Image.Image) -> Image.Image:
    return image.quantize(96, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)


def small_jpeg(image: Image.Image) -> bytes:
    """The picture as a JPEG of few bytes."""
    for quality in range(86, 40, -4):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= MOST_BYTES:
            return out.getvalue()
    raise ValueError("the picture does not fit")


def copied(original: bytes, scale: float, quality: int) -> bytes:
    """The picture as somebody else would post it again: smaller, and saved as a JPEG once more."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(original)) as image:
        size = round(image.width * scale), round(image.height * scale)
        image.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=quality)
    return out.getvalue()


def main() -> None:
    """Draw everything."""
    OUT.mkdir(parents=True, exist_ok=True)
    files = {file: encoded(drawn, file) for file, drawn in DRAWINGS.items()}
    files |= {file: copied(files[original], scale, quality) for file, (original, scale, quality) in COPIES.items()}
    lines = [json.dumps(asdict(post), ensure_ascii=False) for post in POSTS]
    files["posts.jsonl"] = "".join(f"{line}\n" for line in lines).encode()
    for file, data in files.items():
        (OUT / file).write_bytes(data)
        print(f"{file} {len(data):,} bytes")
    print(f"{sum(map(len, files.values())):,} bytes in all")


if __name__ == "__main__":
    main()
