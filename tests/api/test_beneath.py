"""Beneath a path that a reverse proxy gives it, whether the proxy takes the path away or leaves it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from dankmeme.api import beneath
from dankmeme.settings import Settings
from tests.api.running import TOKEN, Place, served
from tests.storage.making import a_post, facts, show, store


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("place"), root_path="/fun/memes") as there:
        (image,) = store(there.storage.database, facts(1))
        show(there.storage.database, a_post("1"), image)
        yield there


def test_both_kinds_of_proxy_get_the_same(place: Place) -> None:
    left, taken = (place.client.get(f"{root}/api/v1/posts") for root in ("/fun/memes", ""))
    assert left.status_code == taken.status_code == 200
    assert left.json() == taken.json()


def test_paths_in_answers_lead_back_through_the_proxy(place: Place) -> None:
    (post,) = place.client.get("/fun/memes/api/v1/posts").json()["posts"]
    assert post["image"]["thumbnail"].startswith("/fun/memes/api/v1/images/")

    error = place.client.get("/fun/memes/api/v1/posts/nobody:1").json()
    assert error["type"] == "/fun/memes/errors#no-post"


def test_routes_of_2018_keep_their_shape_there(place: Place) -> None:
    assert set(place.client.get("/fun/memes/api/v1/memes/nothing-like-it").json()) == {"status", "message"}
    (post,) = place.client.get("/fun/memes/api/v1/memes").json()["posts"]
    assert post["url"].startswith("/fun/memes/api/v1/images/")


def test_a_cookie_is_sent_to_nobody_else_on_the_host(place: Place) -> None:
    signed_in = place.client.post("/fun/memes/api/v1/session", json={"token": TOKEN})
    assert "Path=/fun/memes/" in signed_in.headers["set-cookie"]


def test_what_begins_alike_is_not_beneath(place: Place) -> None:
    assert place.client.get("/fun/memesters/api/v1/posts").status_code == 404


def test_the_api_s_document_says_where_it_is(place: Place) -> None:
    assert place.client.get("/fun/memes/openapi.json").json()["servers"] == [{"url": "/fun/memes"}]


def test_at_the_root_nothing_is_put_before_a_path() -> None:
    assert beneath.here("/api/v1/posts") == "/api/v1/posts"


@pytest.mark.parametrize("said", ["memes", "/api", "/assets/x", "/a/../b", "/a b", "/<script>", "//evil.example"])
def test_a_path_that_cannot_work_is_refused_at_once(said: str) -> None:
    with pytest.raises(ValueError, match="is no path such as /memes"):
        Settings(root_path=said)


@pytest.mark.parametrize(("said", "kept"), [("/memes/", "/memes"), ("/", ""), ("", "")])
def test_a_slash_at_the_end_does_not_matter(said: str, kept: str) -> None:
    assert Settings(root_path=said).root_path == kept


def test_the_page_is_told_where_it_lies(place: Place) -> None:
    page = httpx.get(f"{place.url}/fun/memes/latest").text
    assert 'name="dank-root" content="/fun/memes"' in page
    assert '="./' not in page
    assert '="/fun/memes/assets/' in page
