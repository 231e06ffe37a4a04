from __future__ import annotations

import errno
import io
import json
import os
import sqlite3
import stat
import tarfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
import zstandard

from dankmeme.errors import StorageError
from dankmeme.settings import Settings
from dankmeme.storage import open_storage
from dankmeme.storage.backup import DATABASE, LIST, backup, restore
from dankmeme.storage.bucket import KINDS
from dankmeme.storage.tables import post_images, posts
from tests.storage.making import a_post, everything, facts, show, store

Change = Callable[[dict[str, bytes]], None]


@pytest.fixture
def lived_in(tmp_path: Path) -> Settings:
    """A home with two posts and their pictures, a model, feedback and a token."""
    settings = Settings(home=tmp_path / "home")
    with open_storage(settings) as storage:
        for number in range(2):
            (image,) = store(storage.database, facts(number))
            show(storage.database, a_post(str(number)), image)
            storage.bucket.put(image, {kind: f"{kind} of {image}".encode() for kind in KINDS})
    (settings.home / "feedback.jsonl").write_text('{"opinion": "dank"}\n')
    (settings.home / "admin-token").write_text("open sesame, please")
    model = settings.home / "models" / "registered" / "own-1"
    model.mkdir(parents=True)
    (model / "manifest.json").write_text("{}")
    return settings


def files(home: Path) -> dict[str, bytes]:
    """All files of a home but the database, which is compared by its rows."""
    found = {path.relative_to(home).as_posix(): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if not name.startswith(DATABASE)}


def rows(settings: Settings) -> object:
    with open_storage(settings) as storage:
        return everything(storage.database)


def archived(archive: Path) -> dict[str, bytes]:
    with archive.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        data = io.BytesIO(stream.read())
    with tarfile.open(fileobj=data) as tar:
        return {each.name: taken.read() for each in tar if (taken := tar.extractfile(each)) is not None}


def rewritten(archive: Path, contents: dict[str, bytes]) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in contents.items():
            facts = tarfile.TarInfo(name)
            facts.size = len(data)
            tar.addfile(facts, io.BytesIO(data))
    archive.write_bytes(zstandard.compress(out.getvalue()))


def refused(archive: Path, home: Path) -> str:
    with pytest.raises(StorageError) as error:
        restore(Settings(home=home), archive)
    assert error.value.code == "bad-archive"
    assert not home.exists() or list(home.iterdir()) == []
    return error.value.message


def test_what_was_backed_up_comes_back_the_same(lived_in: Settings, tmp_path: Path) -> None:
    made = backup(lived_in, tmp_path / "dank.tar.zst")
    there = Settings(home=tmp_path / "elsewhere")
    assert restore(there, tmp_path / "dank.tar.zst") == made

    assert rows(there) == rows(lived_in)
    assert files(there.home) == files(lived_in.home)
    assert made.files == len(files(lived_in.home)) + 1


def test_an_archive_and_what_comes_out_of_it_are_for_their_owner_alone(lived_in: Settings, tmp_path: Path) -> None:
    backup(lived_in, tmp_path / "dank.tar.zst")
    restore(Settings(home=tmp_path / "elsewhere"), tmp_path / "dank.tar.zst")

    for path in (tmp_path / "dank.tar.zst", tmp_path / "elsewhere" / "admin-token", tmp_path / "elsewhere" / DATABASE):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_backup_of_a_place_in_use_is_of_one_moment(lived_in: Settings, tmp_path: Path) -> None:
    stop, begun = threading.Event(), threading.Event()

    def busy() -> None:
        number = 10
        with open_storage(lived_in) as storage:
            while not stop.is_set():
                (image,) = store(storage.database, facts(1))
                show(storage.database, a_post(str(number)), image)
                number += 1
                begun.set()

    writer = threading.Thread(target=busy)
    writer.start()
    try:
        assert begun.wait(20)
        backup(lived_in, tmp_path / "dank.tar.zst")
    finally:
        stop.set()
        writer.join()
    there = Settings(home=tmp_path / "elsewhere")
    restore(there, tmp_path / "dank.tar.zst")

    with open_storage(there) as storage, storage.database.read() as connection:
        assert connection.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
        orphans = sa.select(sa.func.count()).where(post_images.c.post_id.not_in(sa.select(posts.c.id)))
        assert connection.scalar(orphans) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda all_: all_.pop("admin-token"), "checksum"),
        (lambda all_: all_.update({"feedback.jsonl": b"{}"}), "checksum"),
        (lambda all_: all_.update({"bucket/images/aa/more": b"x"}), "checksum"),
        (lambda all_: all_.pop(LIST), "incomplete"),
        (lambda all_: all_.pop(DATABASE), "checksum"),
        (lambda all_: all_.update({"../outside": b"x"}), "no backup of ours"),
        (lambda all_: all_.update({"bucket/../../outside": b"x"}), "no backup of ours"),
        (lambda all_: all_.update({"/etc/outside": b"x"}), "no backup of ours"),
        (lambda all_: all_.update({"cache/bundles/active.json": b"x"}), "no backup of ours"),
        (lambda all_: all_.update({LIST: b"[no json"}), "no backup, or damaged"),
    ],
)
def test_an_archive_that_is_not_what_we_wrote_is_refused_and_leaves_nothing(
    lived_in: Settings, tmp_path: Path, change: Change, said: str
) -> None:
    archive = tmp_path / "dank.tar.zst"
    backup(lived_in, archive)
    contents = archived(archive)
    change(contents)
    rewritten(archive, contents)

    assert said in refused(archive, tmp_path / "elsewhere")
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("left", [0.0, 0.3, 0.9, 0.999])
def test_an_archive_that_was_cut_off_is_refused(lived_in: Settings, tmp_path: Path, left: float) -> None:
    archive = tmp_path / "dank.tar.zst"
    backup(lived_in, archive)
    data = archive.read_bytes()
    archive.write_bytes(data[: int(left * len(data))])

    refused(archive, tmp_path / "elsewhere")


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        link = tarfile.TarInfo("bucket/images")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
    (tmp_path / "link.tar.zst").write_bytes(zstandard.compress(out.getvalue()))

    assert "no backup of ours" in refused(tmp_path / "link.tar.zst", tmp_path / "elsewhere")


