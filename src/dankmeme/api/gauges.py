"""How the place is doing, as Prometheus reads it: what the status page says in words and tables."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from dankmeme.api.admin_schemas import StatusAnswer


class Gauges(Collector):
    """What the database and the disk know. It is the same in every process: take the largest, never the sum.

    Args:
        status: None where the database cannot be asked now.
    """

    def __init__(self, status: StatusAnswer | None) -> None:
        self._status = status

    def collect(self) -> Iterator[GaugeMetricFamily]:
        status = self._status
        yield GaugeMetricFamily(
            "dank_database_up", "Whether the database can be asked.", 0.0 if status is None else 1.0
        )
        if status is None:
            return
        yield GaugeMetricFamily("dank_posts", "Posts in the feed.", status.posts)
        yield GaugeMetricFamily("dank_images", "Pictures stored.", status.images)
        yield GaugeMetricFamily(
            "dank_troubles", "Things that are wrong, as the status page says them.", len(status.troubles)
        )
        yield from _queues(status)
        lost = GaugeMetricFamily(
            "dank_failures", "Pictures and predictions that failed and may be retried.", labels=["code"]
        )
        for reason in status.failures:
            lost.add_metric([reason.code], reason.count)
        yield lost
        made = GaugeMetricFamily(
            "dank_version_predictions", "Predictions by version and state.", labels=["model", "version", "state"]
        )
        for version in status.versions:
            for state in ("done", "pending", "failed"):
                made.add_metric([version.model, version.version, state], getattr(version, state))
        yield made
        room = GaugeMetricFamily("dank_bytes", "Room taken, and `free` on the fullest disk.", labels=["place"])
        for place, size in status.disk.model_dump().items():
            if size is not None:
                room.add_metric([place], size)
        yield room


def _queues(status: StatusAnswer) -> Iterator[GaugeMetricFamily]:
    depth = GaugeMetricFamily("dank_queue_depth", "Pieces of work.", labels=["queue", "state"])
    oldest = GaugeMetricFamily("dank_queue_oldest_seconds", "How long the oldest piece waits.", labels=["queue"])
    paused = GaugeMetricFamily("dank_queue_paused", "Whether a queue is paused.", labels=["queue"])
    for queue in status.queues:
        for state in ("waiting", "running", "delayed"):
            depth.add_metric([queue.name, state], getattr(queue, state))
        oldest.add_metric([queue.name], queue.oldest)
        paused.add_metric([queue.name], float(queue.paused))
    yield from (depth, oldest, paused)
