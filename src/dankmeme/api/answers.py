"""The classifier's dataclasses as API answers."""

from __future__ import annotations

from dataclasses import asdict

from dankmeme.api.schemas import (
    ClassifyAnswer,
    ContextAnswer,
    ImageAnswer,
    ModelAnswer,
    ModelsAnswer,
    SeenPost,
    VerdictAnswer,
)
from dankmeme.models.classifier import Classification


def answer(result: Classification, seen: list[SeenPost] | None = None) -> ClassifyAnswer:
    """A classification as `POST /api/v1/classify` and `dank classify --json` give it.

    Args:
        result: the classification.
        seen: stored posts of the picture; None where nobody looked.
    """
    return ClassifyAnswer(
        input=result.input,
        sha256=result.sha256,
        pdq=result.pdq,
        verdict=VerdictAnswer(**asdict(result.verdict)),
        models=ModelsAnswer(
            cnn=ModelAnswer(**asdict(result.cnn)),
            automl=ModelAnswer(**asdict(result.automl)) if result.automl else None,
        ),
        context=ContextAnswer.model_validate(asdict(result.context)) if result.context else None,
        caption=result.caption,
        caption_source=result.caption_source,
        image=ImageAnswer(**asdict(result.image)),
        milliseconds=round(result.milliseconds, 1),
        seen=seen,
    )
