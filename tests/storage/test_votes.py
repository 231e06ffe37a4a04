"""Votes, and pairs of which people say which is danker."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa

from dankmeme.storage import erase, moderation, pairs
from dankmeme.storage.cards import cards
from dankmeme.storage.database import Database
from dankmeme.storage.feed import UPLOAD
from dankmeme.storage.tables import feed, votes
from dankmeme.storage.tables import pairs as pair_table
from dankmeme.storage.votes import vote
from tests.storage.making import a_post, at_once, facts, rows, show, store


def put(database: Database, *names: str) -> None:
    """Posts of different pictures."""
    for number, name in enumerate(names):
        (image,) = store(database, facts(number))
        show(database, a_post(name), image)


def counted(database: Database, name: str) -> tuple[int, int, int]:
    """What the feed says of a post: dank, not dank, and all votes."""
    columns = feed.c.votes_dank, feed.c.votes_not, feed.c.votes
    ((yes, no, every),) = rows(database, sa.select(*columns).where(feed.c.post_id == f"reddit:{name}"))
    return yes, no, every


def test_a_vote_is_counted_once_can_be_changed_and_taken_back(database: Database) -> None:
    put(database, "a")
    said = [vote(database, "reddit:a", "ann", dank) for dank in (True, True, False, None, None, False)]
    assert said == [(1, 0), (1, 0), (0, 1), (0, 0), (0, 0), (0, 1)]
    assert vote(database, "reddit:a", "bob", dank=True) == (1, 1)
    assert counted(database, "a") == (1, 1, 2)


def test_everybody_sees_all_votes_and_their_own(database: Database) -> None:
    put(database, "a")
    vote(database, "reddit:a", "ann", dank=True)
    vote(database, "reddit:a", "bob", dank=False)
    shown = [cards(database, ["reddit:a"], voter)[0].votes for voter in ("ann", "bob", "eve", None)]
    assert [(each.dank, each.not_dank, each.mine) for each in shown] == [
        (1, 1, "dank"),
        (1, 1, "not dank"),
        (1, 1, None),
        (1, 1, None),
    ]


@pytest.mark.parametrize("post", ["reddit:none", "upload:mine", ""])
def test_what_the_feed_does_not_have_gets_no_votes(database: Database, post: str) -> None:
    (image,) = store(database, facts(1))
    show(database, a_post("mine", source=UPLOAD), image)
    assert vote(database, post, "ann", dank=True) is None
    assert cards(database, [post]) == []
    assert not pairs.judge(database, "ann", post, "reddit:other", None)
    assert rows(database, sa.select(votes)) == []


def test_many_who_vote_at_once_are_all_counted(database: Database) -> None:
    put(database, "a", "b")

    def work(number: int) -> None:
        chance = random.Random(number)
        for _ in range(4):
            vote(database, f"reddit:{chance.choice('ab')}", f"v{number % 12}", chance.choice([True, False, None]))

    at_once(work, 16)
    for name in "ab":
        said = [dank for (dank,) in rows(database, sa.select(votes.c.dank).where(votes.c.post_id == f"reddit:{name}"))]
        yes, no = said.count(True), said.count(False)
        assert counted(database, name) == (yes, no, yes + no)


def test_votes_go_with_their_post_also_where_somebody_votes_just_then(database: Database) -> None:
    put(database, *"abcdef")

    def work(number: int) -> None:
        for name in "abcdef":
            if number == 0:
                erase.delete_post(database, f"reddit:{name}")
            else:
                vote(database, f"reddit:{name}", f"v{number}", dank=True)

    at_once(work, 4)
    assert rows(database, sa.select(votes)) == []


def judged(database: Database) -> list[tuple[object, ...]]:
    columns = pair_table.c.voter, pair_table.c.a, pair_table.c.b, pair_table.c.winner
    return rows(database, sa.select(*columns).order_by(*columns[:3]))


def test_a_pair_is_the_same_in_either_order_and_can_be_judged_anew(database: Database) -> None:
    put(database, "a", "b")
    assert pairs.judge(database, "ann", "reddit:a", "reddit:b", "reddit:b")
    assert pairs.judge(database, "ann", "reddit:b", "reddit:a", "reddit:a")
    assert judged(database) == [("ann", "reddit:a", "reddit:b", "reddit:a")]
    assert pairs.judge(database, "ann", "reddit:a", "reddit:b", None)
    assert pairs.judge(database, "bob", "reddit:a", "reddit:b", "reddit:b")
    assert [row[3] for row in judged(database)] == [None, "reddit:b"]
    assert [pairs.judged(database, voter) for voter in ("ann", "bob", "eve", None)] == [1, 1, 0, 0]


def test_a_pair_with_a_post_that_is_gone_is_not_kept_and_goes_with_either(database: Database) -> None:
    put(database, "a", "b", "c")
    pairs.judge(database, "ann", "reddit:a", "reddit:b", "reddit:b")
    pairs.judge(database, "ann", "reddit:c", "reddit:b", "reddit:b")
    erase.delete_post(database, "reddit:a")
    assert not pairs.judge(database, "bob", "reddit:a", "reddit:b", "reddit:b")
    assert judged(database) == [("ann", "reddit:b", "reddit:c", "reddit:b")]


def test_there_is_no_pair_without_two_pictures_that_can_be_seen(database: Database) -> None:
    assert pairs.draw(database, None) is None
    put(database, "a")
    show(database, a_post("copy"), facts(0).sha256)
    assert pairs.draw(database, "ann") is None
    put(database, "a", "b")
    assert pairs.draw(database, "ann") is not None
    moderation.hide(database, "reddit:b", True)
    assert pairs.draw(database, "ann") is None


def test_a_pair_is_of_different_pictures_and_rather_one_that_was_not_judged(database: Database) -> None:
    put(database, "a", "b", "c")
    show(database, a_post("copy"), facts(0).sha256)
    pairs.judge(database, "ann", "reddit:copy", "reddit:b", None)
    pairs.judge(database, "ann", "reddit:copy", "reddit:c", None)
    drawn = [set(pairs.draw(database, "ann") or ()) for _ in range(20)]
    assert all(len(each) == 2 and each <= {"reddit:copy", "reddit:b", "reddit:c"} for each in drawn)
    assert drawn.count({"reddit:b", "reddit:c"}) > 15


def test_it_is_kept_where_a_pair_was_shown_and_why(database: Database) -> None:
    put(database, "a", "b")
    columns = pair_table.c.left, pair_table.c.drawn
    pairs.judge(database, "ann", "reddit:b", "reddit:a", None, "unsure")
    assert rows(database, sa.select(*columns)) == [("reddit:b", "unsure")]
    pairs.judge(database, "ann", "reddit:a", "reddit:b", None)
    assert rows(database, sa.select(*columns)) == [("reddit:a", None)]


def test_what_chance_drew_for_others_is_shown_again_and_nothing_else(database: Database) -> None:
    put(database, *"abcd")
    pairs.judge(database, "bob", "reddit:a", "reddit:b", None, "uniform")
    pairs.judge(database, "bob", "reddit:c", "reddit:d", None, "unsure")
    assert {frozenset(pairs.again(database, voter) or ()) for voter in ("ann", None)} == {
        frozenset({"reddit:a", "reddit:b"})
    }
    assert {pairs.again(database, "ann") for _ in range(40)} == {("reddit:a", "reddit:b"), ("reddit:b", "reddit:a")}
    assert pairs.again(database, "bob") is None
    pairs.judge(database, "ann", "reddit:b", "reddit:a", None, "again")
    assert pairs.again(database, "ann") is None
    moderation.hide(database, "reddit:a", True)
    assert pairs.again(database, "eve") is None


def test_contenders_are_of_different_pictures_and_can_be_seen(database: Database) -> None:
    put(database, "a", "b", "c")
    show(database, a_post("copy"), facts(0).sha256)
    moderation.hide(database, "reddit:b", True)
    assert {(each.post, each.forecast) for each in pairs.contenders(database)} == {
        ("reddit:copy", None),
        ("reddit:c", None),
    }
