from __future__ import annotations

import hashlib
import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from dankmeme.errors import StorageError
from dankmeme.posts import ImageRef, Post
from dankmeme.storage import Storage, erase, posts
from dankmeme.storage.bucket import KINDS, Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.export import Wish, export
from dankmeme.storage.posts import Failed
from tests.storage.making import a_post, facts, show, store


@pytest.fixture
def storage(database: Database, bucket: Bucket) -> Storage:
    return Storage(database, bucket)


def stored(storage: Storage, seed: int) -> str:
    """Store an image; its bytes are its hash."""
    (name,) = store(storage.database, facts(seed))
    storage.bucket.put(name, dict.fromkeys(KINDS, name.encode()))
    return name


def exported(storage: Storage, folder: Path, wish: Wish = Wish()) -> list[dict[str, Any]]:  # noqa: B008
    seen: list[int] = []
    count = export(storage, folder, wish, seen.append)
    rows = [json.loads(line) for line in (folder / "posts.jsonl").read_text().splitlines()]
    assert len(rows) == count == max(seen, default=0)
    assert {path.name for path in folder.iterdir()} == {"posts.jsonl", "images"}
    return rows


def test_a_post_is_written_with_all_that_is_known_of_it(storage: Storage, tmp_path: Path) -> None:
    image = stored(storage, 1)
    known: dict[str, Any] = {
        "title": "quotes \" ' , ; \\ line\u2028end 🔥 \u202e NUL-free",
        "community": "memes & more",
        "author": "ann",
        "permalink": "https://example.org/1",
        "created_utc": 1_000_000_000.25,
        "score": -3,
        "label": 1,
        "order": 7,
        "block": "b",
        "nsfw": True,
    }
    show(storage.database, a_post("a", source="files", score_at={1.0: 5.0, 24.0: 9.0}, **known), image)
    (row,) = exported(storage, tmp_path / "out")
    assert row == known | {
        "id": "files:a",
        "source": "files",
        "file": f"images/{image}.jpg",
        "score_at": {"1": 5, "24": 9},
    }
    assert (tmp_path / "out" / row["file"]).read_text() == image


def test_a_gallery_is_written_with_its_first_stored_picture_and_what_is_not_stored_is_left_out(
    storage: Storage, tmp_path: Path
) -> None:
    one, other = stored(storage, 1), stored(storage, 2)
    gone = Failed("not-found", "no")
    posts.enlist(storage.database, [a_post("g", pictures=3), a_post("failed"), a_post("pending")], "run")
    posts.settle(
        storage.database,
        {("reddit:g", 1): other, ("reddit:g", 2): one},
        {("reddit:g", 0): gone, ("reddit:failed", 0): gone},
    )
    rows = exported(storage, tmp_path / "out")
    assert [(row["id"], row["file"]) for row in rows] == [("reddit:g", f"images/{other}.jpg")]


def test_an_image_of_many_posts_is_written_once(storage: Storage, tmp_path: Path) -> None:
    image = stored(storage, 1)
    for name in "abc":
        show(storage.database, a_post(name), image)
    assert len({row["file"] for row in exported(storage, tmp_path / "out")}) == 1
    assert len(list((tmp_path / "out" / "images").iterdir())) == 1


def test_an_export_that_matches_nothing_leaves_nothing_behind(storage: Storage, tmp_path: Path) -> None:
    show(storage.database, a_post("a", community="one"), stored(storage, 1))
    with pytest.raises(StorageError) as caught:
        export(storage, tmp_path / "out", Wish(communities=("nowhere",)), int)
    assert caught.value.code == "nothing-to-export"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("wish", "ids"),
    [
        (Wish(), "abc"),
        (Wish(communities=("one",)), "ab"),
        (Wish(source="lemmy"), "c"),
        (Wish(since=100.0), "bc"),
        (Wish(until=200.0), "ab"),
        (Wish(since=100.0, until=200.0, communities=("one",)), "b"),
        (Wish(communities=("one", "two"), until=150.0), "ab"),
        (Wish(communities=("one", "two")), "abc"),
    ],
)
def test_only_the_wanted_posts_are_written(storage: Storage, tmp_path: Path, wish: Wish, ids: str) -> None:
    image = stored(storage, 1)
    show(storage.database, a_post("a", community="one", created_utc=99.0), image)
    show(storage.database, a_post("b", community="one", created_utc=100.0), image)
    show(storage.database, a_post("c", community="two", created_utc=200.0, source="lemmy"), image)
    rows = exported(storage, tmp_path / "out", wish)
    assert "".join(sorted(row["id"].partition(":")[2] for row in rows)) == ids


