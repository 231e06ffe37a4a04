from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dankmeme.storage.feedback import FeedbackFile, Opinion

WRITER = """
import sys
from pathlib import Path
from dankmeme.storage.feedback import FeedbackFile
file = FeedbackFile(Path(sys.argv[1]))
for number in range(60):
    file.keep({"writer": sys.argv[2], "number": number, "comment": "x" * (number * 97)})
"""


def kept(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def test_entries_are_kept_one_a_line_in_order(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "feedback.jsonl"
    entries = [{"number": number, "comment": "two\nlines, \u2028, 🔥 and \ud800"} for number in range(3)]
    for entry in entries:
        FeedbackFile(path).keep(entry)
    assert kept(path) == entries
    assert len(path.read_text().splitlines()) == 3


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    FeedbackFile(tmp_path / "feedback.jsonl").keep({})
    assert stat.S_IMODE((tmp_path / "feedback.jsonl").stat().st_mode) == 0o600


def test_threads_and_processes_that_write_at_once_leave_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    processes = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in "ab"]
    file = FeedbackFile(path)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda n: file.keep({"writer": "t", "number": n, "comment": "y" * n * 97}), range(60)))
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    written = kept(path)
    for writer in "abt":
        numbers = [entry["number"] for entry in written if entry["writer"] == writer]
        assert sorted(numbers) == list(range(60))
        assert writer == "t" or numbers == list(range(60))


def test_a_line_left_half_written_by_a_kill_does_not_spoil_the_next(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    FeedbackFile(path).keep({"number": 1})
    with path.open("ab") as file:
        file.write(b'{"number": 2, "comm')
    FeedbackFile(path).keep({"number": 3})
    first, half, third, rest = path.read_bytes().split(b"\n")
    assert (json.loads(first), json.loads(third), rest) == ({"number": 1}, {"number": 3}, b"")
    assert half == b'{"number": 2, "comm'


def test_a_write_cut_short_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:3]))
    FeedbackFile(tmp_path / "feedback.jsonl").keep({"number": 1})
    monkeypatch.undo()
    assert kept(tmp_path / "feedback.jsonl") == [{"number": 1}]


def test_a_full_disk_is_an_error_and_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "feedback.jsonl"
    FeedbackFile(path).keep({"number": 1})
    write, room = os.write, [5]

    def full(file: int, data: bytes) -> int:
        if not room:
            raise OSError(28, "No space left on device")
        return write(file, data[: room.pop()])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        FeedbackFile(path).keep({"number": 2})
    monkeypatch.undo()
    FeedbackFile(path).keep({"number": 3})
    assert kept(path) == [{"number": 1}, {"number": 3}]


def test_opinions_are_read_once_each_and_what_was_cut_off_is_left_out(tmp_path: Path) -> None:
    file = FeedbackFile(tmp_path / "feedback.jsonl")
    assert file.opinions() == []
    for sha256, opinion in (("a", "dank"), ("a", "dank"), ("a", "not dank"), ("b", "no idea")):
        file.keep({"sha256": sha256, "opinion": opinion})
    with (tmp_path / "feedback.jsonl").open("ab") as opened:
        opened.write(b'{"sha256": "c", "opin\n[1]\n' + b"[" * 100_000)
    file.keep({"sha256": "d", "opinion": "not dank"})
    assert file.opinions() == [Opinion("a", dank=True), Opinion("a", dank=False), Opinion("d", dank=False)]
