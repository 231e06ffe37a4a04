"""What people think, at the terminal: `dank labels` and `dank label`."""

from __future__ import annotations

import io
import json
import os
import pty
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image
from typer.testing import CliRunner, Result

from dankmeme.cli import app, keys
from dankmeme.cli.halfblocks import has_colours, side_by_side
from dankmeme.cli.voter import voter
from dankmeme.errors import StorageError
from dankmeme.settings import settings
from dankmeme.storage import pairs
from dankmeme.storage.database import Database
from dankmeme.storage.tables import labels as label_table
from dankmeme.storage.tables import pairs as pair_table
from dankmeme.storage.votes import vote
from tests.storage.making import a_post, facts, rows, show, store

Told = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """The one below the home that commands are told of."""
    (tmp_path / "home").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'home' / 'dank.db'}")
    database.migrate()
    return database


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What a command says, in this process."""
    monkeypatch.setenv("DANK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def tell(*arguments: str, code: int = 0, typed: str = "") -> Result:
        settings.cache_clear()
        try:
            run = CliRunner().invoke(app, list(arguments), input=typed)
        finally:
            settings.cache_clear()
        assert run.exit_code == code, run.output
        return run

    return tell


def put(database: Database, *names: str, **more: Any) -> None:
    for number, name in enumerate(names):
        (image,) = store(database, facts(number))
        show(database, a_post(name, **more), image)


def said(database: Database) -> None:
    """Three raters agree on three posts."""
    put(database, *"abc")
    for name in ("ann", "bob", "eve"):
        pairs.judge(database, name, "reddit:a", "reddit:b", "reddit:a", "uniform")
        pairs.judge(database, name, "reddit:b", "reddit:c", "reddit:b", "again")
        vote(database, "reddit:a", name, dank=True)
        vote(database, "reddit:c", name, dank=False)


def test_nothing_said_is_shown_as_that(told: Told, database: Database) -> None:
    run = told("labels", "show")
    assert "answers    0 votes, 0 pairs, by 0 raters" in run.output
    assert "not known, too few were asked the same" in run.output
    assert "dank label" in told("labels", "export", "-", code=2).output


def test_figures_name_nobody(told: Told, database: Database) -> None:
    said(database)
    run = told("labels", "show", "--top", "1")
    assert "answers    6 votes, 6 pairs, by 3 raters" in run.output
    assert "agreement  votes: 1.00 (1.00 to 1.00) on 2" in run.output
    assert "reddit:a" in run.output
    assert "reddit:c" in run.output
    assert "reddit:b" not in run.output
    found = json.loads(told("labels", "show", "--json").output)
    assert found["raters"] == 3
    assert found["agreement"]["by_chance"]["units"] == 2
    assert not any(name in json.dumps(found) for name in ("ann", "bob", "eve"))


def test_labels_go_out_and_come_in_elsewhere_and_not_back_in(told: Told, database: Database, tmp_path: Path) -> None:
    said(database)
    file = tmp_path / "out.jsonl"
    assert "3 labels in" in told("labels", "export", str(file)).output
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["id"] for line in lines] == ["reddit:a", "reddit:b", "reddit:c"]
    assert lines[0]["sha256"] == facts(0).sha256
    assert {"percentile", "low", "high", "weight", "votes", "pairs", "feedback", "origin"} <= lines[0].keys()
    assert lines[0]["low"] <= lines[0]["percentile"] <= lines[0]["high"]
    assert "would count twice" in told("labels", "import", str(file), code=2).output

    other = tmp_path / "other.jsonl"
    other.write_text("".join(json.dumps(line | {"origin": "elsewhere"}) + "\n" for line in lines))
    for _ in range(2):
        assert "3 labels taken in, 0 lines left out" in told("labels", "import", str(other)).output
    assert len(rows(database, sa.select(label_table))) == 3
    assert "elsewhere  3 elsewhere" in told("labels", "show").output
    before = file.read_text()
    told("labels", "export", str(file))
    assert file.read_text() == before  # what came from elsewhere is not passed on
    told("labels", "import", str(other), "--from", "me")
    assert {row[0] for row in rows(database, sa.select(label_table.c.origin))} == {"elsewhere", "me"}


def test_only_labels_of_some_weight_are_written_where_that_is_asked(told: Told, database: Database) -> None:
    said(database)
    made = [json.loads(line) for line in told("labels", "export", "-").output.splitlines()]
    least = sorted(line["weight"] for line in made)[1]
    kept = [
        json.loads(line) for line in told("labels", "export", "-", "--weight", str(least - 1e-3)).output.splitlines()
    ]
    assert len(kept) == 2
    assert "no label has a weight of 1" in told("labels", "export", "-", "--weight", "1", code=2).output


GOOD = {"sha256": "a" * 64, "percentile": 0.5, "weight": 0.5}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "line 2: not JSON"),
        ("[1]", "line 2: sha256 is not 64 hexadecimal digits"),
        (json.dumps(GOOD | {"sha256": "A" * 64}), "line 2: sha256 is not 64 hexadecimal digits"),
        (json.dumps(GOOD | {"percentile": 1.5}), "line 2: percentile and weight are not both numbers from 0 to 1"),
        (json.dumps({"sha256": "a" * 64, "percentile": 0.5}), "line 2: percentile and weight are not both"),
    ],
)
def test_lines_that_hold_no_label_are_named_and_the_rest_is_taken_in(
    told: Told, database: Database, tmp_path: Path, line: str, why: str
) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n{line}\n\n")
    run = told("labels", "import", str(file), code=1)
    assert why in run.output
    assert "1 label taken in, 1 line left out" in run.output
    assert rows(database, sa.select(label_table.c.origin)) == [("in",)]


def test_a_file_without_a_line_of_json_is_refused_in_one_sentence(
    told: Told, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "in.csv"
    file.write_text("sha256,percentile,weight\n" + f"{'a' * 64},0.5,0.5\n" * 9)
    run = told("labels", "import", str(file), code=2)
    assert "is not JSON lines, as `dank labels export` writes them: line 1: not JSON" in run.output
    assert run.output.count("not JSON") == 2
    assert rows(database, sa.select(label_table.c.origin)) == []


def test_a_file_that_is_not_there_is_wrong_usage(told: Told, database: Database) -> None:
    assert "there is no file" in told("labels", "import", "nowhere.jsonl", code=2).output


def test_pairs_are_judged_by_keys_and_each_answer_is_kept(told: Told, database: Database) -> None:
    put(database, *"abcdef")
    run = told("label", typed="a\nb\n \nwhat\nq\n")
    assert "3 pairs judged, 3 in all" in run.output
    assert run.output.count("Which is danker?") == 4
    kept = rows(database, sa.select(pair_table.c.voter, pair_table.c.winner, pair_table.c.left, pair_table.c.drawn))
    assert len({row[0] for row in kept}) == 1
    assert sorted(row[1] is None for row in kept) == [False, False, True]
    assert all(row[2] is not None and row[3] in ("unsure", "uniform", "again") for row in kept)
    assert "2 pairs judged, 5 in all" in told("label", "--limit", "2", typed="a\na\n").output


def test_what_was_judged_is_not_asked_again(told: Told, database: Database) -> None:
    put(database, *"abcd")
    assert "6 pairs judged, 6 in all" in told("label", "--limit", "6", typed="a\n" * 6).output
    assert len(rows(database, sa.select(pair_table))) >= 5


def test_each_name_is_a_voter_of_its_own_who_is_not_named(told: Told, database: Database) -> None:
    put(database, *"abcdef")
    for name in ("Ann", "bob", "ann "):
        told("label", "--as", name, "--limit", "1", typed="a\n")
    kept = [row[0] for row in rows(database, sa.select(pair_table.c.voter))]
    assert len(set(kept)) == 2
    assert not any("ann" in each or "bob" in each for each in kept)


def test_without_two_memes_there_is_nothing_to_judge(told: Told, database: Database) -> None:
    put(database, "a")
    assert "there are no two memes to compare yet" in told("label", code=2).output


def test_the_voter_of_a_home_stays_the_same_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    first = voter(tmp_path / "new", None)
    assert voter(tmp_path / "new", None) == first
    assert len(first) <= 32
    assert stat.S_IMODE((tmp_path / "new" / "voter").stat().st_mode) == 0o600
    assert voter(tmp_path / "other", None) != first
    (tmp_path / "new" / "voter").write_text("no such name\n")
    with pytest.raises(StorageError, match="does not hold the name of a voter"):
        voter(tmp_path / "new", None)


@pytest.mark.parametrize(
    ("environment", "terminal", "colours"),
    [
        ({"COLORTERM": "truecolor", "TERM": "xterm-256color"}, True, True),
        ({"COLORTERM": "24bit"}, True, True),
        ({"COLORTERM": "truecolor"}, False, False),
        ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, True, False),
        ({"COLORTERM": "truecolor", "TERM": "dumb"}, True, False),
        ({"TERM": "xterm-256color"}, True, False),
    ],
)
def test_pictures_are_drawn_where_the_terminal_says_that_it_shows_colours(
    environment: dict[str, str], terminal: bool, colours: bool
) -> None:
    assert has_colours(environment, terminal=terminal) is colours


def png(colour: tuple[int, int, int], width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), colour, dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def test_two_pictures_stand_beside_each_other_two_pixels_a_character() -> None:
    lines = side_by_side([png((255, 0, 0), 40, 20), png((0, 0, 255), 20, 40)], columns=42, rows=10)
    assert len(lines) == 10
    assert lines[0].startswith("\x1b[38;2;255;0;0;48;2;255;0;0m▀")
    assert lines[0].count("▀") == 20 + 10
    assert lines[-1].startswith(" " * 22)
    assert lines[-1].count("▀") == 10
    assert all(line.rstrip(" ").endswith("\x1b[0m") for line in lines)


def test_labels_of_one_origin_can_be_taken_out_again(told: Told, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n")
    for origin in ("friend", "stranger"):
        told("labels", "import", str(file), "--from", origin)
    assert told("labels", "forget", "friend").output == "1 label forgotten\n"
    assert rows(database, sa.select(label_table.c.origin)) == [("stranger",)]
    assert "no label came from “friend”: 1 stranger" in told("labels", "forget", "friend", code=2).output


@pytest.mark.parametrize("origin", ["", " ", "\x1b[31mred", "=cmd|' /C calc'!A0", "x" * 61, "two\nlines"])
def test_a_name_that_could_mislead_is_wrong_usage(told: Told, database: Database, tmp_path: Path, origin: str) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(f"{json.dumps(GOOD)}\n")
    assert "1 to 60 letters" in told("labels", "import", str(file), "--from", origin, code=2).output
    assert rows(database, sa.select(label_table.c.origin)) == []


@pytest.mark.parametrize(
    ("file", "why"), [(".", "is a folder"), ("nowhere/labels.jsonl", "there is no folder nowhere")]
)
def test_labels_go_into_a_file_in_a_folder_that_is_there(told: Told, database: Database, file: str, why: str) -> None:
    assert why in told("labels", "export", file, code=2).output


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (b"A", "a"),
        (b" ", " "),
        (b"\x1b[D", keys.LEFT),
        (b"\x1b[C", keys.RIGHT),
        (b"\x1bOB", keys.DOWN),
        (b"\x1b[A", keys.OTHER),
        (b"\x1b[3~", keys.OTHER),
        (b"\x1b", keys.OTHER),
        (b"\x04", keys.END),
    ],
)
def test_a_key_is_one_key_however_many_characters_it_sends(
    monkeypatch: pytest.MonkeyPatch, typed: bytes, key: str
) -> None:
    here, there = pty.openpty()
    with os.fdopen(there) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        with keys.keys_at_once():
            os.write(here, typed)
            assert keys.key() == key
            os.write(here, b"q")
            assert keys.key() == "q"
    os.close(here)
