"""Pages of the feed agree with a plain filter and sort, whichever way the database goes about it."""

from __future__ import annotations

import base64
import itertools
import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dankmeme.errors import StorageError
from dankmeme.storage import pages
from dankmeme.storage.database import Database
from dankmeme.storage.pages import Wish
from dankmeme.storage.tables import feed, images, posts
from dankmeme.storage.words import indexed, words_of
from tests.faults.postgres import fresh_database, need_postgres
from tests.storage.conftest import BOTH
from tests.storage.making import facts

COUNT = 300
WORDS = (
    "dank",
    "danker",
    "café",
    "CAFE",
    "straße",
    "distracted",
    "boyfriend",
    "no",
    "non",
    "日本",
    "the",
    "über",
    "42",
)
SORTS: tuple[pages.Sort, ...] = ("newest", "dankest", "voted", "underrated")
MODELS: tuple[pages.Model, ...] = ("verdict", "cnn", "automl")


@dataclass(frozen=True)
class Filled:
    """A database with a feed of which all is known."""

    database: Database
    rows: list[dict[str, Any]]

    def page(self, wish: Wish, limit: int = COUNT, cursor: str | None = None) -> pages.FeedPage:
        return pages.page(self.database, wish, limit, cursor)

    def expected(self, wish: Wish) -> list[str]:
        """The posts that a wish is for, by a plain filter and sort."""
        key = {"newest": "created_utc", "dankest": wish.model, "voted": "votes", "underrated": "underrated"}[wish.sort]
        found = [row for row in self.rows if row[key] is not None and _fits(row, wish)]
        found.sort(key=lambda row: (row[key], row["n"]), reverse=True)
        return [row["post_id"] for row in found]


def _fits(row: dict[str, Any], wish: Wish) -> bool:
    dank = row["dank" if wish.model == "verdict" else f"{wish.model}_dank"]
    return all(
        (
            wish.community in (None, row["community"]),
            wish.source in (None, row["source"]),
            dank or not wish.dank,
            row["original"] or not wish.originals,
            wish.since is None or row["created_utc"] >= wish.since,
            wish.until is None or row["created_utc"] < wish.until,
            row["visible"] or wish.hidden,
            all(_has(row["words"].split(), asked) for asked in words_of(wish.question)),
        )
    )


def _has(words: list[str], asked: str) -> bool:
    return any(word == asked or (len(asked) >= 3 and word.startswith(asked)) for word in words)


def _row(number: int, chance: random.Random) -> dict[str, Any]:
    forecasts = {model: chance.choice([None, round(chance.random(), 1)]) for model in MODELS}
    yes, no = chance.choice([0, 0, 1, 5]), chance.choice([0, 2])
    return {
        "n": number,
        "post_id": f"reddit:{number}",
        "image": facts(0).sha256,
        "family": facts(0).sha256,
        "source": chance.choice(["reddit", "lemmy"]),
        "community": chance.choice(["memes", "memes", "cats", "Ünïcode's"]),
        "created_utc": 1e9 + chance.randrange(40),
        "visible": chance.random() < 0.9,
        "original": chance.random() < 0.7,
        "underrated": chance.choice([None, round(chance.uniform(-1, 1), 1)]),
        "dank": (forecasts["verdict"] or 0) > 0.5,
        "cnn_dank": (forecasts["cnn"] or 0) > 0.5,
        "automl_dank": (forecasts["automl"] or 0) > 0.5,
        "votes_dank": yes,
        "votes_not": no,
        "votes": yes + no,
        "words": indexed(" ".join(chance.sample(WORDS, 3)), chance.choice(WORDS)),
        "added_utc": 1e9,
        "changed_utc": 1e9,
    } | forecasts


def _add(database: Database, rows: list[dict[str, Any]]) -> None:
    post = {"source": "reddit", "community": "", "title": "", "state": "stored", "seen_utc": 1.0}
    with database.write() as connection:
        image = vars(facts(0)) | {"stored_utc": 1.0}
        database.add_missing(connection, images, [image])
        connection.execute(sa.insert(posts), [{"id": row["post_id"]} | post for row in rows])
        connection.execute(sa.insert(feed), rows)


