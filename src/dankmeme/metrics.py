"""What this process counts and times, for Prometheus. Names and labels are documented in `docs/observing.md`.

No label holds what a stranger can choose: routes are templates, reasons are our own codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

REGISTRY = CollectorRegistry()
"""What `/metrics` shows of this process."""
ProcessCollector(registry=REGISTRY)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_TENTHS = tuple(tenth / 10 for tenth in range(1, 11))

REQUESTS = Counter("dank_http_requests", "Answers given.", ["method", "route", "status"], registry=REGISTRY)
REQUEST_SECONDS = Histogram(
    "dank_http_request_seconds", "From the request to the last byte of its answer.", ["method", "route"],
    buckets=_SECONDS, registry=REGISTRY,
)  # fmt: skip
IN_FLIGHT = Gauge("dank_http_requests_in_flight", "Requests that are being answered.", registry=REGISTRY)
REFUSED = Counter("dank_rate_limited", "Requests refused for their number.", ["limit"], registry=REGISTRY)

VERDICTS = Counter("dank_verdicts", "Pictures classified for whoever asked.", ["version", "label"], registry=REGISTRY)
VERDICT_SECONDS = Histogram(
    "dank_verdict_seconds", "From the bytes of a picture to its verdict.", buckets=_SECONDS, registry=REGISTRY
)

FETCHES = Counter("dank_fetches", "Pictures and lists fetched, by what came of it.", ["outcome"], registry=REGISTRY)
FETCHED_BYTES = Counter("dank_fetched_bytes", "Bytes that were fetched.", registry=REGISTRY)

INGESTED = Counter(
    "dank_ingested", "Pictures of posts: `stored`, `known` before, `again` (another try comes) or `failed`; and why.",
    ["outcome", "reason"], registry=REGISTRY,
)  # fmt: skip
WORK = Counter(
    "dank_work", "Pieces of work that ended: `done`, `broke` or `stopped`.", ["queue", "outcome"], registry=REGISTRY
)
WORK_SECONDS = Histogram(
    "dank_work_seconds", "How long a piece of work took.", ["queue"], buckets=_SECONDS, registry=REGISTRY
)

PREDICTIONS = Counter(
    "dank_predictions", "Predictions of stored pictures; and why they failed.",
    ["model", "version", "outcome", "reason"], registry=REGISTRY,
)  # fmt: skip
PROBABILITIES = Histogram(
    "dank_prediction_probability", "Probabilities predicted: their distribution shows drift.", ["model", "version"],
    buckets=_TENTHS, registry=REGISTRY,
)  # fmt: skip

CAPTION_SECONDS = Histogram(
    "dank_caption_seconds", "How long reading a caption took.", buckets=_SECONDS, registry=REGISTRY
)
CACHE = Counter(
    "dank_cache", "Lookups of what is kept: `picture` (known by its bytes), `sight` and `caption` (found out before).",
    ["cache", "outcome"], registry=REGISTRY,
)  # fmt: skip
REPLACED = Counter(
    "dank_processes_replaced", "Processes that decode or read and that a picture broke or held up.", ["pool"],
    registry=REGISTRY,
)  # fmt: skip


def looked_up(cache: str, *, hits: int, misses: int) -> None:
    """Count lookups of something that is kept."""
    CACHE.labels(cache, "hit").inc(hits)
    CACHE.labels(cache, "miss").inc(misses)


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Observe how many seconds pass in here, where it ends well."""
    began = perf_counter()
    yield
    histogram.observe(perf_counter() - began)
