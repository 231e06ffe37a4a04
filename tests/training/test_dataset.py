from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dankmeme.errors import SourceError, TrainingError
from dankmeme.training.dataset import Dataset, checksums, load_dataset, version
from tests.training.folders import START, class_folders, row, rows_in, write


def version_of(path: Path) -> str:
    dataset = load_dataset(path)
    return version(dataset.posts, [key for key in checksums(dataset.files) if key])


def names(dataset: Dataset) -> list[str]:
    return [post.id.rpartition(":")[2] for post in dataset.posts]


def test_posts_come_in_the_order_of_their_time(tmp_path: Path) -> None:
    dataset = load_dataset(write(tmp_path, [row(number) for number in (3, 1, 2, 0)]))

    assert names(dataset) == ["p0", "p1", "p2", "p3"]
    assert dataset.ordered
    assert [path.name for path in dataset.files] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]


def test_an_order_takes_the_place_of_time(tmp_path: Path) -> None:
    dataset = load_dataset(write(tmp_path, [row(n, created_utc=None, order=10 - n) for n in range(4)]))

    assert names(dataset) == ["p3", "p2", "p1", "p0"]
    assert dataset.ordered


def test_a_post_without_a_time_is_left_out_where_most_have_one(tmp_path: Path) -> None:
    dataset = load_dataset(write(tmp_path, [row(0), row(1), row(2, created_utc=None)]))

    assert names(dataset) == ["p0", "p1"]
    assert dataset.skipped == {"no time, where the others have one": 1}


def test_where_most_have_no_time_the_order_is_none(tmp_path: Path) -> None:
    dataset = load_dataset(write(tmp_path, [row(0), row(1, created_utc=None), row(2, created_utc=None)]))

    assert len(dataset.posts) == 3
    assert not dataset.ordered


def test_two_class_folders_have_labels_and_no_order_in_time(tmp_path: Path) -> None:
    dataset = load_dataset(class_folders(tmp_path, 3, 2))

    assert not dataset.ordered
    assert sorted(post.label for post in dataset.posts if post.label is not None) == [0, 0, 1, 1, 1]


def test_the_last_row_of_an_id_counts(tmp_path: Path) -> None:
    dataset = load_dataset(write(tmp_path, [row(0, score=1), row(1), row(0, score=2)]))

    assert [post.score for post in dataset.posts if post.id.endswith("p0")] == [2]
    assert dataset.skipped == {"listed twice": 1}


def test_what_cannot_be_read_is_counted_and_told(tmp_path: Path) -> None:
    write(tmp_path, [row(0)])
    with (tmp_path / "posts.jsonl").open("a") as file:
        file.write('not JSON\n{"id": "url", "url": "https://pictures.example/1.jpg"}\n')
    dataset = load_dataset(tmp_path)

    assert names(dataset) == ["p0"]
    assert dataset.skipped == {"broken line": 1, "picture not on this machine": 1}
    assert dataset.notes == ("line 2: broken line: not JSON",)


def test_posts_that_name_addresses_alone_are_no_dataset_yet(tmp_path: Path) -> None:
    write(tmp_path, [row(0, file=None, url="https://pictures.example/1.jpg")])

    with pytest.raises(TrainingError, match="dank dataset build") as caught:
        load_dataset(tmp_path)
    assert caught.value.code == "no-pictures"


def test_a_folder_of_nothing_is_no_dataset(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        load_dataset(tmp_path)
    assert caught.value.code == "bad-posts-file"


@pytest.mark.parametrize("community", [None, "memes", "one"])
def test_a_version_does_not_depend_on_the_folder(tmp_path: Path, community: str | None) -> None:
    one = write(tmp_path / "one", [row(number, community=community) for number in range(5)])
    shutil.copytree(one, tmp_path / "other name")

    assert version_of(one) == version_of(tmp_path / "other name")


def test_a_version_of_class_folders_does_not_depend_on_the_folder_that_holds_them(tmp_path: Path) -> None:
    one = class_folders(tmp_path / "one", 3, 3)
    shutil.copytree(one, tmp_path / "two")

    assert version_of(one) == version_of(tmp_path / "two")


def test_a_version_does_not_depend_on_the_order_of_the_rows_nor_on_the_names_of_the_files(tmp_path: Path) -> None:
    rows = [row(number, community="ab"[number % 2]) for number in range(6)]
    write(tmp_path / "one", rows)
    for number in range(6):
        (tmp_path / "two").mkdir(exist_ok=True)
        shutil.copy(tmp_path / "one" / f"{number}.jpg", tmp_path / "two" / f"x{number}.jpg")
    write(tmp_path / "two", [each | {"file": f"x{each['file']}"} for each in reversed(rows)])

    assert version_of(tmp_path / "one") == version_of(tmp_path / "two")


@pytest.mark.parametrize(
    "changed",
    [{"score": 5_000}, {"title": "another"}, {"created_utc": START + 1}, {"author": "else"}, {"community": "else"}],
)
def test_a_version_changes_with_what_a_row_says(tmp_path: Path, changed: dict[str, object]) -> None:
    rows = [row(number, community="ab"[number % 2]) for number in range(4)]
    before = version_of(write(tmp_path, rows))

    assert version_of(write(tmp_path, [rows[0], rows[1] | changed, *rows[2:]])) != before


def test_a_version_changes_with_a_picture_and_with_a_post_more(tmp_path: Path) -> None:
    before = version_of(write(tmp_path, [row(number) for number in range(4)]))
    more = version_of(write(tmp_path, [row(number) for number in range(5)]))
    (tmp_path / "0.jpg").write_bytes((tmp_path / "1.jpg").read_bytes())

    assert len({before, more, version_of(tmp_path)}) == 3
    assert len(rows_in(tmp_path)) == 5


def test_a_file_that_is_not_there_has_no_checksum(tmp_path: Path) -> None:
    write(tmp_path, [row(0)])
    found = checksums([tmp_path / "0.jpg", tmp_path / "lost.jpg"])

    assert [each is None for each in found] == [False, True]
