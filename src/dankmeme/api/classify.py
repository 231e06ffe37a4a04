"""Routes that give verdicts: the 2018 one and the full one."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, UploadFile
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as FormFile

from dankmeme import metrics
from dankmeme.api.answers import answer
from dankmeme.api.schemas import ClassifyAnswer, ClassifyUrl, LegacyError, LegacyPrediction, Problem, SeenPost
from dankmeme.api.seen import seen_before
from dankmeme.api.serving import Serving
from dankmeme.errors import DankError, ImageError
from dankmeme.fetch import Fetcher
from dankmeme.models.classifier import Classification
from dankmeme.models.context import UNTOLD, Posting, moment_of
from dankmeme.traces import carried

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

    async def of_bytes(self, data: bytes, caption: str | None = None, posting: Posting = UNTOLD) -> Classification:
        """A verdict on an upload.

        Raises:
            DankError: as `Classifier.classify`, and `too-busy` where `MAX_WAITING` pictures wait already.
        """
        if self._waiting >= MAX_WAITING:
            raise DankError("too-busy", "too many pictures wait already; try again in a few seconds")
        self._waiting += 1
        try:
            with self._serving.asked() as classifier:
                loop = asyncio.get_running_loop()
                ask = partial(classifier.classify, data, caption=caption, **asdict(posting))
                with metrics.timed(metrics.VERDICT_SECONDS):
                    result = await loop.run_in_executor(self._threads, carried(ask))
                metrics.VERDICTS.labels(classifier.bundle.version, result.verdict.label).inc()
                return result
        finally:
            self._waiting -= 1

    async def of_url(self, url: str, caption: str | None = None, posting: Posting = UNTOLD) -> Classification:
        """A verdict on a picture by its address.

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
        return await self.of_bytes(data, caption, posting)

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
        result = await verdicts.of_url(asked.url, asked.caption, _posting(asked.title, asked.posted_at))
        return answer(result, await _seen(request, result)).model_copy(update={"input": asked.url})
    if kind != "multipart/form-data":
        raise ImageError("not-an-image", "send the picture as the form field `file`, or JSON with a `url`")
    async with request.form(max_files=1, max_fields=4, max_part_size=16_384) as form:
        data, caption = await _uploaded(form)
        posting = _posting(form.get("title"), form.get("posted_at"))
    result = await verdicts.of_bytes(data, caption, posting)
    return answer(result, await _seen(request, result)).model_copy(update={"input": "upload"})


@router.post(
    "/api/v1/memes/predictions/file",
    summary="The probability of dank, as in 2018",
    responses={status: {"model": LegacyError} for status in (400, 413, 415, 422, 429)},
)
async def predict_file(request: Request, file: Annotated[UploadFile, "The picture."]) -> LegacyPrediction:
    """Give the probability alone."""
    verdicts: Verdicts = request.app.state.verdicts
    result = await verdicts.of_bytes(await file.read())
    return LegacyPrediction(status="success", prediction=result.verdict.probability)


async def _seen(request: Request, result: Classification) -> list[SeenPost] | None:
    """Where a picture was posted before; None in the demo mode, which knows no posts."""
    if request.app.state.settings.mode == "demo":
        return None
    return await run_in_threadpool(seen_before, request, result)


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
