"""Processes as those who run the place see them: health, metrics, logs, traces, the demo mode."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.conftest import free_port
from tests.faults.processes import Command, environment

TOKEN = "a token for metrics alone"


class Collector:
    """Takes spans as an OpenTelemetry collector does: OTLP over HTTP, protobuf."""

    def __init__(self) -> None:
        self._spans: dict[bytes, Span] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["content-length"]))
                for group in ExportTraceServiceRequest.FromString(data).resource_spans:
                    for scope in group.scope_spans:
                        for span in scope.spans:
                            outer._spans[span.span_id] = span  # what is not confirmed in time is sent again
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def spans(self, name: str) -> list[Span]:
        """Those of a name, so far."""
        return [span for span in self._spans.values() if span.name == name]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    there = Collector()
    yield there
    there.close()


@contextmanager
def started(
    *arguments: str, port: int, ready: str = "/health/ready", **settings: str
) -> Iterator[tuple[Command, httpx.Client]]:
    """A command of ours, once it is ready."""
    with (
        Command(arguments, env=environment(decode_workers="1", caption_readers="1", **settings)) as command,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        command.until(_answers(client, ready), what="it is ready")
        yield command, client


def _answers(client: httpx.Client, route: str) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            return client.get(route).status_code == 200
        except httpx.TransportError:
            return False

    return answers


def test_a_request_can_be_followed_through_log_and_trace(
    tmp_path: Path, collector: Collector, examples: list[Path]
) -> None:
    port = free_port()
    watched = {"log_format": "json", "log_level": "info", "traces_url": collector.url, "metrics_token": TOKEN}
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with started("serve", "--port", str(port), port=port, home=str(tmp_path), **watched) as (server, client):
        headers = {"X-Request-ID": "from-the-proxy", "traceparent": f"00-{trace}-{parent}-01"}
        answer = client.post("/api/v1/classify", files={"file": examples[0].read_bytes()}, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["x-request-id"] == "from-the-proxy"
        client.post("/api/v1/demo")
        server.until(lambda: '"queue": "ingest"' in server.stderr or _ingested(client), what="samples come in")
        server.terminate()
        assert server.wait() == 0
        lines = [json.loads(line) for line in server.stderr.splitlines()]

    (asked,) = [line for line in lines if line.get("route") == "/api/v1/classify"]
    assert asked["request"] == "from-the-proxy"
    assert (asked["method"], asked["status"]) == ("POST", 200)
    assert not [line for line in lines if line.get("route") == "/health/ready"]

    (request,) = collector.spans("POST /api/v1/classify")
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (trace, parent)
    for name in ("decode", "read caption", "score"):
        within = [span for span in collector.spans(name) if span.trace_id.hex() == trace]
        assert [span.parent_span_id for span in within] == [request.span_id]
    assert any(attribute.key == "work" for span in collector.spans("ingest") for attribute in span.attributes)


def _ingested(client: httpx.Client) -> bool:
    said = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    return 'dank_ingested_total{outcome="stored"' in said and 'dank_work_total{outcome="done",queue="ingest"}' in said


def test_a_worker_says_that_it_is_ready_and_what_it_did(tmp_path: Path) -> None:
    port = free_port()
    with started("worker", port=port, home=str(tmp_path), metrics_port=str(port), predict="false") as (worker, client):
        assert client.get("/health/live").json() == {"status": "ok"}
        assert "dank_work_seconds" in client.get("/metrics").text
        assert client.get("/api/v1/posts").status_code == 404
        worker.terminate()
        assert worker.wait() == 0


def test_a_worker_whose_port_is_taken_says_so_and_ends(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as taken:
        port = taken.server_address[1]
        with Command(["worker"], env=environment(home=str(tmp_path), metrics_port=str(port))) as worker:
            assert worker.wait() == 2
            assert f"DANK_METRICS_PORT: cannot listen on 127.0.0.1:{port}" in worker.stderr


def test_the_demo_mode_gives_verdicts_and_keeps_nothing(tmp_path: Path, examples: list[Path]) -> None:
    port, home = free_port(), tmp_path / "nothing here"
    with started("serve", "--port", str(port), port=port, home=str(home), mode="demo") as (server, client):
        answer = client.post("/api/v1/classify", files={"file": examples[0].read_bytes()}).json()
        assert answer["verdict"]["label"] in ("dank", "not dank", "can't tell")
        assert answer["seen"] is None
        for route in ("/api/v1/posts", "/api/v1/status", "/api/v1/session", "/latest"):
            assert client.get(route).status_code == 404
        assert client.post("/api/v1/feedback", json={}).status_code in (404, 405)
        assert "dank_verdicts_total" in client.get("/metrics").text
        assert "dank_database_up" not in client.get("/metrics").text
        assert 'name="dank-mode" content="demo"' in client.get("/").text
        server.terminate()
        assert server.wait() == 0
        assert "nothing is kept" in server.stdout
    assert not home.exists()
