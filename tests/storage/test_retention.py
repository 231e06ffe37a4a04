from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from dankmeme.storage import Storage, erase, images, posts, predictions, retention, versions
from dankmeme.storage.bucket import KINDS, Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.feed import UPLOAD
from dankmeme.storage.images import Relations
from dankmeme.storage.predictions import Prediction
from dankmeme.storage.tables import feed, tombstones
from dankmeme.storage.tables import images as table
from dankmeme.storage.tables import posts as post_table
from dankmeme.storage.tables import predictions as prediction_table
from dankmeme.storage.versions import Version
from tests.storage.making import a_post, at_once, facts, rows, show, states, store

DAY = retention.DAY
MODEL = Version("cnn", "demo-1", "/somewhere", True, 0)


@pytest.fixture
def storage(database: Database, tmp_path: Path) -> Storage:
    return Storage(database, Bucket(str(tmp_path / "bucket")))


def kept(storage: Storage, *seeds: int, days_ago: float = 0.0) -> list[str]:
    """Store images with their objects, so many days ago."""
    names = store(storage.database, *(facts(seed) for seed in seeds))
    for name in names:
        storage.bucket.put(name, dict.fromkeys(KINDS, b"picture"))
    age(storage.database, names, days_ago)
    return names


def age(database: Database, names: list[str], days: float) -> None:
    with database.write() as connection:
        then = time.time() - days * DAY
        connection.execute(sa.update(table).where(table.c.sha256.in_(names)).values(stored_utc=then))


def dropped(database: Database) -> set[str]:
    return {row[0] for row in rows(database, sa.select(table.c.sha256).where(table.c.dropped_utc.is_not(None)))}


def settle_down(database: Database) -> None:
    """Let the time pass in which an image whose objects were removed is not stored anew."""
    with database.write() as connection:
        connection.execute(sa.update(tombstones).values(deleted_utc=1.0))


def test_old_pictures_go_and_what_is_known_of_them_stays(storage: Storage) -> None:
    database = storage.database
    old, other = kept(storage, 1, 2, days_ago=31)
    (young,) = kept(storage, 3, days_ago=29)
    versions.adopt(database, [MODEL], {})
    show(database, a_post("a"), old)
    made = Prediction(old, "cnn", "demo-1", "success", 0.5, 0.4, 0.6, 0.5, "dank", made_utc=1.0)
    predictions.settle(database, [made])
    before = rows(database, sa.select(table.c.sha256, table.c.pdq, table.c.family).order_by(table.c.sha256))
    assert retention.drop_old(storage, 30, time.time()) == 2
    assert dropped(database) == {old, other}
    assert storage.bucket.hashes() == {young}
    assert rows(database, sa.select(table.c.sha256, table.c.pdq, table.c.family).order_by(table.c.sha256)) == before
    assert rows(database, sa.select(prediction_table.c.probability)) == [(0.5,)]
    assert rows(database, sa.select(feed.c.post_id, feed.c.verdict)) == [("reddit:a", 0.5)]
    assert states(database, ["reddit:a"]) == ["stored"]
    assert retention.drop_old(storage, 30, time.time()) == 0


def test_nothing_goes_where_pictures_are_kept_for_ever(storage: Storage) -> None:
    (old,) = kept(storage, 1, days_ago=10_000)
    assert retention.drop_old(storage, 0, time.time()) == 0
    assert storage.bucket.hashes() == {old}


def test_a_batch_at_a_time_the_oldest_first(storage: Storage) -> None:
    names = [kept(storage, seed, days_ago=40 + seed)[0] for seed in range(5)]
    assert retention.drop_old(storage, 30, time.time(), most=2) == 2
    assert dropped(storage.database) == set(names[3:])
    assert retention.drop_old(storage, 30, time.time(), most=2) == 2
    assert retention.drop_old(storage, 30, time.time(), most=2) == 1
    assert storage.bucket.hashes() == set()


