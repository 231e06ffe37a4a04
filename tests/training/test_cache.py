from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from dankmeme.errors import TrainingError
from dankmeme.training.cache import Cache
from tests.faults.waiting import wait_until

SPAWN = multiprocessing.get_context("spawn")


def test_what_was_kept_is_there_after_the_file_was_closed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "pictures.sqlite"
    with Cache(path) as cache:
        cache.put("colour", {"a": b"red", "b": b"\0blue"})
        cache.put("size", {"a": b"12"})
    with Cache(path) as cache:
        assert cache.get("colour", ["b", "a", "a", "c"]) == {"a": b"red", "b": b"\0blue"}
        assert cache.get("size", ["a", "b"]) == {"a": b"12"}


def test_what_was_kept_first_stays(tmp_path: Path) -> None:
    with Cache(tmp_path / "pictures.sqlite") as cache:
        cache.put("colour", {"a": b"red"})
        cache.put("colour", {"a": b"green", "b": b"blue"})
        assert cache.get("colour", ["a", "b"]) == {"a": b"red", "b": b"blue"}


def test_more_keys_than_a_statement_takes_are_found(tmp_path: Path) -> None:
    values = {str(number): b"%d" % number for number in range(1_201)}
    with Cache(tmp_path / "pictures.sqlite") as cache:
        cache.put("number", values)
        assert cache.get("number", values) == values


def test_several_processes_open_a_new_file_at_once_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "pictures.sqlite"
    writers = [SPAWN.Process(target=write, args=(path, name, 60)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    with Cache(path) as cache:
        assert len(cache.get("kind", [f"{name}{number}" for name in "abc" for number in range(60)])) == 180


def test_a_writer_that_is_killed_leaves_all_or_nothing_of_what_it_wrote_together(tmp_path: Path) -> None:
    path = tmp_path / "pictures.sqlite"
    with Cache(path) as cache:
        writer = SPAWN.Process(target=write_pairs, args=(path,))
        writer.start()
        assert writer.pid is not None
        wait_until(lambda: cache.get("pair", ["left 20"]), 60, "it writes")
        os.kill(writer.pid, signal.SIGKILL)
        writer.join(60)
    with Cache(path) as cache:
        left = cache.get("pair", [f"left {number}" for number in range(100_000)])
        right = cache.get("pair", [f"right {number}" for number in range(100_000)])
        assert len(left) == len(right) > 20
        cache.put("pair", {"after": b"1"})


def test_a_file_that_is_no_cache_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pictures.sqlite"
    path.write_text("a letter to my aunt, which is long enough to have been a header of something else" * 20)
    with pytest.raises(TrainingError) as refused:
        Cache(path)
    assert refused.value.code == "bad-cache"
    assert str(path) in refused.value.message
    assert "letter" in path.read_text()


def write(path: Path, name: str, count: int) -> None:
    """Put values one by one, in a process of its own."""
    with Cache(path) as cache:
        for number in range(count):
            cache.put("kind", {f"{name}{number}": b"1"})


def write_pairs(path: Path) -> None:
    """Put two values at a time until killed."""
    with Cache(path) as cache:
        for number in range(100_000):
            cache.put("pair", {f"left {number}": b"1", f"right {number}": b"2" * 2_000})
