from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dankmeme.models.eyes import Eyes
from dankmeme.training.bundling import examples_of
from dankmeme.training.dataset import load_dataset
from dankmeme.training.material import Material, make_ready
from dankmeme.training.place import Place
from dankmeme.training.sides import placed, unlearnt
from dankmeme.training.split import Shares
from dankmeme.training.workshop import Workshop
from tests.training.folders import class_folders, picture, row, write

SHARES = Shares(test=0.2, kept=0.1, choose=0.2, calibrate=0.2)
COUNT = 240


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    place = Place(tmp_path_factory.mktemp("home"))
    with place.cache() as cache, closing(Eyes(captions=False, workers=1)) as eyes:
        yield Workshop(place, cache, eyes, lambda *_: None, lambda _: None)


def trained_on(folder: Path, shop: Workshop) -> Material:
    return make_ready(load_dataset(folder), shop.cache, shop.eyes, shop.told, shares=SHARES)


def rows(count: int = COUNT, **more: object) -> list[dict[str, object]]:
    return [row(number, **more) for number in range(count)]


def test_a_bundle_finds_its_parts_again_with_the_labels_of_training(tmp_path: Path, shop: Workshop) -> None:
    """Every tenth post came again, later: the earlier ones are twins, and are ranked as they were."""
    write(tmp_path, rows(), lambda place: picture(place - 120 if place >= 120 and place % 10 == 0 else place))
    before = trained_on(tmp_path, shop)
    assert (before.parts == "twin").sum() == 12
    there = placed(tmp_path, examples_of(before), {}, shop)
    assert there.own
    assert there.material.parts.tolist() == before.parts.tolist()
    np.testing.assert_array_equal(there.material.labels.percentile, before.labels.percentile)


@pytest.mark.parametrize("kind", ["classes", "list"])
def test_a_folder_that_was_renamed_is_the_same_dataset(kind: str, tmp_path: Path, shop: Workshop) -> None:
    one = class_folders(tmp_path / "one", 60, 60) if kind == "classes" else write(tmp_path / "one", rows())
    before = trained_on(one, shop)
    shutil.copytree(one, tmp_path / "other")
    there = placed(tmp_path / "other", examples_of(before), {}, shop)
    assert there.own
    parts = dict(zip(before.keys, before.parts.tolist(), strict=True))
    assert there.material.parts.tolist() == [parts[key] for key in there.material.keys]


def test_posts_that_were_added_at_the_end_are_tested_and_those_before_are_not(tmp_path: Path, shop: Workshop) -> None:
    write(tmp_path, rows())
    before = trained_on(tmp_path, shop)
    more = [row(number) for number in range(COUNT, 3 * COUNT)]
    early = row(900) | {"created_utc": rows()[5]["created_utc"] + 1}
    write(tmp_path, [*rows(), *more, early])
    there = placed(tmp_path, examples_of(before), {}, shop)
    assert there.own
    found = {
        post.id.rpartition(":")[2]: part for post, part in zip(there.material.posts, there.material.parts, strict=True)
    }
    assert {found[f"p{number}"] for number in range(COUNT, 3 * COUNT)} == {"test"}
    assert "p900" not in found or found["p900"] == "gap"
    assert {found[f"p{number}"] for number in range(COUNT - 24, COUNT)} == {"kept"}


def test_another_dataset_is_tested_as_a_whole(tmp_path: Path, shop: Workshop) -> None:
    before = trained_on(write(tmp_path / "one", rows()), shop)
    other = [row(number) for number in range(1_000, 1_100)]
    there = placed(write(tmp_path / "other", other), examples_of(before), {}, shop)
    assert not there.own
    assert set(there.material.parts.tolist()) == {"test"}


def test_near_duplicates_of_what_was_learnt_from_are_not_tested(tmp_path: Path, shop: Workshop) -> None:
    """A re-encoded copy is one; so is the very picture; a picture that merely has a near hash is none."""
    before = trained_on(write(tmp_path / "one", rows()), shop)
    examples = examples_of(before)
    learnt = [int(post.id.rpartition("p")[2]) for post in np.array(before.posts)[examples.learnt][:3].tolist()]
    other = [row(number) for number in range(1_000, 1_060)]
    given = {0: picture(learnt[0]), 1: picture(learnt[1], quality=60)}
    material = placed(
        write(tmp_path / "other", other, lambda place: given.get(place, picture(1_000 + place))), examples, {}, shop
    ).material
    tested = unlearnt(material, material.rows("test"), examples, shop)
    assert [material.posts[number].id.rpartition(":")[2] for number in set(range(60)) - set(tested.tolist())] == [
        "p1000",
        "p1001",
    ]
    near = replace(examples, pdq=examples.pdq.copy())
    hashes = np.frombuffer(bytes.fromhex(material.facts[30].pdq), dtype=np.uint8)
    near.pdq[np.flatnonzero(near.learnt)[0]] = hashes
    assert 30 in unlearnt(material, material.rows("test"), near, shop)
    forgotten = replace(near, keys=np.array([f"{'0' * 60}{number:04}" for number in range(len(near.keys))]))
    assert 30 not in unlearnt(material, material.rows("test"), forgotten, shop)


def test_a_part_that_was_too_small_to_be_ranked_is_not_tested_later(tmp_path: Path, shop: Workshop) -> None:
    write(tmp_path, rows(150))
    shares = replace(SHARES, kept=0.05)
    before = make_ready(load_dataset(tmp_path), shop.cache, shop.eyes, shop.told, shares=shares)
    there = placed(tmp_path, examples_of(before), {}, shop)
    assert there.own
    assert (there.material.parts == "test").sum() == (before.parts == "test").sum()
