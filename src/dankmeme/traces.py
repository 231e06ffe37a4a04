"""Spans, where `DANK_TRACES_URL` says who collects them; nothing and at no cost where it does not.

The names follow OpenTelemetry's semantic conventions where those have one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from opentelemetry import trace

from dankmeme.errors import SettingError
from dankmeme.version import __version__

_tracer = trace.get_tracer("dankmeme", __version__)
P = ParamSpec("P")
R = TypeVar("R")


def set_up(url: str, role: str) -> Callable[[], None]:
    """Send the spans of this process to a collector from now on.

    Args:
        url: of its OTLP receiver over HTTP, such as `http://localhost:4318`.
        role: `serve` or `worker`.

    Returns:
        What is to be called at the end, so that the last spans are sent too.

    Raises:
        SettingError: `bad-setting`, where what it takes is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise SettingError(
            "bad-setting", "DANK_TRACES_URL needs more packages: pip install --editable '.[traces]' in the clone"
        ) from None
    resource = Resource.create({"service.name": f"dank-{role}", "service.version": __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)
    return provider.shutdown


@contextmanager
def span(name: str, **attributes: str | int | float | bool) -> Iterator[trace.Span]:
    """A span around what is done in here, beneath the one it is in."""
    with _tracer.start_as_current_span(name, attributes=attributes) as current:
        yield current


def carried(call: Callable[P, R]) -> Callable[P, R]:
    """A call for another thread, which stays within this one's span, request and piece of work."""
    context = copy_context()

    @functools.wraps(call)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.run(call, *args, **kwargs)

    return run
