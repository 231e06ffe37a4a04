"""How far a forecast of a bundle's own picture may be from what training said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dankmeme.models.caption import READER

TOLERANCE = 1e-4
OTHER_READER = 0.05
"""Where training read the caption with another reader: it places lines, and is sure of them, a little differently."""


def tolerance(want: Mapping[str, Any], model: str) -> float:
    """The largest difference that is no fault.

    Args:
        want: the bundle's `selftest.json`.
        model: whose forecast it is; the cnn reads no captions.
    """
    return TOLERANCE if model == "cnn" or want.get("reader") == READER else OTHER_READER
