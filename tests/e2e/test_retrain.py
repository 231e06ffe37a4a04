"""The loop: what is stored becomes a measured candidate in the shadow, by a command or by a schedule; never more."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dankmeme.storage import registry, retrains
from dankmeme.storage.database import Database
from dankmeme.training.pictures import keep_captions
from dankmeme.training.place import Place
from tests.faults.processes import Command, environment
from tests.faults.running import long
from tests.faults.waiting import wait_until
from tests.training.drawn import memes
from tests.training.folders import write

SECONDS, MEMES = 240, 300


@pytest.fixture
def home(tmp_path: Path, workers_find_the_code: None) -> Path:
    """With drawn memes stored, whose captions are known beforehand: to read them takes longer than all else."""
    rows = [meme.row(percentile=None, score=round(1_000 * meme.percentile), community="memes") for meme in memes(MEMES)]
    data = write(tmp_path / "data", rows, lambda place: memes(MEMES)[place].picture)
    home = tmp_path / "home"
    (home / "cache").mkdir(parents=True)
    with Place(home).cache() as cache:
        keep_captions({meme.key: meme.caption for meme in memes(MEMES)}, cache)
    dank(home, "ingest", str(data))
    return home


def dank(home: Path, *arguments: str, code: int = 0) -> str:
    with Command(arguments, env(home)) as command:
        assert command.wait(SECONDS) == code, command.stdout + command.stderr
        assert "Traceback" not in command.stderr
        return command.stdout


def env(home: Path, **more: str) -> dict[str, str]:
    return environment(home=str(home), predict="false", captions="false", **more)


@long
def test_what_is_stored_becomes_a_candidate_in_the_shadow_once(home: Path) -> None:
    plan = ("retrain", "--any-age", "--budget", "3", "--threads", "1", "--share", "0.5")
    said = dank(home, *plan)
    assert "is a shadow now" in said
    database = Database(f"sqlite:///{home / 'dank.db'}")
    active, own = registry.everyone(database)
    assert (active.version, active.state) == ("imgflip-1", "active")
    assert (own.state, own.share) == ("shadow", 0.5)
    assert own.version.startswith("own-")
    assert own.dataset
    assert {"shown", "caveats", "all"} <= set(own.figures)
    assert [each.by for each in registry.history(database, own.version)] == ["command line"] * 2
    assert "nothing new to learn from" in dank(home, *plan)
    assert len(registry.everyone(database)) == 2
    assert own.figures["all"]["evaluation"]["rows"] >= 40
    database.close()


def test_a_schedule_trains_by_itself_and_says_why_where_it_cannot(tmp_path: Path, workers_find_the_code: None) -> None:
    home = tmp_path / "home"
    database = Database(f"sqlite:///{home / 'dank.db'}")
    database.migrate()
    retrains.plan(database, "* * * * *", time.time() - 1)
    with Command(["worker"], env(home, retrain="* * * * *", retrain_minutes="1")) as worker:
        wait_until(lambda: worker.code is not None or ended(database), 90, "a training ended", every=0.2)
        worker.terminate()
        assert worker.wait(30) == 0, worker.stderr
    found = ended(database)
    assert [each.state for each in found] == ["failed"]
    assert "no post with a picture is left" in found[0].words
    assert registry.everyone(database)[0].state == "active"
    assert list((home / "logs").glob("retrain-*.log"))
    database.close()


def ended(database: Database) -> list[retrains.Retrain]:
    return [each for each in retrains.newest(database) if each.ended_utc is not None]
