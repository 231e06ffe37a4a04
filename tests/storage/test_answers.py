"""What people said, read to be learnt from, and labels that were made elsewhere."""

from __future__ import annotations

from dankmeme.storage import erase, labels, moderation, pairs
from dankmeme.storage.answers import Elsewhere, Judgement, Vote, mark, said
from dankmeme.storage.database import Database
from dankmeme.storage.votes import vote
from tests.storage.making import a_post, facts, show, store


def put(database: Database, *names: str) -> list[str]:
    """Posts of different pictures; the pictures."""
    images = []
    for number, name in enumerate(names):
        (image,) = store(database, facts(number))
        show(database, a_post(name), image)
        images.append(image)
    return images


def test_everything_that_was_said_is_read(database: Database) -> None:
    images = put(database, "a", "b")
    vote(database, "reddit:a", "ann", dank=True)
    pairs.judge(database, "bob", "reddit:b", "reddit:a", "reddit:b", "again")
    labels.keep(database, [Elsewhere("other", images[1], 0.9, 0.4), Elsewhere("other", "f" * 64, 0.1, 0.4)])
    moderation.hide(database, "reddit:b", True)
    found = said(database)
    assert found.votes == [Vote("reddit:a", "ann", dank=True)]
    assert found.judgements == [Judgement("bob", "reddit:a", "reddit:b", "reddit:b", "reddit:b", "again")]
    assert found.elsewhere == [Elsewhere("other", images[1], 0.9, 0.4)]
    assert found.pictures == {"reddit:a": images[0], "reddit:b": images[1]}
    assert found.visible == {"reddit:a"}


def test_what_was_said_goes_with_its_post(database: Database) -> None:
    put(database, "a", "b")
    vote(database, "reddit:a", "ann", dank=True)
    pairs.judge(database, "ann", "reddit:a", "reddit:b", None)
    erase.delete_post(database, "reddit:a")
    found = said(database)
    assert (found.votes, found.judgements, list(found.pictures)) == ([], [], ["reddit:b"])


def test_the_mark_changes_with_whatever_is_said(database: Database) -> None:
    images, seen = put(database, "a", "b"), set()
    for act in (
        lambda: None,
        lambda: vote(database, "reddit:a", "ann", dank=True),
        lambda: vote(database, "reddit:a", "ann", dank=False),
        lambda: pairs.judge(database, "ann", "reddit:a", "reddit:b", None),
        lambda: labels.keep(database, [Elsewhere("other", images[0], 0.5, 0.5)]),
        lambda: moderation.hide(database, "reddit:b", True),
    ):
        act()
        seen.add(mark(database))
    assert len(seen) == 6
    assert mark(database) in seen


def test_a_label_is_kept_once_for_each_origin_and_picture_and_can_be_replaced(database: Database) -> None:
    made = [Elsewhere("one", f"{number:064x}", 0.25, 0.5) for number in range(1_100)]
    assert labels.keep(database, made) == 1_100
    assert labels.keep(database, made) == 1_100
    labels.keep(database, [Elsewhere("two", "0" * 64, 0.75, 0.5)])
    assert labels.origins(database) == {"one": 1_100, "two": 1}
    image, *_ = put(database, "a")
    labels.keep(database, [Elsewhere("one", image, 0.1, 0.5)])
    labels.keep(database, [Elsewhere("one", image, 0.2, 0.6)])
    assert said(database).elsewhere == [Elsewhere("one", image, 0.2, 0.6)]


def test_a_database_knows_its_own_labels_for_good(database: Database) -> None:
    assert labels.own_name(database) == labels.own_name(database)
    assert len(labels.own_name(database)) == 16
