from __future__ import annotations

from dankmeme.storage import erase, images
from dankmeme.storage.database import Database
from dankmeme.storage.duplicates import groups
from dankmeme.storage.images import Relations
from tests.storage.making import a_post, facts, flipped, hashes, show, store, synthetic

ONE, COPY, OTHER = facts(1), facts(1, quality=60), facts(2)


def told(database: Database) -> list[list[tuple[str, list[str]]]]:
    return [[(each.sha256, each.posts) for each in group] for group in groups(database)]


def compared(database: Database) -> None:
    store(database, ONE, COPY, OTHER)
    Relations(database).update()


def test_the_original_is_the_image_of_the_earliest_post(database: Database) -> None:
    compared(database)
    show(database, a_post("late", created_utc=2e9), ONE.sha256)
    show(database, a_post("early", created_utc=1e9), COPY.sha256)
    show(database, a_post("alone", created_utc=1.0), OTHER.sha256)
    assert told(database) == [[(COPY.sha256, ["reddit:early"]), (ONE.sha256, ["reddit:late"])]]


def test_the_original_changes_when_an_older_post_arrives_and_when_it_goes(database: Database) -> None:
    compared(database)
    show(database, a_post("late", created_utc=2e9), ONE.sha256)
    show(database, a_post("early", created_utc=1e9), COPY.sha256)
    show(database, a_post("oldest", created_utc=1e8), ONE.sha256)
    assert told(database)[0][0] == (ONE.sha256, ["reddit:oldest", "reddit:late"])
    erase.delete_post(database, "reddit:oldest")
    assert told(database)[0][0] == (COPY.sha256, ["reddit:early"])


def test_where_only_an_order_is_known_it_decides(database: Database) -> None:
    compared(database)
    show(database, a_post("second", order=2), ONE.sha256)
    show(database, a_post("first", order=1), COPY.sha256)
    assert told(database)[0][0][0] == COPY.sha256


def test_an_image_that_no_post_shows_is_no_original(database: Database) -> None:
    compared(database)
    show(database, a_post("a"), COPY.sha256)
    assert told(database) == [[(COPY.sha256, ["reddit:a"]), (ONE.sha256, [])]]


def test_a_group_is_held_together_by_those_in_between(database: Database) -> None:
    base = hashes(1)[0]
    store(database, *(synthetic(str(bits), flipped(base, bits)) for bits in (0, 25, 50, 75)), OTHER)
    Relations(database).update()
    assert [len(group) for group in groups(database)] == [4]


def test_telling_a_pair_apart_ends_its_group(database: Database) -> None:
    compared(database)
    images.tell_apart(database, COPY.sha256, ONE.sha256)
    assert groups(database) == []


def test_the_largest_group_comes_first(database: Database) -> None:
    small, large = hashes(2)
    store(database, *(synthetic(f"s{n}", flipped(small, n)) for n in range(2)))
    store(database, *(synthetic(f"l{n}", flipped(large, n)) for n in range(3)))
    Relations(database).update()
    assert [len(group) for group in groups(database)] == [3, 2]
