from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from dankmeme.storage import erase, failures, images, posts
from dankmeme.storage.bucket import KINDS, Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.erase import DeletedPost
from dankmeme.storage.images import SETTLING_SECONDS, Relations
from dankmeme.storage.tables import images as image_table
from dankmeme.storage.tables import near_duplicates, post_images, tombstones
from dankmeme.storage.tables import posts as post_table
from tests.storage.making import a_post, at_once, everything, facts, rows, show, states, store


def kept(database: Database, bucket: Bucket, *seeds: int) -> list[str]:
    """Store images with their objects; their hashes."""
    names = store(database, *(facts(seed) for seed in seeds))
    for name in names:
        bucket.put(name, dict.fromkeys(KINDS, b"picture"))
    return names


def objects(bucket: Bucket, name: str) -> int:
    return sum(bucket.get(name, kind) is not None for kind in KINDS)


def mentions(database: Database, word: str) -> set[str]:
    """Tables in which a word stands."""
    return {name for name, found in everything(database).items() if any(word in row for row in found)}


def test_a_post_goes_with_its_images_scores_failures_and_relations(database: Database, bucket: Bucket) -> None:
    one, other = kept(database, bucket, 1, 2)
    copy = facts(1, quality=60)
    store(database, copy)
    Relations(database).update()
    assert len(rows(database, sa.select(near_duplicates))) == 1
    posts.enlist(database, [a_post("a", pictures=3, score=5, created_utc=1e9)], "run")
    posts.settle(
        database, {("reddit:a", 0): one, ("reddit:a", 1): other}, {("reddit:a", 2): posts.Failed("not-found", "no")}
    )
    assert erase.delete_post(database, "reddit:a") == DeletedPost(sorted([one, other]), [])
    assert erase.purge(database, bucket) == 2
    assert mentions(database, "reddit:a") == mentions(database, one) == {"tombstones"}
    assert rows(database, sa.select(near_duplicates)) == []
    assert objects(bucket, one) == objects(bucket, other) == 0


def test_an_image_that_another_post_shows_stays(database: Database, bucket: Bucket) -> None:
    (shared,) = kept(database, bucket, 1)
    show(database, a_post("a", pictures=2), shared, shared)
    show(database, a_post("b"), shared)
    assert erase.delete_post(database, "reddit:a") == DeletedPost([], [shared])
    assert erase.purge(database, bucket) == 0
    assert (objects(bucket, shared), states(database, ["reddit:b"])) == (3, ["stored"])
    assert erase.delete_post(database, "reddit:b") == DeletedPost([shared], [])


def test_a_deleted_post_does_not_come_back(database: Database) -> None:
    posts.enlist(database, [a_post("a"), a_post("b")], "run")
    erase.delete_post(database, "reddit:a")
    result = posts.enlist(database, [a_post("a", score=3), a_post("b")], "run")
    assert (result.fresh, result.known, result.gone, result.chunks) == (0, 1, 1, [])
    assert rows(database, sa.select(post_table.c.id)) == [("reddit:b",)]


def test_an_image_goes_wherever_it_is_shown_and_posts_say_why(database: Database, bucket: Bucket) -> None:
    bad, good = kept(database, bucket, 1, 2)
    show(database, a_post("a"), bad)
    show(database, a_post("b", pictures=2), good, bad)
    assert erase.delete_image(database, bad) == ["reddit:a", "reddit:b"]
    erase.purge(database, bucket)
    assert states(database, ["reddit:a", "reddit:b"]) == ["failed", "stored"]
    assert {(each.post_id, each.position, each.code) for each in failures.listed(database)} == {
        ("reddit:a", 0, "image-deleted"),
        ("reddit:b", 1, "image-deleted"),
    }
    assert (objects(bucket, bad), objects(bucket, good)) == (0, 3)
    assert mentions(database, bad) == {"tombstones"}


def test_a_deleted_image_does_not_come_back(database: Database) -> None:
    (bad,) = store(database, facts(1))
    erase.delete_image(database, bad)
    assert images.met_before(database, [bad]) == {bad: False}
    with database.write() as connection:  # however long ago it was
        connection.execute(sa.update(tombstones).values(deleted_utc=1.0))
    assert images.add(database, [facts(1), facts(2)]) == {facts(2).sha256}


def test_an_image_that_nobody_showed_any_more_comes_back_once_its_objects_are_gone(database: Database) -> None:
    (name,) = store(database, facts(1))
    show(database, a_post("a"), name)
    erase.delete_post(database, "reddit:a")
    assert images.met_before(database, [name]) == {}
    assert images.add(database, [facts(1)]) == set()
    with database.write() as connection:
        connection.execute(sa.update(tombstones).values(deleted_utc=time.time() - SETTLING_SECONDS - 1))
    assert images.add(database, [facts(1)]) == set()  # its objects are not removed yet
    with database.write() as connection:
        connection.execute(sa.update(tombstones).values(purged=True))
    assert images.add(database, [facts(1)]) == {name}


def test_an_image_that_came_back_keeps_its_objects(database: Database, bucket: Bucket) -> None:
    (name,) = kept(database, bucket, 3)
    show(database, a_post("a"), name)
    erase.delete_post(database, "reddit:a")
    with database.write() as connection:
        connection.execute(sa.update(tombstones).values(deleted_utc=1.0, purged=True))
    kept(database, bucket, 3)
    erase.purge(database, bucket)
    assert objects(bucket, name) == 3
    assert erase.purge(database, bucket) == 0


def test_deleting_what_is_not_there_says_so(database: Database) -> None:
    assert erase.delete_post(database, "reddit:no") is None
    assert erase.delete_image(database, "0" * 64) is None
    assert rows(database, sa.select(tombstones)) == []


def test_removing_from_the_bucket_may_be_interrupted_and_repeated(database: Database, bucket: Bucket) -> None:
    names = kept(database, bucket, 1, 2, 3)
    for name in names:
        erase.delete_image(database, name)
    with pytest.raises(PowerCut):
        erase.purge(database, Interrupted(bucket, after=4))
    left = [objects(bucket, name) for name in names]
    assert sum(left) == 5
    erase.purge(database, bucket)
    assert [objects(bucket, name) for name in names] == [0, 0, 0]
    assert erase.purge(database, bucket) == 0


class PowerCut(BaseException):
    pass


class Interrupted(Bucket):
    """A bucket from which so many objects are removed, and then the lights go out."""

    def __init__(self, real: Bucket, after: int) -> None:
        self._store, self.folder = real._store, real.folder
        self._left = after

    def remove(self, sha256: str) -> None:
        import obstore

        from dankmeme.storage.bucket import key

        for kind in KINDS:
            if not self._left:
                raise PowerCut
            self._left -= 1
            obstore.delete(self._store, key(sha256, kind))


def test_deleting_while_posts_come_to_show_the_same_image_leaves_nothing_half(database: Database) -> None:
    ids = [f"reddit:p{number}" for number in range(12)]
    for each in ids:
        posts.enlist(database, [a_post(each.partition(":")[2])], "run")

    def work(number: int) -> None:
        for each in ids[number::3]:
            images.add(database, [facts(1)])
            posts.settle(database, {(each, 0): facts(1).sha256}, {})
            if number == 0:
                erase.delete_post(database, each)

    at_once(work, 3)
    query = sa.select(post_images.c.state, post_images.c.image, image_table.c.sha256)
    found = rows(database, query.outerjoin(image_table, image_table.c.sha256 == post_images.c.image))
    assert all((state == "stored") == (image is not None) and image == there for state, image, there in found)
    assert len(found) == 8