@pytest.fixture(scope="module", params=BOTH)
def filled(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    """Three hundred posts of all kinds, in either database."""
    path = tmp_path_factory.mktemp("filled") / "dank.db"
    path.write_bytes(template.read_bytes())
    with ExitStack() as stack:
        url = f"sqlite:///{path}"
        if request.param == "postgres":
            need_postgres()
            url = stack.enter_context(fresh_database()).url
        database = Database(url)
        stack.callback(database.close)
        database.migrate()
        chance = random.Random(7)
        rows = [_row(number, chance) for number in range(1, COUNT + 1)]
        _add(database, rows)
        yield Filled(database, rows)


FILTERS: dict[str, list[Any]] = {
    "community": [None, "cats"],
    "source": [None, "lemmy"],
    "dank": [False, True],
    "originals": [False, True],
    "since": [None, 1e9 + 10],
    "question": ["", "dank", "no the"],
    "hidden": [False, True],
}


WAYS = (2_000, 30, 0)
"""How many posts are few: by the filters wherever there is one, now so and now so, and always by the order."""
TRIED = 40


@pytest.mark.parametrize(("sort", "model"), list(itertools.product(SORTS, MODELS)))
def test_every_filter_in_every_order_gives_what_a_plain_filter_and_sort_does(
    filled: Filled, monkeypatch: pytest.MonkeyPatch, sort: pages.Sort, model: pages.Model
) -> None:
    every = list(itertools.product(*FILTERS.values()))
    for values in random.Random(f"{sort} {model}").sample(every, TRIED):
        chosen = dict(zip(FILTERS, values, strict=True))
        wish = Wish(model=model, sort=sort, until=chosen["since"] and 1e9 + 30, **chosen)
        expected = filled.expected(wish)
        for few in WAYS if filled.database.is_sqlite else WAYS[:1]:
            monkeypatch.setattr(pages, "FEW", few)
            assert filled.page(wish).posts == expected, wish


def walked(filled: Filled, wish: Wish, limit: int) -> list[list[str]]:
    found: list[list[str]] = []
    cursor = None
    while True:
        page = filled.page(wish, limit, cursor)
        found.append(page.posts)
        if page.next is None:
            return found
        cursor = page.next


@pytest.mark.parametrize("few", [2_000, 0])
@pytest.mark.parametrize("sort", SORTS)
def test_pages_are_disjoint_and_together_complete(
    filled: Filled, monkeypatch: pytest.MonkeyPatch, sort: pages.Sort, few: int
) -> None:
    monkeypatch.setattr(pages, "FEW", few)
    for wish in (Wish(sort=sort), Wish(sort=sort, community="memes", model="cnn"), Wish(sort=sort, question="dank")):
        found = walked(filled, wish, 7)
        assert list(itertools.chain(*found)) == filled.expected(wish)
        assert {len(page) for page in found[:-1]} == {7}
        assert 1 <= len(found[-1]) <= 7


def test_posts_that_arrive_between_two_pages_are_neither_shown_twice_nor_displace_others(database: Database) -> None:
    rows = [_row(number, random.Random(number)) | {"visible": True} for number in range(1, 31)]
    _add(database, rows)
    expected = Filled(database, rows).expected(Wish())
    found: list[str] = []
    cursor, number = None, 100
    while len(found) < 40:
        page = pages.page(database, Wish(), 5, cursor)
        found += page.posts
        if page.next is None:
            break
        fresh = [{"created_utc": 2e9}, {"created_utc": 1e9 + 20}]  # newer than all, and somewhere in between
        _add(database, [_row(number + each, random.Random(1)) | more for each, more in enumerate(fresh)])
        cursor, number = page.next, number + 10
    assert [post for post in found if post in expected] == expected
    assert len(set(found)) == len(found)


def cursor_of(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "garbage",
        "é\0",
        "A" * 5_000,
        cursor_of("voted/verdict", 1, 1),
        cursor_of("newest/cnn", 1, 1),
        cursor_of("newest/verdict", "1", 1),
        cursor_of("newest/verdict", True, True),
        cursor_of("newest/verdict", None, 1),
        cursor_of("newest/verdict", 1),
        cursor_of("newest/verdict", 10**100, 1),
        cursor_of("newest/verdict", 1, 2**70),
        cursor_of("newest/verdict", 1, 1.5),
        cursor_of("newest/verdict", float("nan"), 1),
        cursor_of("newest/verdict", float("inf"), 1),
        base64.urlsafe_b64encode(b'{"a": 1, "b": 2, "c": 3}').decode(),
        base64.urlsafe_b64encode(b"[" * 150).decode(),
    ],
)
def test_what_is_no_cursor_of_this_order_is_refused(filled: Filled, cursor: str) -> None:
    with pytest.raises(StorageError) as caught:
        filled.page(Wish(), 5, cursor)
    assert caught.value.code == "bad-cursor"


@pytest.mark.parametrize(
    "question",
    [
        "cafe",
        "CAFÉ",
        "Café",
        "strasse",
        "STRASSE",
        "uber",
        "dan",
        "da",
        "no",
        "non",
        "boy distract",
        "distracted boyfriend no",
        "日本",
        "42",
        "4",
        '"dank"',
        '"dank café"',
        "dank OR café",
        "dank AND NOT café",
        "dank*",
        "*",
        "NEAR(dank café)",
        "NEAR",
        "words:dank",
        "dank -café",
        "'dank'",
        "'; DROP TABLE feed; --",
        "dank & café | !no",
        "dank:*",
        "<-> dank",
        "(((",
        "\\",
        "dank\0",
        "\ud800",
        "%",
        "_",
        "the " * 60,
        "dankdankdank" * 20,
        "...",
        "",
    ],
)
def test_a_question_finds_its_words_and_nothing_in_it_is_an_operator(
    filled: Filled, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    expected = filled.expected(Wish(question=" ".join(words_of(question)[:12])))
    for few in WAYS:
        monkeypatch.setattr(pages, "FEW", few)
        assert filled.page(Wish(question=question)).posts == expected


ODD = (
    "1e5",
    "0x1f",
    "007",
    "3d",
    "v8",
    "12e",
    "1e",
    "e1",
    "ÆØÅ",
    "ñandú",
    "Ελλάς",
    "Москва",
    "ﬁne",
    "ı",
    "İstanbul",
    "½",
    "x²",
)


def test_odd_words_are_found_by_both_databases_as_they_are(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        _row(1 + number, random.Random(1)) | {"words": indexed(word), "visible": True}
        for number, word in enumerate(ODD)
    ]
    _add(database, rows)
    filled = Filled(database, rows)
    for few, word in itertools.product(WAYS, ODD):
        monkeypatch.setattr(pages, "FEW", few)
        found = filled.page(Wish(question=word)).posts
        assert found == filled.expected(Wish(question=word)) != [], word
