"""The feed's rows follow everything that they are made from."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from dankmeme.pipeline.patience import Patience
from dankmeme.posts import Post
from dankmeme.storage import erase, failures, follow_ups, images, moderation, pages, posts, predictions, sights
from dankmeme.storage.cards import cards
from dankmeme.storage.completing import complete
from dankmeme.storage.database import Database
from dankmeme.storage.feed import UPLOAD
from dankmeme.storage.follow_ups import Due
from dankmeme.storage.images import ImageFacts, Relations
from dankmeme.storage.pages import Wish
from dankmeme.storage.posts import Failed
from dankmeme.storage.sights import KeptCaption
from dankmeme.storage.tables import feed, post_images
from dankmeme.storage.votes import vote
from tests.storage.forecasts import adopt, forecast, said
from tests.storage.making import a_post, at_once, facts, flipped, hashes, rows, show, store, synthetic

BASE, OTHER, THIRD = hashes(3)
CHAIN = [synthetic(f"chain{number}", flipped(BASE, 20 * number)) for number in range(3)]
"""The first looks like the second, that like the third, and the first not like the third."""
ALONE = [synthetic("other", OTHER), synthetic("third", THIRD)]


def shown(database: Database, **wish: Any) -> list[str]:
    """Names of the posts on the feed's first page."""
    return [post.partition(":")[2] for post in pages.page(database, Wish(**wish), 100).posts]


def row(database: Database, name: str) -> sa.RowMapping:
    with database.read() as connection:
        return connection.execute(sa.select(feed).where(feed.c.post_id == f"reddit:{name}")).mappings().one()


def put(database: Database, name: str, image: ImageFacts, created: float) -> None:
    """A post that shows an image."""
    store(database, image)
    show(database, a_post(name, created_utc=created), image.sha256)


def read(database: Database, image: str, text: str) -> None:
    sights.keep(database, [], [KeptCaption(image, "reader", text, [], True, 9, 9)])


def originals(database: Database) -> list[str]:
    return sorted(shown(database, originals=True))


def test_a_stored_post_appears_and_a_pending_or_failed_one_does_not(database: Database) -> None:
    (image,) = store(database, facts(1))
    posts.enlist(database, [a_post("pending"), a_post("failed")], "run")
    posts.settle(database, {}, {("reddit:failed", 0): Failed("not-found", "gone")})
    show(database, a_post("stored"), image)
    assert shown(database) == ["stored"]


def test_an_upload_never_appears(database: Database) -> None:
    (image,) = store(database, facts(1))
    show(database, a_post("mine", source=UPLOAD), image)
    adopt(database, "b-1")
    forecast(database, image, 0.9)
    assert complete(database) == 0
    assert shown(database, hidden=True) == []


def test_a_score_that_is_read_again_is_the_one_shown(database: Database) -> None:
    put(database, "a", facts(1), 1e9)
    posts.enlist(database, [a_post("a", score=77)], "again")
    assert (row(database, "a")["score"], row(database, "a")["standing"]) == (77, None)


def test_a_prediction_is_shown_once_it_is_settled(database: Database) -> None:
    adopt(database, "b-1")
    put(database, "a", facts(1), 1e9)
    assert (row(database, "a")["verdict"], row(database, "a")["scored_utc"]) == (None, None)
    predictions.settle(database, [said(facts(1).sha256, "cnn", 0.7)])
    assert {name: row(database, "a")[name] for name in ("verdict", "dank", "cnn", "cnn_dank", "automl")} == {
        "verdict": 0.7,
        "dank": True,
        "cnn": 0.7,
        "cnn_dank": True,
        "automl": None,
    }
    predictions.settle(database, [said(facts(1).sha256, model, 0.2, made_utc=5e9) for model in ("automl", "verdict")])
    found = row(database, "a")
    assert (found["verdict"], found["dank"], found["cnn"], found["automl"]) == (0.2, False, 0.7, 0.2)
    assert found["scored_utc"] == 5e9


