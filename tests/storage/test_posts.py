from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from dankmeme.posts import ImageRef
from dankmeme.storage import failures, posts
from dankmeme.storage.database import Database
from dankmeme.storage.posts import CHUNK, LONGEST_ID, Counts, Failed
from dankmeme.storage.tables import post_images, score_snapshots
from dankmeme.storage.tables import posts as table
from tests.storage.making import a_post, at_once, everything, facts, rows, states, store

GONE = Failed("not-found", "there is nothing at this address")
BUSY = Failed("host-busy", "later", passing=True)


def test_a_new_post_is_enlisted_with_its_pictures_in_pieces_of_work(database: Database) -> None:
    offered = [a_post(f"p{n}", score=n, created_utc=1_000.0 + n, label=1, author="ann") for n in range(CHUNK + 1)]
    result = posts.enlist(database, offered, "run")
    assert (result.fresh, result.known, result.gone, result.refused) == (CHUNK + 1, 0, 0, 0)
    assert len(result.chunks) == len(set(result.chunks)) == 2
    wanted = [each for chunk in result.chunks for each in posts.wanted(database, chunk)]
    assert {each.post_id for each in wanted} == {post.id for post in offered}
    assert posts.counts(database, "run") == Counts(pending=CHUNK + 1)
    assert sorted(posts.pending_chunks(database)) == sorted(result.chunks)
    (row,) = rows(database, sa.select(table).where(table.c.id == "reddit:p3"))
    assert row[:5] == ("reddit:p3", "reddit", "memes", "Post p3", "ann")


def test_a_known_post_gets_its_new_score_and_a_snapshot_and_no_work(database: Database) -> None:
    posts.enlist(database, [a_post("a", score=1, created_utc=time.time() - 7_200)], "first")
    taken = [row[0] for row in rows(database, sa.select(score_snapshots.c.taken_utc))]
    with database.write() as connection:
        connection.execute(sa.update(score_snapshots).values(taken_utc=taken[0] - 60))
    result = posts.enlist(database, [a_post("a", score=7, title="other")], "second")
    assert (result.fresh, result.known, result.chunks) == (0, 1, [])
    assert rows(database, sa.select(table.c.score, table.c.title)) == [(7, "Post a")]
    seen = rows(database, sa.select(score_snapshots.c.score, score_snapshots.c.age_hours).order_by("taken_utc"))
    assert [score for score, _ in seen] == [1, 7]
    assert seen[0][1] == pytest.approx(2, abs=0.01)
    assert posts.counts(database, "first").all == 1
    assert posts.counts(database, "second").all == 0


def test_a_known_post_keeps_its_score_where_none_is_told(database: Database) -> None:
    posts.enlist(database, [a_post("a", score=5)], "run")
    posts.enlist(database, [a_post("a")], "run")
    assert rows(database, sa.select(table.c.score)) == [(5,)]


def test_a_run_may_adopt_known_posts(database: Database) -> None:
    posts.enlist(database, [a_post("a", pictures=2)], "first")
    posts.enlist(database, [a_post("a")], "second", adopt=True)
    assert (posts.counts(database, "first").all, posts.counts(database, "second").all) == (0, 2)


def test_scores_at_ages_are_kept_once(database: Database) -> None:
    post = a_post("a", source="files", created_utc=1_000_000.0, score_at={1.0: 5.0, 24.0: 50.4})
    for _ in range(2):
        posts.enlist(database, [post], "run")
    query = sa.select(score_snapshots.c.taken_utc, score_snapshots.c.score, score_snapshots.c.age_hours)
    assert sorted(rows(database, query)) == [(1_003_600.0, 5, 1.0), (1_086_400.0, 50, 24.0)]


def test_a_post_that_comes_twice_in_a_batch_is_enlisted_once(database: Database) -> None:
    result = posts.enlist(database, [a_post("a"), a_post("b"), a_post("a", title="again")], "run")
    assert (result.fresh, posts.counts(database, "run").all) == (2, 2)


def test_more_posts_than_one_statement_takes(database: Database) -> None:
    result = posts.enlist(database, [a_post(f"p{n}") for n in range(1_203)], "run")
    assert result.fresh == posts.counts(database, "run").pending == 1_203
    assert posts.enlist(database, [a_post(f"p{n}") for n in range(1_203)], "run").known == 1_203


