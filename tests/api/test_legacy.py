"""The routes of 2018, over a real connection, answer as they did."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from dankmeme.storage import erase, predictions
from dankmeme.storage.database import Database
from dankmeme.storage.predictions import Wanted
from dankmeme.storage.tables import tombstones
from dankmeme.storage.versions import VersionKey
from tests.api.running import Place, served
from tests.conftest import Server
from tests.faults.postgres import fresh_database, need_postgres
from tests.faults.waiting import wait_until
from tests.pipeline.memes import jpeg, meme
from tests.storage.forecasts import adopt, forecast, said
from tests.storage.making import a_post, facts, rows, show, store

Json = dict[str, Any]
FUTURE = 4e9
"""Newer than what other tests bring."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An app that works on no queue: what is sent to it waits."""
    with served(tmp_path_factory.mktemp("place")) as there:
        adopt(there.storage.database, "b-1")
        yield there


@pytest.fixture(scope="module")
def newest(place: Place) -> list[str]:
    """Twelve posts, the newest last, of pictures of their own; the hashes of these."""
    database, hashes = place.storage.database, []
    for number in range(12):
        hashes += store(database, facts(200 + number))
        more: Json = {
            "author": "ann",
            "permalink": f"https://example.org/{number}",
            "score": 7,
            "title": f"Meme “{number}”",
        }
        show(database, a_post(f"legacy/{number}", created_utc=FUTURE + number, **more), hashes[-1])
    forecast(database, hashes[11], 0.75)
    predictions.settle(database, [said(hashes[10], "cnn", 0.25)])
    predictions.settle(database, [predictions.failed(Wanted(hashes[9], VersionKey("cnn", "b-1")), "model-failed", "x")])
    return hashes


def memes(place: Place) -> list[Json]:
    response = place.client.get("/api/v1/memes")
    assert (response.status_code, response.json()["status"]) == (200, "success")
    found: list[Json] = response.json()["posts"]
    return found


def score(client: httpx.Client, post: str) -> httpx.Response:
    return client.post(f"/api/v1/memes/{quote(post, safe='')}/score")


def is_old_error(response: httpx.Response, status: int) -> bool:
    body = response.json()
    return response.status_code == status and set(body) == {"status", "message"} and body["status"] == "error"


def test_the_ten_newest_posts_have_all_fields_of_2018(place: Place, newest: list[str]) -> None:
    found = memes(place)
    assert [each["id"] for each in found] == [f"reddit:legacy/{number}" for number in range(11, 1, -1)]
    assert found[0] == {
        "id": "reddit:legacy/11",
        "url": f"/api/v1/images/{newest[11]}/picture.jpg",
        "createdUtc": FUTURE + 11,
        "author": "ann",
        "subreddit": "memes",
        "title": "Meme “11”",
        "permalink": "https://example.org/11",
        "imageHash": newest[11],
        "kerasPrediction": 0.75,
        "autoMLPrediction": 0.75,
        "score": 0,
    }


def test_a_missing_prediction_is_null_and_shifts_no_other(place: Place, newest: list[str]) -> None:
    shown = {each["imageHash"]: (each["kerasPrediction"], each["autoMLPrediction"]) for each in memes(place)}
    assert shown[newest[11]] == (0.75, 0.75)
    assert shown[newest[10]] == (0.25, None)
    assert shown[newest[9]] == shown[newest[8]] == (None, None)


def test_predictions_come_in_the_order_of_the_question(place: Place, newest: list[str]) -> None:
    asked = [newest[9], newest[10], "", "0" * 64, newest[11], "", "no hash", newest[11]]
    response = place.client.post("/api/v1/memes/predictions", json={"posts": [{"imageHash": each} for each in asked]})
    assert response.status_code == 200
    assert response.json() == {"status": "success", "predictions": [None, 0.25, -1.0, None, 0.75, -1.0, None, 0.75]}
    assert place.client.post("/api/v1/memes/predictions", json={"posts": []}).json()["predictions"] == []


@pytest.mark.parametrize(
    "body",
    [{}, {"posts": None}, {"posts": [{}]}, {"posts": [{"imageHash": 7}]}, {"posts": [{"imageHash": "x" * 201}]}, []],
)
def test_what_is_no_question_is_refused_in_the_shape_of_2018(place: Place, body: object) -> None:
    assert is_old_error(place.client.post("/api/v1/memes/predictions", json=body), 422)


