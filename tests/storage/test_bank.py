from __future__ import annotations

import pytest
import sqlalchemy as sa

from dankmeme.errors import DankError
from dankmeme.storage import bank
from dankmeme.storage.bank import KNOWN_PLACEHOLDERS, Bank, Hash, Match, Use, parse
from dankmeme.storage.database import Database
from dankmeme.storage.images import NEAR
from dankmeme.storage.tables import bank as table
from tests.storage.making import flipped, hashes, store, synthetic

PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
MD5 = "d835884373f4d6c8f24742ceabe74946"


@pytest.mark.parametrize(
    "line",
    [
        PDQ,
        PDQ.upper(),
        f"{PDQ},100,bridge-1.jpg",
        f"{PDQ}, 100 , a, b.jpg",
        f"{PDQ} bridge.jpg",
        f"{PDQ};100",
        f'"{PDQ}","100","bridge.jpg"',
        f"pdq {PDQ}",
        f"PDQ {PDQ}",
        f"pdq,{PDQ}",
        f'"pdq","{PDQ}"',
        f"pdq: {PDQ}",
        f"  {PDQ}\t",
        f"\ufeff{PDQ}\r\n",
    ],
)
def test_a_hash_is_read_in_every_form_that_is_about(line: str) -> None:
    assert list(parse([line])) == [Hash("pdq", PDQ)]


def test_a_whole_file_is_read_with_its_heading_comments_and_empty_lines() -> None:
    text = f"\ufeff# bad things\r\n\r\nhash,quality,file\r\n{PDQ},100,a.jpg\r\n   \r\n"
    text += f"md5 {MD5}\r\n{MD5}\r\nsha256 {PDQ}\r\n"
    found = [Hash("pdq", PDQ), Hash("md5", MD5), Hash("md5", MD5), Hash("sha256", PDQ)]
    assert list(parse(text.splitlines(keepends=True))) == found


def test_a_hash_of_64_digits_is_what_was_said_unless_its_line_says_otherwise() -> None:
    assert list(parse([PDQ, f"pdq {PDQ}", MD5], "sha256")) == [Hash("sha256", PDQ), Hash("pdq", PDQ), Hash("md5", MD5)]


@pytest.mark.parametrize(
    "bad",
    [
        "not a thing",
        PDQ[:-1],
        PDQ + "0",
        "g" * 64,
        f"pdq {MD5}",
        f"md5 {PDQ}",
        f"sha256 {MD5}",
        f"tmk {PDQ}",
        "another hash heading",
        "\ud800",
    ],
)
def test_a_line_that_holds_no_hash_is_named_by_its_number(bad: str) -> None:
    with pytest.raises(DankError, match=r"^line 3 holds no hash") as caught:
        list(parse(["hash", PDQ, bad]))
    assert caught.value.code == "bad-hash-list"


def test_an_image_whose_bytes_are_in_the_bank_is_refused(database: Database) -> None:
    bank.add(database, [Hash("sha256", PDQ), Hash("md5", "0" * 32)], Use.blocked, "list")
    current = Bank(database)
    current.refresh()
    assert current.match_bytes(PDQ, "") == Match(Use.blocked, "list", 0)
    assert current.match_bytes("", "0" * 32) == Match(Use.blocked, "list", 0)
    assert current.match_bytes("0" * 64, "1" * 32) is None
    assert current.match_look(bytes.fromhex(PDQ), 100) is None


@pytest.mark.parametrize(
    ("bits", "quality", "distance"),
    [(0, 100, 0), (1, 50, 1), (NEAR, 100, NEAR), (NEAR + 1, 100, None), (0, 0, 0), (1, 49, None)],
)
def test_a_look_alike_is_refused_with_its_distance(
    database: Database, bits: int, quality: int, distance: int | None
) -> None:
    (base,) = hashes(1)
    bank.add(database, [Hash("pdq", base.hex())], Use.blocked, "list")
    current = Bank(database)
    current.refresh()
    expected = None if distance is None else Match(Use.blocked, "list", distance)
    assert current.match_look(flipped(base, bits), quality) == expected


