from __future__ import annotations

from pathlib import Path

from dankmeme.training.test_book import TestBook


def test_a_test_part_knows_who_was_scored_on_it(tmp_path: Path) -> None:
    book = TestBook(tmp_path / "reports" / "tests.jsonl")
    assert book.enter("cats-1", ["b", "a"]).words == "scored for the first time"
    assert book.enter("cats-1", ["a", "b"]).words == "scored once before, by this bundle alone"
    assert book.enter("cats-2", ["a", "b"]).words.startswith("one other bundle scored on it before")
    assert book.enter("cats-1", ["a", "b"]).words.startswith("one other bundle scored on it before")
    assert book.enter("cats-3", ["a", "b"]).words.startswith("2 other bundles")
    assert book.enter("cats-3", ["a", "c"]).words == "scored for the first time"


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "tests.jsonl"
    path.write_text('{"part": "x", "bun\n')
    assert TestBook(path).enter("cats-1", ["a"]).others == 0
