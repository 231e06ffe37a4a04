"""Eyes and model versions as the settings want them."""

from __future__ import annotations

from dankmeme.models.eyes import Eyes
from dankmeme.models.predictors import Predictors
from dankmeme.pipeline.lineup import Keeper
from dankmeme.settings import Settings


def workers_predictors(
    settings: Settings, keeper: Keeper, eyes: Eyes, parallel: int | None = None
) -> Predictors | None:
    """The model versions of a process that works on the queues; None where it leaves predicting to others."""
    return predictors_for(keeper, eyes, parallel) if settings.predict else None


def predictors_for(keeper: Keeper, eyes: Eyes, parallel: int | None = None) -> Predictors:
    """The model versions that predict what comes in: those of the bundle that also answers, and of others."""
    return Predictors(keeper.places, eyes, parallel, keeper.find)
