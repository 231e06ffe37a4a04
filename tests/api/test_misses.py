"""What a model got most right and most wrong, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from dankmeme.models.bundle import Bundle
from dankmeme.posts import Post
from dankmeme.storage import moderation, posts, predictions, sights
from dankmeme.storage.sights import KeptCaption, KeptSight
from tests.api.running import Place, problem, served
from tests.storage.forecasts import adopt, said
from tests.storage.making import a_post, hashes, store, synthetic

SHIPPED = Bundle.default().version
COUNT = 60
"""Posts of one community, an hour apart and years old; every third is of another look, and one is hidden."""
HIDDEN = f"files:{7:02}"


def post(number: int) -> Post:
    return a_post(f"{number:02}", source="files", created_utc=1.5e9 + 3_600 * number, score=number * 37 % 61)


def forecast(number: int) -> float:
    return number * 13 % 60 / 60


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with served(tmp_path_factory.mktemp("misses"), predict=False) as there:
        database = there.storage.database
        images = store(database, *(synthetic(f"{number}", pdq) for number, pdq in enumerate(hashes(COUNT))))
        known = [post(number) for number in range(COUNT)]
        posts.enlist(database, known, "run")
        posts.settle(database, {(each.id, 0): image for each, image in zip(known, images, strict=True)}, {})
        _seen(there, images)
        predictions.backfill(database, adopt(database, SHIPPED, "other-1"), None)
        for version in (SHIPPED, "other-1"):
            made = [said(image, "verdict", forecast(number), version) for number, image in enumerate(images)]
            predictions.settle(database, made)
        moderation.hide(database, HIDDEN, True)
        yield there


def _seen(there: Place, images: list[str]) -> None:
    graph = Bundle.default().graph
    looks = [np.log([0.9, 0.1] if number % 3 else [0.05, 0.95]).astype("<f4").tobytes() for number in range(COUNT)]
    sights.keep(
        there.storage.database,
        [KeptSight(image, graph, 0.5, 0.5, 0.1, b"", look, b"") for image, look in zip(images, looks, strict=True)],
        [KeptCaption(image, "reader", "WORDS" if n % 2 else "", [], True, 9, 9) for n, image in enumerate(images)],
    )


def asked(place: Place, **wanted: str) -> dict[str, Any]:
    response = place.client.get(f"/api/v1/models/{SHIPPED}/misses", params={"side": "replayed"} | wanted)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def test_the_slices_say_how_many_posts_there_are_and_how_well_they_are_ranked(place: Place) -> None:
    found = {(each["by"], each["name"]): each for each in asked(place)["slices"]}
    assert {key: each["posts"] for key, each in found.items()} == {
        ("all", ""): 59,
        ("text", "text"): 29,
        ("text", "no text"): 30,
        ("copies", "originals"): 59,
        ("community", "memes"): 59,
        ("cluster", "cluster 0"): 39,
        ("cluster", "cluster 1"): 20,
    }
    whole = found["all", ""]
    assert whole["auc"]["low"] <= whole["auc"]["value"] <= whole["auc"]["high"]
    assert found["cluster", "cluster 1"]["message"] == "20 of 50 posts have an outcome"
    assert found["cluster", "cluster 1"]["picture"]["thumbnail"].startswith("/api/v1/images/")
    assert whole["picture"] is None


@pytest.mark.parametrize(("kind", "high", "dank"), [("overrated", True, False), ("underrated", False, True)])
def test_the_posts_come_as_cards_with_what_this_version_said_and_what_became_of_them(
    place: Place, kind: str, high: bool, dank: bool
) -> None:
    found = asked(place, kind=kind)["posts"]
    assert found
    for each in found:
        number = int(each["post"]["id"].removeprefix("files:"))
        assert each["forecast"] == pytest.approx(forecast(number))
        assert (each["forecast"] > 0.475, each["outcome"] >= 0.7) == (high, dank)
        assert each["post"]["title"] == f"Post {number:02}"
    assert HIDDEN not in {each["post"]["id"] for each in found}


def test_a_slice_gives_its_own_posts_alone(place: Place) -> None:
    found = asked(place, slice="cluster", name="cluster 1", kind="right")["posts"]
    assert found
    assert all(int(each["post"]["id"].removeprefix("files:")) % 3 == 0 for each in found)
    assert asked(place, slice="community", name="nowhere")["posts"] == []


def test_what_was_hidden_since_is_gone_at_once(place: Place) -> None:
    worst = asked(place, kind="overrated")["posts"][0]["post"]["id"]
    moderation.hide(place.storage.database, worst, True)
    assert worst not in {each["post"]["id"] for each in asked(place, kind="overrated")["posts"]}
    moderation.hide(place.storage.database, worst, False)


def test_live_forecasts_are_another_matter(place: Place) -> None:
    found = asked(place, side="live")
    assert [(each["by"], each["posts"]) for each in found["slices"]] == [("all", 0)]
    assert found["posts"] == []


def test_a_version_that_nobody_registered_has_none_and_nonsense_is_refused(place: Place) -> None:
    assert problem(place.client.get("/api/v1/models/nobody-9/misses")) == (404, "no-such-version")
    assert problem(place.client.get(f"/api/v1/models/{SHIPPED}/misses?kind=odd")) == (422, "invalid-request")
