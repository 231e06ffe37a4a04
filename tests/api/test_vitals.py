"""What machines ask: health, metrics, ids. Of a real app over a real connection; without models it is never ready."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dankmeme.api import status
from dankmeme.api.resting import Resting
from dankmeme.errors import DankError
from dankmeme.storage import Storage
from tests.api.running import Place, make_queues, problem, served
from tests.storage.making import a_post, facts, show, store

ROOT = Path(__file__).parents[2]
SECRET = "a token for metrics alone"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("place")) as there:
        yield there


def samples(place: Place) -> dict[str, float]:
    """What `/metrics` says, by name and labels as they are written there."""
    response = place.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(response.text)
    return {_written(each.name, each.labels): each.value for family in families for each in family.samples}


def _written(name: str, labels: dict[str, str]) -> str:
    return name + "".join(f" {label}={value}" for label, value in sorted(labels.items()))


def test_a_server_without_a_model_is_alive_and_not_ready(place: Place) -> None:
    assert place.client.get("/health/live").json() == {"status": "ok"}
    assert problem(place.client.get("/health/ready")) == (503, "not-ready")


def test_an_answer_carries_the_id_that_its_request_brought(place: Place) -> None:
    brought = place.client.get("/health/live", headers={"X-Request-ID": "from-the-proxy-1"})
    assert brought.headers["x-request-id"] == "from-the-proxy-1"


def test_an_answer_carries_an_id_of_ours_where_none_or_a_bad_one_was_brought(place: Place) -> None:
    for headers in ({}, {"X-Request-ID": "<script>"}):
        made = place.client.get("/api/v1/no-such-thing", headers=headers).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{16}", made)


def test_requests_are_counted_and_timed_by_the_template_of_their_route(place: Place) -> None:
    before = samples(place)
    for post in ("lemmy:one", "lemmy:two"):
        assert place.client.get(f"/api/v1/posts/{post}").status_code == 404

    after = samples(place)
    for name in (
        "dank_http_requests_total method=GET route=/api/v1/posts/{post_id:path} status=404",
        "dank_http_request_seconds_count method=GET route=/api/v1/posts/{post_id:path}",
    ):
        assert after[name] - before.get(name, 0) == 2


def test_no_label_holds_what_a_client_chose(place: Place) -> None:
    place.client.request("PROPFIND", "/coffee-pot-4711")
    place.client.get("/assets/4711.js")
    place.client.get("/api/v1/4711")

    found = samples(place)
    assert not [name for name in found if "4711" in name or "PROPFIND" in name]
    assert [name for name in found if name.startswith("dank_http_requests_total method=other")]


def test_a_request_that_is_refused_for_its_number_is_counted(tmp_path: Path) -> None:
    with served(tmp_path, rate_limit=1) as limited:
        before = samples(limited).get("dank_rate_limited_total limit=requests", 0)
        for _ in range(3):
            limited.client.post("/api/v1/classify", json={})
        assert samples(limited)["dank_rate_limited_total limit=requests"] - before == 2


def test_what_the_database_knows_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "KEPT_SECONDS", 0.0)
    (image,) = store(place.storage.database, facts(1))
    show(place.storage.database, a_post("1"), image)

    found = samples(place)
    assert found["dank_database_up"] == 1
    assert found["dank_images"] == 1
    assert found["dank_bytes place=database"] > 0
    assert found["dank_troubles"] >= 1  # there is no model


def test_a_database_that_is_away_is_told_and_keeps_nobody_from_the_rest(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Resting) -> Storage:
        raise DankError("database-away", "the database cannot be reached now")

    monkeypatch.setattr(Resting, "open", away)

    found = samples(place)
    assert found["dank_database_up"] == 0
    assert "dank_posts" not in found
    assert found["process_resident_memory_bytes"] > 0


def test_metrics_want_their_token_where_there_is_one(tmp_path: Path) -> None:
    with served(tmp_path, metrics_token=SECRET) as guarded:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {SECRET}"}):
            assert problem(guarded.client.get("/metrics", headers=headers)) == (401, "bad-metrics-token")
        assert guarded.client.get("/metrics", headers={"Authorization": f"Bearer {SECRET}"}).status_code == 200


def test_exactly_the_metrics_that_exist_are_documented(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    make_queues(place)
    monkeypatch.setattr(status, "KEPT_SECONDS", 0.0)
    page = (ROOT / "docs" / "observing.md").read_text()
    documented = {name for line in page.splitlines() if line.startswith("| `dank_") for name in _first_cell(line)}

    assert documented == _families(place)


def test_the_dashboard_is_in_step_and_asks_for_nothing_that_is_not_there(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run([sys.executable, ROOT / "scripts" / "dashboard.py", "--check"], check=True)
    make_queues(place)
    monkeypatch.setattr(status, "KEPT_SECONDS", 0.0)
    there = _families(place) | {"process_resident_memory_bytes"}
    panels = json.loads((ROOT / "deploy" / "grafana" / "dank.json").read_text())["panels"]
    asked = {
        re.sub("_(bucket|sum|count)$", "", name)
        for panel in panels
        for target in panel.get("targets", ())
        for name in re.findall(r"(?:dank|process)_\w+", target["expr"])
    }

    assert len(asked) > 15
    assert asked <= there


def _first_cell(line: str) -> list[str]:
    return re.findall("`(dank_[a-z_]+)`", line.split("|")[1])


def _families(place: Place) -> set[str]:
    """The names of all that there is of ours: also of what nothing was counted of yet."""
    found = set(re.findall(r"^# TYPE (dank_\w+) \w+$", place.client.get("/metrics").text, re.MULTILINE))
    return {name for name in found if not name.endswith("_created")}
