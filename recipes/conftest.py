"""A lab file of made-up captions, with two templates and fonts to draw them with."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent / "imgflip")]

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw, ImageFont

TEMPLATES = {"Cat-Says": "teal", "Dog-Asks": "maroon"}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file of captions in the lab's form; every hundredth caption is said again much later."""
    folder = tmp_path_factory.mktemp("data") / "imgflip"
    folder.mkdir()
    chance = np.random.default_rng(0)
    words = np.array(["cat", "dog", "monday", "code", "bug", "tea", "why", "never", "always", "one"])
    captions = [[" ".join(chance.choice(words, 6)), f"number {row if row % 100 else 0}"] for row in range(3_000)]
    frame = pd.DataFrame(
        {
            "id": [f"m{row}" for row in range(3_000)],
            "template": chance.choice(list(TEMPLATES), 3_000),
            "title": "",
            "author": [f"u_{row % 7 if row % 2 else row}" for row in range(3_000)],
            "votes": chance.poisson(3, 3_000),
            "boxes": captions,
            "order": np.arange(3_000),
        }
    )
    frame.to_parquet(folder / "captions.parquet")
    _draw_templates(folder)
    return folder


@pytest.fixture(scope="session")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `node_modules` folder in which every font is the one that comes with Pillow."""
    from draw import FONTS, _font_file

    folder = tmp_path_factory.mktemp("node_modules")
    for face in {"roboto-condensed-700"}.union(*FONTS.values()):
        path = _font_file(folder, face)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ImageFont.load_default(10).font_bytes)
    return folder


def _draw_templates(folder: Path) -> None:
    entries = {}
    for name, colour in TEMPLATES.items():
        picture = Image.new("RGB", (320, 240), colour)
        ImageDraw.Draw(picture).ellipse((90, 60, 230, 180), fill="white")
        picture.save(folder / f"{name}.jpg")
        entries[name] = {"image_path": f"{name}.jpg", "width": 320, "height": 240}
    (folder / "templates.json").write_text(json.dumps(entries))