def test_half_a_surrogate_pair_is_no_hash(place: Place) -> None:
    body = b'{"posts": [{"imageHash": "\\ud800"}]}'
    headers = {"content-type": "application/json"}
    assert is_old_error(place.client.post("/api/v1/memes/predictions", content=body, headers=headers), 422)


def test_a_browser_counts_once_and_its_score_is_shown(place: Place, newest: list[str]) -> None:
    with httpx.Client(base_url=place.url) as one, httpx.Client(base_url=place.url) as other:
        answers = [score(client, "reddit:legacy/5").json() for client in (one, one, other)]
    assert answers == [{"status": "success", "updated_score": number} for number in (1, 1, 2)]
    with httpx.Client(base_url=place.url) as third:
        third.put(f"/api/v1/posts/{quote('reddit:legacy/5', safe='')}/vote", json={"vote": "not dank"})
    assert {each["id"]: each["score"] for each in memes(place)}["reddit:legacy/5"] == 2


def test_a_score_of_what_is_not_there_is_refused_in_the_shape_of_2018(place: Place) -> None:
    for post in ("reddit:none", "x" * 3_000, "a\0b", "%"):
        assert is_old_error(score(place.client, post), 404)


def upload(url: str, data: bytes) -> Json:
    response = httpx.post(f"{url}/api/v1/memes/image", files={"file": ("../../etc/passwd", data)}, timeout=30)
    assert response.status_code == 200, response.text
    body: Json = response.json()
    return body


def state(url: str, image: str) -> Json:
    response = httpx.get(f"{url}/api/v1/memes/image/{image}/predictions")
    assert response.status_code == 200, response.text
    body: Json = response.json()
    return body


def ended(url: str, image: str) -> Json:
    """What becomes of an upload."""
    wait_until(lambda: state(url, image)["status"] != "pending", 60, "the upload is done")
    return state(url, image)


def test_an_upload_waits_for_its_turn_and_is_queued_once(place: Place) -> None:
    data = jpeg(meme(901))
    sha256 = hashlib.sha256(data).hexdigest()
    assert [upload(place.url, data) for _ in range(2)] == [{"status": "success", "imageHash": sha256}] * 2
    body = state(place.url, sha256)
    assert (body["status"], bool(body["message"])) == ("pending", True)
    assert state(place.url, sha256.upper())["status"] == "pending"


def test_an_upload_with_only_one_prediction_so_far_is_pending(place: Place, newest: list[str]) -> None:
    assert state(place.url, newest[10])["status"] == "pending"
    assert state(place.url, newest[11])["predictions"] == {"kerasPrediction": 0.75, "autoMLPrediction": 0.75}


def test_of_several_versions_the_one_that_is_shown_answers(place: Place) -> None:
    database = place.storage.database
    (image,) = store(database, facts(230))
    show(database, a_post("versions"), image)
    forecast(database, image, 0.4)
    predictions.backfill(database, adopt(database, "a-2"), None)
    assert state(place.url, image)["predictions"] == {"kerasPrediction": 0.4, "autoMLPrediction": 0.4}
    forecast(database, image, 0.9, "a-2")
    assert state(place.url, image)["predictions"] == {"kerasPrediction": 0.9, "autoMLPrediction": 0.9}
    adopt(database, "b-1")
    assert state(place.url, image)["predictions"] == {"kerasPrediction": 0.4, "autoMLPrediction": 0.4}


def test_a_model_that_failed_is_null_and_where_all_did_it_is_said_why(place: Place) -> None:
    database = place.storage.database
    for number, models in enumerate((("automl", "verdict"), ("automl", "cnn", "verdict"))):
        (image,) = store(database, facts(240 + number))
        show(database, a_post(f"failed{number}"), image)
        predictions.settle(database, [said(image, "cnn", 0.3)] if number == 0 else [])
        lost = [Wanted(image, VersionKey(model, "b-1")) for model in models]
        predictions.settle(database, [predictions.failed(each, "model-failed", "the model broke") for each in lost])
    first, second = facts(240).sha256, facts(241).sha256
    assert state(place.url, first)["predictions"] == {"kerasPrediction": 0.3, "autoMLPrediction": None}
    assert state(place.url, second) == {"status": "failed", "message": "the model broke"}