def test_a_post_whose_picture_is_known_comes_with_its_forecast(database: Database) -> None:
    adopt(database, "b-1")
    put(database, "a", facts(1), 1e9)
    forecast(database, facts(1).sha256, 0.8)
    show(database, a_post("b"), facts(1).sha256)
    assert row(database, "b")["verdict"] == 0.8


def test_the_words_of_a_caption_are_found(database: Database) -> None:
    adopt(database, "b-1")
    put(database, "a", facts(1), 1e9)
    read(database, facts(1).sha256, "One does not simply")
    forecast(database, facts(1).sha256, 0.8)
    assert shown(database, question="simply") == shown(database, question="post simply") == ["a"]


def test_a_hidden_post_vanishes_until_it_is_shown_again(database: Database) -> None:
    put(database, "a", facts(1), 1e9)
    moderation.hide(database, "reddit:a", True)
    assert (shown(database), shown(database, hidden=True)) == ([], ["a"])
    moderation.hide(database, "reddit:a", False)
    assert shown(database) == ["a"]


def test_a_deleted_post_or_image_vanishes(database: Database) -> None:
    put(database, "a", facts(1), 1e9)
    put(database, "b", facts(2), 1e9)
    erase.delete_post(database, "reddit:a")
    erase.delete_image(database, facts(2).sha256)
    assert shown(database, hidden=True) == []


def test_a_post_that_failed_appears_once_another_try_succeeds(database: Database) -> None:
    (image,) = store(database, facts(1))
    posts.enlist(database, [a_post("a")], "run")
    posts.settle(database, {}, {("reddit:a", 0): Failed("host-busy", "busy", passing=True)})
    failures.retry(database, "again")
    assert shown(database) == []
    posts.settle(database, {("reddit:a", 0): image}, {})
    assert shown(database) == ["a"]


def test_a_gallery_is_shown_by_its_first_picture_that_is_there(database: Database) -> None:
    names = store(database, facts(1), facts(2), facts(3))
    posts.enlist(database, [a_post("a", pictures=3)], "run")
    posts.settle(database, {("reddit:a", 2): names[2]}, {("reddit:a", 0): Failed("host-busy", "busy", passing=True)})
    assert row(database, "a")["image"] == names[2]
    posts.settle(database, {("reddit:a", 1): names[1]}, {})
    assert row(database, "a")["image"] == names[1]
    failures.retry(database, "again")
    posts.settle(database, {("reddit:a", 0): names[0]}, {})
    assert row(database, "a")["image"] == names[0]
    (card,) = cards(database, ["reddit:a"])
    assert (card.image.sha256, card.images) == (names[0], 3)
    erase.delete_image(database, names[0])
    assert row(database, "a")["image"] == names[1]


def test_the_earliest_post_of_a_picture_is_the_original_whenever_it_arrives(database: Database) -> None:
    put(database, "late", facts(1), 2e9)
    put(database, "early", facts(1), 1e9)
    put(database, "later", facts(1), 3e9)
    assert originals(database) == ["early"]
    assert {
        card.id: card.repost_of and card.repost_of.id for card in cards(database, ["reddit:late", "reddit:early"])
    } == {
        "reddit:late": "reddit:early",
        "reddit:early": None,
    }
    put(database, "earliest", facts(1), 5e8)
    assert originals(database) == ["earliest"]


def test_deleting_the_original_passes_the_mark_on(database: Database) -> None:
    for number, name in enumerate(("first", "second", "third")):
        put(database, name, facts(1), 1e9 + number)
    erase.delete_post(database, "reddit:first")
    assert originals(database) == ["second"]
    put(database, "copy", facts(1, quality=60), 5e8)
    Relations(database).update()
    assert originals(database) == ["copy"]
    erase.delete_image(database, facts(1, quality=60).sha256)
    assert originals(database) == ["second"]


def test_a_gallery_that_gets_another_first_picture_passes_the_mark_on(database: Database) -> None:
    names = store(database, facts(1), facts(2))
    posts.enlist(database, [a_post("gallery", pictures=2, created_utc=1e9)], "run")
    posts.settle(database, {("reddit:gallery", 1): names[1]}, {("reddit:gallery", 0): Failed("host-busy", "", True)})
    put(database, "copy", facts(2), 2e9)
    assert originals(database) == ["gallery"]
    failures.retry(database, "again")
    posts.settle(database, {("reddit:gallery", 0): names[0]}, {})
    assert originals(database) == ["copy", "gallery"]


