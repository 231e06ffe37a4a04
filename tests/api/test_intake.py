from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dankmeme.storage.tables import post_images
from tests.api.running import Place, problem, served
from tests.storage.making import rows


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("intake")) as found:
        yield found


def test_posts_of_another_program_are_queued_once(place: Place) -> None:
    offered = {
        "posts": [
            {"id": "7873q9", "subreddit": "dankmemes", "title": "One", "url": "https://i.example/1.jpg", "ups": 3},
            {"id": "reddit:abc", "url": "https://i.example/2.jpg"},
        ]
    }
    first = place.admin.post("/api/v1/posts", json=offered)
    again = place.admin.post("/api/v1/posts", json=offered)
    assert (first.status_code, first.json()) == (202, {"fresh": 2, "known": 0, "left_out": {}})
    assert (again.status_code, again.json()) == (202, {"fresh": 0, "known": 2, "left_out": {}})
    kept = rows(place.storage.database, sa.select(post_images.c.post_id, post_images.c.url, post_images.c.state))
    assert sorted(kept) == [
        ("files:api:7873q9", "https://i.example/1.jpg", "pending"),
        ("reddit:abc", "https://i.example/2.jpg", "pending"),
    ]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"id": "a", "file": "/etc/passwd"}, "file of this machine"),
        ({"id": "a", "file": "x.jpg", "url": "https://i.example/1.jpg"}, "file of this machine"),
        ({"id": "a", "url": "file:///etc/passwd"}, "no image"),
        ({"id": "a"}, "no image"),
        ({"url": "https://i.example/1.jpg"}, "broken line"),
        ({"id": {"a": 1}, "url": "https://i.example/1.jpg"}, "broken line"),
    ],
)
def test_what_cannot_be_taken_is_left_out_with_its_reason(place: Place, row: dict[str, object], why: str) -> None:
    answer = place.admin.post("/api/v1/posts", json={"posts": [row]})
    assert (answer.status_code, answer.json()) == (202, {"fresh": 0, "known": 0, "left_out": {why: 1}})


def test_only_an_admin_may_bring_posts(place: Place, tmp_path: Path) -> None:
    assert problem(place.client.post("/api/v1/posts", json={"posts": []})) == (401, "not-signed-in")
