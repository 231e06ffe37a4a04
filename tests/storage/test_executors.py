from __future__ import annotations

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.executors import SILENT_SECONDS, Pulse
from dankmeme.storage.tables import executors
from tests.storage.making import rows

LIVES = """
import sys
from dankmeme.storage.database import Database
from dankmeme.storage.executors import Pulse
Pulse(Database(sys.argv[1]), sys.argv[2]).beat()
print("beaten", flush=True)
sys.stdin.read()
"""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def elsewhere(database: Database) -> None:
    """Let all processes seem to be of another machine."""
    with database.write() as connection:
        connection.execute(sa.update(executors).values(host="another machine"))


def test_a_process_of_this_machine_that_died_is_known_at_once(database: Database) -> None:
    address = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", LIVES, address, "other"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"beaten\n"
        mine = Pulse(database, "mine")
        mine.beat()
        assert mine.dead({"other", "mine"}) == set()
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie now
        assert mine.dead({"other", "mine"}) == {"other"}
    assert mine.dead(set()) == {"other"}
    mine.bury({"other"})
    assert mine.dead(set()) == set()


def test_a_later_process_with_the_number_of_a_dead_one_is_another(database: Database) -> None:
    Pulse(database, "before").beat()
    with database.write() as connection:
        connection.execute(sa.update(executors).values(process_started=executors.c.process_started - 1))
    assert Pulse(database, "mine").dead(set()) == {"before"}


def test_a_process_of_another_machine_is_dead_only_after_a_long_silence(database: Database) -> None:
    clock = Clock()
    mine, other = Pulse(database, "mine", clock=clock), Pulse(database, "other")
    other.beat()
    elsewhere(database)
    assert mine.dead({"other"}) == set()
    clock.now += SILENT_SECONDS
    assert mine.dead({"other"}) == set()
    clock.now += 0.1
    assert mine.dead({"other"}) == {"other"}


def test_every_beat_begins_the_silence_anew(database: Database) -> None:
    clock = Clock()
    mine, other = Pulse(database, "mine", clock=clock), Pulse(database, "other")
    for _ in range(5):
        other.beat()
        elsewhere(database)
        assert mine.dead({"other"}) == set()
        clock.now += SILENT_SECONDS
    assert mine.dead({"other"}) == set()


def test_a_long_sleep_of_this_process_makes_no_other_dead_that_beat_meanwhile(database: Database) -> None:
    clock = Clock()
    mine, other = Pulse(database, "mine", clock=clock), Pulse(database, "other")
    other.beat()
    elsewhere(database)
    mine.dead(set())
    clock.now += 86_400
    other.beat()
    elsewhere(database)
    assert mine.dead({"other"}) == set()


def test_no_wall_clock_is_looked_at(database: Database) -> None:
    assert not any("utc" in column.name for column in executors.columns)
    Pulse(database, "mine").beat()
    (row,) = rows(database, sa.select(executors.c.process, executors.c.beats))
    assert row == (os.getpid(), 1)


@pytest.mark.parametrize("host", ["here", "elsewhere"])
def test_it_never_takes_itself_for_dead(database: Database, host: str) -> None:
    clock = Clock()
    mine = Pulse(database, "mine", clock=clock)
    mine.beat()
    if host == "elsewhere":
        elsewhere(database)
    mine.dead(set())
    clock.now += 10 * SILENT_SECONDS
    assert mine.dead({"mine"}) == set()
    mine.end()
    assert mine.dead({"mine"}) == set()


def test_one_that_nobody_knows_is_dead(database: Database) -> None:
    assert Pulse(database, "mine").dead({"stranger", "mine"}) == {"stranger"}


def test_one_that_signed_off_is_no_more(database: Database) -> None:
    other = Pulse(database, "other")
    other.beat()
    other.end()
    assert Pulse(database, "mine").dead(set()) == set()
    assert rows(database, sa.select(executors)) == []