def chained(database: Database) -> None:
    for number, image in enumerate(CHAIN):
        put(database, f"p{number}", image, 1e9 + number)
    Relations(database).update()


def test_pictures_that_look_alike_by_way_of_a_third_have_one_original(database: Database) -> None:
    chained(database)
    assert originals(database) == ["p0"]
    assert len({each["family"] for each in (row(database, f"p{number}") for number in range(3))}) == 1


def test_deleting_the_picture_in_between_parts_a_family(database: Database) -> None:
    chained(database)
    erase.delete_post(database, "reddit:p1")
    assert originals(database) == ["p0", "p2"]


def test_telling_two_apart_parts_a_family(database: Database) -> None:
    chained(database)
    images.tell_apart(database, CHAIN[1].sha256, CHAIN[2].sha256)
    assert originals(database) == ["p0", "p2"]
    show(database, a_post("copy", created_utc=5e8), CHAIN[2].sha256)
    assert originals(database) == ["copy", "p0"]


def test_rows_are_made_for_posts_that_were_stored_before_there_was_a_feed(database: Database) -> None:
    adopt(database, "b-1")
    chained(database)
    forecast(database, CHAIN[1].sha256, 0.8)
    vote(database, "reddit:p1", "ann", dank=True)
    before = told(database)
    with database.write() as connection:
        connection.execute(sa.delete(feed))
    assert [complete(database, most=2) for _ in range(3)] == [2, 1, 0]
    assert told(database) == before
    assert row(database, "p1")["votes"] == 1


def test_the_feed_goes_by_the_forecast_on_the_card_also_after_versions_changed_places(database: Database) -> None:
    adopt(database, "b-1", "b-2")
    for number, name in enumerate("abc"):
        put(database, name, facts(number), 1e9)
    for number in range(2):
        forecast(database, facts(number).sha256, 0.8, "b-1")
        forecast(database, facts(number).sha256, 0.2, "b-2")
    for versions, probability in ((("b-2", "b-1"), 0.2), (("b-1", "b-2"), 0.8), (("b-2",), 0.2), (("b-3",), 0.2)):
        adopt(database, *versions)
        while complete(database, most=1):
            pass
        assert complete(database) == 0
        found = cards(database, ["reddit:a", "reddit:b"])
        assert [card.verdict and card.verdict.probability for card in found] == [probability] * 2
        assert [row(database, name)["verdict"] for name in "abc"] == [probability, probability, None]
        assert sorted(shown(database, dank=True)) == (["a", "b"] if probability > 0.5 else [])


def test_versions_that_stay_in_their_places_leave_the_feed_as_it_is(database: Database) -> None:
    adopt(database, "b-1")
    put(database, "a", facts(1), 1e9)
    forecast(database, facts(1).sha256, 0.8)
    before = rows(database, sa.select(feed))
    for versions in (("b-1",), ("b-1", "b-2"), ("b-1",), ("b-3", "b-1")):
        adopt(database, *versions)
        assert rows(database, sa.select(feed)) == before


def test_a_row_that_says_nothing_new_is_left_as_it_is(database: Database) -> None:
    put(database, "a", facts(1), 1e9)
    with database.write() as connection:
        connection.execute(sa.update(feed).values(changed_utc=1.0))
    moderation.hide(database, "reddit:a", False)
    assert row(database, "a")["changed_utc"] == 1.0


def told(database: Database) -> list[tuple[Any, ...]]:
    """What all rows say, but for their numbers, the moments at which they were made, and how they rank."""
    left_out = {"n", "added_utc", "changed_utc", "standing", "underrated"}
    columns = [column for column in feed.c if column.name not in left_out]
    return rows(database, sa.select(*columns).order_by(feed.c.post_id))


