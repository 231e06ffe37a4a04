from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dankmeme.errors import StorageError, TrainingError
from dankmeme.images.fingerprint import sha256
from dankmeme.models.bundle import Bundle
from dankmeme.models.caption import READER
from dankmeme.models.eyes import Eyes
from dankmeme.models.features import colour_statistics
from dankmeme.models.scorer import Scorer
from dankmeme.posts import PeopleSay, Post
from dankmeme.storage import Storage, pairs, posts, sights
from dankmeme.storage.bucket import KINDS, Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.export import Wish
from dankmeme.storage.feedback import FeedbackFile
from dankmeme.storage.sights import KeptCaption, KeptSight
from dankmeme.training.backbones import resolve
from dankmeme.training.building import Built, build
from dankmeme.training.cache import Cache
from dankmeme.training.cnn import embedder
from dankmeme.training.dataset import checksums, load_dataset, version
from dankmeme.training.gathering import Gathered, Scores, from_files, from_storage, names_addresses, posts_of
from dankmeme.training.people.overview import people_say
from dankmeme.training.pictures import captions_of, embeddings_of
from tests.drawing import encoded, texture
from tests.storage.making import a_post, facts, show, store
from tests.training.folders import class_folders, picture, row, rows_in, write


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    with closing(Eyes(captions=False, workers=1)) as eyes:
        yield eyes


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    with Cache(tmp_path_factory.mktemp("cache") / "pictures.sqlite") as cache:
        yield cache


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with its schema."""
    path = tmp_path_factory.mktemp("schema") / "dank.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        database.migrate()
    return path


@pytest.fixture
def storage(schema: Path, tmp_path: Path) -> Iterator[Storage]:
    shutil.copy(schema, tmp_path / "dank.db")
    with Storage(Database(f"sqlite:///{tmp_path / 'dank.db'}"), Bucket(str(tmp_path / "bucket"))) as storage:
        yield storage


def quiet(*_: object) -> None:
    pass


def built_of_files(path: Path, folder: Path, cache: Cache, eyes: Eyes) -> Built:
    return build(folder, "files", 48.0, lambda into: from_files(load_dataset(path), into, cache, eyes, quiet))


def built_of_storage(storage: Storage, folder: Path, cache: Cache, wish: Wish | None = None, **more: Any) -> Built:
    wish = wish or Wish()
    return build(folder, "stored posts", 48.0, lambda into: from_storage(storage, into, wish, cache, quiet, **more))


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "dataset.json").read_text())
    return found


def version_of(path: Path) -> str:
    dataset = load_dataset(path)
    return version(dataset.posts, [key for key in checksums(dataset.files) if key])


def drawn_bytes(seed: int) -> bytes:
    """Those of the image of these facts."""
    return encoded(texture(120, 160, seed), "JPEG", quality=90)


def keep_post(storage: Storage, seed: int, **more: Any) -> str:
    """A stored post with its own picture; the hash of that."""
    (image,) = store(storage.database, facts(seed))
    storage.bucket.put(image, dict.fromkeys(KINDS, drawn_bytes(seed)))
    show(storage.database, a_post(str(seed), **more), image)
    return image


def test_each_picture_lies_there_once_under_its_hash_with_the_rows_beside_it(
    tmp_path: Path, cache: Cache, eyes: Eyes
) -> None:
    known = row(1, community="a", label=1, block="x", percentile=0.25, score_at={"48": 7.0}, nsfw=True)
    given = write(tmp_path / "in", [row(0), known, row(2, file="0.jpg"), row(3)])
    (given / "3.jpg").write_bytes(picture(99, kind="PNG"))
    built = built_of_files(given, tmp_path / "out", cache, eyes)

    assert (built.posts, built.pictures, built.left_out, built.broken) == (4, 3, {}, {})
    rows = {each["id"]: each for each in rows_in(built.folder)}
    assert rows["files:in:p1"] == known | {
        "id": "files:in:p1",
        "source": "files",
        "file": f"{sha256(picture(1))}.jpg",
    }
    assert rows["files:in:p0"]["file"] == rows["files:in:p2"]["file"]
    assert rows["files:in:p3"]["file"] == f"{sha256(picture(99, kind='PNG'))}.png"
    pictures = {path.name for path in built.folder.iterdir()} - {"posts.jsonl", "dataset.json"}
    assert pictures == {each["file"] for each in rows.values()}
    assert all(sha256((built.folder / name).read_bytes()) == name.partition(".")[0] for name in pictures)
    assert (built.folder / rows["files:in:p1"]["file"]).samefile(given / "1.jpg")


def test_what_was_built_says_what_it_holds(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    rows = [row(number, community="a" if number else "b") for number in range(3)]
    built = built_of_files(write(tmp_path / "in", rows), tmp_path / "out", cache, eyes)
    told = manifest(built.folder)

    assert told.pop("created")
    assert told == {
        "format": 1,
        "name": "out",
        "version": built.version,
        "source": "files",
        "posts": 3,
        "pictures": 3,
        "left_out": {},
        "time": [rows[0]["created_utc"], rows[2]["created_utc"]],
        "communities": {"a": 2, "b": 1},
        "label": "score",
        "age_hours": 48.0,
    }


@pytest.mark.parametrize("kind", ["list", "ordered", "classes", "pictures"])
def test_what_was_built_is_the_same_version_as_what_it_was_built_from(
    tmp_path: Path, cache: Cache, eyes: Eyes, kind: str
) -> None:
    given = tmp_path / "in"
    if kind == "classes":
        class_folders(given, 3, 2)
    elif kind == "pictures":
        shutil.move(class_folders(tmp_path / "all", 3, 2) / "dank", given)
    else:
        rows = [row(n, community="ab"[n % 2]) for n in range(5)]
        write(given, rows if kind == "list" else [each | {"created_utc": None, "order": 9} for each in rows])
    built = built_of_files(given, tmp_path / "out", cache, eyes)
    again = built_of_files(tmp_path / "out", tmp_path / "again", cache, eyes)

    assert version_of(given) == built.version == version_of(tmp_path / "out") == again.version
    assert load_dataset(given).ordered == load_dataset(built.folder).ordered


def test_long_names_in_other_letters_stay_what_they_are(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    given = class_folders(tmp_path / "in", 2, 2)
    for number in range(3):
        (given / "dank" / f"{'最高の絵' * 20}{number}.jpg").write_bytes(picture(50 + number))
    built = built_of_files(given, tmp_path / "out", cache, eyes)

    assert built.posts == len(load_dataset(built.folder).posts) == 7
    assert version_of(given) == version_of(built.folder)


def test_pictures_that_cannot_be_used_are_left_out_and_named(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    given = write(tmp_path / "in", [row(number) for number in range(5)])
    (given / "1.jpg").write_bytes(b"no picture")
    (given / "2.jpg").unlink()
    built = built_of_files(given, tmp_path / "out", cache, eyes)

    assert {Path(file).name for file in built.broken} == {"1.jpg", "2.jpg"}
    assert all(built.broken.values())
    assert built.left_out == {"picture that cannot be used": 2} == manifest(built.folder)["left_out"]
    assert [each["id"] for each in rows_in(built.folder)] == ["files:in:p0", "files:in:p3", "files:in:p4"]


def test_where_no_picture_can_be_used_nothing_is_left_behind(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    given = write(tmp_path / "in", [row(number) for number in range(3)], lambda number: b"none")

    with pytest.raises(TrainingError, match="3 picture that cannot be used") as caught:
        built_of_files(given, tmp_path / "out", cache, eyes)
    assert caught.value.code == "nothing-to-build"
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    given = write(tmp_path / "in", [row(0)])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "posts.jsonl").write_text("mine")

    with pytest.raises(TrainingError, match="name a new folder") as caught:
        built_of_files(given, tmp_path / "mine", cache, eyes)
    assert caught.value.code == "dataset-exists"
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["posts.jsonl"]
    with pytest.raises(TrainingError, match="cannot be written to") as caught:
        built_of_files(given, tmp_path / "in" / "0.jpg", cache, eyes)
    assert caught.value.code == "bad-dataset-folder"


def test_a_folder_is_brought_up_to_date_and_keeps_its_pictures(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    given = write(tmp_path / "in", [row(number) for number in range(3)])
    before = built_of_files(given, tmp_path / "out", cache, eyes)
    kept = before.folder / f"{sha256(picture(0))}.jpg"
    node = kept.stat().st_ino
    shutil.copy(given / "0.jpg", tmp_path / "copy")
    shutil.move(tmp_path / "copy", given / "0.jpg")
    same = built_of_files(given, tmp_path / "out", cache, eyes)
    write(given, [row(number, score=number) for number in range(4)])
    after = built_of_files(given, tmp_path / "out", cache, eyes)

    assert same.version == before.version != after.version == manifest(after.folder)["version"]
    assert kept.stat().st_ino == node
    assert (after.posts, after.pictures) == (4, 4)


def test_an_interrupted_build_goes_on(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    given = write(tmp_path / "in", [row(number) for number in range(4)])

    def interrupted(into: Path) -> Gathered:
        from_files(load_dataset(given), into, cache, eyes, quiet)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "out", "files", 48.0, interrupted)
    assert not (tmp_path / "out" / "dataset.json").exists()
    built = built_of_files(given, tmp_path / "out", cache, eyes)

    assert (built.posts, built.version) == (4, version_of(given))
    assert not list(built.folder.glob("*.part"))


def test_a_dataset_stays_as_it_is_where_bringing_it_up_to_date_fails(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    given = write(tmp_path / "in", [row(number) for number in range(3)])
    before = built_of_files(given, tmp_path / "out", cache, eyes)

    with pytest.raises(TrainingError):
        build(tmp_path / "out", "files", 48.0, lambda into: Gathered())
    assert version_of(tmp_path / "out") == before.version == manifest(before.folder)["version"]
    assert not list(before.folder.glob("*.part"))


def test_stored_posts_bring_the_scores_that_were_taken_at_that_age(
    storage: Storage, tmp_path: Path, cache: Cache
) -> None:
    images = [
        keep_post(storage, 1, created_utc=1e9, score_at={1.0: 3.0, 48.02: 40.0, 52.0: 44.0}),
        keep_post(storage, 2, created_utc=1e9, score=9, score_at={47.9: 8.0}),
        keep_post(storage, 3, created_utc=1e9, label=1),
        keep_post(storage, 4, created_utc=1e9, score_at={60.0: 8.0}),
    ]
    built = built_of_storage(storage, tmp_path / "out", cache, scores=Scores(48.0))

    rows = {each["id"]: each for each in rows_in(built.folder)}
    assert set(rows) == {"reddit:1", "reddit:3"}
    assert rows["reddit:1"]["score_at"] == {"1": 3.0, "48.02": 40.0, "52": 44.0, "48": 40.0}
    assert rows["reddit:1"]["file"] == f"{images[0]}.jpg"
    assert built.left_out == {"no score at that age": 2}
    assert manifest(built.folder)["label"] == "followed"
    assert version_of(built.folder) == built.version
    other = built_of_storage(storage, tmp_path / "six", cache, scores=Scores(60.0))
    assert {each["id"] for each in rows_in(other.folder)} == {"reddit:3", "reddit:4"}


def test_of_any_age_the_last_known_scores_are_compared(storage: Storage, tmp_path: Path, cache: Cache) -> None:
    keep_post(storage, 1, created_utc=1e9, score=99, score_at={48.5: 40.0})
    keep_post(storage, 2, created_utc=1e9, score=9)
    keep_post(storage, 3, created_utc=1e9)
    built = built_of_storage(storage, tmp_path / "out", cache, scores=Scores(48.0, last=True))

    assert {each["id"]: each["score"] for each in rows_in(built.folder)} == {"reddit:1": 40, "reddit:2": 9}
    assert all("score_at" not in each for each in rows_in(built.folder))
    assert manifest(built.folder)["label"] == "score"


def test_where_no_post_was_followed_the_error_says_so(storage: Storage, tmp_path: Path, cache: Cache) -> None:
    keep_post(storage, 1, score=9)

    with pytest.raises(TrainingError, match="1 no score at that age") as caught:
        built_of_storage(storage, tmp_path / "out", cache, scores=Scores(48.0))
    assert caught.value.code == "nothing-to-build"
    with pytest.raises(TrainingError, match="of those that were asked for"):
        built_of_storage(storage, tmp_path / "out", cache, Wish(source="lemmy"))
    assert not (tmp_path / "out").exists()


def test_samples_are_no_memes_to_learn_from(storage: Storage, tmp_path: Path, cache: Cache) -> None:
    keep_post(storage, 1, score=9)
    keep_post(storage, 2, score=9, source="sample")

    assert built_of_storage(storage, tmp_path / "out", cache).posts == 1
    assert built_of_storage(storage, tmp_path / "own", cache, Wish(source="sample")).posts == 1


def test_only_the_posts_of_a_run_are_brought(storage: Storage, tmp_path: Path, cache: Cache) -> None:
    keep_post(storage, 1, score=9)
    keep_post(storage, 2, score=9)
    posts.enlist(storage.database, [a_post("2")], "later", adopt=True)
    built = built_of_storage(storage, tmp_path / "out", cache, Wish(run="later"))

    assert [each["id"] for each in rows_in(built.folder)] == ["reddit:2"]


def test_captions_that_were_read_already_are_not_read_again(
    storage: Storage, tmp_path: Path, cache: Cache, eyes: Eyes
) -> None:
    one, other = keep_post(storage, 21, score=1), keep_post(storage, 22, score=2)
    line = {"text": "such words", "score": 0.9, "left": 0.1, "top": 0.1, "right": 0.9, "bottom": 0.2}
    read = [KeptCaption(one, READER, "such words", [line], True, 160, 120)]
    read.append(KeptCaption(other, "another reader", "wrong", [line | {"text": "wrong"}], True, 160, 120))
    sights.keep(storage.database, [], read)
    built_of_storage(storage, tmp_path / "out", cache)

    found = captions_of([tmp_path / "nowhere"], [one], cache, eyes, quiet)[0]
    assert found is not None
    assert found.text == "such words"
    assert captions_of([tmp_path / "nowhere"], [other], cache, eyes, quiet) == [None]


def test_pictures_that_workers_have_looked_at_are_not_looked_at_again(
    storage: Storage, tmp_path: Path, cache: Cache, eyes: Eyes
) -> None:
    one, other = keep_post(storage, 23, score=1), keep_post(storage, 24, score=2)
    bundle, backbone = Bundle.default(), resolve("bundled", folder=tmp_path)
    data = [picture(23), picture(24)]
    inputs = [eyes.prepare(each, backbone.side, keep_picture=False).model_input for each in data]
    sight = Scorer(bundle).see(inputs[:1])[0]
    vectors = [getattr(sight, name).astype("<f4").tobytes() for name in ("embedding", "template", "colour")]
    seen = [KeptSight(one, bundle.graph, 0.5, 0.5, 0.1, *vectors), KeptSight(other, "another", 0.5, 0.5, 0.1, *vectors)]
    sights.keep(storage.database, seen, [])
    built_of_storage(storage, tmp_path / "out", cache)

    for number in (23, 24):
        (tmp_path / f"{number}.jpg").write_bytes(data[number - 23])
    looked = []
    embedding, colour = embeddings_of(
        [tmp_path / "23.jpg", tmp_path / "24.jpg"],
        [one, other],
        cache,
        eyes,
        backbone.key,
        backbone.side,
        lambda found: looked.append(len(found)) or embedder(backbone, 1)(found),
        quiet,
    )
    assert looked == [1]
    assert embedding[0] == pytest.approx(embedder(backbone, 1)(inputs[0][None])[0], abs=1e-4)
    assert colour[0] == pytest.approx(colour_statistics(inputs[0]), abs=1e-6)


def test_pictures_alone_are_taken_of_posts_that_a_list_tells(storage: Storage, tmp_path: Path, cache: Cache) -> None:
    keep_post(storage, 1, score=9)
    keep_post(storage, 2, score=9)
    rows = [
        {"id": f"reddit:{n}", "url": f"https://pictures.example/{n + moved}/0.jpg", "score": 1, "percentile": 0.5}
        for n, moved in ((1, 0), (2, 1), (3, 0))
    ]
    path = write(tmp_path / "list", rows)
    listed = posts_of(path)
    built = built_of_storage(storage, tmp_path / "out", cache, listed=listed)

    assert names_addresses(path)
    assert {(each["id"], each["score"], each["percentile"]) for each in rows_in(built.folder)} == {("reddit:1", 1, 0.5)}
    assert built.left_out == {"known with another picture": 1}
    assert all(isinstance(post, Post) for post in listed.values())


def test_files_name_no_addresses(tmp_path: Path) -> None:
    assert not names_addresses(write(tmp_path, [row(0)]))


def test_a_picture_that_the_bucket_lost_is_an_error(storage: Storage, tmp_path: Path, cache: Cache) -> None:
    storage.bucket.remove(keep_post(storage, 1, score=9))

    with pytest.raises(StorageError, match="holds no bytes"):
        built_of_storage(storage, tmp_path / "out", cache)
    assert not (tmp_path / "out").exists()


def test_what_people_think_stands_in_the_rows_where_it_is_asked_for(
    storage: Storage, tmp_path: Path, cache: Cache
) -> None:
    for number in (1, 2, 3):
        keep_post(storage, number, score=number)
    for voter in ("ann", "bob", "eve"):
        pairs.judge(storage.database, voter, "reddit:1", "reddit:2", "reddit:1")
    people = people_say(storage.database, FeedbackFile(tmp_path / "feedback.jsonl"))
    asked = built_of_storage(storage, tmp_path / "asked", cache, people=people)
    plain = built_of_storage(storage, tmp_path / "plain", cache)

    said = {each["id"]: each.get("people") for each in rows_in(asked.folder)}
    assert said["reddit:1"]["percentile"] > 0.5 > said["reddit:2"]["percentile"]
    assert said["reddit:3"] is None
    assert not any("people" in each for each in rows_in(plain.folder))
    posts_there = {post.id: post.people for post in load_dataset(asked.folder).posts}
    assert posts_there["reddit:1"] == people["reddit:1"]
    assert version_of(asked.folder) == asked.version != plain.version


def test_what_people_think_is_found_by_the_id_that_a_post_is_stored_under(
    storage: Storage, tmp_path: Path, cache: Cache
) -> None:
    """A dataset gives posts of a source that it does not know another id."""
    keep_post(storage, 1, score=1, source="sample")
    people = {"sample:1": PeopleSay(0.75, 0.5)}
    built = built_of_storage(storage, tmp_path / "own", cache, Wish(source="sample"), people=people)
    assert [each["people"] for each in rows_in(built.folder)] == [{"percentile": 0.75, "weight": 0.5}]
