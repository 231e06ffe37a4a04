"""How the numbers of a pixel reach a backbone: every family of networks learnt from numbers scaled its own way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dankmeme.errors import TrainingError

CONFIG = "preprocessor_config.json"
"""What the model hubs call the file that says how pixels are scaled."""
Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Pixels:
    """A backbone takes (x − mean) / deviation for red, green and blue, where x is 0–255."""

    mean: Triple
    deviation: Triple


def _of_unit(mean: Triple, deviation: Triple, factor: float = 1 / 255) -> Pixels:
    """From means and deviations of x × factor."""
    red, green, blue = (value / factor for value in mean)
    of_red, of_green, of_blue = (value / factor for value in deviation)
    return Pixels((red, green, blue), (of_red, of_green, of_blue))


SCALES = {
    "raw": Pixels((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "signed": _of_unit((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "unit": _of_unit((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "imagenet": _of_unit((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "clip": _of_unit((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
}
"""By name: 0–255 as it is; −1…1; 0–1; the mean and deviation of ImageNet; those of CLIP."""


def named(name: str) -> Pixels:
    """A scale by its name.

    Raises:
        TrainingError: `unknown-pixels`.
    """
    if name not in SCALES:
        raise TrainingError("unknown-pixels", f"there is no scale of pixels called {name}: take {', '.join(SCALES)}")
    return SCALES[name]


def read_config(path: Path) -> tuple[Pixels, int | None]:
    """Scale and side from a hub's `preprocessor_config.json`; the side is None where none is given.

    Raises:
        TrainingError: `bad-backbone`.
    """
    try:
        config: dict[str, Any] = json.loads(path.read_text())
        factor = float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0
        if not config.get("do_normalize", True):
            return _of_unit((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), factor), _side(config)
        mean, deviation = config.get("image_mean", [0.5] * 3), config.get("image_std", [0.5] * 3)
        return _of_unit((mean[0], mean[1], mean[2]), (deviation[0], deviation[1], deviation[2]), factor), _side(config)
    except (OSError, ValueError, TypeError, AttributeError, LookupError) as error:
        raise TrainingError("bad-backbone", f"{path} does not say how pixels are scaled: {error}") from None


def _side(config: dict[str, Any]) -> int | None:
    """What the picture is cropped to comes before what it is scaled to."""
    for size in (config.get("crop_size"), config.get("size")):
        if isinstance(size, int):
            return size
        if isinstance(size, dict):
            found = size.get("height") or size.get("shortest_edge")
            if found:
                return int(found)
    return None