def rebuilt(database: Database) -> list[tuple[Any, ...]]:
    """The same, after all rows were made from scratch."""
    with database.write() as connection:
        connection.execute(sa.delete(feed))
    while complete(database):
        pass
    return told(database)


class Walk:
    """Does whatever comes to its mind with a few posts and images."""

    def __init__(self, database: Database, seed: int) -> None:
        self._database, self._chance = database, random.Random(seed)
        self._steps: list[Callable[[], None]] = [self._enlist] * 2 + [self._settle] * 6 + [self._predict] * 4
        self._steps += [self._vote] * 2 + [self._hide, self._relate, self._relate, self._delete_post]
        self._steps += [self._delete_image, self._part, self._retry, self._take]

    def step(self) -> None:
        self._chance.choice(self._steps)()

    def _post(self) -> Post:
        name = self._chance.choice("abcdefgh")
        return a_post(name, pictures=1 + (name < "d"), created_utc=None if name == "h" else 1e9 + ord(name) % 3)

    def _image(self) -> ImageFacts:
        return self._chance.choice([*CHAIN, *ALONE])

    def _enlist(self) -> None:
        posts.enlist(self._database, [self._post() for _ in range(3)], "run")

    def _settle(self) -> None:
        stored, failed = {}, {}
        for _ in range(3):
            post, image = self._post(), self._image()
            posts.enlist(self._database, [post], "run")
            images.add(self._database, [image])
            where = post.id, self._chance.randrange(len(post.images))
            if self._chance.random() < 0.8:
                stored[where] = image.sha256
            else:
                failed[where] = Failed("host-busy", "busy", passing=True)
        posts.settle(self._database, stored, {where: why for where, why in failed.items() if where not in stored})

    def _predict(self) -> None:
        for chunk in predictions.pending_chunks(self._database):
            wanted = predictions.wanted(self._database, chunk)
            for each in wanted:
                read(self._database, each.image, f"words of {each.image[:6]}")
            made = [
                said(each.image, each.key.model, self._chance.random(), each.key.version)
                if self._chance.random() < 0.8
                else predictions.failed(each, "image-missing", "")
                for each in wanted
            ]
            predictions.settle(self._database, made)

    def _vote(self) -> None:
        voter, dank = self._chance.choice("xyz"), self._chance.choice([True, False, None])
        vote(self._database, self._post().id, voter, dank)

    def _hide(self) -> None:
        moderation.hide(self._database, self._post().id, self._chance.random() < 0.5)

    def _relate(self) -> None:
        Relations(self._database).update()

    def _delete_post(self) -> None:
        erase.delete_post(self._database, self._post().id)
        self._bring_back()

    def _delete_image(self) -> None:
        erase.delete_image(self._database, self._image().sha256)
        self._bring_back()

    def _bring_back(self) -> None:
        """Let what was deleted come again, so that there is something to do."""
        from dankmeme.storage.tables import tombstones

        with self._database.write() as connection:
            connection.execute(sa.delete(tombstones))

    def _part(self) -> None:
        images.tell_apart(self._database, CHAIN[0].sha256, CHAIN[1].sha256)

    def _retry(self) -> None:
        failures.retry(self._database, "again")
        predictions.retry(self._database)

    def _take(self) -> None:
        post = self._post().id
        follow_ups.take(self._database, [Due(post, 1.0)], {post: self._chance.randrange(100)}, 1e9)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happened_the_feed_is_as_if_it_were_made_from_scratch(database: Database, seed: int) -> None:
    adopt(database, "b-1", "b-2")
    walk = Walk(database, seed)
    for _ in range(6):
        for _ in range(8):
            walk.step()
        now = told(database)
        assert rebuilt(database) == now


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_at_once_the_feed_is_as_if_it_were_made_from_scratch(database: Database, seed: int) -> None:
    adopt(database, "b-1")

    def work(number: int) -> None:
        walk = Walk(database, 100 * seed + number)
        for _ in range(10):
            Patience().insist(walk.step)

    at_once(work, 6)
    now = told(database)
    assert rebuilt(database) == now
    assert rows(database, sa.select(sa.func.count()).select_from(post_images)) != [(0,)]
