"""Changes to training pictures that leave their captions readable.

Nothing is mirrored or turned: that would make the text unreadable, and the text is what a meme says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional


@dataclass(frozen=True)
class Changes:
    """The most that is done to a picture.

    Attributes:
        shift: share of the side.
        zoom: share of the size.
        shear: degrees.
        gain: share by which each colour is made stronger or weaker.
        contrast: share.
        lift: brightness, of 255.
        noise: standard deviation, of 255: about what a poor JPEG adds.
    """

    shift: float = 0.05
    zoom: float = 0.05
    shear: float = 0.0
    gain: float = 0.1
    contrast: float = 0.1
    lift: float = 15.0
    noise: float = 2.0


MILD = Changes()
YEAR_2018 = Changes(shear=2.0, gain=0.0, contrast=0.0, lift=0.0, noise=0.0)
"""Shear, zoom and shift as in 2018, but 2 degrees and 5 % at most: more of them made captions unreadable."""


def augment(images: torch.Tensor, changes: Changes, chance: torch.Generator) -> torch.Tensor:
    """Change every picture in its own way; what comes in at the edges repeats the edge.

    Args:
        images: float32 `[n, side, side, 3]`, 0–255.
        changes: the most that is done.
        chance: on the processor, whatever the device of the images.

    Returns:
        The same shape, 0–255.
    """
    count, device = len(images), images.device
    grid = functional.affine_grid(_placed(count, changes, chance).to(device), [count, 3, *images.shape[1:3]], False)
    moved = functional.grid_sample(images.permute(0, 3, 1, 2), grid, padding_mode="border", align_corners=False)
    colours = moved.permute(0, 2, 3, 1)
    level = colours.mean(dim=(1, 2, 3), keepdim=True)
    contrast = 1 + _drawn((count, 1, 1, 1), changes.contrast, chance).to(device)
    gain = 1 + _drawn((count, 1, 1, 3), changes.gain, chance).to(device)
    lift = _drawn((count, 1, 1, 1), changes.lift, chance).to(device)
    changed = ((colours - level) * contrast + level) * gain + lift
    if changes.noise:
        changed = changed + changes.noise * torch.randn(changed.shape, generator=chance).to(device)
    return changed.clamp(0, 255)


def _placed(count: int, changes: Changes, chance: torch.Generator) -> torch.Tensor:
    """Affine maps `[n, 2, 3]` from the new picture to the old, whose sides are 2 long."""
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0] = 1 + _drawn((count,), changes.zoom, chance)
    maps[:, 1, 1] = 1 + _drawn((count,), changes.zoom, chance)
    maps[:, 0, 1] = torch.tan(_drawn((count,), math.radians(changes.shear), chance))
    maps[:, :, 2] = _drawn((count, 2), 2 * changes.shift, chance)
    return maps


def _drawn(shape: tuple[int, ...], most: float, chance: torch.Generator) -> torch.Tensor:
    return most * (2 * torch.rand(shape, generator=chance) - 1)
