"""Schedules and trials over HTTP, against a Lemmy on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from dankmeme.pipeline.schedule import make
from dankmeme.storage import runs, schedules
from tests.api.running import Place, problem, served
from tests.sources.fake_lemmy import FakeLemmy


@pytest.fixture(scope="module")
def lemmy() -> Iterator[FakeLemmy]:
    with FakeLemmy({"memes": [], "empty": []}) as fake:
        fake.communities["memes"] = [fake.post(number, published=1e9 + number) for number in range(12)]
        yield fake


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, lemmy: FakeLemmy) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("place"), fetch_allow=lemmy.place) as there:
        yield there


@pytest.fixture(autouse=True)
def empty(place: Place) -> None:
    for each in schedules.everyone(place.storage.database):
        schedules.remove(place.storage.database, each.name)


def add(place: Place, **wanted: Any) -> httpx.Response:
    return place.admin.post("/api/v1/schedules", json={"source": "lemmy", "where": "memes@lemmy.ml"} | wanted)


def change(place: Place, name: str, **wanted: Any) -> httpx.Response:
    return place.admin.patch(f"/api/v1/schedules/{quote(name, safe='')}", json=wanted)


def remove(place: Place, name: str) -> httpx.Response:
    return place.admin.delete(f"/api/v1/schedules/{quote(name, safe='')}")


def trial(place: Place, source: str, where: str) -> dict[str, Any]:
    response = place.admin.post("/api/v1/sources/trial", json={"source": source, "where": where})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_a_community_is_added_listed_and_removed(place: Place) -> None:
    response = add(place, where=" memes@lemmy.ml ", sort="hot", limit=7, cron="0 */6 * * *")
    assert response.status_code == 201
    body = response.json()
    assert body["next_utc"] > time.time()
    assert {name: body[name] for name in body if name != "next_utc"} == {
        "name": "lemmy memes@lemmy.ml hot",
        "source": "lemmy",
        "where": "memes@lemmy.ml",
        "sort": "hot",
        "limit": 7,
        "cron": "0 */6 * * *",
        "paused": False,
        "from_settings": False,
        "runs": [],
    }
    assert place.admin.get("/api/v1/schedules").json() == {"schedules": [body]}
    assert remove(place, body["name"]).status_code == 204
    assert problem(remove(place, body["name"])) == (404, "no-schedule")
    assert place.admin.get("/api/v1/schedules").json() == {"schedules": []}


def test_an_address_in_a_name_is_no_hindrance(place: Place) -> None:
    name = add(place, source="feed", where="https://memes.example/a//b/feed.xml?x=1&y=%2F#z").json()["name"]
    assert change(place, name, paused=True).json()["paused"]
    assert remove(place, name).status_code == 204


def test_the_newest_runs_are_shown(place: Place) -> None:
    name = add(place).json()["name"]
    ids = [runs.begin(place.storage.database, "{}", name, run=f"r{number}").id for number in range(7)]
    runs.end(place.storage.database, runs.get(place.storage.database, ids[-1]), "it did not answer")
    (shown,) = place.admin.get("/api/v1/schedules").json()["schedules"]
    assert [run["id"] for run in shown["runs"]] == ids[:1:-1]
    assert [run["error"] for run in shown["runs"]] == ["it did not answer", *[None] * 4]


@pytest.mark.parametrize(
    ("wanted", "status", "code", "words"),
    [
        ({"where": "no community"}, 422, "bad-query", "is no community of Lemmy"),
        ({"where": "memes@127.0.0.1:9"}, 422, "bad-query", "not a public address"),
        ({"where": "memes@lemmy.ml\0"}, 422, "bad-query", "in one line"),
        ({"source": "reddit", "where": "  "}, 422, "bad-query", "in one line"),
        ({"source": "reddit", "where": "what is this"}, 422, "bad-query", "is no subreddit"),
        ({"source": "feed", "where": "ftp://a.example/feed"}, 422, "bad-query", "not the address of a feed"),
        ({"source": "feed", "where": "http://169.254.169.254/"}, 422, "bad-query", "not a public address"),
        ({"source": "feed", "where": "https://a.example/feed", "sort": "hot"}, 422, "bad-query", "no listing hot"),
        ({"source": "archive", "where": "https://a.example"}, 422, "bad-query", "told the community"),
        ({"cron": "often"}, 422, "bad-setting", "is no cron expression"),
        ({"cron": "0 0 30 2 *"}, 422, "bad-setting", "is no cron expression"),
        ({"limit": 0}, 422, "invalid-request", "limit"),
        ({"source": "digg"}, 422, "invalid-request", "source"),
        ({"more": 1}, 422, "invalid-request", "more"),
        ({"source": "files", "where": "/etc"}, 403, "local-source", "reads files of the server"),
        ({"source": "archive", "where": "/etc/passwd"}, 403, "local-source", "reads files of the server"),
        ({"source": "archive", "where": "file:///etc/passwd"}, 403, "local-source", "reads files of the server"),
        ({"source": "files", "where": "https://a.example/"}, 403, "local-source", "reads files of the server"),
        ({"source": "archive", "where": "https:/../etc/passwd"}, 403, "local-source", "reads files of the server"),
    ],
)
def test_what_no_source_understands_is_not_kept(
    place: Place, wanted: dict[str, Any], status: int, code: str, words: str
) -> None:
    response = add(place, **wanted)
    assert problem(response) == (status, code)
    assert words in response.json()["detail"]
    assert schedules.everyone(place.storage.database) == []


def test_reddit_is_kept_without_credentials_and_nothing_is_asked_before_it_is_due(
    place: Place, lemmy: FakeLemmy
) -> None:
    before = len(lemmy.asked)
    assert add(place, source="reddit", where="r/dankmemes").status_code == 201
    assert add(place, where=f"memes@{lemmy.place}").status_code == 201
    assert len(lemmy.asked) == before


def test_the_same_is_not_added_twice(place: Place) -> None:
    assert add(place, limit=7).status_code == 201
    assert problem(add(place, limit=8)) == (409, "schedule-exists")
    assert add(place, sort="top").status_code == 201
    assert [each.limit for each in schedules.everyone(place.storage.database)] == [7, 100]


def test_a_schedule_is_paused_goes_on_at_once_and_runs_when_told(place: Place) -> None:
    name = add(place, cron="0 0 1 1 *").json()["name"]
    then = change(place, name).json()["next_utc"]
    assert change(place, name, paused=False).json()["next_utc"] == then
    paused = change(place, name, paused=True).json()
    assert (paused["paused"], paused["next_utc"]) == (True, then)
    assert problem(change(place, name, run_now=True)) == (409, "schedule-paused")
    assert problem(change(place, name, run_now=True, paused=True)) == (409, "schedule-paused")
    resumed = change(place, name, paused=False).json()
    assert not resumed["paused"]
    assert resumed["next_utc"] <= time.time()
    schedules.change(place.storage.database, name, next_utc=then)
    assert change(place, name, run_now=True).json()["next_utc"] <= time.time()
    assert problem(change(place, "none", paused=True)) == (404, "no-schedule")
    assert problem(change(place, "a\0b", paused=True)) == (404, "no-schedule")


def test_one_from_the_settings_can_be_paused_and_not_removed(place: Place) -> None:
    own = make("lemmy", "memes@lemmy.ml", None)
    schedules.save(place.storage.database, replace(own, from_settings=True))
    assert change(place, own.name, paused=True).status_code == 200
    response = remove(place, own.name)
    assert problem(response) == (409, "schedule-from-settings")
    assert [each.name for each in schedules.everyone(place.storage.database)] == [own.name]


def test_a_source_that_works_shows_its_newest_titles(place: Place, lemmy: FakeLemmy) -> None:
    body = trial(place, "lemmy", f"memes@{lemmy.place}")
    assert body == {"works": True, "message": "it answers", "titles": [f"Post {n}" for n in (11, 10, 9, 8, 7)]}
    assert trial(place, "lemmy", f"empty@{lemmy.place}") == {
        "works": True,
        "message": "it answers, but none of its newest posts shows a picture",
        "titles": [],
    }


@pytest.mark.parametrize(
    ("source", "where", "words"),
    [
        ("lemmy", "none@{lemmy}", "no such community"),
        ("lemmy", "memes", "is no community of Lemmy"),
        ("reddit", "dankmemes", "DANK_REDDIT_CLIENT_ID"),
        ("feed", "http://{lemmy}/feed", "there is nothing at this address"),
        ("feed", "http://127.0.0.2/feed", "not a public address"),
        ("archive", "http://{lemmy}", "told the community"),
    ],
)
def test_a_source_that_does_not_work_says_why(
    place: Place, lemmy: FakeLemmy, source: str, where: str, words: str
) -> None:
    body = trial(place, source, where.format(lemmy=lemmy.place))
    assert (body["works"], body["titles"]) == (False, [])
    assert words in body["message"]


@pytest.mark.parametrize("where", ["/etc/passwd", "posts.zst", "file:///etc/passwd", " /etc/passwd", "~/posts.zst"])
def test_nobody_reads_files_of_the_server_by_way_of_a_trial(place: Place, where: str) -> None:
    for source in ("files", "archive"):
        response = place.admin.post("/api/v1/sources/trial", json={"source": source, "where": where})
        assert problem(response) == (403, "local-source")


def test_a_source_that_never_answers_is_given_up(
    place: Place, lemmy: FakeLemmy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dankmeme.api.schedules.TRIAL_SECONDS", 0.0)
    body = trial(place, "lemmy", f"memes@{lemmy.place}")
    assert (body["works"], body["message"]) == (False, "the source did not answer within 0 seconds")
