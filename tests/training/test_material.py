from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dankmeme.errors import TrainingError
from dankmeme.images.prepare import prepare
from dankmeme.models.eyes import Eyes
from dankmeme.training.cache import Cache
from dankmeme.training.dataset import load_dataset
from dankmeme.training.labels import ends
from dankmeme.training.material import Cut, Material, families, make_ready
from dankmeme.training.pictures import Facts
from dankmeme.training.split import Shares
from dankmeme.training.workshop import Data
from tests.training.folders import HOUR, class_folders, picture, row, write

SHARES = Shares(test=0.2, kept=0.0, choose=0.25, calibrate=0.25)
COUNT = 200


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    with closing(Eyes(captions=False, workers=1)) as eyes:
        yield eyes


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    with Cache(tmp_path_factory.mktemp("cache") / "pictures.sqlite") as cache:
        yield cache


class Blind:
    """Eyes that must not be needed."""

    def prepare(self, *arguments: Any, **more: Any) -> None:
        raise AssertionError("a picture was decoded")


def ready(folder: Path, cache: Cache, eyes: Eyes, **more: Any) -> Material:
    more.setdefault("shares", SHARES)
    return make_ready(load_dataset(folder), cache, eyes, lambda *_: None, **more)


def facts(bits: int, detail: bytes, quality: int = 100) -> Facts:
    return Facts(f"{(1 << bits) - 1:064x}", quality, detail, 80, 64)


def picture_detail() -> bytes:
    """Of a picture whose hash does not matter."""
    return prepare(picture(1), 32).detail


def refused(folder: Path, cache: Cache) -> TrainingError:
    """What is said before any picture is decoded."""
    with pytest.raises(TrainingError) as caught:
        ready(folder, cache, Blind())  # type: ignore[arg-type]
    assert str(folder) in caught.value.message
    return caught.value


