"""Make `deploy/grafana/dank.json`, the dashboard: `--check` says whether it is in step."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent.parent / "deploy" / "grafana" / "dank.json"
_WIDTH, _HEIGHT = 8, 8
_RATE = "[$__rate_interval]"

Lines = list[tuple[str, str]]
"""Queries with the legends of their lines."""
Panel = tuple[str, str, str, Lines]
"""A title, a kind, a unit and its lines."""

ROWS: list[tuple[str, list[Panel]]] = [
    (
        "At a glance",
        [
            ("Troubles", "stat", "short", [("max(dank_troubles)", "")]),
            ("Database", "stat", "bool_on_off", [("min(dank_database_up)", "")]),
            ("Oldest waiting work", "stat", "s", [("max(dank_queue_oldest_seconds)", "")]),
        ],
    ),
    (
        "Requests",
        [
            (
                "Answers",
                "timeseries",
                "reqps",
                [(f"sum by (status) (rate(dank_http_requests_total{_RATE}))", "{{status}}")],
            ),
            (
                "Latency, 95th percentile",
                "timeseries",
                "s",
                [
                    (
                        "histogram_quantile(0.95, sum by (le, route) (rate(dank_http_request_seconds_bucket"
                        f'{{route!="/api/v1/events"}}{_RATE})))',
                        "{{route}}",
                    )
                ],
            ),
            (
                "In flight, and refused",
                "timeseries",
                "short",
                [
                    ("sum(dank_http_requests_in_flight)", "in flight"),
                    (f"sum by (limit) (rate(dank_rate_limited_total{_RATE}))", "refused: {{limit}}"),
                ],
            ),
        ],
    ),
    (
        "Verdicts",
        [
            ("Verdicts", "timeseries", "ops", [(f"sum by (label) (rate(dank_verdicts_total{_RATE}))", "{{label}}")]),
            (
                "Time to a verdict",
                "timeseries",
                "s",
                [
                    (
                        f"histogram_quantile({share}, sum by (le) (rate(dank_verdict_seconds_bucket{_RATE})))",
                        f"{share:.0%}",
                    )
                    for share in (0.5, 0.95, 0.99)
                ],
            ),
            (
                "Reading a caption",
                "timeseries",
                "s",
                [(f"histogram_quantile(0.95, sum by (le) (rate(dank_caption_seconds_bucket{_RATE})))", "95%")],
            ),
        ],
    ),
    (
        "Pipeline",
        [
            ("Queues", "timeseries", "short", [("max by (queue, state) (dank_queue_depth)", "{{queue}} {{state}}")]),
            (
                "Pictures coming in",
                "timeseries",
                "ops",
                [(f"sum by (outcome, reason) (rate(dank_ingested_total{_RATE}))", "{{outcome}} {{reason}}")],
            ),
            ("Fetches", "timeseries", "ops", [(f"sum by (outcome) (rate(dank_fetches_total{_RATE}))", "{{outcome}}")]),
            (
                "Work",
                "timeseries",
                "ops",
                [(f"sum by (queue, outcome) (rate(dank_work_total{_RATE}))", "{{queue}} {{outcome}}")],
            ),
            (
                "What is kept is found",
                "timeseries",
                "percentunit",
                [
                    (
                        f'sum by (cache) (rate(dank_cache_total{{outcome="hit"}}{_RATE})) '
                        f"/ sum by (cache) (rate(dank_cache_total{_RATE}))",
                        "{{cache}}",
                    )
                ],
            ),
            (
                "Replaced processes",
                "timeseries",
                "short",
                [("sum by (pool) (increase(dank_processes_replaced_total[1h]))", "{{pool}}")],
            ),
        ],
    ),
    (
        "Models",
        [
            (
                "Predictions",
                "timeseries",
                "ops",
                [(f"sum by (version, outcome) (rate(dank_predictions_total{_RATE}))", "{{version}} {{outcome}}")],
            ),
            (
                "Scores: how they are spread",
                "heatmap",
                "percentunit",
                [('sum by (le) (increase(dank_prediction_probability_bucket{model="verdict"}[1h]))', "{{le}}")],
            ),
            (
                "Mean score: drift",
                "timeseries",
                "percentunit",
                [
                    (
                        "sum by (version) (rate(dank_prediction_probability_sum[6h])) "
                        "/ sum by (version) (rate(dank_prediction_probability_count[6h]))",
                        "{{version}}",
                    )
                ],
            ),
        ],
    ),
    (
        "Room",
        [
            (
                "Posts and pictures",
                "timeseries",
                "short",
                [("max(dank_posts)", "posts"), ("max(dank_images)", "pictures")],
            ),
            ("Disk", "timeseries", "bytes", [("max by (place) (dank_bytes)", "{{place}}")]),
            ("Memory", "timeseries", "bytes", [("process_resident_memory_bytes", "{{instance}}")]),
        ],
    ),
]


def dashboard() -> dict[str, Any]:
    """The dashboard, as Grafana imports it."""
    panels: list[dict[str, Any]] = []
    height = 0
    for title, row in ROWS:
        panels.append(
            _placed({"type": "row", "title": title, "collapsed": False, "panels": []}, len(panels), 0, height, 24, 1)
        )
        height += 1
        for place, panel in enumerate(row):
            column, line = place % 3, place // 3
            made = _panel(panel)
            panels.append(_placed(made, len(panels), column * _WIDTH, height + line * _HEIGHT, _WIDTH, _HEIGHT))
        height += _HEIGHT * -(-len(row) // 3)
    return {
        "uid": "dank",
        "title": "Dank Meme Classifier",
        "tags": ["dankmeme"],
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]
        },
        "panels": panels,
    }


def _panel(panel: Panel) -> dict[str, Any]:
    title, kind, unit, lines = panel
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "type": kind,
        "title": title,
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "expr": query,
                "legendFormat": legend,
                "datasource": source,
                "format": "heatmap" if kind == "heatmap" else "time_series",
            }
            for place, (query, legend) in enumerate(lines)
        ],
    }


def _placed(panel: dict[str, Any], number: int, x: int, y: int, width: int, height: int) -> dict[str, Any]:
    return {"id": number + 1, "gridPos": {"x": x, "y": y, "w": width, "h": height}, **panel}


def main() -> int:
    """Write it, or with `--check` compare."""
    text = json.dumps(dashboard(), indent=2) + "\n"
    if "--check" in sys.argv[1:]:
        if OUT.read_text() == text:
            return 0
        print("deploy/grafana/dank.json is not in step: python scripts/dashboard.py", file=sys.stderr)
        return 1
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
