from __future__ import annotations

import itertools
import json
from functools import lru_cache
from pathlib import Path

import pytest

from dankmeme.images.decode import decode
from dankmeme.images.keep import Kept, keep
from dankmeme.images.lookalike import differs, is_same
from dankmeme.posts import Post
from dankmeme.sources import plain
from dankmeme.sources.samples import SAMPLES, samples

NOW = 1_800_000_000.0
MOST_BYTES = 1_200_000
NEAR = 31
REPOSTS = {frozenset({"owl.jpg", "owl-again.jpg"}), frozenset({"hours.png", "hours-again.jpg"})}
POSTS = {post.id: post for post in samples(NOW)}
PICTURES = sorted(path for path in SAMPLES.iterdir() if path.suffix != ".jsonl")

each_post = pytest.mark.parametrize("post", POSTS.values(), ids=POSTS.keys())


def files(post: Post) -> list[Path]:
    return [Path(image.file or "") for image in post.images]


@lru_cache(maxsize=1)
def kept() -> dict[str, Kept]:
    return {path.name: keep(path.read_bytes()) for path in PICTURES}


def test_each_post_has_an_id_of_its_own() -> None:
    lines = (SAMPLES / "posts.jsonl").read_text().splitlines()
    assert list(POSTS) == [f"sample:{json.loads(line)['id']}" for line in lines]
    assert len(POSTS) == 26


def test_every_picture_is_shown_and_every_shown_one_is_there() -> None:
    assert {file for post in POSTS.values() for file in files(post)} == set(PICTURES)


def test_the_folder_is_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) <= MOST_BYTES


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_decodes_and_is_what_its_name_says(path: Path) -> None:
    picture = decode(path.read_bytes())
    assert picture.format == {".jpg": "JPEG", ".png": "PNG", ".gif": "GIF"}[path.suffix]
    assert picture.animated == (path.suffix == ".gif")
    assert min(picture.width, picture.height) >= 400


@each_post
def test_a_post_is_complete_plain_text(post: Post) -> None:
    for text in (post.title, post.community, post.author):
        assert text
        assert plain.text(text) == plain.unescaped(text) == text
    assert post.source == "sample"
    assert post.permalink is None
    assert all(file.is_absolute() for file in files(post))


@each_post
def test_a_post_is_from_the_days_before(post: Post) -> None:
    assert post.created_utc is not None
    assert 0.5 <= (NOW - post.created_utc) / 3600 <= 400


@each_post
def test_scores_are_those_of_the_ages_a_post_has_reached_and_only_grow(post: Post) -> None:
    assert post.created_utc is not None
    assert post.score is not None
    age = (NOW - post.created_utc) / 3600
    assert list(post.score_at) == [hours for hours in (1, 6, 24, 48) if hours <= age]
    grown = [0, *post.score_at.values(), post.score]
    assert grown == sorted(grown)


def test_time_moves_all_posts_alike() -> None:
    assert {post.created_utc for post in samples(NOW + 60)} == {
        post.created_utc + 60 for post in POSTS.values() if post.created_utc is not None
    }


def test_only_the_reposts_look_like_another_picture() -> None:
    near = set()
    for (one, a), (other, b) in itertools.combinations(kept().items(), 2):
        if a.pdq.distance(b.pdq) <= NEAR:
            near.add(frozenset({one, other}))
            assert is_same(differs(a.detail, b.detail))
    assert near == REPOSTS


def test_every_picture_can_be_told_apart() -> None:
    assert all(picture.pdq.quality >= 50 for picture in kept().values())


def test_a_repost_is_later_than_its_original() -> None:
    for name, original in (("owl-again", "owl"), ("hours-again", "hours"), ("tests-again", "tests")):
        again, first = POSTS[f"sample:{name}"], POSTS[f"sample:{original}"]
        assert (again.created_utc or 0) > (first.created_utc or 0)


def test_one_repost_is_the_very_same_picture() -> None:
    assert POSTS["sample:tests-again"].images == POSTS["sample:tests"].images


def test_there_is_a_gallery_and_a_joke_that_is_marked() -> None:
    assert [len(post.images) for post in POSTS.values() if len(post.images) > 1] == [2]
    assert [post.id for post in POSTS.values() if post.nsfw] == ["sample:toaster"]
