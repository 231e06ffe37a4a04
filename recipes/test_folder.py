"""Dataset folders of drawn memes. Needs the `train` extra; `make prove` runs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from PIL import Image

import folder
from dankmeme.training.captions import caption_key, load_captions
from dankmeme.training.dataset import load_dataset
from dankmeme.training.labels import kind_of

pytestmark = pytest.mark.filterwarnings("ignore")


def draw(data: Path, fonts: Path, out: Path) -> None:
    """What the command does."""
    options = ["--data", data.parent, "--fonts", fonts, "--out", out, "--train", 40, "--test", 30, "--workers", 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["folder.py", *map(str, options)])
        folder.main()


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def drawn(data: Path, fonts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drawn")
    draw(data, fonts, out)
    return out


@pytest.mark.parametrize(("name", "count"), [("train", 40), ("test", 30), ("test-within", 30)])
def test_a_folder_is_a_dataset_in_order_with_ranks_and_pictures(drawn: Path, name: str, count: int) -> None:
    dataset = load_dataset(drawn / name)
    assert len(dataset.posts) == count
    assert dataset.ordered
    assert not dataset.skipped
    assert kind_of(dataset.posts) == "given"
    for file in dataset.files:
        with Image.open(file) as picture:
            assert picture.format == "JPEG"


def test_what_is_tested_came_later_and_was_never_said_before(drawn: Path) -> None:
    train, test, captions = (rows(drawn / name) for name in ("train/posts.jsonl", "test/posts.jsonl", "captions.jsonl"))
    assert max(row["order"] for row in train) < min(row["order"] for row in test)
    assert max(row["order"] for row in captions) < min(row["order"] for row in test)


def test_captions_without_pictures_are_of_no_meme_that_is_drawn(drawn: Path, data: Path) -> None:
    from rows import load_rows

    frame = load_rows(data).set_index("id")
    drawn_ids = {row["id"] for name in ("train", "test") for row in rows(drawn / name / "posts.jsonl")}
    assert not {row["id"] for row in rows(drawn / "captions.jsonl")} & drawn_ids
    tested = {frame.at[row["id"], "key"] for row in rows(drawn / "test" / "posts.jsonl")}
    learnt = load_captions(drawn / "captions.jsonl")
    assert len(learnt.texts) > 2_000
    assert not {caption_key(text) for text in learnt.texts} & tested


def test_within_a_template_the_same_pictures_are_ranked_anew(drawn: Path) -> None:
    both = list(zip(rows(drawn / "test" / "posts.jsonl"), rows(drawn / "test-within" / "posts.jsonl"), strict=True))
    assert {row["community"] for row, _ in both} == {"imgflip"}
    assert {row["community"] for _, row in both} == {"Cat-Says", "Dog-Asks"}
    assert any(one["percentile"] != other["percentile"] for one, other in both)
    for one, other in both:
        pictures = drawn / "test" / str(one["file"]), drawn / "test-within" / str(other["file"])
        assert pictures[0].read_bytes() == pictures[1].read_bytes()


def test_an_interrupted_run_goes_on_and_draws_the_same(drawn: Path, data: Path, fonts: Path) -> None:
    lost, kept = (drawn / "train" / str(row["file"]) for row in rows(drawn / "train" / "posts.jsonl")[:2])
    picture, before = lost.read_bytes(), kept.stat().st_mtime_ns
    listed = (drawn / "train" / "posts.jsonl").read_bytes()
    lost.unlink()
    draw(data, fonts, drawn)
    assert lost.read_bytes() == picture
    assert kept.stat().st_mtime_ns == before
    assert (drawn / "train" / "posts.jsonl").read_bytes() == listed
