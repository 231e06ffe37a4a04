"""The classifier's dataclasses as API answers."""

from __future__ import annotations

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


def answer(result: Classification, seen: list[SeenPost] | None = None, *, name: str | None = None) -> ClassifyAnswer:
    """A classification as `POST /api/v1/classify` and `dank classify --json` give it.

    Args:
        result: the classification.
        seen: stored posts of the picture; None where nobody looked.
        name: what the picture is called, where it is not as the classifier knew it.
    """
    return ClassifyAnswer(
        input=result.input if name is None else name,
        sha256=result.sha256,
        pdq=result.pdq,
        verdict=VerdictAnswer.model_validate(vars(result.verdict)),
        models=ModelsAnswer(
            cnn=ModelAnswer.model_validate(vars(result.cnn)),
            automl=ModelAnswer.model_validate(vars(result.automl)) if result.automl else None,
        ),
        context=ContextAnswer.model_validate(vars(result.context)) if result.context else None,
        caption=result.caption,
        caption_source=result.caption_source,
        image=ImageAnswer.model_validate(vars(result.image)),
        milliseconds=round(result.milliseconds, 1),
        seen=seen,
    )
