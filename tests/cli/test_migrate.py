from __future__ import annotations

import json
from pathlib import Path

from tests.faults.processes import Command, environment


def test_it_makes_the_database_and_tells_that_the_buckets_take_something(tmp_path: Path) -> None:
    with Command(["migrate"], environment(home=str(tmp_path))) as command:
        assert command.wait() == 0, command.stderr
        assert "the schema is up to date" in command.stdout

    assert (tmp_path / "dank.db").exists()


def test_work_that_waits_for_a_worker_is_nothing_wrong(tmp_path: Path) -> None:
    posts = tmp_path / "posts.jsonl"
    posts.write_text(json.dumps({"id": "one", "url": "http://127.0.0.1:9/one.jpg", "title": "one"}) + "\n")
    with Command(["ingest", "--queue-only", str(posts)], environment(home=str(tmp_path / "home"))) as command:
        assert command.wait() == 0, command.stderr

    with Command(["migrate"], environment(home=str(tmp_path / "home"))) as command:
        assert command.wait() == 0, command.stderr
        assert command.stdout.count("can be written to") == 2


def test_a_bucket_that_takes_nothing_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "bucket").write_text("a file where a folder should be")

    with Command(["migrate"], environment(home=str(tmp_path))) as command:
        assert command.wait() == 2
        assert len(command.stderr.splitlines()) == 1, command.stderr
