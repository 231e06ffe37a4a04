from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from dankmeme.storage import Storage, bank, erase, images, moderation, posts
from dankmeme.storage.bank import Hash, Use
from dankmeme.storage.bucket import Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.feed import project
from dankmeme.storage.tables import feed
from dankmeme.storage.tables import images as image_table
from dankmeme.storage.tables import posts as post_table
from tests.storage.making import a_post, at_once, facts, flipped, hashes, rows, show, states, store, synthetic


@pytest.fixture
def storage(database: Database, tmp_path: Path) -> Storage:
    return Storage(database, Bucket(str(tmp_path / "bucket")))


def visible(database: Database) -> list[str]:
    return sorted(row[0] for row in rows(database, sa.select(feed.c.post_id).where(feed.c.visible)))


def banned(database: Database) -> list[tuple[str, str, str, int]]:
    return [each for each in bank.lists(database) if each[0] == moderation.BANNED]


def test_a_hidden_post_is_not_visible_and_stays_so_when_its_row_is_made_anew(database: Database) -> None:
    (name,) = store(database, facts(1))
    show(database, a_post("a"), name)
    assert moderation.hide(database, "reddit:a", hidden=True)
    with database.write() as connection:
        project(database, connection, ["reddit:a"])
    assert visible(database) == []
    posts.enlist(database, [a_post("a", score=9)], "run")
    assert visible(database) == []
    assert moderation.hide(database, "reddit:a", hidden=False)
    assert visible(database) == ["reddit:a"]
    assert not moderation.hide(database, "reddit:none", hidden=True)


def test_a_post_that_is_hidden_before_its_picture_came_is_hidden_then_too(database: Database) -> None:
    posts.enlist(database, [a_post("a")], "run")
    assert moderation.hide(database, "reddit:a", hidden=True)
    (name,) = store(database, facts(1))
    posts.settle(database, {("reddit:a", 0): name}, {})
    assert rows(database, sa.select(feed.c.post_id, feed.c.visible)) == [("reddit:a", False)]


def test_hiding_while_posts_are_settled_loses_neither(database: Database) -> None:
    (name,) = store(database, facts(1))
    ids = [f"reddit:p{number}" for number in range(8)]
    posts.enlist(database, [a_post(each.partition(":")[2]) for each in ids], "run")

    def work(number: int) -> None:
        for each in ids:
            if number % 2:
                moderation.hide(database, each, hidden=True)
            else:
                posts.settle(database, {(each, 0): name}, {})

    at_once(work, 4)
    assert rows(database, sa.select(feed.c.visible).distinct()) == [(False,)]
    assert set(states(database, ids)) == {"stored"}


def test_banned_pictures_go_with_their_likes_and_stay_out(storage: Storage) -> None:
    database = storage.database
    pdq, far = hashes(2)
    own, copy, other = synthetic("own", pdq), synthetic("copy", flipped(pdq, 31)), synthetic("other", far)
    beyond = synthetic("beyond", flipped(pdq, 32))
    store(database, own, copy, other, beyond)
    show(database, a_post("a"), own.sha256)
    show(database, a_post("b", pictures=2), copy.sha256, other.sha256)
    assert moderation.ban(storage, "reddit:a") == 2
    assert sorted(each for (each,) in rows(database, sa.select(image_table.c.sha256))) == sorted(
        [other.sha256, beyond.sha256]
    )
    assert rows(database, sa.select(post_table.c.id)) == [("reddit:b",)]
    assert banned(database) == [(moderation.BANNED, "blocked", "pdq", 1), (moderation.BANNED, "blocked", "sha256", 1)]
    assert images.met_before(database, [own.sha256, copy.sha256]) == {own.sha256: False, copy.sha256: False}
    assert moderation.ban(storage, "reddit:a") is None


def test_what_other_lists_of_the_bank_match_is_left_alone(storage: Storage) -> None:
    database = storage.database
    one, two = hashes(2)
    store(database, synthetic("own", one), synthetic("known", two))
    bank.add(database, [Hash("pdq", two.hex())], Use.blocked, "another list")
    show(database, a_post("a"), synthetic("own", one).sha256)
    assert moderation.ban(storage, "reddit:a") == 1
    assert rows(database, sa.select(image_table.c.sha256)) == [(synthetic("known", two).sha256,)]


def test_a_like_that_is_nearer_to_another_list_goes_all_the_same(storage: Storage) -> None:
    database = storage.database
    (pdq,) = hashes(1)
    copy = synthetic("copy", flipped(pdq, 10))
    store(database, synthetic("own", pdq), copy)
    bank.add(database, [Hash("pdq", copy.pdq.hex())], Use.placeholder, "another list")
    show(database, a_post("a"), synthetic("own", pdq).sha256)
    assert moderation.ban(storage, "reddit:a") == 2


def test_a_picture_with_little_in_it_is_kept_out_by_its_bytes_alone(storage: Storage) -> None:
    database = storage.database
    plain, same = (synthetic(name, bytes(32), quality=10) for name in ("plain", "same look"))
    store(database, plain, same)
    show(database, a_post("a"), plain.sha256)
    assert moderation.ban(storage, "reddit:a") == 1
    assert rows(database, sa.select(image_table.c.sha256)) == [(same.sha256,)]
    assert banned(database) == [(moderation.BANNED, "blocked", "sha256", 1)]


def test_a_ban_that_was_interrupted_is_repeated(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    database = storage.database
    (pdq,) = hashes(1)
    facts_of = [synthetic(str(number), flipped(pdq, number)) for number in range(6)]
    store(database, *facts_of)
    show(database, a_post("a", pictures=2), *(each.sha256 for each in facts_of[:2]))
    real, left = erase.delete_image, iter(range(3))

    def delete_image(of: Database, sha256: str) -> list[str] | None:
        if next(left, None) is None:
            raise PowerCut
        return real(of, sha256)

    with monkeypatch.context() as patch:
        patch.setattr(erase, "delete_image", delete_image)
        with pytest.raises(PowerCut):
            moderation.ban(storage, "reddit:a")
    assert len(rows(database, sa.select(image_table.c.sha256))) == 3
    assert moderation.ban(storage, "reddit:a") == 3
    assert rows(database, sa.select(image_table.c.sha256)) == rows(database, sa.select(post_table.c.id)) == []


class PowerCut(BaseException):
    pass


def test_a_post_without_pictures_can_be_banned(storage: Storage) -> None:
    posts.enlist(storage.database, [a_post("a")], "run")
    assert moderation.ban(storage, "reddit:a") == 0
    assert rows(storage.database, sa.select(post_table.c.id)) == []
    assert banned(storage.database) == []
