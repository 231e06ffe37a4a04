"""What posts have in common, as slices of forecasts need it."""

from __future__ import annotations

from dankmeme.storage import moderation, sights
from dankmeme.storage.cards import SAMPLE
from dankmeme.storage.database import Database
from dankmeme.storage.images import Relations
from dankmeme.storage.sights import KeptCaption, KeptSight
from dankmeme.storage.traits import Traits, traits
from tests.storage.making import a_post, facts, show, store


def sight(image: str, graph: str, template: bytes) -> KeptSight:
    return KeptSight(image, graph, 0.5, 0.5, 0.1, b"", template, b"")


def read(image: str, text: str, reader: str = "r") -> KeptCaption:
    return KeptCaption(image, reader, text, [], True, 160, 120)


def found(database: Database, *names: str, graph: str = "g") -> dict[str, Traits]:
    return {each.post: each for each in traits(database, [f"reddit:{name}" for name in names], graph)}


def test_words_are_told_from_none_and_from_what_nobody_has_read(database: Database) -> None:
    pictures = store(database, *(facts(seed) for seed in range(4)))
    for name, image in zip("abcd", pictures, strict=True):
        show(database, a_post(name), image)
    sights.keep(
        database,
        [],
        [
            read(pictures[0], "ME WHEN"),
            read(pictures[1], ""),
            read(pictures[3], ""),
            read(pictures[3], "I SEE", "other"),
        ],
    )
    words = {name: each.words for name, each in found(database, *"abcd").items()}
    assert words == {"reddit:a": True, "reddit:b": False, "reddit:c": None, "reddit:d": True}


def test_copies_are_posts_of_the_same_picture_and_of_one_that_looks_the_same(database: Database) -> None:
    one, again, other = store(database, facts(1), facts(1, 60), facts(2))
    for name, image in (("a", one), ("b", again), ("c", other), ("d", one)):
        show(database, a_post(name), image)
    Relations(database).update()
    copies = {name: each.copies for name, each in found(database, *"abcd").items()}
    assert copies == {"reddit:a": True, "reddit:b": True, "reddit:c": False, "reddit:d": True}


def test_a_picture_is_seen_as_one_image_graph_sees_it(database: Database) -> None:
    (image,) = store(database, facts(1))
    show(database, a_post("a"), image)
    sights.keep(database, [sight(image, "g", b"1234"), sight(image, "h", b"5678")], [])
    assert found(database, "a")["reddit:a"].template == b"1234"
    assert found(database, "a", graph="h")["reddit:a"].template == b"5678"
    assert found(database, "a", graph="")["reddit:a"].template is None


def test_hidden_posts_and_samples_have_none_and_do_not_count_as_copies(database: Database) -> None:
    (image,) = store(database, facts(1))
    for post in (a_post("a"), a_post("b"), a_post("c", source=SAMPLE)):
        show(database, post, image)
    assert found(database, "a")["reddit:a"].copies
    moderation.hide(database, "reddit:b", True)
    (left,) = traits(database, ["reddit:a", "reddit:b", "sample:c", "reddit:gone"], "g")
    assert (left.post, left.copies) == ("reddit:a", False)