def test_posts_are_cut_labelled_and_fingerprinted(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    material = ready(write(tmp_path, [row(number) for number in range(COUNT)]), cache, eyes)

    assert len(material.posts) == len(material.keys) == len(material.facts) == len(material.family) == COUNT
    assert {part: len(material.rows(part)) for part in ("fit", "choose", "calibrate", "test")} == {
        "fit": 80,
        "choose": 40,
        "calibrate": 40,
        "test": 40,
    }
    assert (np.diff(material.times) > 0).all()
    assert material.labels.kind == "score"
    for part in ("fit", "test"):
        percentile = material.labels.percentile[material.rows(part)]
        assert (percentile.min(), percentile.max()) == (0.0, 1.0)
    assert not material.left_out
    assert len(material.version) == 64


def test_what_is_known_of_a_picture_is_not_worked_out_again(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    write(tmp_path, [row(number) for number in range(COUNT)])
    before = ready(tmp_path, cache, eyes)
    again = ready(tmp_path, cache, Blind())  # type: ignore[arg-type]

    assert again.keys == before.keys
    assert again.facts == before.facts


def test_followed_scores_leave_a_gap_as_long_as_their_age(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    rows = [row(number, score_at={"5": number * 37 % 211, "48": 1}) for number in range(COUNT)]
    material = ready(write(tmp_path, rows), cache, eyes, age=5.0)

    assert material.labels.kind == "followed"
    assert material.left_out == {"too close before a later part": 4}
    start = material.times[material.rows("test")[0]]
    assert (material.times[material.rows("fit", "choose", "calibrate")] <= start - 5 * HOUR).all()


def test_only_posts_with_a_score_at_that_age_are_learnt_from(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    rows = [row(n, score_at={"0": n * 37 % 211} if n % 20 else {"1": 5}) for n in range(COUNT)]
    material = ready(write(tmp_path, rows), cache, eyes, age=0.0)

    assert material.left_out == {"without a label": 10}
    assert len(material.posts) == COUNT - 10


def test_class_folders_are_cut_without_an_order(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    material = ready(class_folders(tmp_path, 90, 90), cache, eyes)

    assert material.labels.kind == "class"
    assert material.labels.dank.sum() == material.labels.not_dank.sum() == 90
    fit = material.labels.at(material.rows("fit"))
    assert fit.dank.any()
    assert fit.not_dank.any()


def test_a_near_duplicate_of_a_later_post_leaves_the_earlier_part(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    write(tmp_path, [row(number) for number in range(COUNT)])
    (tmp_path / "3.jpg").write_bytes(picture(195, quality=60))
    (tmp_path / "4.jpg").write_bytes(picture(5, quality=60))
    material = ready(tmp_path, cache, eyes)

    assert material.parts[3] == "twin"
    assert material.parts[195] == "test"
    assert (material.parts[4], material.parts[5]) == ("fit", "fit")
    assert material.family[195] == material.keys[3]
    assert material.family[5] == material.keys[4]
    assert material.left_out == {"near-duplicate of a later post": 1}


def test_near_duplicates_are_linked_to_the_earliest_and_never_chained() -> None:
    detail = picture_detail()
    known = [facts(0, detail), facts(30, detail), facts(60, detail), facts(0, detail, quality=10)]

    assert families(["a", "b", "c", "d"], known).tolist() == ["a", "a", "c", "d"]


def test_one_picture_of_several_posts_is_one_family() -> None:
    detail = picture_detail()
    assert families(["a", "b", "a"], [facts(0, detail), facts(200, detail), facts(0, detail)]).tolist() == [
        "a",
        "b",
        "a",
    ]


def test_a_few_broken_pictures_are_left_out_and_told(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    write(tmp_path, [row(number) for number in range(COUNT)])
    (tmp_path / "7.jpg").write_bytes(b"\xff\xd8\xff and no more")
    (tmp_path / "8.jpg").unlink()
    material = ready(tmp_path, cache, eyes)

    assert material.left_out == {"broken picture": 2}
    assert {Path(file).name for file in material.broken} == {"7.jpg", "8.jpg"}
    assert len(material.posts) == COUNT - 2


def test_many_broken_pictures_are_an_error_that_names_one(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    write(tmp_path, [row(number) for number in range(COUNT)])
    for number in range(60):
        (tmp_path / f"{number}.jpg").write_bytes(b"not a picture %d" % number)

    with pytest.raises(TrainingError, match=r"60 of 200 pictures cannot be used.*0\.jpg") as caught:
        ready(tmp_path, cache, eyes)
    assert caught.value.code == "broken-images"


def test_posts_without_scores_are_refused_before_a_picture_is_decoded(tmp_path: Path, cache: Cache) -> None:
    error = refused(write(tmp_path, [row(number, score=None) for number in range(120)], lambda n: b"%d" % n), cache)

    assert error.code == "no-scores"


def test_ten_pictures_are_refused_before_one_is_decoded(tmp_path: Path, cache: Cache) -> None:
    error = refused(write(tmp_path, [row(number) for number in range(10)], lambda n: b"%d" % n), cache)

    assert error.code == "too-few-images"
    assert "at least 100" in error.message


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_is_refused_before_a_picture_is_decoded(tmp_path: Path, cache: Cache, label: int) -> None:
    rows = [row(number, score=None, label=label) for number in range(120)]
    error = refused(write(tmp_path, rows, lambda n: b"%d" % n), cache)

    assert error.code == "one-class"
    assert ("not dank" in error.message) == (label == 0)


def test_one_score_for_all_is_one_class(tmp_path: Path, cache: Cache) -> None:
    error = refused(write(tmp_path, [row(n, score=1) for n in range(120)], lambda n: b"%d" % n), cache)

    assert error.code == "one-class"


def test_a_part_with_too_few_of_a_class_is_refused(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    write(tmp_path, [row(number, community=f"c{number % 6}") for number in range(120)])

    with pytest.raises(TrainingError, match="larger communities alone, would mend it") as caught:
        ready(tmp_path, cache, eyes, shares=Shares())
    assert caught.value.code == "too-few-images"


def test_the_parts_of_posts_without_a_rank_are_known_too(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    """A part of which too little is left to rank is still one that nobody may look at."""
    write(tmp_path, [row(number) for number in range(150)])
    material = ready(tmp_path, cache, eyes, shares=Shares(test=0.2, kept=0.05, choose=0.25, calibrate=0.25))

    assert "kept" not in material.parts
    assert material.unranked is not None
    assert material.unranked.parts.tolist() == ["kept"] * 8


def test_where_the_gap_swallows_the_data_the_refusal_says_so(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    write(tmp_path, [row(number, score_at={"48": number * 37 % 211}) for number in range(COUNT)])

    with pytest.raises(TrainingError, match="data of 8 days: posts of a longer time, or a smaller --age") as caught:
        ready(tmp_path, cache, eyes, age=48.0)
    assert caught.value.code == "too-few-images"


def test_few_of_a_class_want_more_memes(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    write(tmp_path, [row(number, percentile=0.9 if number % 20 == 0 else 0.2) for number in range(COUNT)])

    with pytest.raises(TrainingError, match="More memes would mend it"):
        ready(tmp_path, cache, eyes, shares=Shares(test=0.2, kept=0.0))


def test_what_is_only_scored_on_may_be_smaller(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    write(tmp_path, [row(number) for number in range(40)])
    material = ready(tmp_path, cache, eyes, to_learn=False, parts=lambda posts, keys: Cut.untouched(len(posts)))

    assert set(material.parts.tolist()) == {"test"}
    assert material.labels.ends.any()


def test_shuffled_labels_stay_in_their_part(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    material = ready(write(tmp_path, [row(number) for number in range(COUNT)]), cache, eyes)
    shuffled = material.with_shuffled_labels(7)

    for part in ("fit", "choose", "calibrate", "test"):
        rows = material.rows(part)
        assert sorted(shuffled.labels.percentile[rows]) == sorted(material.labels.percentile[rows])
        assert shuffled.labels.percentile[rows].tolist() != material.labels.percentile[rows].tolist()
    assert np.array_equal(ends(shuffled.labels.percentile)[0], shuffled.labels.dank)
    assert np.array_equal(shuffled.labels.percentile, material.with_shuffled_labels(7).labels.percentile)
    assert not np.array_equal(shuffled.labels.percentile, material.with_shuffled_labels(8).labels.percentile)


def test_what_people_think_is_mixed_into_the_parts_that_are_fitted_and_chosen_by_alone(
    tmp_path: Path, cache: Cache, eyes: Eyes
) -> None:
    said = {"people": {"percentile": 0.9, "weight": 0.5}}
    rows = (row(number, **(said if number % 3 == 0 else {})) for number in range(COUNT))
    material = ready(write(tmp_path, rows), cache, eyes)
    mixed = material.with_people(0.4)

    moved = mixed.labels.percentile != material.labels.percentile
    spoken = np.array([post.people is not None for post in material.posts])
    assert (moved == (spoken & np.isin(material.parts, ["fit", "choose"]))).all()
    assert mixed.labels.percentile[moved] == pytest.approx(0.8 * material.labels.percentile[moved] + 0.2 * 0.9)
    assert (mixed.labels.dank == ends(mixed.labels.percentile)[0]).all()
    assert mixed.version == material.version


def test_where_nobody_was_asked_nothing_can_be_mixed_in(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    material = ready(write(tmp_path, map(row, range(COUNT))), cache, eyes)
    with pytest.raises(TrainingError, match="dank dataset build --people") as caught:
        material.with_people(0.5)
    assert caught.value.code == "no-people"


def test_what_people_think_is_part_of_what_a_dataset_holds(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    plain = ready(write(tmp_path / "plain", map(row, range(COUNT))), cache, eyes)
    said = {"people": {"percentile": 0.9, "weight": 0.5}}
    asked = ready(write(tmp_path / "asked", (row(number, **said) for number in range(COUNT))), cache, eyes)
    assert asked.version != plain.version
    assert asked.labels.percentile == pytest.approx(plain.labels.percentile)


def test_only_a_training_that_mixes_has_another_name() -> None:
    assert "people" not in Data(Path("memes")).facts()
    assert Data(Path("memes"), people=0.3).facts() != Data(Path("memes"), people=0.4).facts()
