"""`dank dataset`, as a person runs it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dankmeme.cli import app
from dankmeme.settings import settings
from tests.scraping.world import Said, World, world
from tests.sources.fake_archive import FakeArchive
from tests.sources.fake_reddit import submission
from tests.sources.pictures import Status
from tests.training.folders import row, rows_in, write

NOW = int(time.time())


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Servers, and a home that all these tests share."""
    with world(tmp_path_factory.mktemp("world") / "home") as servers:
        yield servers


def read(here: World, *arguments: str) -> Said:
    """Build from a source, in a process of its own."""
    (said,) = here.said(("dataset", "build", *arguments))
    return said


def dataset(here: World, *arguments: str) -> Said:
    """What reads no source, in this process."""
    settings.cache_clear()
    run = CliRunner().invoke(
        app, ["dataset", *arguments], env={"DANK_HOME": str(here.home), "DANK_DECODE_WORKERS": "1"}
    )
    settings.cache_clear()
    return Said(run.exit_code, run.stdout, run.stderr)


def wrong(*arguments: str) -> str:
    """What is said of wrong usage, before anything is opened."""
    run = CliRunner().invoke(app, ["dataset", *arguments], env={"COLUMNS": "300", "NO_COLOR": "1", "TERM": "dumb"})
    assert run.exit_code == 2, run.output
    return run.output


def manifest(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "dataset.json").read_text())
    return found


def test_files_are_built_and_shown(here: World, tmp_path: Path) -> None:
    given = write(tmp_path / "in", [row(number) for number in range(30)])
    (given / "4.jpg").write_bytes(b"no picture")
    (given / "5.jpg").unlink()
    built = dataset(here, "build", str(tmp_path / "out"), "--from", str(given))

    assert built.code == 1
    assert f"28 posts with 28 pictures in {tmp_path / 'out'}" in built.out
    assert "left out: 2 picture that cannot be used" in built.out
    assert "4.jpg" in built.err
    assert "5.jpg" in built.err
    assert len(rows_in(tmp_path / "out")) == 28
    assert manifest(tmp_path / "out")["source"] == "files of in"

    shown = dataset(here, "show", str(tmp_path / "out"))
    assert shown.code == 0
    assert str(manifest(tmp_path / "out")["version"])[:12] in shown.out
    assert "28 with 28 pictures" in shown.out
    assert "training would refuse it" in shown.err
    assert "at least 100" in shown.err
    assert "data:image/jpeg" in (tmp_path / "out" / "contact-sheet.html").read_text()

    told = dataset(here, "show", str(tmp_path / "out"), "--json", "--no-sheet")
    figures = json.loads(told.out)
    assert (figures["posts"], figures["sheet"], figures["version"]) == (28, None, manifest(tmp_path / "out")["version"])
    assert figures["warnings"]


def test_a_list_of_addresses_is_taken_in_first_and_tells_all_but_the_pictures(here: World, tmp_path: Path) -> None:
    lost = f"{here.host.url}/is-not-there.jpg"
    here.host.pages["/is-not-there.jpg"] = Status(404)
    rows = [row(n, file=None, url=here.picture(f"listed-{n}"), percentile=n / 10) for n in range(5)]
    given = write(tmp_path / "listed", [*rows, row(9, file=None, url=lost)])
    built = read(here, str(tmp_path / "out"), "--from", str(given / "posts.jsonl"))

    assert built.code == 1, built.err
    assert lost in built.err
    assert "left out: 1 not-found" in built.out
    found = {each["id"]: each for each in rows_in(tmp_path / "out")}
    assert {name: (each["percentile"], each["score"]) for name, each in found.items()} == {
        f"files:listed:p{n}": (n / 10, n * 37) for n in range(5)
    }
    for number in range(5):
        name = str(found[f"files:listed:p{number}"]["file"])
        assert (tmp_path / "out" / name).read_bytes() == here.body(f"/listed-{number}.jpg")


def test_an_archive_gives_exactly_the_posts_that_were_asked_for_and_they_stay_stored(
    here: World, tmp_path: Path
) -> None:
    posts = [
        submission(f"arc{n}", url=here.picture(f"arc-{n}"), score=n * 10, created_utc=NOW - 9_000_000 - 60 * n)
        for n in range(8)
    ]
    posts.append(submission("other", subreddit="memes", url=here.picture("other"), score=5))
    with FakeArchive(posts) as archive:
        here.allowed.append(archive.place)
        asked = ("--from", f"archive:{archive.url}", "--community", "dankmemes")
        every = read(here, str(tmp_path / "all"), *asked)
        few = read(here, str(tmp_path / "few"), *asked, "--top", "--limit", "3")

    assert (few.code, every.code) == (0, 0), few.err + every.err
    assert sorted(each["score"] for each in rows_in(tmp_path / "few")) == [50, 60, 70]
    assert {each["id"] for each in rows_in(tmp_path / "all")} == {f"reddit:arc{n}" for n in range(8)}
    assert manifest(tmp_path / "all")["label"] == "score"
    assert "top 3" in str(manifest(tmp_path / "few")["source"])

    bare = dataset(here, "build", str(tmp_path / "bare"), "--community", "dankmemes")
    stored = dataset(here, "build", str(tmp_path / "stored"), "--community", "dankmemes", "--any-age")
    assert bare.code == 2
    assert "8 no score at that age; --any-age takes the last score that is known (nothing-to-build)" in bare.err
    assert not (tmp_path / "bare").exists()
    assert stored.code == 0, stored.err
    assert manifest(tmp_path / "stored")["source"] == "stored posts (dankmemes; last known scores)"
    assert manifest(tmp_path / "stored")["version"] == manifest(tmp_path / "all")["version"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "nowhere/posts.jsonl"], "there is no nowhere/posts.jsonl"),
        (["--age", "6", "--any-age"], "choose one of them"),
        (["--from", "archive:x.zst", "--top", "--bottom"], "choose one of them"),
        (["--limit", "3"], "--limit is of a source to read"),
        (["--from", "lemmy:a@b.c", "--source", "lemmy"], "--source is of what is stored"),
        (["--from", "archive:x.zst", "--community", "a", "--community", "b"], "asked for one community"),
        (["--since", "yesterday"], "give a day or a time"),
    ],
)
def test_wrong_usage_is_told(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert said in wrong("build", str(tmp_path / "out"), *arguments)
    assert not (tmp_path / "out").exists()


def test_files_are_taken_whole_and_built_elsewhere(tmp_path: Path) -> None:
    given = write(tmp_path / "in", [row(0)])

    assert "--since does not go with files" in wrong(
        "build", str(tmp_path / "out"), "--from", str(given), "--since", "2020-01-01"
    )
    assert "build it elsewhere" in wrong("build", str(given / "out"), "--from", str(given))
    assert "choose one of them" in wrong("show", str(given), "--no-sheet", "--sheet", "x.html")


def test_what_is_no_dataset_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert "neither posts.jsonl nor posts.csv nor a picture (bad-posts-file)" in wrong("show", str(tmp_path / "empty"))