def test_a_backup_of_a_newer_program_is_refused(lived_in: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "dank.tar.zst"
    backup(lived_in, archive)
    contents = archived(archive)
    contents[LIST] = json.dumps(json.loads(contents[LIST]) | {"schema": "9999", "version": "99.0"}).encode()
    rewritten(archive, contents)

    assert "newer dankmeme (99.0)" in refused(archive, tmp_path / "elsewhere")


def test_nothing_is_restored_over_something(lived_in: Settings, tmp_path: Path) -> None:
    backup(lived_in, tmp_path / "dank.tar.zst")
    before = rows(lived_in)
    with pytest.raises(StorageError, match="empty DANK_HOME"):
        restore(lived_in, tmp_path / "dank.tar.zst")
    assert rows(lived_in) == before


@pytest.mark.parametrize("name", ["dank.db-wal", "dank.queues.db"])
def test_nothing_is_restored_beside_what_another_database_left(lived_in: Settings, tmp_path: Path, name: str) -> None:
    """SQLite would play the log of the old database into the restored one."""
    backup(lived_in, tmp_path / "dank.tar.zst")
    there = Settings(home=tmp_path / "elsewhere")
    there.home.mkdir()
    (there.home / name).write_bytes(b"left")
    with pytest.raises(StorageError, match=name) as error:
        restore(there, tmp_path / "dank.tar.zst")
    assert error.value.code == "home-not-empty"
    assert [path.name for path in there.home.iterdir()] == [name]


def test_a_large_database_is_backed_up_while_others_write_all_the_time(lived_in: Settings, tmp_path: Path) -> None:
    heard: list[float] = []
    with closing(sqlite3.connect(lived_in.home / DATABASE)) as busy:
        busy.execute("CREATE TABLE much (what BLOB)")
        busy.executemany("INSERT INTO much VALUES (?)", [(bytes(1_000_000),) for _ in range(40)])
        busy.commit()

        def told(what: str, done: float, _: float) -> None:
            if what == "database":
                heard.append(done)
                assert len(heard) < 50, "it begins anew again and again"
                busy.execute("INSERT INTO much VALUES (?)", (b"more",))
                busy.commit()

        backup(lived_in, tmp_path / "dank.tar.zst", told)
    assert len(heard) > 2, "it was copied in one go: the test proves nothing"
    there = Settings(home=tmp_path / "elsewhere")
    restore(there, tmp_path / "dank.tar.zst")
    with closing(sqlite3.connect(there.home / DATABASE)) as restored:
        assert restored.execute("SELECT count(*) FROM much").fetchone() == (40,), "as it was when it began"


def test_a_restore_that_breaks_off_leaves_nothing_and_can_be_done_again(
    lived_in: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(lived_in, tmp_path / "dank.tar.zst")
    there, replace = Settings(home=tmp_path / "elsewhere"), Path.replace

    def broken(self: Path, target: Path) -> Path:
        if target.name == "registered":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(StorageError, match="cross-device"):
        restore(there, tmp_path / "dank.tar.zst")
    assert files(there.home) == {}
    monkeypatch.setattr(Path, "replace", replace)
    restore(there, tmp_path / "dank.tar.zst")
    assert rows(there) == rows(lived_in)


def test_what_a_killed_backup_left_goes_with_a_later_one(lived_in: Settings, tmp_path: Path) -> None:
    old, new = lived_in.home / ".backup.killed", lived_in.home / ".restore.at-it"
    for folder in (old, new):
        folder.mkdir()
        (folder / DATABASE).write_bytes(b"a copy")
    long_ago = time.time() - 100_000
    os.utime(old, (long_ago, long_ago))
    backup(lived_in, tmp_path / "dank.tar.zst")
    assert (old.exists(), new.exists()) == (False, True)


def test_an_archive_is_not_overwritten(lived_in: Settings, tmp_path: Path) -> None:
    (tmp_path / "dank.tar.zst").write_text("the one of yesterday")
    with pytest.raises(StorageError, match="is there already"):
        backup(lived_in, tmp_path / "dank.tar.zst")
    assert (tmp_path / "dank.tar.zst").read_text() == "the one of yesterday"


def test_a_place_that_is_kept_elsewhere_is_left_to_its_own_means(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="postgresql://localhost/dank", bucket_url="s3://memes")
    for act in (backup, restore):
        with pytest.raises(StorageError, match="DANK_DATABASE_URL and DANK_BUCKET_URL") as error:
            act(settings, tmp_path / "dank.tar.zst")
        assert error.value.code == "no-embedded"


def test_a_home_without_anything_is_not_backed_up(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nothing to back up"):
        backup(Settings(home=tmp_path), tmp_path / "dank.tar.zst")
    assert list(tmp_path.iterdir()) == []
