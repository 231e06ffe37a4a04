from __future__ import annotations

import random

import numpy as np
import pytest
import sqlalchemy as sa

from dankmeme.errors import StorageError
from dankmeme.storage import erase, images
from dankmeme.storage.database import Database
from dankmeme.storage.images import NEAR, ImageFacts, Relations
from dankmeme.storage.tables import images as table
from dankmeme.storage.tables import near_duplicates, tombstones
from tests.storage.making import a_post, at_once, facts, flipped, hashes, rows, show, store, synthetic


def pairs(database: Database) -> set[tuple[str, str]]:
    found = rows(database, sa.select(near_duplicates.c.a, near_duplicates.c.b))
    assert len(found) == len(set(found))
    assert all(a < b for a, b in found)
    return set(found)


def pair(one: ImageFacts | str, other: ImageFacts | str) -> tuple[str, str]:
    a, b = sorted(each if isinstance(each, str) else each.sha256 for each in (one, other))
    return a, b


def related(relations: Relations, most: int = 500) -> None:
    while relations.update(most):
        pass


def families(count: int, size: int) -> tuple[list[ImageFacts], set[tuple[str, str]]]:
    """Pictures in families of near-duplicates, mixed up, and all pairs there are."""
    found, expected = [], set()
    for number, base in enumerate(hashes(count)):
        family = [synthetic(f"{number}-{each}", flipped(base, 3 * each)) for each in range(size)]
        found += family
        expected |= {pair(one, other) for one in family for other in family if one != other}
    random.Random(7).shuffle(found)
    return found, expected


def test_a_picture_encoded_anew_is_a_near_duplicate_and_another_picture_is_none(database: Database) -> None:
    store(database, facts(1), facts(2), facts(1, quality=60))
    related(Relations(database))
    assert pairs(database) == {pair(facts(1), facts(1, quality=60))}
    ((distance, difference),) = rows(database, sa.select(near_duplicates.c.distance, near_duplicates.c.difference))
    assert 0 <= distance <= NEAR
    assert difference >= 0


@pytest.mark.parametrize(("bits", "near"), [(0, True), (NEAR, True), (NEAR + 1, False)])
def test_hashes_are_near_up_to_the_limit(database: Database, bits: int, near: bool) -> None:
    (base,) = hashes(1)
    store(database, synthetic("one", base), synthetic("other", flipped(base, bits)))
    related(Relations(database))
    assert bool(pairs(database)) == near


def test_near_hashes_of_pictures_that_differ_in_detail_are_no_duplicates(database: Database) -> None:
    (base,) = hashes(1)
    noise = np.random.Generator(np.random.PCG64(1)).integers(0, 256, 4_096, dtype=np.uint8).tobytes()
    store(database, synthetic("one", base), synthetic("other", base, detail=noise))
    related(Relations(database))
    assert pairs(database) == set()


def test_pictures_of_low_quality_are_never_matched(database: Database) -> None:
    (base,) = hashes(1)
    store(database, *(synthetic(name, base, quality=quality) for name, quality in (("a", 49), ("b", 49), ("c", 100))))
    related(Relations(database))
    assert pairs(database) == set()


@pytest.mark.parametrize("most", [1, 7, 500])
def test_all_pairs_are_found_whichever_process_stored_them_and_in_whichever_order(
    database: Database, most: int
) -> None:
    found, expected = families(12, 4)
    processes = [Relations(database) for _ in range(3)]
    chance = random.Random(most)
    for each in found:
        store(database, each)
        if chance.random() < 0.4:
            chance.choice(processes).update(most)
    related(chance.choice(processes), most)
    assert pairs(database) == expected


def test_threads_and_processes_that_compare_at_once_miss_no_pair(database: Database) -> None:
    found, expected = families(20, 3)

    def work(number: int) -> None:
        relations = Relations(database)
        for each in found[number::4]:
            store(database, each)
            relations.update(2)
        related(relations)

    at_once(work, 4)
    related(Relations(database))
    assert pairs(database) == expected


def test_one_that_took_the_place_of_a_deleted_image_is_known_to_processes_that_had_seen_that(
    database: Database,
) -> None:
    first, second = hashes(2)
    old = Relations(database)
    store(database, synthetic("stays", second), synthetic("goes", first))
    related(old)
    erase.delete_image(database, synthetic("goes", first).sha256)
    store(database, synthetic("new", first))
    related(Relations(database))  # another process gives it the place that is free
    store(database, synthetic("newer", flipped(first, 2)))
    related(old)
    assert pairs(database) == {pair(synthetic("new", first), synthetic("newer", first))}


def test_an_image_that_was_deleted_is_never_named_again(database: Database) -> None:
    first, *_ = hashes(1)
    relations = Relations(database)
    (gone,) = store(database, synthetic("goes", first))
    related(relations)
    erase.delete_image(database, gone)
    store(database, synthetic("new", first))
    related(relations)
    assert pairs(database) == set()


def test_a_pair_that_was_told_apart_stays_apart_also_when_an_image_goes_and_comes_back(database: Database) -> None:
    one, other = facts(1), facts(1, quality=60)
    relations = Relations(database)
    store(database, one, other)
    related(relations)
    images.tell_apart(database, other.sha256, one.sha256)
    assert pairs(database) == set()
    show(database, a_post("a"), one.sha256)
    erase.delete_post(database, "reddit:a")
    with database.write() as connection:  # as if its objects had long been removed
        connection.execute(sa.delete(tombstones))
    store(database, one)
    related(relations)
    related(Relations(database))
    assert pairs(database) == set()
    third = facts(1, quality=75)
    store(database, third)
    related(relations)
    assert pairs(database) == {pair(one, third), pair(other, third)}


def test_pictures_told_apart_before_they_were_compared_are_never_matched(database: Database) -> None:
    one, other = facts(1), facts(1, quality=60)
    images.tell_apart(database, one.sha256, other.sha256)
    store(database, one, other)
    related(Relations(database))
    assert pairs(database) == set()


def test_an_update_that_was_rolled_back_is_done_again(database: Database) -> None:
    found, expected = families(3, 2)
    relations = Relations(database)
    store(database, *found)
    related(relations)
    with database.write() as connection:
        connection.execute(sa.delete(near_duplicates))
        connection.execute(sa.update(table).values(place=None))
    related(relations)
    assert pairs(database) == expected


def test_an_image_is_written_down_once(database: Database) -> None:
    assert images.add(database, [facts(1)]) == images.add(database, [facts(1)]) == {facts(1).sha256}
    assert images.add(database, []) == set()
    assert images.met_before(database, [facts(1).sha256]) == {facts(1).sha256: True}
    assert images.met_before(database, ["0" * 64]) == {}


def test_an_image_is_named_by_the_beginning_of_its_hash(database: Database) -> None:
    (name,) = store(database, facts(1))
    store(database, facts(2))
    assert images.named(database, name.upper()[:12]) == images.named(database, name) == name
    for wrong in ("", "zz", "%", "_" * 64, name + "0", "\0"):
        with pytest.raises(StorageError, match="no image has a hash"):
            images.named(database, wrong)


def test_a_beginning_that_several_hashes_have_is_refused(database: Database) -> None:
    store(database, *(synthetic(str(number), bytes(32)) for number in range(17)))
    digits = [name[0] for (name,) in rows(database, sa.select(table.c.sha256))]
    twice = next(digit for digit in digits if digits.count(digit) > 1)
    with pytest.raises(StorageError, match="more than one image"):
        images.named(database, twice)
