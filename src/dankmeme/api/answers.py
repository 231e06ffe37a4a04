"""The classifier's dataclasses as API answers."""

from __future__ import annotations

from dataclasses import asdict

from dankmeme.api.schemas import ClassifyAnswer, ImageAnswer, ModelAnswer, ModelsAnswer, VerdictAnswer
from dankmeme.models.classifier import Classification


def answer(result: Classification) -> ClassifyAnswer:
    """A classification as `POST /api/v1/classify` and `dank classify --json` give it."""
    return ClassifyAnswer(
        input=result.input,
        sha256=result.sha256,
        pdq=result.pdq,
        verdict=VerdictAnswer(**asdict(result.verdict)),
        models=ModelsAnswer(
            cnn=ModelAnswer(**asdict(result.cnn)),
            automl=ModelAnswer(**asdict(result.automl)) if result.automl else None,
        ),
        caption=result.caption,
        caption_source=result.caption_source,
        image=ImageAnswer(**asdict(result.image)),
        milliseconds=round(result.milliseconds, 1),
    )
