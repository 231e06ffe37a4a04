"""Model versions and forecasts as tests need them."""

from __future__ import annotations

import time
from typing import Any

from dankmeme.storage import predictions, versions
from dankmeme.storage.database import Database
from dankmeme.storage.predictions import Prediction
from dankmeme.storage.versions import Version, VersionKey

MODELS = ("automl", "cnn", "verdict")


def of_bundle(name: str, rank: int = 0, *, fault: str | None = None, models: tuple[str, ...] = MODELS) -> list[Version]:
    """The versions of a bundle."""
    return [Version(model, name, f"/bundles/{name}", True, rank, fault) for model in models]


def adopt(database: Database, *names: str) -> list[VersionKey]:
    """Make bundles the active ones, the first of them shown."""
    found = [version for rank, name in enumerate(names) for version in of_bundle(name, rank)]
    return versions.adopt(database, found, {})


def said(image: str, model: str, probability: float, version: str = "b-1", **more: Any) -> Prediction:
    """What a model version says of an image."""
    fields: dict[str, Any] = {
        "low": max(0.0, probability - 0.1),
        "high": min(1.0, probability + 0.1),
        "percentile": probability,
        "label": "dank" if probability >= 0.5 else "not dank",
        "milliseconds": 1.0,
        "made_utc": time.time(),
    }
    return Prediction(image, model, version, predictions.SUCCESS, probability=probability, **fields | more)


def forecast(database: Database, image: str, probability: float, version: str = "b-1", **more: Any) -> None:
    """All models of a bundle say the same of an image."""
    predictions.settle(database, [said(image, model, probability, version, **more) for model in MODELS])
