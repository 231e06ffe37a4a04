"""Routes that give verdicts: the 2018 one and the full one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, UploadFile
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as FormFile

from dankmeme import metrics
from dankmeme.api.answers import answer
from dankmeme.api.schemas import ClassifyAnswer, ClassifyUrl, LegacyError, LegacyPrediction, Problem
from dankmeme.api.seen import seen_before
from dankmeme.api.serving import Serving
from dankmeme.errors import DankError, ImageError
from dankmeme.fetch import Fetcher
from dankmeme.models.classifier import Classification
from dankmeme.models.context import UNTOLD, Posting, moment_of
from dankmeme.traces import carried

T = TypeVar("T")

MAX_CAPTION = 2_000
"""Characters of a caption, or of a title."""
MAX_WAITING = 128
"""Pictures that may be under way at once; their bytes are all in memory."""
MAX_FETCHING = 64
"""Of these, such as are still being fetched: hosts that stall keep nobody waiting who sends a picture."""

_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "The picture."},
                    "caption": {
                        "type": "string",
                        "maxLength": MAX_CAPTION,
                        "description": "Use this caption instead of the one that is read.",
                    },
                    "title": {
                        "type": "string",
                        "maxLength": MAX_CAPTION,
                        "description": "Title of the post, for `context` alone.",
                    },
                    "posted_at": {
                        "type": "string",
                        "maxLength": 64,
                        "description": "When it is posted, ISO 8601, UTC unless it says; likewise.",
                    },
                },
            }
        },
        "application/json": {"schema": {"$ref": "#/components/schemas/ClassifyUrl"}},
    },
}


async def rate_limit(request: Request) -> None:
    """The app's limit on a client's rate."""
    await request.app.state.rate_limit(request)


class Verdicts:
    """Gives verdicts without blocking the event loop."""

    def __init__(self, serving: Serving, fetcher: Fetcher) -> None:
        self._serving, self._fetcher = serving, fetcher
        self._waiting = self._fetching = 0
        self._threads = ThreadPoolExecutor(max_workers=32, thread_name_prefix="verdict")

    async def of_bytes(
        self,
        data: bytes,
        told: Callable[[Classification], T],
        caption: str | None = None,
        posting: Posting = UNTOLD,
    ) -> T:
        """What is told of the verdict on an upload.

        Args:
            data: the picture.
            told: makes an answer of a verdict; it runs in the verdict's own thread, where it may wait.
            caption: use this one instead of reading it.
            posting: how the meme is posted.

        Raises:
            DankError: as `Classifier.classify`, and `too-busy` where `MAX_WAITING` pictures wait already.
        """
        if self._waiting >= MAX_WAITING:
            raise DankError("too-busy", "too many pictures wait already; try again in a few seconds")
        self._waiting += 1
        try:
            with self._serving.asked() as classifier:
                asked = perf_counter()

                def answered() -> T:
                    result = classifier.classify(
                        data, caption=caption, title=posting.title, posted_utc=posting.posted_utc
                    )
                    metrics.VERDICT_SECONDS.observe(perf_counter() - asked)
                    metrics.VERDICTS.labels(classifier.bundle.version, result.verdict.label).inc()
                    return told(result)

                return await asyncio.get_running_loop().run_in_executor(self._threads, carried(answered))
        finally:
            self._waiting -= 1

    async def of_url(
        self,
        url: str,
        told: Callable[[Classification], T],
        caption: str | None = None,
        posting: Posting = UNTOLD,
    ) -> T:
        """What is told of the verdict on a picture by its address; arguments as for `of_bytes`.

        Raises:
            DankError: as `of_bytes`, and `too-busy` where `MAX_FETCHING` are being fetched.
        """
        if self._fetching >= MAX_FETCHING:
            raise DankError("too-busy", "too many pictures are being fetched already; try again in a few seconds")
        self._fetching += 1
        try:
            data = await self._fetcher.fetch(url)
        finally:
            self._fetching -= 1
        return await self.of_bytes(data, told, caption, posting)

    def close(self) -> None:
        """Stop taking questions."""
        self._threads.shutdown(cancel_futures=True)


router = APIRouter(tags=["classify"], dependencies=[Depends(rate_limit)])


@router.post(
    "/api/v1/classify",
    summary="A verdict on one picture, by upload or by URL",
    openapi_extra={"requestBody": _BODY},
    responses={status: {"model": Problem} for status in (400, 404, 413, 415, 422, 429, 502, 503, 504)},
)
async def classify(request: Request) -> ClassifyAnswer:
    """Give a verdict. The picture is forgotten when the answer is sent."""
    verdicts: Verdicts = request.app.state.verdicts
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        asked = _asked(await request.body())
        await request.app.state.url_limit(request)
        told = partial(_told, request, asked.url)
        return await verdicts.of_url(asked.url, told, asked.caption, _posting(asked.title, asked.posted_at))
    if kind != "multipart/form-data":
        raise ImageError("not-an-image", "send the picture as the form field `file`, or JSON with a `url`")
    async with request.form(max_files=1, max_fields=4, max_part_size=16_384) as form:
        data, caption = await _uploaded(form)
        posting = _posting(form.get("title"), form.get("posted_at"))
    return await verdicts.of_bytes(data, partial(_told, request, "upload"), caption, posting)


@router.post(
    "/api/v1/memes/predictions/file",
    summary="The probability of dank, as in 2018",
    responses={status: {"model": LegacyError} for status in (400, 413, 415, 422, 429)},
)
async def predict_file(request: Request, file: Annotated[UploadFile, "The picture."]) -> LegacyPrediction:
    """Give the probability alone."""
    verdicts: Verdicts = request.app.state.verdicts
    probability = await verdicts.of_bytes(await file.read(), lambda result: result.verdict.probability)
    return LegacyPrediction(status="success", prediction=probability)


def _told(request: Request, name: str, result: Classification) -> ClassifyAnswer:
    """The answer, with where the picture was posted before: nowhere in the demo mode, which knows no posts."""
    demo = request.app.state.settings.mode == "demo"
    return answer(result, None if demo else seen_before(request, result), name=name)


def _asked(body: bytes) -> ClassifyUrl:
    try:
        return ClassifyUrl.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = str(first["loc"][0]) if first["loc"] else "body"
        code = {"url": "bad-url", "caption": "bad-caption"}.get(where, "invalid-request")
        raise ImageError(code, f"{where}: {first['msg']}") from None


def _posting(title: str | FormFile | None, posted_at: str | FormFile | None) -> Posting:
    """How the meme is said to be posted; an empty field says nothing."""
    if isinstance(title, FormFile) or (title is not None and len(title) > MAX_CAPTION):
        raise ImageError("invalid-request", f"a title is a text of at most {MAX_CAPTION} characters")
    if isinstance(posted_at, FormFile):
        raise ImageError("invalid-request", "a time is a text")
    return Posting(title, moment_of(posted_at) if posted_at else None)


async def _uploaded(form: FormData) -> tuple[bytes, str | None]:
    file, caption = form.get("file"), form.get("caption")
    if not isinstance(file, FormFile):
        raise ImageError("empty", "the form has no field `file` with a picture in it")
    if isinstance(caption, FormFile) or (caption is not None and len(caption) > MAX_CAPTION):
        raise ImageError("bad-caption", f"a caption is a text of at most {MAX_CAPTION} characters")
    return await file.read(), caption.replace("\r\n", "\n") if caption is not None else None
