"""Hiding, deleting and banning posts over HTTP, and trying again what failed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from dankmeme.pipeline import engine
from dankmeme.pipeline.work import QUEUES
from dankmeme.storage import bank, erase, posts, predictions, versions
from dankmeme.storage.bucket import KINDS
from dankmeme.storage.posts import Failed
from dankmeme.storage.predictions import Wanted
from dankmeme.storage.tables import metadata
from dankmeme.storage.versions import Version
from tests.api.running import Place, problem, served
from tests.storage.making import a_post, facts, show, states, store

MODEL = Version("cnn", "demo-1", "/somewhere/demo", True, 0)


@pytest.fixture(scope="module")
def module_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("place")) as there:
        yield there


@pytest.fixture
def place(module_place: Place) -> Place:
    """With nothing in it."""
    with module_place.storage.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "secrets":
                connection.execute(sa.delete(table))
    return module_place


def stored(place: Place, post: str, *seeds: int) -> list[str]:
    names = store(place.storage.database, *(facts(seed) for seed in seeds))
    for name in names:
        place.storage.bucket.put(name, dict.fromkeys(KINDS, b"picture"))
    show(place.storage.database, a_post(post, pictures=len(seeds)), *names)
    return names


def path(post: str) -> str:
    return f"/api/v1/posts/{quote(post, safe='')}"


def shown(place: Place) -> list[str]:
    return sorted(each["id"] for each in place.client.get("/api/v1/posts").json()["posts"])


def test_a_hidden_post_vanishes_from_the_feed_and_comes_back(place: Place) -> None:
    for number, post in enumerate(("a/b", "c")):
        stored(place, post, number)
    response = place.admin.patch(path("reddit:a/b"), json={"hidden": True})
    assert (response.status_code, response.json()) == (200, {"hidden": True})
    assert shown(place) == ["reddit:c"]
    assert problem(place.client.get(path("reddit:a/b"))) == (404, "no-post")
    assert place.admin.get(path("reddit:a/b")).json()["post"]["hidden"]
    assert place.admin.patch(path("reddit:a/b"), json={"hidden": False}).json() == {"hidden": False}
    assert shown(place) == ["reddit:a/b", "reddit:c"]


def test_a_deleted_post_goes_with_its_pictures_and_does_not_come_back(place: Place) -> None:
    (name,) = stored(place, "a", 1)
    assert place.admin.delete(path("reddit:a")).status_code == 204
    assert [place.storage.bucket.get(name, kind) for kind in KINDS] == [None] * 3
    assert posts.enlist(place.storage.database, [a_post("a")], "run").gone == 1
    assert problem(place.admin.delete(path("reddit:a"))) == (404, "no-post")


def test_a_banned_post_takes_all_that_looks_like_it(place: Place) -> None:
    own = stored(place, "a", 1, 2)
    (other,) = stored(place, "c", 3)
    (copy,) = store(place.storage.database, facts(1, quality=60))
    show(place.storage.database, a_post("b"), copy)
    assert place.admin.delete(f"{path('reddit:a')}?ban=true").status_code == 204
    assert shown(place) == ["reddit:c"]
    assert states(place.storage.database, ["reddit:b", "reddit:c"]) == ["failed", "stored"]
    assert place.storage.bucket.hashes() >= {other}
    assert place.storage.bucket.hashes().isdisjoint(own)
    assert bank.lists(place.storage.database) == [
        ("banned here", "blocked", "pdq", 2),
        ("banned here", "blocked", "sha256", 2),
    ]


@pytest.mark.parametrize("post", ["reddit:none", "x" * 3_000, "a\0b", "\N{FROG FACE}", "%"])
def test_what_is_not_there_is_not_found(place: Place, post: str) -> None:
    assert problem(place.admin.patch(path(post), json={"hidden": True})) == (404, "no-post")
    assert problem(place.admin.delete(path(post))) == (404, "no-post")
    assert problem(place.admin.delete(f"{path(post)}?ban=true")) == (404, "no-post")


def test_a_bucket_that_is_away_does_not_keep_a_post_from_being_deleted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(place, "a", 1)

    def away(*_: object) -> int:
        raise OSError("the bucket is away")

    monkeypatch.setattr(erase, "purge", away)
    assert place.admin.delete(path("reddit:a")).status_code == 204
    assert shown(place) == []


def lose(place: Place) -> None:
    """Three pictures that failed, two of them in passing, and two predictions."""
    database = place.storage.database
    posts.enlist(database, [a_post("a", pictures=3)], "run")
    gone, busy, late = (
        Failed("not-found", "gone"),
        Failed("host-busy", "busy", True),
        Failed("fetch-timeout", "", True),
    )
    posts.settle(database, {}, {("reddit:a", 0): gone, ("reddit:a", 1): busy, ("reddit:a", 2): late})
    versions.adopt(database, [MODEL], {})
    for name in stored(place, "b", 4, 5):
        predictions.settle(database, [predictions.failed(Wanted(name, MODEL.key), "image-missing", "not there")])


@pytest.mark.parametrize(
    ("code", "count"), [(None, 4), ("not-found", 1), ("image-missing", 2), ("host-busy", 1), ("other", 0), ("\0", 0)]
)
def test_what_failed_is_tried_again(place: Place, code: str | None, count: int) -> None:
    lose(place)
    response = place.admin.post("/api/v1/failures/retry", json={"code": code})
    assert (response.status_code, response.json()) == (200, {"retried": count})
    pending = predictions.pending_chunks(place.storage.database) + posts.pending_chunks(place.storage.database)
    assert bool(pending) == bool(count)


def test_what_is_tried_again_is_queued_at_once(place: Place) -> None:
    database = place.storage.database
    engine.DBOS.migrate(engine._url(database))
    with engine._client(database) as client:
        for queue in QUEUES:
            client.register_queue(queue, worker_concurrency=1, on_conflict="never_update")
    lose(place)
    place.admin.post("/api/v1/failures/retry", json={})
    assert {state.name: state.waiting for state in engine.states(database)} == {
        "ingest": 1,
        "scrape": 0,
        "predict": 1,
        "follow": 0,
    }


def test_a_forged_request_changes_nothing(place: Place) -> None:
    stored(place, "a", 1)
    with httpx.Client(base_url=place.url, cookies={"dank_admin": "forged"}) as client:
        assert problem(client.delete(path("reddit:a"))) == (401, "not-signed-in")
    assert shown(place) == ["reddit:a"]
