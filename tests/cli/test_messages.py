"""What a person reads who did something wrong: one line that says what, and exit code 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dankmeme.cli import app
from dankmeme.settings import settings
from tests.conftest import free_port
from tests.pipeline.running import Home
from tests.sources.fake_reddit import submission


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


Told = Callable[..., Result]


@pytest.fixture
def told(home: Home, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What a command says, in this process."""

    def tell(*arguments: str, code: int = 0, **given: str) -> Result:
        for name, value in (home.environment | {f"DANK_{key.upper()}": value for key, value in given.items()}).items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        try:
            run = CliRunner().invoke(app, list(arguments))
        finally:
            settings.cache_clear()
        assert run.exit_code == code, run.output
        return run

    return tell


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("database_url", "mysql://host/dank", "dank: mysql is no database we know: sqlite or postgresql are"),
        ("database_url", "nonsense", "dank: DANK_DATABASE_URL is no database address"),
        ("database_url", "postgresql://a@127.0.0.1:{port}/b", "refused"),
        ("bucket_url", "{file}", "cannot be used: File exists"),
        ("bucket_url", "ftp://x", "is neither a folder nor s3"),
        ("home", "{file}", "cannot be used"),
        ("tries", "0", "dank: DANK_TRIES: "),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line(
    told: Told, tmp_path: Path, setting: str, value: str, message: str
) -> None:
    (tmp_path / "file").touch()
    run = told("failures", code=2, **{setting: value.format(port=free_port(), file=tmp_path / "file")})
    assert run.stdout == ""
    said = run.stderr
    assert message in said
    assert said.startswith("dank: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ingest", "/nowhere/memes"], "/nowhere/memes: No such file or directory"),
        (["scrape", "reddit", "dankmemes"], "DANK_REDDIT_CLIENT_ID"),
        (["scrape", "lemmy"], "dank: "),
        (["scrape", "archive", "/nowhere/posts.zst"], "/nowhere/posts.zst"),
        (["scrape", "files", "/nowhere/posts.jsonl"], "/nowhere/posts.jsonl"),
        (["scrape", "archive", "/x", "--top", "--bottom"], "choose one of them"),
        (["scrape", "lemmy", "memes@x", "--since", "yesterday"], "give a day or a time"),
        (["scrape", "nowhere"], "there is no source nowhere"),
        (["bank", "add", "hash.jpg"], "there is no such picture"),
        (["bank", "add", "/tmp"], "is not a file"),
        (["bank", "import", "/nowhere/list.csv"], "there is no file /nowhere/list.csv"),
        (["bank", "remove", "list"], "there is no list and no hash list"),
        (["delete", "post", "reddit:no"], "there is no post reddit:no"),
        (["delete", "image", "abc"], "no image has a hash that begins abc"),
        (["schedule", "pause", "none"], "there is no schedule 'none'"),
        (["schedule", "add", "lemmy", "memes@x", "--cron", "often"], "“often” is no cron expression"),
        (["export", "/proc/nowhere"], "/proc/nowhere cannot be written to"),
        (["queue", "pause", "lunch"], "is not one of"),
        (["failures", "--limit", "0"], "--limit"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_wrong_usage_ends_with_2_and_says_what_was_wrong(told: Told, arguments: list[str], message: str) -> None:
    run = told(*arguments, code=2)
    assert message in " ".join(run.stderr.replace("│", " ").split())
    assert run.stdout == ""


def test_schedules_are_added_paused_resumed_and_removed(told: Told) -> None:
    assert "nothing is scheduled; try: dank schedule add" in told("schedule", "list").stdout
    name = "lemmy memes@lemmy.ml hot"
    assert told("schedule", "add", "lemmy", "memes@lemmy.ml", "--sort", "hot").stdout.startswith(f"{name} is due ")
    added = told("schedule", "add", "lemmy", "other@lemmy.ml", "--cron", "0 0 1 1 *").stdout
    assert "-01-01 00:00 UTC" in added
    assert told("schedule", "pause", name).stdout == f"{name} is paused\n"
    listed = told("schedule", "list").stdout.splitlines()
    assert listed[0] == f"{name}  [adaptive, every 15 min now]  paused"
    assert listed[1].startswith("lemmy other@lemmy.ml new  [0 0 1 1 *]  due ")
    assert told("schedule", "resume", name).stdout == f"{name} goes on\n"
    assert "paused" not in told("schedule", "list").stdout
    assert told("schedule", "remove", name).stdout == f"{name} is removed\n"
    assert name not in told("schedule", "list").stdout


def test_schedules_of_the_settings_are_marked_and_wrong_ones_named(told: Told) -> None:
    listed = told("schedule", "list", schedules="lemmy memes@lemmy.ml adaptive")
    assert listed.stdout.endswith("(from DANK_SCHEDULES)\n")
    bad = told("schedule", "list", code=2, schedules="lemming memes adaptive")
    assert "“lemming memes adaptive”: there is no source lemming" in bad.stderr


def test_an_archive_is_written_to_a_file_that_can_be_taken_in(home: Home, tmp_path: Path) -> None:
    dump, out = tmp_path / "dump.jsonl", tmp_path / "out.jsonl"
    found = [submission(f"a{number}", score=number, created_utc=1e9 + number) for number in range(6)]
    dump.write_text("".join(json.dumps(each) + "\n" for each in found) + "{broken\n")
    said = home.dank("scrape", "archive", str(dump), "--top", "--limit", "3", "--out", str(out)).out
    assert said.startswith(f"3 posts written to {out}\n")
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == ["reddit:a5", "reddit:a4", "reddit:a3"]
    assert not home.path.exists()
    assert "queued: 3 pictures wait for a worker" in home.dank("ingest", "--queue-only", out).out
    nowhere = home.dank("scrape", "archive", str(dump), "--out", "/nowhere/out.jsonl", code=2)
    assert nowhere.err == "dank: /nowhere/out.jsonl: No such file or directory\n"