def test_more_posts_than_are_read_at_once(storage: Storage, tmp_path: Path) -> None:
    image = stored(storage, 1)
    names = [f"p{number}" for number in range(2_100)]
    random.Random(1).shuffle(names)
    posts.enlist(storage.database, [a_post(name) for name in names], "run")
    posts.settle(storage.database, {(f"reddit:{name}", 0): image for name in names}, {})
    rows = exported(storage, tmp_path / "out")
    assert {row["id"] for row in rows} == {f"reddit:{name}" for name in names}


def test_a_folder_that_holds_a_dataset_is_refused_and_left_alone(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text("mine")
    with pytest.raises(StorageError, match="already holds a dataset") as caught:
        export(storage, tmp_path, Wish(), print)
    assert caught.value.code == "export-exists"
    assert (tmp_path / "posts.jsonl").read_text() == "mine"
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written to"):
        export(storage, tmp_path / "file", Wish(), print)


def test_an_interrupted_export_goes_on(storage: Storage, tmp_path: Path) -> None:
    images = [stored(storage, seed) for seed in (1, 2, 3)]
    for image in images:
        show(storage.database, a_post(image[:8]), image)
    storage.bucket.remove(images[2])
    with pytest.raises(StorageError, match=f"holds no bytes of the image {images[2]}"):
        export(storage, tmp_path / "out", Wish(), print)
    assert not (tmp_path / "out" / "posts.jsonl").exists()
    storage.bucket.put(images[2], dict.fromkeys(KINDS, images[2].encode()))
    rows = exported(storage, tmp_path / "out")
    assert {(tmp_path / "out" / row["file"]).read_text() for row in rows} == set(images)


def test_what_is_deleted_after_an_export_stays_in_it(storage: Storage, tmp_path: Path) -> None:
    image = stored(storage, 1)
    show(storage.database, a_post("a"), image)
    (row,) = exported(storage, tmp_path / "out")
    erase.delete_image(storage.database, image)
    erase.purge(storage.database, storage.bucket)
    assert (tmp_path / "out" / row["file"]).read_text() == image
    with pytest.raises(StorageError, match="no stored post"):
        exported(storage, tmp_path / "second")


def test_a_folder_that_was_exported_is_read_as_the_same_posts(storage: Storage, tmp_path: Path) -> None:
    from dankmeme.sources.rows import post_of

    offered = [
        a_post("abc", title="one", created_utc=5.5, score=3, author="ann"),
        a_post("def", title="two\u2029 lines".replace("\u2029", ""), label=0, permalink="https://example.org/2"),
        Post("files:my%20memes:sub/a", "files", "my memes", "", (ImageRef(file="/x"),), order=3, block="b"),
    ]
    for number, post in enumerate(offered):
        show(storage.database, post, stored(storage, number))
    folder = tmp_path / "out"
    rows = exported(storage, folder)
    shutil.copytree(folder, tmp_path / "moved")
    again = {post.id: post for row in rows if isinstance(post := post_of(row, "moved", tmp_path / "moved"), Post)}
    for post in offered:
        found = again[post.id]
        assert (found.source, found.community, found.title, found.author) == (
            post.source,
            post.community,
            post.title,
            post.author,
        )
        assert (found.created_utc, found.score, found.label, found.order, found.block, found.permalink) == (
            post.created_utc,
            post.score,
            post.label,
            post.order,
            post.block,
            post.permalink,
        )
        assert found.images[0].file is not None
        name = Path(found.images[0].file)
        assert hashlib.sha256(name.read_bytes()).hexdigest() == hashlib.sha256(name.stem.encode()).hexdigest()
