"""How dank is this meme? `Classifier` loads a model once and answers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dankmeme.version import __version__

if TYPE_CHECKING:
    from dankmeme.models.classifier import Classification, Classifier, Failure
    from dankmeme.models.verdict import Verdict

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
"""ONNX Runtime, from 1.32 on, gives a machine an id and reports its use to its maker, unless it is told not to before
it is imported. What is asked here is nobody else's business."""

__all__ = ["Classification", "Classifier", "Failure", "Verdict", "__version__"]

_HOMES = {
    "Classification": "dankmeme.models.classifier",
    "Classifier": "dankmeme.models.classifier",
    "Failure": "dankmeme.models.classifier",
    "Verdict": "dankmeme.models.verdict",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for: `import dankmeme` itself stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'dankmeme' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
