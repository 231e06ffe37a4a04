"""Eyes and model versions as the settings want them."""

from __future__ import annotations

from dankmeme.models.eyes import Eyes
from dankmeme.models.predictors import Predictors
from dankmeme.settings import Settings


def eyes_for(settings: Settings) -> Eyes:
    """Processes that decode and read; they start when they are first needed."""
    return Eyes(
        captions=settings.captions,
        workers=settings.decode_workers or None,
        readers=settings.caption_readers or None,
    )


def workers_predictors(settings: Settings, eyes: Eyes, parallel: int | None = None) -> Predictors | None:
    """The model versions of a process that works on the queues; None where it leaves predicting to others."""
    return predictors_for(settings, eyes, parallel) if settings.predict else None


def predictors_for(settings: Settings, eyes: Eyes, parallel: int | None = None) -> Predictors:
    """The model versions that predict what comes in: those of the bundle that also answers, and of further ones."""
    return Predictors([settings.bundle, *settings.bundles], eyes, parallel)
