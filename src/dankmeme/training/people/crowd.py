"""What is stored of people's answers becomes arrays, and each array's rows keep their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dankmeme.storage.answers import Judgement, Said
from dankmeme.storage.feedback import Opinion
from dankmeme.training.people.answers import LEFT, NEITHER, RIGHT, Anchors, Answers, Pairs, Votes

UNKNOWN_TRUST = 0.5
"""How reliable whoever sends feedback is thought to be: nobody knows them, and they write when they are vexed."""


@dataclass(frozen=True)
class Crowd:
    """Answers with the names of what they are about.

    Attributes:
        posts: of the memes, in their order.
        pictures: SHA-256 of each one's first picture.
        voters: of the raters that have a name; those who sent feedback come after them and have none.
        answers: what they said; the last `feedback` votes are feedback.
        feedback: how many votes are.
    """

    posts: tuple[str, ...]
    pictures: tuple[str, ...]
    voters: tuple[str, ...]
    answers: Answers
    feedback: int


def crowd_of(said: Said, opinions: Sequence[Opinion] = (), *, elsewhere: bool = True) -> Crowd:
    """Number memes and raters.

    Args:
        said: what is stored.
        opinions: on verdicts, of people nobody knows: each is a vote of a rater of its own, who is trusted less.
        elsewhere: whether labels that were made elsewhere count.
    """
    showing = _showing(said)
    felt = [(post, opinion.dank) for opinion in opinions for post in showing.get(opinion.sha256, ())]
    known = [(post, each) for each in said.elsewhere for post in showing.get(each.image, ())] if elsewhere else []
    named = [*(each.post for each in said.votes), *(post for post, _ in felt), *(post for post, _ in known)]
    named += [post for each in said.judgements for post in (each.one, each.other)]
    place = {post: number for number, post in enumerate(dict.fromkeys(sorted(named)))}
    voters = _numbered([*(each.voter for each in said.votes), *(each.voter for each in said.judgements)])
    unknown = range(len(voters), len(voters) + len(felt))
    votes = Votes(
        _numbers([*(place[each.post] for each in said.votes), *(place[post] for post, _ in felt)]),
        _numbers([*(voters[each.voter] for each in said.votes), *unknown]),
        np.array([*(each.dank for each in said.votes), *(dank for _, dank in felt)], dtype=bool),
    )
    anchors = Anchors(
        _numbers(place[post] for post, _ in known),
        np.array([each.percentile for _, each in known], dtype=np.float64),
        np.array([each.weight for _, each in known], dtype=np.float64),
    )
    trust = np.concatenate([np.ones(len(voters)), np.full(len(felt), UNKNOWN_TRUST)])
    pairs = _pairs(said.judgements, place, voters)
    answers = Answers(len(place), len(trust), votes, pairs, trust, anchors)
    return Crowd(tuple(place), tuple(said.pictures[post] for post in place), tuple(voters), answers, len(felt))


def _pairs(judgements: Sequence[Judgement], place: dict[str, int], voters: dict[str, int]) -> Pairs:
    shown = [(each.one, each.other) if each.left in (None, each.one) else (each.other, each.one) for each in judgements]
    said = [
        NEITHER if each.winner is None else LEFT if each.winner == left else RIGHT
        for each, (left, _) in zip(judgements, shown, strict=True)
    ]
    return Pairs(
        _numbers(place[left] for left, _ in shown),
        _numbers(place[right] for _, right in shown),
        _numbers(voters[each.voter] for each in judgements),
        _numbers(said),
        np.array([each.left is not None for each in judgements], dtype=bool),
    )


def _showing(said: Said) -> dict[str, list[str]]:
    """The posts that show each picture."""
    found: dict[str, list[str]] = {}
    for post, picture in said.pictures.items():
        found.setdefault(picture, []).append(post)
    return found


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _numbers(values: Iterable[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    return np.fromiter(values, dtype=np.intp)
