"""The engine as its users know it: processes that share a database do each other's work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from dankmeme.pipeline.schedule import FIRST_INTERVAL
from dankmeme.pipeline.scrape import asked, query_of
from dankmeme.storage import runs, schedules
from dankmeme.storage.tables import post_images
from tests.faults.postgres import fresh_database, need_postgres
from tests.pipeline.memes import add_picture, jpeg, meme, row, write_posts
from tests.pipeline.running import Home
from tests.sources.fake_lemmy import FakeLemmy
from tests.sources.pictures import Pictures
from tests.storage.making import rows


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """A home whose processes meet in a database of either kind."""
    if request.param == "sqlite":
        yield Home(tmp_path / "home")
        return
    need_postgres()
    with fresh_database() as postgres:
        yield Home(tmp_path / "home", {"database_url": postgres.url})


def states(home: Home) -> list[str]:
    database = home.database()
    found = [state for (state,) in rows(database, sa.select(post_images.c.state))]
    database.close()
    return found


def test_work_that_one_process_queued_is_done_by_another(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "memes"
    names = [add_picture(folder, f"{number}.jpg", jpeg(meme(number))) for number in range(6)]
    write_posts(folder, [row(f"m{number}", number, file=name) for number, name in enumerate(names)])
    assert "queued: 6 pictures wait for a worker" in home.dank("ingest", "--queue-only", folder).out
    assert states(home) == ["pending"] * 6
    with home.start("worker") as worker:
        worker.until(lambda: states(home) == ["stored"] * 6, what="all is stored")
        worker.terminate()
        assert worker.wait() == 0
        assert worker.stdout.endswith("ending; what is left is handed back\n")
        assert worker.stderr == ""


def test_a_run_that_was_begun_but_never_queued_is_done_once_by_several_workers(home: Home) -> None:
    with FakeLemmy({"memes": []}) as lemmy:
        there = replace(home, settings=home.settings | {"fetch_allow": lemmy.place})
        there.dank("schedule", "add", "lemmy", f"memes@{lemmy.place}", "--cron", "0 0 1 1 *")
        database = there.database()
        (schedule,) = schedules.everyone(database)
        assert schedules.claim(database, schedule, schedule.next_utc + 1, asked("lemmy", query_of(schedule)))
        with there.start("worker") as one, there.start("worker") as other:
            one.until(lambda: ended(there, schedule.name), what="it is done")
            for worker in (one, other):
                worker.until(lambda worker=worker: "is at work" in worker.stdout)
            assert lemmy.count("/api/v3/post/list") == 1
        assert len(ended(there, schedule.name)) == 1
        database.close()


def test_an_adaptive_schedule_brings_posts_and_adapts(tmp_path: Path) -> None:
    with Pictures() as host, FakeLemmy() as lemmy:
        host.pages = {f"/{number}.jpg": jpeg(meme(number)) for number in range(5)}
        lemmy.communities["memes"] = [lemmy.post(number, url=f"{host.url}/{number}.jpg") for number in range(5)]
        home = Home(tmp_path / "home", {"fetch_allow": f"{host.place},{lemmy.place}"})
        where = f"memes@{lemmy.place}"
        name = f"lemmy {where} new"
        assert (
            f"{name} is due"
            in home.dank(
                "schedule",
                "add",
                "lemmy",
                where,
            ).out
        )
        with home.start("worker") as worker:
            worker.until(lambda: states(home) == ["stored"] * 5, what="all is stored")
            worker.until(lambda: interval(home) == 1.5 * FIRST_INTERVAL, what="it comes less often")
            (run,) = ended(home, name)
            assert (run.found, run.fresh, run.error) == (5, 5, None)
            assert home.dank("schedule", "run", name).out == f"{name} is due now; the server or a worker does it\n"
            worker.until(lambda: len(ended(home, name)) == 2, what="the second run")
            assert [each.fresh for each in ended(home, name)] == [0, 5]
            worker.interrupt()
            assert worker.wait() == 0
        shown = home.dank("schedule", "list").out
        assert "5 posts, 0 new: ended" in shown
        assert "5 posts, 5 new: ended" in shown


def interval(home: Home) -> float:
    database = home.database()
    (found,) = schedules.everyone(database)
    database.close()
    return found.interval


def ended(home: Home, name: str) -> list[runs.Run]:
    database = home.database()
    found = [run for run in runs.newest(database, name) if run.ended_utc is not None]
    database.close()
    return found
