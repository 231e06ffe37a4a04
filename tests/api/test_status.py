"""How the place is doing, over HTTP, and what must not be told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from dankmeme.api import status
from dankmeme.api.public import public
from dankmeme.api.status import StatusBoard
from dankmeme.pipeline import engine
from dankmeme.pipeline.schedule import make
from dankmeme.pipeline.work import QUEUES
from dankmeme.storage import posts, predictions, runs, schedules, versions
from dankmeme.storage.executors import Pulse
from dankmeme.storage.posts import Failed
from dankmeme.storage.predictions import Wanted
from dankmeme.storage.tables import metadata
from dankmeme.storage.versions import Version
from tests.api.running import Place, make_queues, served
from tests.conftest import Server
from tests.faults.waiting import wait_until
from tests.storage.making import a_post, at_once, facts, show, store

SECRET_HOME = "/home/some body/models/imgflip-1"


@pytest.fixture(scope="module")
def module_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("place")) as there:
        yield there


@pytest.fixture
def place(module_place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """With nothing in it, and an answer that is made anew each time."""
    monkeypatch.setattr(status, "KEPT_SECONDS", 0.0)
    roomy(monkeypatch, 500, 1_000)
    with module_place.storage.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
    return module_place


def roomy(monkeypatch: pytest.MonkeyPatch, free: float, total: float) -> None:
    """A disk with so many gigabytes."""
    usage = SimpleNamespace(free=int(free * 1e9), total=int(total * 1e9))
    monkeypatch.setattr(status.shutil, "disk_usage", lambda _: usage)


def told(place: Place) -> dict[str, Any]:
    response = place.client.get("/api/v1/status")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    assert body["troubles"].pop(0) == "No verdicts can be given: none here."  # this app was started without a model
    return body


def ended(place: Place, source: str, where: str, error: str | None, schedule: str | None = None) -> None:
    what = json.dumps({"source": source, "where": where, "limit": 3})
    runs.end(place.storage.database, runs.begin(place.storage.database, what, schedule), error)


def test_an_empty_place_has_no_troubles(place: Place) -> None:
    body = told(place)
    assert (body["troubles"], body["posts"], body["images"], body["demo"]) == ([], 0, 0, 0)
    assert body["failures"] == body["versions"] == body["sources"] == []
    assert body["rates"] == [
        {"name": name, "hour": 0, "day": 0} for name in ("posts", "images", "predictions", "votes")
    ]
    assert body["disk"]["database"] >= (place.settings.home / "dank.db").stat().st_size > 0
    assert body["disk"]["free"] == 500e9


def test_what_is_there_and_what_failed_is_counted(place: Place) -> None:
    database = place.storage.database
    version = Version("automl", "imgflip-1", SECRET_HOME, True, 0)
    versions.adopt(database, [version], {})
    for number, source in enumerate(("reddit", "sample")):
        (name,) = store(database, facts(number))
        show(database, a_post(str(number), source=source), name)
    posts.enlist(database, [a_post("lost", pictures=2)], "run")
    lost = {("reddit:lost", place): Failed("not-found", f"no {place}", passing=place > 0) for place in range(2)}
    posts.settle(database, {}, lost)
    predictions.settle(database, [predictions.failed(Wanted(name, version.key), "model-failed", "it broke")])
    body = told(place)
    assert (body["posts"], body["images"], body["demo"]) == (2, 2, 1)
    assert body["versions"] == [
        {
            "model": "automl",
            "version": "imgflip-1",
            "active": True,
            "fault": None,
            "done": 0,
            "pending": 1,
            "failed": 1,
        }
    ]
    assert [(each["code"], each["count"], each["passing"]) for each in body["failures"]] == [
        ("not-found", 2, True),
        ("model-failed", 1, True),
    ]
    assert body["failures"][1]["message"] == "it broke"
    assert {each["name"]: each["hour"] for each in body["rates"]} == {
        "posts": 2,
        "images": 2,
        "predictions": 0,
        "votes": 0,
    }


def test_troubles_are_plain_sentences_the_worst_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    database = place.storage.database
    make_queues(place)
    posts.enlist(database, [a_post("a")], "run")
    engine.set_room(database, "scrape", 0)
    damaged = Version("automl", "imgflip-1", SECRET_HOME, True, 0, f"{SECRET_HOME}/caption.onnx is damaged.")
    versions.adopt(database, [damaged], {})
    known = make("lemmy", "memes@lemmy.ml", None)
    schedules.save(database, known)
    ended(place, "lemmy", "memes@lemmy.ml", "lemmy.ml: the host did not answer", known.name)
    runs.begin(database, "{}", known.name)
    roomy(monkeypatch, 40, 1_000)
    assert told(place)["troubles"] == [
        "The disk is almost full: 40.0 GB are left.",
        "Nobody works on the queues, and work waits: start dank serve or dank worker.",
        "The automl model imgflip-1 cannot predict: imgflip-1/caption.onnx is damaged.",
        "The queue scrape is paused.",
        "The last run of lemmy memes@lemmy.ml failed: lemmy.ml: the host did not answer.",
    ]
    engine.set_room(database, "scrape", 1)
    roomy(monkeypatch, 51, 1_000)
    Pulse(database, "me").beat()
    schedules.remove(database, known.name)
    versions.adopt(database, [replace(damaged, fault=None)], {})
    body = told(place)
    assert body["troubles"] == []
    assert [queue["name"] for queue in body["queues"]] == list(QUEUES)


@pytest.mark.parametrize(("free", "total", "short"), [(0.9, 10, True), (1.1, 10, False), (4.9, 100, True)])
def test_a_disk_with_less_than_a_gigabyte_or_a_twentieth_is_almost_full(
    place: Place, monkeypatch: pytest.MonkeyPatch, free: float, total: float, short: bool
) -> None:
    roomy(monkeypatch, free, total)
    assert bool(told(place)["troubles"]) == short


def test_each_place_is_told_with_its_newest_run(place: Place) -> None:
    ended(place, "lemmy", "memes@lemmy.ml", "busy")
    ended(place, "lemmy", "memes@lemmy.ml", None)
    ended(place, "reddit", "dankmemes", None)
    old = runs.begin(place.storage.database, json.dumps({"source": "feed", "where": "https://old.example"})).id
    with place.storage.database.write() as connection:
        then = time.time() - 31 * 86_400
        mine = metadata.tables["runs"].c.id == old
        connection.execute(sa.update(metadata.tables["runs"]).where(mine).values(started_utc=then, ended_utc=then))
    runs.begin(place.storage.database, json.dumps({"source": "reddit", "where": "memes"}))
    ended(place, "feed", "https://me:pw@a.example/feed?token=abc#x", "https://me:pw@a.example/feed?token=abc#x: no")
    shown = [(each["source"], each["where"], each["error"]) for each in told(place)["sources"]]
    assert shown == [
        ("feed", "https://a.example/feed", "https://a.example/feed: no"),
        ("lemmy", "memes@lemmy.ml", None),
        ("reddit", "dankmemes", None),
    ]


def test_no_path_of_this_machine_is_told(place: Place) -> None:
    database = place.storage.database
    ended(place, "files", "/srv/some body/memes", "/srv/some body/memes/posts.jsonl: there is no such file")
    ended(place, "archive", "/srv/dumps/posts.zst", "/srv/dumps/posts.zst is cut off")
    posts.enlist(database, [a_post("a")], "run")
    posts.settle(database, {}, {("reddit:a", 0): Failed("internal-error", "cannot open /srv/dumps/a.jpg", True)})
    versions.adopt(database, [Version("cnn", "b", SECRET_HOME, True, 0, f"{SECRET_HOME} is gone")], {})
    text = place.client.get("/api/v1/status").text
    assert not any(word in text for word in ("/srv", "some body", "/home", str(place.settings.home)))
    assert [each["where"] for each in json.loads(text)["sources"]] == ["posts.zst", "memes"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/etc/passwd", "passwd"),
        ("‘/etc/a b’ and “/srv/x.jpg”, (/opt/y)", "‘a b’ and “x.jpg”, (y)"),
        ("~/models/one: damaged", "one: damaged"),
        ("file:///home/me/feed.xml", "feed.xml"),
        ("https://u:p@a.example:8/b/c?d=e#f is no feed", "https://a.example:8/b/c is no feed"),
        ("postgresql://u:p@host/db", "postgresql://host/db"),
        ("24/7, and/or r/memes", "24/7, and/or r/memes"),
        ("https://[half", "an address"),
        ("", ""),
    ],
)
def test_what_everybody_may_read_has_no_paths_and_no_secrets(text: str, shown: str) -> None:
    assert public(text) == shown


def test_the_bucket_is_measured_beside_answering(place: Place, tmp_path: Path) -> None:
    place.storage.bucket.put("ab" * 32, {"original": b"x" * 1_000})
    board = StatusBoard()
    assert board.answer(place.storage).disk.bucket in (None, 1_000)
    assert wait_until(lambda: board.answer(place.storage).disk.bucket, 10, "the bucket is measured") == 1_000


def test_many_who_ask_at_once_have_it_found_out_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "KEPT_SECONDS", 60.0)
    found, asked = engine.states, []

    def counted(database: Any) -> Any:
        asked.append(database)
        return found(database)

    monkeypatch.setattr(engine, "states", counted)
    board = StatusBoard()
    answers = at_once(lambda _: board.answer(place.storage), 16)
    assert len(asked) == 1
    assert all(answer is answers[0] for answer in answers)


def test_a_real_server_tells_how_it_is_doing(server: Server) -> None:
    body = httpx.get(f"{server.url}/api/v1/status").json()
    assert not any("Nobody works" in each for each in body["troubles"])
    assert str(server.home) not in json.dumps(body)
