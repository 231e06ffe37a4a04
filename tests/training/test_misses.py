"""Which posts a version was most right and most wrong about, and what they have in common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dankmeme.training.ledger import Entry, Rows, auc_figure, ledger
from dankmeme.training.misses import LEAST, MOST, Judged, Kind, Looks, cluster_of, judged, part, slices, striking

COUNT = 120


def rows(count: int = COUNT, **looks: object) -> list[Judged]:
    """Forecasts that know something, one an hour."""
    chance = np.random.default_rng(3)
    outcomes = (np.arange(count) * 37 % count + 0.5) / count
    said = np.clip(0.5 * outcomes + 0.5 * chance.random(count), 0, 1)
    return [
        Judged(f"post {number}", "memes", 3_600.0 * number, float(said[number]), float(outcomes[number]), Looks())
        for number in range(count)
    ]


def entries(version: str, *, live: bool = False, model: str = "verdict", prefix: str = "post") -> list[Entry]:
    return [
        Entry(
            model=model,
            version=version,
            post=f"{prefix} {number}",
            community="memes",
            block=None,
            created=3_600.0 * number,
            forecast=number * 13 % 50 / 50,
            score=number * 37 % 61,
            live=live,
        )
        for number in range(60)
    ]


def logs(*probabilities: float) -> bytes:
    return np.log(np.array(probabilities)).astype("<f4").tobytes()


def test_a_picture_belongs_to_the_cluster_that_is_more_likely_than_not() -> None:
    assert cluster_of(logs(0.1, 0.2, 0.7)) == (2, pytest.approx(0.7))
    assert cluster_of(logs(0.5, 0.3, 0.2)) == (0, pytest.approx(0.5))
    assert cluster_of(logs(0.4, 0.3, 0.3)) is None
    assert cluster_of(b"") is None


def test_the_figures_of_all_posts_are_those_of_the_ledger() -> None:
    known = [*entries("a-1"), *entries("b-1"), *entries("a-1", model="cnn"), *entries("a-1", live=True, prefix="new")]
    everyone = {each.post: Looks() for each in known}
    for live, side in ((True, 0), (False, 1)):
        found = judged(known, "a-1", everyone, live=live)
        expected = next(
            each for each in ledger(known, 0.0).sides[side].versions if (each.model, each.version) == ("verdict", "a-1")
        )
        (whole,) = (each for each in slices(found) if each.by == "all")
        assert (whole.posts, whole.auc) == (expected.posts, expected.auc)
        assert whole.auc is not None


def test_a_post_that_may_not_be_shown_is_left_out_but_others_are_still_ranked_with_it() -> None:
    known = entries("a-1")
    everyone = {each.post: Looks() for each in known}
    whole = {each.post: each.outcome for each in judged(known, "a-1", everyone, live=False)}
    fewer = judged(known, "a-1", {post: looks for post, looks in everyone.items() if post != "post 7"}, live=False)
    assert {each.post: each.outcome for each in fewer} == {post: whole[post] for post in whole if post != "post 7"}


@pytest.mark.parametrize("kind", ["right", "overrated", "underrated"])
def test_the_most_striking_come_first_and_are_what_they_are_called(kind: Kind) -> None:
    everything = rows()
    found = striking(everything, everything, kind, COUNT)
    middle = float(np.median([row.forecast for row in everything]))
    high = [row.forecast > middle for row in found]
    dank = [row.outcome >= 0.7 for row in found]
    assert found
    assert all(row.outcome >= 0.7 or row.outcome <= 0.35 for row in found)
    assert {"right": high == dank, "overrated": all(high) and not any(dank), "underrated": not any(high) and all(dank)}[
        kind
    ]
    said = sorted(row.forecast for row in everything)
    far = [abs(said.index(row.forecast) + 0.5 - COUNT / 2) for row in found]
    assert far == sorted(far, reverse=True)
    assert striking(everything, everything, kind, 2) == found[:2]


def test_each_post_with_a_clear_outcome_is_in_one_of_the_three() -> None:
    everything = rows()
    kinds: tuple[Kind, ...] = ("right", "overrated", "underrated")
    found = [row.post for kind in kinds for row in striking(everything, everything, kind, COUNT)]
    clear = [row.post for row in everything if row.outcome >= 0.7 or row.outcome <= 0.35]
    assert sorted(found) == sorted(clear)


def test_within_a_slice_high_means_high_for_the_version_and_not_for_the_slice() -> None:
    everything = rows()
    low = sorted(everything, key=lambda row: row.forecast)[: COUNT // 3]
    assert striking(low, everything, "overrated", COUNT) == []


def test_forecasts_that_are_all_the_same_are_no_misses() -> None:
    same = [replace(row, forecast=0.3) for row in rows()]
    assert striking(same, same, "right", COUNT) == []
    assert striking([], [], "overrated", COUNT) == []


def test_posts_are_sliced_by_words_copies_community_and_cluster() -> None:
    kinds = [Looks(True, True, 3, 0.9), Looks(False, False, 4, 0.6), Looks(None, False, None, 0.0)]
    everything = [
        replace(row, looks=kinds[number % 3], community="memes" if number % 4 else "me_irl")
        for number, row in enumerate(rows())
    ]
    found = {(each.by, each.name): each.posts for each in slices(everything)}
    assert found == {
        ("all", ""): 120,
        ("text", "text"): 40,
        ("text", "no text"): 40,
        ("copies", "originals"): 80,
        ("copies", "copies"): 40,
        ("community", "memes"): 90,
        ("community", "me_irl"): 30,
        ("cluster", "cluster 3"): 40,
        ("cluster", "cluster 4"): 40,
    }
    for by, name in found:
        assert len(part(everything, by, name)) == found[by, name]
    assert part(everything, "cluster", "cluster 5") == []


def test_a_slice_has_a_figure_where_there_is_enough_and_else_says_why() -> None:
    everything = [replace(row, community="memes" if number < 100 else "few") for number, row in enumerate(rows())]
    found = {each.name: each for each in slices(everything) if each.by == "community"}
    mine = part(everything, "community", "memes")
    expected = Rows(
        *(np.array([getattr(row, name) for row in mine]) for name in ("created", "forecast", "outcome")),
        np.zeros(100, dtype=np.intp),
    )
    assert found["memes"].auc == auc_figure(expected)
    assert found["memes"].message is None
    assert (found["few"].auc, found["few"].message) == (None, "20 of 50 posts have an outcome")


def test_a_cluster_is_shown_by_the_post_that_is_most_like_it() -> None:
    everything = [replace(row, looks=Looks(cluster=1, near=0.5 + number / 1_000)) for number, row in enumerate(rows())]
    (cluster,) = (each for each in slices(everything) if each.by == "cluster")
    assert cluster.typical == f"post {COUNT - 1}"


def test_only_the_largest_clusters_and_communities_are_shown() -> None:
    everything = [
        replace(row, looks=Looks(cluster=number % 15, near=0.9), community=f"place {min(number, 3)}")
        for number, row in enumerate(rows())
    ]
    found = slices(everything)
    assert sum(each.by == "cluster" for each in found) == MOST
    assert [each.name for each in found if each.by == "community"] == ["place 3"]
    assert all(each.posts >= LEAST for each in found)


def test_nothing_is_one_empty_slice() -> None:
    (only,) = slices([])
    assert (only.by, only.posts, only.auc, only.message) == ("all", 0, None, "0 of 50 posts have an outcome")
