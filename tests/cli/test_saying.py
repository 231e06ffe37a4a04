"""What strangers wrote cannot steer a terminal, nor forge a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dankmeme.cli.saying import shown
from tests.pipeline.memes import jpeg, meme
from tests.pipeline.running import Home


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain, naïve, 数, 👨‍👩‍👧", "plain, naïve, 数, 👨‍👩‍👧"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("one\ntwo\rthree\ttab", "one\\ntwo\\rthree\\ttab"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_would_steer_a_terminal_is_written_out(text: str, line: str) -> None:
    assert shown(text) == line
    assert shown(text).isprintable() or "👧" in text


HOSTILE = "no\x1b[31mfile\n2026-11-22 forged\x1b]0;x\x07\u202e.jpg"
WRITTEN_OUT = "no\\x1b[31mfile\\n2026-11-22 forged\\x1b]0;x\\x07\\u202e.jpg"


def test_hostile_names_are_written_out_by_every_command_that_shows_them(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "list"
    folder.mkdir()
    (folder / "posts.jsonl").write_text(json.dumps({"id": "a", "file": HOSTILE}) + "\n")
    (folder / HOSTILE.replace("no", "empty")).write_bytes(b"\xff\xd8\xff")
    said = [
        home.dank("ingest", folder, code=1),
        home.dank("failures"),
        home.dank("schedule", "add", "files", HOSTILE),
        home.dank("schedule", "list"),
        home.dank("bank", "add", "--list", HOSTILE, "0" * 32),
        home.dank("bank", "list"),
        home.dank("classify", folder / HOSTILE.replace("no", "empty"), code=1),
        home.dank("delete", "post", HOSTILE, code=2),
        home.dank("scrape", HOSTILE, code=2),
    ]
    for ran in said:
        text = ran.out + ran.err
        assert not set(text) & set("\x1b\x07\u202e"), text
        assert "\n2026-11-22 forged" not in text
    assert WRITTEN_OUT in said[1].out
    assert f"{WRITTEN_OUT} new  [" in said[3].out


def test_an_endless_name_is_cut_for_people_and_whole_in_json(tmp_path: Path) -> None:
    home, folder, name = Home(tmp_path / "home"), tmp_path / "list", 3_000 * "a" + ".jpg"
    folder.mkdir()
    (folder / "posts.jsonl").write_text(json.dumps({"id": "a", "file": name}) + "\n")
    home.dank("ingest", folder, code=1)
    assert max(map(len, home.dank("failures").out.splitlines())) < 500
    assert home.dank("failures", "--json").json[0]["where"].endswith(name)


def test_a_list_that_cannot_reach_its_pictures_is_warned_of(tmp_path: Path) -> None:
    home, folder = Home(tmp_path / "home"), tmp_path / "memes"
    folder.mkdir()
    (folder / "one.jpg").write_bytes(jpeg(meme(1)))
    assert home.dank("scrape", "files", folder, "--out", tmp_path / "above.jsonl").err == ""
    assert home.dank("ingest", tmp_path / "above.jsonl").out.endswith("1 picture: 1 stored, 0 failed\n")
    (tmp_path / "beside").mkdir()
    said = home.dank("scrape", "files", folder, "--out", tmp_path / "beside" / "posts.jsonl").err
    assert said.startswith(f"1 picture lies outside {tmp_path / 'beside'}, and `dank ingest` takes files from below")
    refused = home.dank("ingest", tmp_path / "beside" / "posts.jsonl", code=2).err
    assert "holds no post; line 1: file outside the folder (bad-posts-file)" in refused


def test_of_a_picture_only_the_hash_that_was_asked_for_is_added(tmp_path: Path) -> None:
    home, picture = Home(tmp_path / "home"), tmp_path / "one.jpg"
    picture.write_bytes(jpeg(meme(1)))
    assert home.dank("bank", "add", "--kind", "sha256", picture).out == "1 hash added to own (blocked)\n"
    assert "own: 1 sha256 (blocked)\n" in home.dank("bank", "list").out
    assert "pdq" not in home.dank("bank", "list").out
    assert home.dank("bank", "add", picture).out == "2 hashes added to own (blocked)\n"


def test_a_reason_that_nothing_failed_for_is_called_so(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    (tmp_path / "one.jpg").write_bytes(b"\xff\xd8\xff")
    home.dank("ingest", tmp_path, code=1)
    said = home.dank("retry", "--reason", "nonsense").out
    assert said == "nothing failed with the reason nonsense; these did: 1 broken-image\n"
