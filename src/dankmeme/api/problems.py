"""Errors as people and machines meet them: RFC 9457 problem details, and the 2018 shape on the 2018 routes."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from dankmeme.api.beneath import here, own
from dankmeme.api.public import public
from dankmeme.api.schemas import LegacyError, Problem
from dankmeme.errors import BundleError, DankError, StorageError, first_line
from dankmeme.storage.database import is_outage

STATUS = {
    "empty": 400,
    "file-too-large": 413,
    "too-many-pixels": 413,
    "not-an-image": 415,
    "broken-image": 422,
    "decode-timeout": 422,
    "decode-failed": 422,
    "no-caption-reader": 409,
    "bad-caption": 422,
    "bad-time": 422,
    "invalid-request": 422,
    "bad-url": 400,
    "address-refused": 400,
    "host-unknown": 400,
    "not-found": 404,
    "forbidden": 422,
    "host-busy": 503,
    "too-many-redirects": 422,
    "fetch-timeout": 504,
    "fetch-failed": 502,
    "too-many-requests": 429,
    "too-slow": 408,
    "too-busy": 503,
    "not-ready": 503,
    "no-such-route": 404,
    "no-post": 404,
    "no-image": 404,
    "no-pair": 404,
    "no-schedule": 404,
    "bad-cursor": 400,
    "bad-token": 401,
    "bad-metrics-token": 401,
    "not-signed-in": 401,
    "foreign-request": 403,
    "local-source": 403,
    "not-empty": 409,
    "schedule-exists": 409,
    "schedule-paused": 409,
    "schedule-from-settings": 409,
    "bad-query": 422,
    "bad-setting": 422,
    "bundle-missing": 503,
    "bundle-damaged": 503,
    "bundle-too-new": 503,
    "no-such-model": 409,
    "no-such-version": 404,
    "wrong-state": 409,
    "gate-refused": 409,
    "selftest-failed": 409,
    "nothing-before": 409,
    "too-many-shadows": 409,
    "bad-version": 422,
    "bad-bucket": 503,
    "admin-closed": 503,
    "database-away": 503,
    "method-not-allowed": 405,
    "http-error": 400,
    "internal-error": 500,
}
"""HTTP status of every error code."""

LEGACY_PREFIX = "/api/v1/memes"
_log = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Answer every error of the app as a problem (or in the 2018 shape)."""
    app.add_exception_handler(DankError, _dank_error)
    app.add_exception_handler(SQLAlchemyError, _database_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


def problem(request: Request, status: int, code: str, detail: str) -> JSONResponse:
    """One error, in the shape that its route promises."""
    if own(request.url.path).startswith(LEGACY_PREFIX):
        return JSONResponse(LegacyError(status="error", message=detail).model_dump(), status)
    body = Problem(
        type=here(f"/errors#{code}"), title=HTTPStatus(status).phrase, status=status, detail=detail, code=code
    )
    return JSONResponse(body.model_dump(), status, media_type="application/problem+json")


async def _dank_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DankError)
    said = public(error.message) if isinstance(error, BundleError | StorageError) else error.message
    return problem(request, STATUS.get(error.code, 400), error.code, said)


async def _database_error(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, DataError):
        return problem(request, 422, "invalid-request", "a text in it holds what no text can, such as a NUL character")
    if not is_outage(error):
        return await _unexpected(request, error)
    _log.warning("the database is away: %s", first_line(error))
    return problem(request, 503, "database-away", "the database cannot be reached now; try again in a little while")


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    return problem(request, 422, "invalid-request", "; ".join(faults)[:1_000])


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    codes = {404: "no-such-route", 405: "method-not-allowed", 408: "too-slow", 413: "file-too-large", 503: "too-busy"}
    response = problem(request, error.status_code, codes.get(error.status_code, "http-error"), str(error.detail))
    response.headers.update(error.headers or {})
    return response


async def _gone(request: Request, error: Exception) -> JSONResponse:
    """Whoever broke off while sending hears of nothing, and is nothing for the log."""
    return problem(request, 400, "http-error", "the request broke off")


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.exception("unexpected error on %s", request.url.path, exc_info=error)
    return problem(request, 500, "internal-error", "something went wrong here; it is in the server's log")