def test_threads_that_enlist_the_same_posts_at_once_enlist_each_once(database: Database) -> None:
    offered = [a_post(f"p{n:03}", pictures=1 + n % 3, score=n) for n in range(120)]

    def enlist(number: int) -> posts.Enlisted:
        return posts.enlist(database, offered[:: 1 if number % 2 else -1], f"run{number}")

    results = at_once(enlist, 4)
    assert sum(each.fresh for each in results) == 120
    assert sum(each.known for each in results) == 3 * 120
    pieces = [chunk for each in results for chunk in each.chunks]
    assert sorted(pieces) == sorted(posts.pending_chunks(database))
    wanted = [each for chunk in pieces for each in posts.wanted(database, chunk)]
    assert len(wanted) == len({(each.post_id, each.position) for each in wanted}) == 240


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("a\0b", "ab"),
        ("lone \ud800 half", "lone ? half"),
        ("🔥" * 300_000, "🔥" * 2_000),
        ("x" * 1_000_000, "x" * 2_000),
        ("'; DROP TABLE posts; --", "'; DROP TABLE posts; --"),
        ("%s {0} \\ :name \u202e", "%s {0} \\ :name \u202e"),
    ],
    ids=["nul", "surrogate", "fire", "megabyte", "sql", "formats"],
)
def test_hostile_text_is_kept_as_text(database: Database, title: str, kept: str) -> None:
    texts = {"title": title, "author": title, "community": title, "permalink": title, "block": title}
    posts.enlist(database, [a_post("a", **texts)], "run")
    assert rows(database, sa.select(table.c.title)) == [(kept,)]
    assert [kept.startswith(row[0]) for row in rows(database, sa.select(table.c.author))] == [True]


def test_hostile_addresses_are_kept_as_text(database: Database) -> None:
    refs = (ImageRef(url="http://x/\0\ud800" + "u" * 10_000), ImageRef(file="/tmp/\0\ud800"))
    posts.enlist(database, [a_post("a", images=refs)], "run")
    (first, second) = rows(database, sa.select(post_images.c.url, post_images.c.file).order_by("position"))
    assert first[0].startswith("http://x/?u")
    assert second[1] == "/tmp/?"


@pytest.mark.parametrize("number", [2**63, -(10**30), 10**400])
def test_huge_numbers_are_bounded(database: Database, number: int) -> None:
    posts.enlist(database, [a_post("a", score=number, order=number)], "run")
    (row,) = rows(database, sa.select(table.c.score, table.c.order))
    assert row == (2**62, 2**62) if number > 0 else (-(2**62), -(2**62))


