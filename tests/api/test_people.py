"""What people think, by HTTP: pairs to judge, the leaderboard, and how far raters agree."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dankmeme.storage import moderation, pairs
from dankmeme.storage.votes import vote
from tests.api.running import Place, problem, served
from tests.faults.waiting import wait_until
from tests.storage.making import a_post, facts, show, store


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr("dankmeme.api.people.LEAST_REST", 0.05)
    monkeypatch.setattr("dankmeme.api.people.REST", 0.0)
    with served(tmp_path, vote_rate=0, vote_rate_address=0) as found:
        yield found


def put(place: Place, *names: str) -> None:
    for number, name in enumerate(names):
        (image,) = store(place.storage.database, facts(number))
        show(place.storage.database, a_post(name), image)


def leaders(place: Place, **asked: Any) -> dict[str, Any]:
    answer = place.client.get("/api/v1/leaderboard", params=asked)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def until(place: Place, agreed: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The leaderboard, once it says so."""
    wait_until(lambda: agreed(leaders(place)), 20, "the leaderboard is up to date")
    return leaders(place)


def test_nobody_said_anything_so_nobody_leads(place: Place) -> None:
    put(place, "a", "b")
    assert leaders(place) | {"computed_utc": 0} == {"memes": [], "total": 0, "next": None, "computed_utc": 0}


def test_who_wins_leads_with_an_interval_and_nothing_of_who_said_so(place: Place) -> None:
    put(place, *"abc")
    for voter in ("ann", "bob", "eve"):
        pairs.judge(place.storage.database, voter, "reddit:a", "reddit:b", "reddit:a")
        pairs.judge(place.storage.database, voter, "reddit:b", "reddit:c", "reddit:b")
    vote(place.storage.database, "reddit:a", "ann", dank=True)
    found = until(place, lambda answer: answer["total"] == 3)
    assert [meme["post"]["id"] for meme in found["memes"]] == ["reddit:a", "reddit:b", "reddit:c"]
    assert [meme["rank"] for meme in found["memes"]] == [1, 2, 3]
    assert [meme["answers"] for meme in found["memes"]] == [4, 6, 3]
    for meme in found["memes"]:
        assert meme["score_low"] < meme["score"] < meme["score_high"]
        assert 0 < meme["chance_low"] < meme["chance"] < meme["chance_high"] < 1
    text = place.client.get("/api/v1/leaderboard").text
    assert [name for name in ("ann", "bob", "eve", "voter") if name in text] == []
    assert {meme["post"]["votes"]["mine"] for meme in found["memes"]} == {None}


def test_it_comes_in_pages_and_hidden_posts_are_in_none(place: Place) -> None:
    put(place, *"abcd")
    for one, other in zip("abc", "bcd", strict=True):
        pairs.judge(place.storage.database, "ann", f"reddit:{one}", f"reddit:{other}", f"reddit:{one}")
    until(place, lambda answer: answer["total"] == 4)
    first = leaders(place, limit=3)
    rest = leaders(place, limit=3, start=first["next"])
    assert [len(first["memes"]), len(rest["memes"]), rest["next"]] == [3, 1, None]
    moderation.hide(place.storage.database, "reddit:b", True)
    assert "reddit:b" not in place.client.get("/api/v1/leaderboard").text
    found = until(place, lambda answer: answer["total"] == 3)
    assert [meme["rank"] for meme in found["memes"]] == [1, 2, 3]
    assert problem(place.client.get("/api/v1/leaderboard", params={"limit": 0})) == (422, "invalid-request")


def test_pairs_tell_why_they_are_shown_and_answers_keep_it(place: Place) -> None:
    put(place, *"abcde")
    seen = set()
    for _ in range(10):
        pair = place.client.get("/api/v1/pairs").json()
        both = frozenset((pair["left"]["id"], pair["right"]["id"]))
        assert len(both) == 2
        assert pair["drawn"] in ("unsure", "uniform", "again")
        said = {"left": pair["left"]["id"], "right": pair["right"]["id"], "winner": "left", "drawn": pair["drawn"]}
        assert place.client.post("/api/v1/pairs", json=said).status_code == 201
        seen.add(both)
    assert len(seen) >= 8
    assert place.client.get("/api/v1/pairs").json()["answered"] == len(seen)


def test_pairs_that_are_unsure_are_shown_once_something_is_known(place: Place) -> None:
    put(place, *"abcdef")
    wait_until(lambda: place.client.get("/api/v1/pairs").json()["drawn"] == "unsure", 20, "pairs are chosen")


def test_a_pair_is_asked_for_quickly_also_with_many_answers(place: Place) -> None:
    put(place, *(f"p{number}" for number in range(30)))
    for number in range(300):
        one, other = f"reddit:p{number % 30}", f"reddit:p{(number * 7 + 1 + number // 30) % 30}"
        if one != other:
            pairs.judge(place.storage.database, f"v{number % 11}", one, other, one)
    place.client.get("/api/v1/leaderboard")
    took = []
    for _ in range(30):
        began = time.perf_counter()
        assert place.client.get("/api/v1/pairs").status_code == 200
        took.append(time.perf_counter() - began)
    assert sorted(took)[15] < 0.5  # far more than it takes: machines that run tests may be busy


def test_raters_who_say_the_same_agree(place: Place) -> None:
    put(place, *"abcd")
    for voter in ("ann", "bob"):
        for name in "abcd":
            vote(place.storage.database, f"reddit:{name}", voter, dank=name in "ab")
        pairs.judge(place.storage.database, voter, "reddit:a", "reddit:c", "reddit:a", "uniform")
    found = place.client.get("/api/v1/agreement").json()
    assert found["votes"] == {"alpha": 1.0, "low": 1.0, "high": 1.0, "units": 4, "answers": 8}
    assert found["pairs"]["units"] == found["by_chance"]["units"] == 1
    assert found["raters"] == 2


def test_feedback_on_a_verdict_counts_for_the_posts_of_the_picture(place: Place) -> None:
    put(place, "a", "b")
    file = place.settings.home / "feedback.jsonl"
    file.write_text(json.dumps({"sha256": facts(0).sha256, "opinion": "dank"}) + "\n")
    vote(place.storage.database, "reddit:b", "ann", dank=False)
    found = until(place, lambda answer: answer["total"] == 2)
    assert [meme["post"]["id"] for meme in found["memes"]] == ["reddit:a", "reddit:b"]
