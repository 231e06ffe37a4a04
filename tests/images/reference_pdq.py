"""Writes `pdq_vectors.json`: hashes and qualities of drawn pictures by the reference implementation.

Run as `python -m tests.images.reference_pdq` with the `pdqhash` package (ThreatExchange's C++, wrapped) installed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.drawing import corners, texture

VECTORS = Path(__file__).with_name("pdq_vectors.json")

SHAPES = [
    *((64, 64), (65, 65), (64, 512), (512, 64), (100, 100), (127, 129), (128, 128), (129, 127), (200, 333), (333, 200)),
    *((255, 257), (256, 256), (300, 400), (384, 512), (512, 384), (401, 399), (511, 512), (512, 511), (512, 512)),
    *((77, 501), (499, 81), (64, 65)),
]


def pictures() -> dict[str, np.ndarray]:
    """All pictures by name."""
    textures = {f"texture {height}x{width}": texture(height, width, height * width) for height, width in SHAPES}
    noises = {f"noise {height}x{width}": noise(height, width) for height, width in SHAPES[::2]}
    rest = {
        "dim texture": texture(240, 320, 5) // 8,
        "grey texture": np.repeat(texture(240, 320, 6)[..., :1], 3, axis=2),
        "few levels": texture(240, 320, 7) // 64 * 85,
        "quarters": corners(300, 400),
        "stripes": np.repeat(np.arange(320, dtype=np.uint8)[None, :, None] // 20 % 2 * 255, 200, axis=0).repeat(
            3, axis=2
        ),
        "half texture": np.concatenate([texture(120, 300, 8), np.full((120, 300, 3), 255, dtype=np.uint8)]),
        "ramp": np.linspace(0, 255, 300 * 200 * 3).reshape(300, 200, 3).astype(np.uint8),
    }
    return textures | noises | rest


def noise(height: int, width: int) -> np.ndarray:
    """Blocks of chance colours with hard edges."""
    rng = np.random.Generator(np.random.PCG64(height + width))
    blocks = rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    rows, columns = np.arange(height) * 24 // height, np.arange(width) * 24 // width
    return blocks[rows][:, columns]


def reference(picture: np.ndarray) -> dict[str, Any]:
    """Hash and quality as the reference gives them."""
    import pdqhash

    bits, quality = pdqhash.compute(np.ascontiguousarray(picture))
    return {"hex": np.packbits(bits.astype(np.uint8)).tobytes().hex(), "quality": int(quality)}


if __name__ == "__main__":
    vectors = {name: reference(picture) for name, picture in pictures().items()}
    VECTORS.write_text(json.dumps(vectors, indent=1) + "\n")