def test_of_an_endless_gallery_the_first_hundred_pictures_are_taken(database: Database) -> None:
    result = posts.enlist(database, [a_post("a", pictures=140)], "run")
    assert posts.counts(database, "run").pending == 100
    assert len(result.chunks) == -(-100 // CHUNK)


def test_an_id_that_cannot_be_kept_is_counted_and_the_others_are_taken(database: Database) -> None:
    odd = [a_post("x" * LONGEST_ID), a_post("nul\0"), a_post("half\ud800")]
    result = posts.enlist(database, [*odd, a_post("good"), a_post("x" * (LONGEST_ID - 7))], "run")
    assert (result.refused, result.fresh) == (3, 2)


def test_a_gallery_is_stored_when_one_picture_is_and_failed_when_none_can_be(database: Database) -> None:
    (image,) = store(database, facts(1))
    posts.enlist(database, [a_post("a", pictures=3), a_post("b", pictures=2)], "run")
    ids = ["reddit:a", "reddit:b"]
    posts.settle(database, {}, {("reddit:a", 0): GONE, ("reddit:b", 0): GONE})
    assert states(database, ids) == ["pending", "pending"]
    posts.settle(database, {("reddit:a", 2): image}, {("reddit:b", 1): GONE})
    assert states(database, ids) == ["stored", "failed"]
    posts.settle(database, {}, {("reddit:a", 1): GONE})
    assert states(database, ids) == ["stored", "failed"]
    assert posts.counts(database, "run") == Counts(0, 1, 4)
    assert posts.failures_of(database, "run") == {"not-found": 4}


def test_threads_that_settle_the_pictures_of_the_same_galleries_leave_none_pending(database: Database) -> None:
    ids = [f"reddit:g{n:02}" for n in range(40)]
    posts.enlist(database, [a_post(each.partition(":")[2], pictures=4) for each in ids], "run")

    def settle(place: int) -> None:
        for each in ids if place % 2 else reversed(ids):
            posts.settle(database, {}, {(each, place): GONE})

    at_once(settle, 4)
    assert states(database, ids) == ["failed"] * 40


def test_a_failure_is_forgotten_once_the_picture_is_stored(database: Database) -> None:
    (image,) = store(database, facts(1))
    (chunk,) = posts.enlist(database, [a_post("a")], "run").chunks
    posts.settle(database, {}, {("reddit:a", 0): Failed("image-blocked", "no", distance=7)})
    assert [(each.code, each.distance, each.tries) for each in failures.listed(database)] == [("image-blocked", 7, 1)]
    (again,) = failures.retry(database, "second", code="image-blocked")
    assert posts.wanted(database, chunk) == []
    assert states(database, ["reddit:a"]) == ["pending"]
    assert failures.listed(database)[0].state == "pending"
    assert len(posts.wanted(database, again)) == 1
    posts.settle(database, {("reddit:a", 0): image}, {})
    assert failures.listed(database) == []
    assert states(database, ["reddit:a"]) == ["stored"]


def test_what_is_stored_stays_so_when_a_slower_process_says_that_it_failed(database: Database) -> None:
    (image,) = store(database, facts(1))
    (chunk,) = posts.enlist(database, [a_post("a")], "run").chunks
    posts.settle(database, {("reddit:a", 0): image}, {})
    posts.settle(database, {}, {("reddit:a", 0): GONE})
    assert not posts.postpone(database, chunk, {("reddit:a", 0): BUSY}, "later")
    assert (states(database, ["reddit:a"]), failures.listed(database)) == (["stored"], [])


def test_settling_a_post_that_was_deleted_does_nothing(database: Database) -> None:
    (image,) = store(database, facts(1))
    posts.settle(database, {("reddit:no", 0): image}, {("reddit:none", 0): GONE})
    assert posts.postpone(database, "chunk", {("reddit:no", 0): BUSY}, "later") is False
    assert failures.listed(database) == []


def test_a_picture_whose_image_was_deleted_in_this_moment_stays_pending(database: Database) -> None:
    (image,) = store(database, facts(1))
    posts.enlist(database, [a_post("a"), a_post("b")], "run")
    posts.settle(database, {("reddit:a", 0): "0" * 64, ("reddit:b", 0): image}, {})
    assert states(database, ["reddit:a", "reddit:b"]) == ["pending", "stored"]


def test_postponing_moves_what_failed_in_passing_and_shows_why(database: Database) -> None:
    (chunk,) = posts.enlist(database, [a_post("a"), a_post("b")], "run").chunks
    for _ in range(2):
        posts.postpone(database, chunk, {("reddit:a", 0): BUSY}, "later")
    assert [each.post_id for each in posts.wanted(database, chunk)] == ["reddit:b"]
    assert [(each.post_id, each.attempts) for each in posts.wanted(database, "later")] == [("reddit:a", 1)]
    (failure,) = failures.listed(database)
    assert (failure.code, failure.state, failure.tries) == ("host-busy", "pending", 2)
    assert posts.failures_of(database, "run") == {}


def test_work_that_broke_gets_a_new_name_and_is_given_up_in_the_end(database: Database) -> None:
    (chunk,) = posts.enlist(database, [a_post("a")], "run").chunks
    name: str | None = chunk
    names = []
    while (name := posts.rechunk(database, name or "", 3)) is not None:
        names.append(name)
        assert name.startswith(f"{chunk}.")
    assert len(set(names)) == 3
    (failure,) = failures.listed(database)
    assert (failure.code, failure.passing, failure.state) == ("internal-error", True, "failed")
    assert posts.rechunk(database, "unknown", 3) is None


def test_retrying_takes_what_may_have_passed_or_what_is_named(database: Database) -> None:
    posts.enlist(database, [a_post(name) for name in "abc"], "run")
    posts.settle(database, {}, {("reddit:a", 0): BUSY, ("reddit:b", 0): GONE, ("reddit:c", 0): GONE})
    assert failures.reasons(database) == {"not-found": 2, "host-busy": 1}
    assert len(failures.retry(database, "r1")) == 1
    assert posts.counts(database, "r1").pending == 1
    failures.retry(database, "r2", ids=["reddit:b"])
    assert posts.counts(database, "r2").pending == 1
    assert failures.retry(database, "r3", ids=["reddit:a", "reddit:b"]) == []
    failures.retry(database, "r4", final_too=True)
    assert posts.counts(database, "r4").pending == 3  # with those that are being tried again already
    assert states(database, ["reddit:a", "reddit:b", "reddit:c"]) == ["pending"] * 3


def test_failures_are_listed_newest_first_up_to_a_limit(database: Database) -> None:
    posts.enlist(database, [a_post(name) for name in "abc"], "run")
    for name in "abc":
        posts.settle(database, {}, {(f"reddit:{name}", 0): GONE})
    assert [each.post_id for each in failures.listed(database, most=2)] == ["reddit:c", "reddit:b"]
    assert failures.listed(database, "no-such-code") == []
    assert failures.listed(database)[0].where == "https://pictures.example/c/0.jpg"


def test_hostile_reasons_are_kept_as_text(database: Database) -> None:
    posts.enlist(database, [a_post("a")], "run")
    posts.settle(database, {}, {("reddit:a", 0): Failed("fetch-failed", "\0\ud800" + "x" * 9_999)})
    assert failures.listed(database)[0].message == "?" + "x" * 498


def test_enlisting_the_same_again_changes_nothing_but_when_scores_were_seen(database: Database) -> None:
    offered = [a_post("a", source="files", score=3, pictures=2), a_post("b", source="files")]
    posts.enlist(database, offered, "run")
    before = everything(database)
    posts.enlist(database, offered, "other")
    assert everything(database) == before
