from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import pytest

from dankmeme.models.eyes import Eyes
from dankmeme.training.cache import Cache
from dankmeme.training.dataset import checksums, load_dataset, version
from dankmeme.training.sheet import IN_ROW, ROWS, over_time, page, picked
from dankmeme.training.showing import Overview, Shown, look_at, overview, sorts_of
from tests.training.folders import HOUR, START, class_folders, picture, row, write

COUNT = 420


@pytest.fixture(scope="module")
def eyes() -> Iterator[Eyes]:
    with closing(Eyes(captions=False, workers=1)) as eyes:
        yield eyes


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    with Cache(tmp_path_factory.mktemp("cache") / "pictures.sqlite") as cache:
        yield cache


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, cache: Cache, eyes: Eyes) -> Shown:
    """Enough to be trained on, with two near-duplicates in its first part."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "1.jpg").write_bytes(picture(0, quality=60))
    said = {"percentile": 0.5, "weight": 0.5}
    rows = [
        row(n, nsfw=n % 4 == 0, title="" if n % 2 else "<b>bold</b> & more", people=None if n % 4 else said)
        for n in range(COUNT)
    ]
    return look(write(folder, rows), cache, eyes)


def look(folder: Path, cache: Cache, eyes: Eyes, age: float = 48.0) -> Shown:
    return look_at(load_dataset(folder), cache, eyes, lambda *_: None, age)


def told(folder: Path, cache: Cache, eyes: Eyes, age: float = 48.0) -> Overview:
    return overview(look(folder, cache, eyes, age))


def test_a_dataset_that_can_be_trained_on_is_told_without_a_warning(large: Shown) -> None:
    found = overview(large)

    assert found.warnings == []
    assert (found.posts, found.pictures, found.ordered, found.label) == (COUNT, COUNT, True, "score")
    assert found.time == (START, START + (COUNT - 1) * HOUR)
    assert found.dank + found.not_dank + found.middle == COUNT
    assert found.dank / COUNT == pytest.approx(0.30, abs=0.02)
    assert found.not_dank / COUNT == pytest.approx(0.35, abs=0.02)
    assert (found.families, found.in_families, found.largest_family) == (1, 2, 2)
    assert list(found.parts) == ["fit", "choose", "calibrate", "test", "kept"]
    assert sum(found.parts.values()) == COUNT
    assert (found.authors, found.busiest_author, found.nsfw, found.titled) == (7, 60 / COUNT, 0.25, 0.5)
    assert found.people == COUNT / 4


def test_the_version_is_that_of_training(large: Shown) -> None:
    files = large.dataset.files
    keys = [key for key in checksums(files) if key]

    assert overview(large).version == version(large.dataset.posts, keys)


def test_every_score_is_in_one_bin_and_the_quantiles_are_those_of_all(large: Shown) -> None:
    found = overview(large)
    scores = [post.score for post in large.posts if post.score is not None]

    for each in found.scores:
        assert each.count == sum(each.low <= score <= each.high for score in scores)
    assert sum(each.count for each in found.scores) == COUNT
    assert found.quantiles[0] == min(scores)
    assert found.quantiles[100] == max(scores)
    assert [each.dank for each in found.scores][-1] > 0 == found.scores[0].dank


def test_scores_below_zero_and_one_score_for_all_have_bins(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    below = told(write(tmp_path / "a", [row(n, score=score) for n, score in enumerate((-7, -1, 0, 3))]), cache, eyes)
    same = told(write(tmp_path / "b", [row(n, score=7) for n in range(3)]), cache, eyes)

    assert [(each.low, each.high, each.count) for each in below.scores if each.count] == [
        (-9, -5, 1),
        (-1, -1, 1),
        (0, 0, 1),
        (2, 4, 1),
    ]
    assert [(each.low, each.high, each.count) for each in same.scores] == [(5, 9, 3)]


def test_what_training_would_refuse_is_told_and_the_rest_is_shown_all_the_same(
    tmp_path: Path, cache: Cache, eyes: Eyes
) -> None:
    found = told(write(tmp_path, [row(number) for number in range(30)]), cache, eyes)

    assert len(found.warnings) == 1
    assert "at least 100 are needed" in found.warnings[0]
    assert (found.posts, found.dank, found.parts) == (30, 9, {})


def test_without_anything_to_learn_from_the_pictures_are_shown(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    shown = look(write(tmp_path, [row(number, score=None) for number in range(5)]), cache, eyes)
    found = overview(shown)

    assert (found.label, found.unlabelled, found.quantiles, found.scores) == (None, 5, {}, [])
    assert "to learn from" in found.warnings[0]
    assert page(shown, eyes).count("data:image/jpeg") == 5
    assert picked(shown) == [[0, 1, 2, 3, 4]]


def test_broken_pictures_are_told(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    write(tmp_path, [row(number) for number in range(4)])
    (tmp_path / "2.jpg").write_bytes(b"none")
    (tmp_path / "3.jpg").unlink()
    found = told(tmp_path, cache, eyes)

    assert (found.posts, found.left_out) == (2, {"broken picture": 2})
    assert {Path(file).name for file in found.broken} == {"2.jpg", "3.jpg"}


def test_scores_at_an_age_are_those_that_are_shown(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    rows = [row(n, score=1_000, score_at={"6": n, "48": 2 * n}) for n in range(25)]
    write(tmp_path, rows)

    assert told(tmp_path, cache, eyes).quantiles[100] == 48
    six = told(tmp_path, cache, eyes, 6.0)
    assert (six.quantiles[100], six.label, six.score_ages) == (24, "followed", {"6": 25, "48": 25})


def test_classes_are_counted_and_have_no_time(tmp_path: Path, cache: Cache, eyes: Eyes) -> None:
    shown = look(class_folders(tmp_path, 4, 3), cache, eyes)
    found = overview(shown)

    assert (found.dank, found.not_dank, found.middle, found.label, found.time) == (4, 3, 0, "class", None)
    assert over_time(shown) == []
    assert [sorts_of(shown)[each] for each in picked(shown)[0]] == ["not"] * 3 + ["dank"] * 4


def test_the_figures_are_json(large: Shown) -> None:
    assert json.loads(json.dumps(asdict(overview(large)), allow_nan=False))["posts"] == COUNT


def test_the_sheet_runs_from_the_lowest_to_the_highest_percentile(large: Shown) -> None:
    assert large.labels is not None
    rows = picked(large)
    numbers = list(chain.from_iterable(rows))
    chosen = large.labels.percentile[numbers].tolist()

    assert [len(each) for each in rows] == [IN_ROW] * ROWS
    assert chosen == sorted(chosen)
    assert (chosen[0], chosen[-1]) == (0.0, 1.0)
    assert len(set(large.family[numbers].tolist())) == ROWS * IN_ROW


def test_the_sheet_needs_nothing_from_elsewhere_and_escapes_what_strangers_wrote(large: Shown, eyes: Eyes) -> None:
    html = page(large, eyes)

    assert html.count("data:image/jpeg;base64,") == ROWS * IN_ROW
    assert "<script" not in html
    assert not re.search(r'(?:src|href)="(?!data:)', html)
    assert "url(" not in html
    assert "<b>bold</b>" not in html
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in html
    assert html.count("<svg") == 2
    assert 'class="frame nsfw" tabindex="0"' in html
    assert "prefers-color-scheme: dark" in html


def test_time_is_cut_into_spans_that_hold_every_post(large: Shown) -> None:
    columns = over_time(large)

    assert sum(sum(column.counts) for column in columns) == COUNT
    assert columns[0].name == "2023-11-14"
    assert max(sum(column.counts) for column in columns) - min(sum(column.counts) for column in columns) <= 2
