"""What is stored becomes arrays, and labels."""

from __future__ import annotations

import pytest

from dankmeme.storage.answers import Elsewhere, Judgement, Said, Vote
from dankmeme.storage.feedback import Opinion
from dankmeme.training.people import crowd_of, fit, labels_of
from dankmeme.training.people.answers import LEFT, NEITHER, RIGHT

PICTURES = {"p:a": "aa", "p:b": "bb", "p:copy": "aa", "p:d": "dd"}


def said(
    votes: list[Vote] | None = None,
    judgements: list[Judgement] | None = None,
    elsewhere: list[Elsewhere] | None = None,
) -> Said:
    return Said(votes or [], judgements or [], elsewhere or [], PICTURES, frozenset(PICTURES))


def test_only_what_somebody_spoke_of_is_there() -> None:
    crowd = crowd_of(said([Vote("p:b", "ann", dank=True)], [Judgement("bob", "p:b", "p:d", None, None, None)]))
    assert crowd.posts == ("p:b", "p:d")
    assert crowd.pictures == ("bb", "dd")
    assert crowd.voters == ("ann", "bob")
    assert crowd.answers.counts.tolist() == [2, 1]


def test_sides_are_as_they_were_shown_and_else_not_told() -> None:
    shown = Judgement("ann", "p:a", "p:b", "p:a", "p:b", "unsure")
    unknown = Judgement("ann", "p:a", "p:d", "p:a", None, None)
    neither = Judgement("ann", "p:b", "p:d", None, "p:b", "again")
    crowd = crowd_of(said(judgements=[shown, unknown, neither]))
    pairs = crowd.answers.pairs
    assert [crowd.posts[each] for each in pairs.left] == ["p:b", "p:a", "p:b"]
    assert pairs.said.tolist() == [RIGHT, LEFT, NEITHER]
    assert pairs.sided.tolist() == [True, False, True]


def test_feedback_is_a_weak_vote_of_an_unknown_rater_on_every_post_of_the_picture() -> None:
    crowd = crowd_of(said([Vote("p:b", "ann", dank=True)]), [Opinion("aa", dank=True), Opinion("ee", dank=False)])
    assert crowd.posts == ("p:a", "p:b", "p:copy")
    assert crowd.answers.trust.tolist() == [1.0, 0.5, 0.5]
    assert crowd.feedback == 2
    labels = {label.post: label for label in labels_of(crowd, fit(crowd.answers))}
    assert (labels["p:a"].votes, labels["p:a"].feedback) == (0, 1)
    assert 0 < labels["p:a"].weight < labels["p:b"].weight


def test_labels_made_elsewhere_are_another_source_that_can_be_left_out() -> None:
    known = [Elsewhere("other", "aa", 0.9, 0.5), Elsewhere("third", "aa", 0.8, 0.5)]
    crowd = crowd_of(said(elsewhere=known))
    labels = {label.post: label for label in labels_of(crowd, fit(crowd.answers))}
    assert set(labels) == {"p:a", "p:copy"}
    assert labels["p:a"].elsewhere == 2
    assert labels["p:a"].weight > 0.5
    assert labels["p:a"].answers == 0
    assert crowd_of(said(elsewhere=known), elsewhere=False).posts == ()


def test_labels_are_in_order_and_within_their_intervals() -> None:
    judged = [Judgement(rater, "p:a", "p:b", "p:a", "p:a", "uniform") for rater in "vwxyz"]
    judged += [Judgement(rater, "p:b", "p:d", "p:b", "p:d", "uniform") for rater in "vwxyz"]
    crowd = crowd_of(said(judgements=judged))
    labels = labels_of(crowd, fit(crowd.answers))
    assert [label.post for label in labels] == ["p:a", "p:b", "p:d"]
    assert [label.pairs for label in labels] == [5, 10, 5]
    for label in labels:
        assert 0 <= label.low <= label.percentile <= label.high <= 1
        assert label.worth_low < label.worth < label.worth_high
        assert 0 < label.weight < 1
    assert labels[0].percentile + labels[2].percentile == pytest.approx(1, abs=0.1)
