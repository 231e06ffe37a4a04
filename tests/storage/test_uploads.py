"""Pictures that people send for their predictions."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from dankmeme.storage import Storage, erase, posts, uploads
from dankmeme.storage.bucket import ORIGINAL, Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.posts import Failed
from dankmeme.storage.tables import images
from tests.drawing import encoded, texture
from tests.storage.forecasts import adopt, forecast
from tests.storage.making import a_post, facts, show, store

DATA = encoded(texture(120, 160, 1), "JPEG", quality=90)
SHA = hashlib.sha256(DATA).hexdigest()
WHERE = f"{uploads.REFERENCE}{SHA}", 0


@pytest.fixture
def storage(database: Database, tmp_path: Path) -> Storage:
    return Storage(database, Bucket(str(tmp_path / "bucket")))


def fail(storage: Storage) -> None:
    posts.settle(storage.database, {}, {WHERE: Failed("image-blocked", "it is on a list")})
    uploads.let_go(storage.database, [WHERE[0], "https://pictures.example/1.jpg"])


def test_an_upload_waits_and_gets_its_forecasts(storage: Storage) -> None:
    adopt(storage.database, "b-1")
    sha256, chunks = uploads.offer(storage, DATA)
    assert (sha256, len(chunks), uploads.waiting(storage.database)) == (SHA, 1, 1)
    assert storage.bucket.get(SHA, ORIGINAL) == DATA
    assert uploads.offer(storage, DATA) == (SHA, [])
    assert uploads.find(storage.database, SHA) == uploads.Uploaded(None, {}, pending=True)
    store(storage.database, facts(1))
    posts.settle(storage.database, {WHERE: SHA}, {})
    assert uploads.waiting(storage.database) == 0
    forecast(storage.database, SHA, 0.7)
    found = uploads.find(storage.database, SHA)
    assert found is not None
    assert (found.failure, found.pending, found.forecasts["cnn"].probability) == (None, False, 0.7)
    assert uploads.find(storage.database, "0" * 64) is None


def test_nothing_stays_in_the_bucket_of_an_upload_that_failed(storage: Storage) -> None:
    uploads.offer(storage, DATA)
    fail(storage)
    erase.purge(storage.database, storage.bucket)
    assert storage.bucket.hashes() == set()
    assert uploads.find(storage.database, SHA) == uploads.Uploaded("it is on a list", {}, pending=False)


def test_an_upload_that_failed_is_tried_again_when_it_is_sent_again(storage: Storage) -> None:
    uploads.offer(storage, DATA)
    fail(storage)
    erase.purge(storage.database, storage.bucket)
    (chunk,) = uploads.offer(storage, DATA)[1]
    assert [each.url for each in posts.wanted(storage.database, chunk)] == [WHERE[0]]
    assert storage.bucket.get(SHA, ORIGINAL) == DATA
    assert uploads.find(storage.database, SHA) == uploads.Uploaded(None, {}, pending=True)


def test_a_stored_picture_keeps_its_objects_when_an_upload_of_it_fails(storage: Storage) -> None:
    uploads.offer(storage, DATA)
    store(storage.database, facts(1))
    show(storage.database, a_post("a"), SHA)
    fail(storage)
    erase.purge(storage.database, storage.bucket)
    assert storage.bucket.hashes() == {SHA}
    found = uploads.find(storage.database, SHA)
    assert found is not None
    assert found.failure is None


def test_a_picture_that_was_dropped_is_taken_in_again(storage: Storage) -> None:
    store(storage.database, facts(1))
    with storage.database.write() as connection:
        connection.execute(sa.update(images).values(dropped_utc=1.0))
    uploads.offer(storage, DATA)
    assert storage.bucket.get(SHA, ORIGINAL) == DATA
