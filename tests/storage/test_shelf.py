"""The models bucket holds whole bundles or none, and a copy on this machine is what was registered, or is not used."""

from __future__ import annotations

import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import obstore
import pytest

from dankmeme.errors import BundleError, StorageError
from dankmeme.storage.shelf import MANIFEST, Shelf
from tests.bundles import spoil

FILES = {"cnn.onnx": b"a graph" * 1_000, "calibration.json": b"{}", "empty": b""}


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "bucket") if request.param == "folder" else f"{request.getfixturevalue('s3')}"


@pytest.fixture
def shelf(url: str, tmp_path: Path) -> Shelf:
    found = Shelf(url, tmp_path / "copies")
    found.remove("memes-1")
    return found


def bundle(folder: Path, files: dict[str, bytes] = FILES, **listed: str) -> Path:
    """A folder that is a bundle as far as files go."""
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} | listed
    (folder / MANIFEST).write_text(json.dumps({"name": "memes", "files": sums}))
    return folder


def at(shelf: Shelf, name: str) -> str:
    return f"memes-1/{name}"


def test_what_is_fetched_is_what_was_put_and_may_be_fetched_by_many_at_once(shelf: Shelf, tmp_path: Path) -> None:
    folder = bundle(tmp_path / "one")
    manifest = shelf.put("memes-1", folder)
    assert shelf.put("memes-1", folder) == manifest
    with ThreadPoolExecutor(8) as threads:
        places = list(threads.map(lambda _: shelf.fetch("memes-1", manifest), range(8)))
    assert len(set(places)) == 1
    assert {path.name: path.read_bytes() for path in places[0].iterdir() if path.name != MANIFEST} == FILES
    assert [path.name for path in places[0].parent.iterdir()] == [places[0].name]


def test_a_copy_that_was_damaged_is_fetched_anew_and_one_that_is_whole_needs_no_bucket(
    shelf: Shelf, tmp_path: Path
) -> None:
    manifest = shelf.put("memes-1", bundle(tmp_path / "one"))
    copy = shelf.fetch("memes-1", manifest)
    spoil(copy / "cnn.onnx")
    assert (shelf.fetch("memes-1", manifest) / "cnn.onnx").read_bytes() == FILES["cnn.onnx"]
    obstore.delete(shelf._store, at(shelf, "cnn.onnx"))
    assert shelf.fetch("memes-1", manifest) == copy


@pytest.mark.parametrize("name", ["cnn.onnx", MANIFEST, "empty"])
def test_what_was_changed_in_the_bucket_is_refused(shelf: Shelf, tmp_path: Path, name: str) -> None:
    manifest = shelf.put("memes-1", bundle(tmp_path / "one"))
    obstore.put(shelf._store, at(shelf, name), b"something else")
    with pytest.raises(BundleError, match=rf"{name} of the bundle memes-1 does not have its checksum") as caught:
        shelf.fetch("memes-1", manifest)
    assert caught.value.code == "bundle-damaged"
    assert not list((tmp_path / "copies").iterdir())


@pytest.mark.parametrize("name", ["cnn.onnx", MANIFEST])
def test_what_was_uploaded_half_is_refused(shelf: Shelf, tmp_path: Path, name: str) -> None:
    manifest = shelf.put("memes-1", bundle(tmp_path / "one"))
    obstore.delete(shelf._store, at(shelf, name))
    with pytest.raises(BundleError, match=f"lacks {name}") as caught:
        shelf.fetch("memes-1", manifest)
    assert caught.value.code == "bundle-missing"


def test_a_bundle_that_is_not_whole_is_not_put(shelf: Shelf, tmp_path: Path) -> None:
    folder = bundle(tmp_path / "one")
    spoil(folder / "cnn.onnx")
    with pytest.raises(BundleError, match="checksum"):
        shelf.put("memes-1", folder)
    with pytest.raises(BundleError, match=f"lacks {MANIFEST}"):
        shelf.fetch("memes-1", "0" * 64)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", MANIFEST, "", ".hidden"])
def test_a_manifest_that_names_files_elsewhere_is_refused(shelf: Shelf, tmp_path: Path, name: str) -> None:
    with pytest.raises(BundleError, match="makes no sense"):
        shelf.put("memes-1", bundle(tmp_path / "one", **{name: "0" * 64}))


@pytest.mark.parametrize("version", ["../memes", "", "a/b", ".x", "m" * 300, "a b"])
def test_a_version_is_a_plain_name(shelf: Shelf, tmp_path: Path, version: str) -> None:
    with pytest.raises(BundleError) as caught:
        shelf.put(version, bundle(tmp_path / "one"))
    assert caught.value.code == "bad-version"


def test_removing_leaves_nothing_of_it_and_all_of_its_neighbours(shelf: Shelf, tmp_path: Path) -> None:
    folder = bundle(tmp_path / "one")
    manifest = shelf.put("memes-1", folder)
    shelf.put("memes-10", folder)
    shelf.fetch("memes-1", manifest)
    for _ in range(2):
        shelf.remove("memes-1")
    with pytest.raises(BundleError):
        shelf.fetch("memes-1", manifest)
    assert shelf.fetch("memes-10", manifest).is_dir()
    shelf.remove("memes-10")


def test_a_machine_without_room_for_a_copy_says_so(tmp_path: Path) -> None:
    (tmp_path / "copies").write_text("a file")
    shelf = Shelf(str(tmp_path / "bucket"), tmp_path / "copies")
    manifest = shelf.put("memes-1", bundle(tmp_path / "one"))
    with pytest.raises(StorageError) as caught:
        shelf.fetch("memes-1", manifest)
    assert caught.value.code == "bad-home"


def test_a_bucket_that_is_away_is_no_damaged_bundle(tmp_path: Path) -> None:
    shelf = Shelf(str(tmp_path / "bucket"), tmp_path / "copies")
    manifest = shelf.put("memes-1", bundle(tmp_path / "one"))
    shutil.rmtree(tmp_path / "bucket" / "memes-1")
    (tmp_path / "bucket" / "memes-1").write_text("no folder")
    with pytest.raises((StorageError, BundleError)):
        shelf.fetch("memes-1", manifest)


def test_a_whole_copy_here_hides_nothing_that_is_wrong_in_the_bucket(shelf: Shelf, tmp_path: Path) -> None:
    manifest = shelf.put("memes-1", bundle(tmp_path / "one"))
    shelf.fetch("memes-1", manifest)
    shelf.check("memes-1", manifest)
    obstore.put(shelf._store, at(shelf, "cnn.onnx"), b"something else")
    with pytest.raises(BundleError, match=r"cnn\.onnx of the bundle memes-1 does not have its checksum"):
        shelf.check("memes-1", manifest)