def test_a_blocked_look_alike_goes_before_a_nearer_placeholder_and_the_nearest_of_those_before_others(
    database: Database,
) -> None:
    (base,) = hashes(1)
    for bits, use in ((0, Use.placeholder), (9, Use.blocked), (5, Use.blocked)):
        bank.add(database, [Hash("pdq", flipped(base, bits).hex())], use, f"list {bits}")
    current = Bank(database)
    current.refresh()
    assert current.match_look(base, 100) == Match(Use.blocked, "list 5", 5)


def test_placeholders_that_everybody_knows_are_built_in(database: Database) -> None:
    match = Bank(database).match_bytes("", next(iter(KNOWN_PLACEHOLDERS)))
    assert match is not None
    assert match.use == Use.placeholder


def test_what_another_process_changes_is_seen_at_the_next_refresh(database: Database) -> None:
    current = Bank(database)
    for add, remove, seen in ((PDQ, None, True), (None, "list", False), (PDQ, None, True), (None, PDQ, False)):
        if add:
            bank.add(database, [Hash("sha256", add)], Use.blocked, "list")
        elif remove == "list":
            assert bank.remove(database, name="list") == 1
        else:
            assert bank.remove(database, value=PDQ.upper()) == 1
        current.refresh()
        assert (current.match_bytes(PDQ, "") is not None) == seen


def test_one_going_and_another_coming_is_seen_though_number_and_newest_time_stay(database: Database) -> None:
    bank.add(database, [Hash("sha256", digit * 64) for digit in "ab"], Use.blocked, "list")
    with database.write() as connection:  # by a machine whose clock is ahead
        connection.execute(sa.update(table).where(table.c.value == "b" * 64).values(added_utc=4e9))
    current = Bank(database)
    current.refresh()
    bank.remove(database, value="a" * 64)
    bank.add(database, [Hash("sha256", "c" * 64)], Use.blocked, "list")
    current.refresh()
    assert [current.match_bytes(digit * 64, "") is not None for digit in "abc"] == [False, True, True]


def test_an_entry_may_change_its_use_and_its_list(database: Database) -> None:
    current = Bank(database)
    for use, name in ((Use.blocked, "one"), (Use.placeholder, "two")):
        assert bank.add(database, [Hash("sha256", PDQ)] * 2, use, name) == 1
        current.refresh()
        assert current.match_bytes(PDQ, "") == Match(use, name, 0)
    assert bank.lists(database) == [("two", "placeholder", "sha256", 1)]


def test_a_bank_that_did_not_change_is_not_read_again(database: Database) -> None:
    bank.add(database, [Hash("sha256", PDQ)], Use.blocked, "list")
    current = Bank(database)
    current.refresh()
    with database.write() as connection:  # behind its back: no time changes
        connection.execute(sa.update(table).values(list="other"))
    current.refresh()
    assert current.match_bytes(PDQ, "") == Match(Use.blocked, "list", 0)


def test_removing_what_is_not_there_removes_nothing(database: Database) -> None:
    assert bank.remove(database, name="list") == bank.remove(database, value="ab") == 0


def test_stored_images_that_would_not_be_let_in_now_are_named(database: Database) -> None:
    far, near, exact = hashes(3)
    names = store(database, synthetic("far", far), synthetic("near", near), synthetic("exact", exact))
    bank.add(database, [Hash("pdq", flipped(near, 4).hex()), Hash("sha256", names[2])], Use.blocked, "list")
    assert sorted(bank.stored_matches(database), key=lambda found: found[1].distance) == [
        (names[2], Match(Use.blocked, "list", 0)),
        (names[1], Match(Use.blocked, "list", 4)),
    ]
