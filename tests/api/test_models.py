"""Registered models over HTTP: everybody sees them, an admin decides, and the gate has its say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dankmeme.models.bundle import Bundle
from dankmeme.models.eyes import Eyes
from dankmeme.models.registry import Registry
from dankmeme.storage import retrains
from dankmeme.storage.shelf import Shelf
from tests.api.running import Place, problem, served
from tests.bundles import spoil, variant
from tests.faults.waiting import wait_until

SHIPPED = Bundle.default().version


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with served(tmp_path / "home") as place:
        yield place


@pytest.fixture
def other(place: Place, tmp_path: Path) -> str:
    """A candidate."""
    bundles = Registry(place.storage.database, Shelf(place.settings.models, place.settings.copies))
    bundles.lineup()
    with closing(Eyes(captions=False, workers=1)) as eyes:
        return bundles.register(variant(tmp_path / "2", "2").folder, eyes, "a test").version


def states(place: Place) -> dict[str, str]:
    return {each["version"]: each["state"] for each in place.client.get("/api/v1/models").json()["models"]}


def test_everybody_sees_what_there_is_and_nobody_sees_where(place: Place, other: str) -> None:
    answer = place.client.get("/api/v1/models")
    assert answer.status_code == 200
    assert str(place.settings.home) not in answer.text
    found = answer.json()
    assert [(each["version"], each["state"]) for each in found["models"]] == [(SHIPPED, "active"), (other, "candidate")]
    assert found["models"][0]["figures"][0]["value"] == pytest.approx(0.76, abs=0.01)
    assert (found["previous"], found["pinned"], found["retrains"]) == (None, False, [])
    assert not found["drift"]["due"]
    assert {each["name"] for each in found["drift"]["checks"]} == {"scores", "abstentions", "calibration", "ranking"}
    one = place.client.get(f"/api/v1/models/{other}").json()
    assert one["card"].startswith("# Model card")
    assert (one["ruling"]["code"], one["ruling"]["passed"]) == ("too few", False)
    assert [each["action"] for each in one["decisions"]] == ["add"]
    assert problem(place.client.get("/api/v1/models/nobody-1")) == (404, "no-such-version")


@pytest.mark.parametrize("what", ["shadow", "promote", "retire"])
def test_only_an_admin_decides(place: Place, other: str, what: str) -> None:
    for path in (f"/api/v1/models/{other}/{what}", "/api/v1/models/rollback"):
        assert problem(place.client.post(path, json={})) == (401, "not-signed-in")
    assert states(place) == {SHIPPED: "active", other: "candidate"}


def test_a_model_goes_to_the_shadow_is_refused_forced_and_rolled_back(place: Place, other: str) -> None:
    shadow = place.admin.post(f"/api/v1/models/{other}/shadow", json={"share": 0.25}).json()
    assert (shadow["state"], shadow["share"]) == ("shadow", 0.25)
    refused = place.admin.post(f"/api/v1/models/{other}/promote", json={})
    assert problem(refused) == (409, "gate-refused")
    assert "it takes 200" in refused.json()["detail"]
    assert states(place)[other] == "shadow"
    assert place.admin.post(f"/api/v1/models/{other}/promote", json={"force": True}).json()["state"] == "active"
    assert place.client.get("/api/v1/models").json()["previous"] == SHIPPED
    wait_until(lambda: used(place) == {other}, 20, "the server uses it")
    assert problem(place.admin.post(f"/api/v1/models/{other}/retire")) == (409, "wrong-state")
    assert place.admin.post("/api/v1/models/rollback").json()["version"] == SHIPPED
    assert problem(place.admin.post("/api/v1/models/rollback")) == (409, "nothing-before")
    assert place.admin.post(f"/api/v1/models/{other}/retire").json()["state"] == "retired"
    told = place.client.get("/api/v1/models").json()["decisions"]
    assert [(each["action"], each["forced"]) for each in told][:5] == [
        ("retire", False),
        ("rollback", False),
        ("promote", True),
        ("refuse", False),
        ("shadow", False),
    ]
    assert {each["by"] for each in told[:5]} == {"an admin"}


def used(place: Place) -> set[str]:
    processes = place.client.get("/api/v1/models").json()["processes"]
    return {each["version"] for each in processes if each["settled"]}


def test_a_damaged_model_cannot_be_forced(place: Place, other: str) -> None:
    spoil(Path(place.settings.models) / other / "automl.onnx")
    assert problem(place.admin.post(f"/api/v1/models/{other}/promote", json={"force": True})) == (503, "bundle-damaged")
    assert problem(place.admin.post(f"/api/v1/models/{other}/shadow", json={})) == (503, "bundle-damaged")
    assert states(place) == {SHIPPED: "active", other: "candidate"}


@pytest.mark.parametrize("share", [0, -1, 1.5, "much"])
def test_a_share_is_more_than_nothing_and_at_most_all(place: Place, other: str, share: object) -> None:
    assert problem(place.admin.post(f"/api/v1/models/{other}/shadow", json={"share": share})) == (
        422,
        "invalid-request",
    )


def test_a_training_that_failed_or_that_nobody_can_begin_is_told(place: Place) -> None:
    retrains.plan(place.storage.database, "0 4 * * 0", 1_000.0)
    wait_until(lambda: any("no running process can train" in each for each in troubles(place)), 10, "it is told")
    found = retrains.claim(place.storage.database, 2_000.0, 1e12)
    assert found is not None
    retrains.end(place.storage.database, found.id, "failed", "there were only 3 memes")
    wait_until(lambda: any("there were only 3 memes" in each for each in troubles(place)), 10, "it is told")
    told = place.client.get("/api/v1/models").json()["retrains"]
    assert [each["state"] for each in told] == ["waiting", "failed"]


def troubles(place: Place) -> list[str]:
    found: list[str] = place.client.get("/api/v1/status").json()["troubles"]
    return found
