"""The OpenAPI document, made to say what FastAPI cannot know: how our errors look, and how any body may be answered."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from dankmeme.api.problems import LEGACY_PREFIX
from dankmeme.api.schemas import ClassifyUrl

OF_A_BODY = (400, 408, 413, 422, 503)
"""A body may be no JSON and no form, come too slowly, be too large, hold something else, or find no room."""
OF_A_TOKEN = (401, 403, 429, 503)
"""A token may be missing, used by another site, one of too many wrong ones, or nowhere to be looked up."""
PROBLEM = "application/problem+json"
_SCHEMAS = "#/components/schemas"

Json = dict[str, Any]


def install(app: FastAPI) -> None:
    """Let an app give this document."""
    plain = app.openapi

    def described() -> Json:
        document = plain()
        _complete(document)
        return document

    app.openapi = described  # type: ignore[method-assign]


def _complete(document: Json) -> None:
    schemas = document["components"]["schemas"]
    schemas.setdefault("ClassifyUrl", ClassifyUrl.model_json_schema(ref_template=f"{_SCHEMAS}/{{model}}"))
    for path, methods in document["paths"].items():
        for operation in methods.values():
            wanted: tuple[int, ...] = OF_A_TOKEN if "401" in operation["responses"] else ()
            wanted += OF_A_BODY if "requestBody" in operation else ()
            operation["responses"] = _told(operation["responses"], wanted, legacy=path.startswith(LEGACY_PREFIX))
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)


def _told(responses: Json, wanted: tuple[int, ...], *, legacy: bool) -> Json:
    """Responses with those that are wanted as well, and errors in the shape that they have."""
    shape, kind = ("LegacyError", "application/json") if legacy else ("Problem", PROBLEM)
    content = {kind: {"schema": {"$ref": f"{_SCHEMAS}/{shape}"}}}
    told = {str(status): {"description": HTTPStatus(status).phrase} for status in wanted} | responses
    return {
        status: said | {"content": content} if int(status) >= 400 else said for status, said in sorted(told.items())
    }
