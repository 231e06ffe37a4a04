from __future__ import annotations

from pathlib import Path

import pytest

from dankmeme.errors import StorageError
from dankmeme.storage.bucket import KINDS, ORIGINAL, THUMBNAIL, Bucket, is_outage
from tests.conftest import free_port

ONE, OTHER = "ab" * 32, "cd" * 32


def test_what_was_put_is_there_until_it_is_removed(bucket: Bucket) -> None:
    for _ in range(2):
        bucket.put(ONE, {ORIGINAL: b"bytes", THUMBNAIL: b""})
    bucket.put(OTHER, {ORIGINAL: bytes(1_000_000)})
    assert (bucket.get(ONE, ORIGINAL), bucket.get(ONE, THUMBNAIL)) == (b"bytes", b"")
    assert bucket.get(OTHER, ORIGINAL) == bytes(1_000_000)
    assert bucket.get(ONE, "normal.jpg") is None
    assert bucket.hashes() >= {ONE, OTHER}
    for _ in range(2):
        bucket.remove(ONE)
    assert [bucket.get(ONE, kind) for kind in KINDS] == [None] * 3
    bucket.remove(OTHER)
    assert not {ONE, OTHER} & bucket.hashes()


def test_an_empty_bucket_holds_no_hashes(tmp_path: Path) -> None:
    assert Bucket(str(tmp_path / "new" / "bucket")).hashes() == set()


@pytest.mark.parametrize("prefix", ["file:", "file://"])
def test_a_folder_may_be_named_by_its_address(tmp_path: Path, prefix: str) -> None:
    bucket = Bucket(f"{prefix}{tmp_path}/my%20bucket")
    bucket.put(ONE, {ORIGINAL: b"bytes"})
    assert bucket.folder == tmp_path / "my bucket"
    assert list((tmp_path / "my bucket").rglob("*original*"))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/bucket", "https://x/y", "ftp://x/y", "memory:///", "s4://x", "://", "s3://", "s3:///x", "gs://"],
)
def test_an_address_that_is_no_bucket_is_refused_at_once_and_named(url: str) -> None:
    with pytest.raises(StorageError) as caught:
        Bucket(url)
    assert caught.value.code == "bad-bucket"
    assert url in caught.value.message
    assert "\n" not in caught.value.message


def test_a_file_or_an_impossible_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        with pytest.raises(StorageError, match="cannot be used"):
            Bucket(str(place))


def test_a_bucket_that_is_away_is_an_outage_and_a_missing_object_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "AWS_ENDPOINT": f"http://127.0.0.1:{free_port()}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "dank",
        "AWS_SECRET_ACCESS_KEY": "dank",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = Bucket("s3://nobody")
    for attempt in (lambda: bucket.get(ONE, ORIGINAL), lambda: bucket.put(ONE, {ORIGINAL: b""})):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            attempt()
        assert is_outage(caught.value)
    assert not is_outage(FileNotFoundError())
    assert not is_outage(ValueError())