def test_dropping_that_was_interrupted_is_gone_on_with(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(storage, 1, 2, 3, days_ago=31)
    real, left = storage.bucket.remove, iter(range(1))

    def remove(sha256: str) -> None:
        if next(left, None) is None:
            raise PowerCut
        real(sha256)

    with monkeypatch.context() as patch:
        patch.setattr(storage.bucket, "remove", remove)
        with pytest.raises(PowerCut):
            retention.drop_old(storage, 30, time.time())
    assert len(storage.bucket.hashes()) == 2
    assert retention.drop_old(storage, 30, time.time()) == 0
    erase.purge(storage.database, storage.bucket)
    assert storage.bucket.hashes() == set()


class PowerCut(BaseException):
    pass


def test_processes_that_drop_at_once_drop_each_picture_once(storage: Storage) -> None:
    kept(storage, *range(6), days_ago=31)
    assert sum(at_once(lambda _: retention.drop_old(storage, 30, time.time()), 4)) == 6
    assert storage.bucket.hashes() == set()


def test_a_dropped_picture_that_comes_again_is_stored_anew(storage: Storage) -> None:
    database = storage.database
    (name,) = kept(storage, 1, days_ago=31)
    kept(storage, 2, days_ago=31)
    Relations(database).update()
    retention.drop_old(storage, 30, time.time())
    assert images.met_before(database, [name]) == {}
    assert images.add(database, [facts(1)]) == set(), "its objects are just being removed"
    settle_down(database)
    assert images.add(database, [facts(1)]) == set(), "those that came meanwhile have to go as well"
    erase.purge(database, storage.bucket)
    settle_down(database)
    storage.bucket.put(name, dict.fromkeys(KINDS, b"picture"))
    assert images.add(database, [facts(1)]) == {name}
    erase.purge(database, storage.bucket)
    assert storage.bucket.hashes() == {name}
    assert images.met_before(database, [name]) == {name: True}
    assert dropped(database) == {facts(2).sha256}
    assert retention.drop_old(storage, 30, time.time()) == 0, "its days begin anew"
    assert Relations(database).update() == 0, "it was compared before"


def test_storing_a_kept_picture_again_does_not_make_it_younger(storage: Storage) -> None:
    (name,) = kept(storage, 1, days_ago=31)
    assert images.add(storage.database, [facts(1)]) == {name}
    assert retention.drop_old(storage, 30, time.time()) == 1


def test_a_dropped_picture_that_is_deleted_for_good_stays_away(storage: Storage) -> None:
    database = storage.database
    (name,) = kept(storage, 1, days_ago=31)
    retention.drop_old(storage, 30, time.time())
    erase.delete_image(database, name)
    settle_down(database)
    assert images.met_before(database, [name]) == {name: False}
    assert images.add(database, [facts(1)]) == set()


def test_failed_predictions_of_dropped_pictures_are_not_tried_again(storage: Storage) -> None:
    database = storage.database
    names = [*kept(storage, 1, days_ago=31), *kept(storage, 2)]
    versions.adopt(database, [MODEL, Version("automl", "gone-1", "/gone", True, 1)], {})
    show(database, a_post("a", pictures=2), *names)
    with database.write() as connection:
        connection.execute(sa.update(prediction_table).values(state="failed", code="model-failed", message="no"))
    versions.adopt(database, [MODEL], {})
    retention.drop_old(storage, 30, time.time())
    assert predictions.retry(database, "other") == {}
    (chunk,) = predictions.retry(database)
    assert [(each.image, each.key) for each in predictions.wanted(database, chunk)] == [(names[1], MODEL.key)]
    assert predictions.retry(database) == {}


def upload(storage: Storage, seed: int, days_ago: float) -> str:
    (name,) = kept(storage, seed)
    post = a_post(name, source=UPLOAD)
    show(storage.database, post, name)
    with storage.database.write() as connection:
        mine = post_table.c.id == post.id
        connection.execute(sa.update(post_table).where(mine).values(seen_utc=time.time() - days_ago * DAY))
    return post.id


def test_old_uploads_are_deleted_wholly(storage: Storage) -> None:
    database = storage.database
    ids = [upload(storage, seed, days_ago=6 + seed) for seed in (0, 2, 3)]
    show(database, a_post("a"), facts(2).sha256)
    assert retention.delete_old_uploads(database, 7, time.time(), most=1) == 1
    assert retention.delete_old_uploads(database, 7, time.time()) == 1
    assert retention.delete_old_uploads(database, 7, time.time()) == 0
    erase.purge(database, storage.bucket)
    assert sorted(row[0] for row in rows(database, sa.select(post_table.c.id))) == ["reddit:a", ids[0]]
    assert storage.bucket.hashes() == {facts(0).sha256, facts(2).sha256}


def test_a_deleted_upload_may_be_sent_again_and_a_deleted_post_may_not(storage: Storage) -> None:
    database = storage.database
    name = upload(storage, 1, days_ago=8)
    posts.enlist(database, [a_post("a")], "run")
    erase.delete_post(database, "reddit:a")
    retention.delete_old_uploads(database, 7, time.time())
    again = [a_post(name.partition(":")[2], source=UPLOAD), a_post("a")]
    result = posts.enlist(database, again, "run")
    assert (result.fresh, result.gone) == (1, 1)


def test_a_deletion_of_uploads_that_was_interrupted_keeps_none_away(storage: Storage) -> None:
    name = upload(storage, 1, days_ago=8)
    erase.delete_post(storage.database, name)
    assert retention.delete_old_uploads(storage.database, 7, time.time()) == 0
    assert rows(storage.database, sa.select(tombstones.c.key).where(tombstones.c.kind == "post")) == []
