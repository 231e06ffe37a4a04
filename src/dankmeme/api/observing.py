"""What is seen of each request: its id, its count and time, a line in the log, and a span."""

from __future__ import annotations

import logging
from time import perf_counter

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dankmeme import metrics
from dankmeme.logs import request_id, within_request

HEADER = "X-Request-ID"
_QUIET = ("/metrics", "/health/live", "/health/ready", "/api/v1/health", "/api/v1/ready")
"""Asked for every few seconds by machines: counted, and not logged."""
_log = logging.getLogger(__name__)
_tracer = trace.get_tracer(__name__)


class Observed:
    """Outermost of all that answers: sees every request and every answer, errors among them.

    A request keeps the id that `X-Request-ID` gives it, and its place in a trace that `traceparent` (W3C) tells of;
    both are made up where they are missing. What is logged holds the route's template: no path, query or address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        name = request_id(headers.get(HEADER))
        parent = propagate.extract(dict(headers))
        with (
            within_request(name),
            _tracer.start_as_current_span(scope["method"], parent, SpanKind.SERVER) as span,
            metrics.IN_FLIGHT.track_inprogress(),
        ):
            answer = _Answer(send, name)
            began = perf_counter()
            try:
                await self._app(scope, receive, answer)
            finally:
                _note(scope, answer.status, perf_counter() - began, span)


class _Answer:
    """Sends an answer on, and remembers its status: 500 where none ever comes."""

    def __init__(self, send: Send, name: str) -> None:
        self._send, self._name = send, name
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[HEADER] = self._name
        await self._send(message)


def _note(scope: Scope, status: int, seconds: float, span: trace.Span) -> None:
    method, route = _method(scope), _route(scope)
    metrics.REQUESTS.labels(method, route, str(status)).inc()
    metrics.REQUEST_SECONDS.labels(method, route).observe(seconds)
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.request.method": method, "http.route": route, "http.response.status_code": status})
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))
    if route not in _QUIET:
        told = {"method": method, "route": route, "status": status, "milliseconds": round(1_000 * seconds, 1)}
        _log.info("%s %s %d in %.0f ms", method, route, status, 1_000 * seconds, extra=told)


def _method(scope: Scope) -> str:
    """The method, if it is one that we know: a client may send any word."""
    method: str = scope["method"]
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"


def _route(scope: Scope) -> str:
    """The template of the route that answered: `files` for the web app's own, `none` where there is no such route."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    if path is None:
        return "none"
    return str(path) or "files"
