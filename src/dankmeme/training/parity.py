"""An exported graph must say what the model says that it was made from."""

from __future__ import annotations

from pathlib import Path

from dankmeme.errors import TrainingError

CHECKED = 100
"""So many examples are compared."""
LARGEST_DIFFERENCE = 1e-3
"""Of a probability or score by the graph from the same by its original."""


def checked(graph: Path, difference: float) -> float:
    """The difference, if the graph may be used.

    Raises:
        TrainingError: `export-differs`.
    """
    if not difference <= LARGEST_DIFFERENCE:
        raise TrainingError(
            "export-differs",
            f"{graph} differs from the model that was trained by up to {difference:.4f}; at most {LARGEST_DIFFERENCE} "
            "is right. Another backbone may do better",
        )
    return difference