@pytest.mark.parametrize("image", ["0" * 64, "nothing", "%00", "..%2f"])
def test_a_picture_that_nobody_sent_is_not_found_in_the_shape_of_2018(place: Place, image: str) -> None:
    assert is_old_error(httpx.get(f"{place.url}/api/v1/memes/image/{image}/predictions"), 404)


def test_an_upload_that_is_empty_missing_or_too_large_is_refused_in_the_shape_of_2018(place: Place) -> None:
    url = f"{place.url}/api/v1/memes/image"
    assert is_old_error(httpx.post(url, files={"file": b""}), 400)
    assert is_old_error(httpx.post(url), 422)
    assert is_old_error(httpx.post(url, files={"file": b"x" * 20_000_001}, timeout=30), 413)
    assert is_old_error(httpx.put(url), 405)


def test_an_upload_gets_the_predictions_that_classifying_gives_and_is_shown_to_nobody(server: Server) -> None:
    data = jpeg(meme(902))
    image = upload(server.url, data)["imageHash"]
    assert image == hashlib.sha256(data).hexdigest()
    found = ended(server.url, image)
    assert found["status"] == "success"
    direct = httpx.post(f"{server.url}/api/v1/classify", files={"file": data}, timeout=30).json()
    assert direct["seen"] == []
    assert found["predictions"] == {
        "kerasPrediction": pytest.approx(direct["models"]["cnn"]["probability"], abs=1e-6),
        "autoMLPrediction": pytest.approx(direct["models"]["automl"]["probability"], abs=1e-6),
    }
    shown = httpx.get(f"{server.url}/api/v1/posts?limit=100").json()["posts"]
    assert image not in {each["image"]["sha256"] for each in shown}
    assert httpx.get(f"{server.url}/api/v1/images/{image}/picture.jpg").status_code == 404
    assert upload(server.url, data)["imageHash"] == image
    assert state(server.url, image)["status"] == "success"


def test_an_upload_that_is_no_picture_fails_with_its_reason(server: Server) -> None:
    image = upload(server.url, b"no picture at all, 2018")["imageHash"]
    found = ended(server.url, image)
    assert set(found) == {"status", "message"}
    assert found["status"] == "failed"
    assert "image" in found["message"] or "picture" in found["message"]
    database = Database(f"sqlite:///{server.home / 'dank.db'}")
    query = sa.select(tombstones.c.kind).where(tombstones.c.key == image)
    wait_until(lambda: rows(database, query) == [("unused",)], 10, "its bytes are let go of")
    database.close()
    assert upload(server.url, b"no picture at all, 2018")["imageHash"] == image
    assert ended(server.url, image)["status"] == "failed"


def test_a_post_of_a_running_server_is_predicted_and_shown_at_once(server: Server) -> None:
    """Whoever stored it: the picture was an upload before it was a post."""
    data = jpeg(meme(903))
    image = upload(server.url, data)["imageHash"]
    said_of_it = ended(server.url, image)["predictions"]
    database = Database(f"sqlite:///{server.home / 'dank.db'}")
    try:
        show(database, a_post("legacy", created_utc=FUTURE), image)
        (mine,) = [
            each for each in httpx.get(f"{server.url}/api/v1/memes").json()["posts"] if each["id"] == "reddit:legacy"
        ]
        assert {name: mine[name] for name in said_of_it} == said_of_it
        assert httpx.get(f"{server.url}{mine['url']}").headers["content-type"] == "image/jpeg"
    finally:
        erase.delete_post(database, "reddit:legacy")
        database.close()


def test_a_name_that_no_database_can_hold_is_refused_by_postgresql_too(tmp_path: Path) -> None:
    need_postgres()
    with fresh_database() as postgres, served(tmp_path, database_url=postgres.url) as place:
        assert is_old_error(score(place.client, "a\0b"), 422)
        assert is_old_error(place.client.get("/api/v1/memes/image/%00/predictions"), 422)
        hashes = {"posts": [{"imageHash": "\0"}]}
        assert is_old_error(place.client.post("/api/v1/memes/predictions", json=hashes), 422)
        for path in ("/api/v1/posts/a%00b", "/api/v1/posts?community=%00", "/api/v1/posts/a%00b/similar"):
            assert place.client.get(path).json()["code"] == "invalid-request"
        assert place.client.get("/api/v1/posts?q=%00").json()["posts"] == []
