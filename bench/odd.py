"""Damaged, hostile and rare files on the command line: every one is answered and nothing breaks."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import tree
from dankmeme.cli.inputs import looks_like_a_picture
from figures import Figure, Goal
from server import DANK, environment

LOST = {"decode-failed", "decode-timeout", "read-failed", "read-timeout"}
"""Errors of an input that cost a worker process its life."""


def files(folder: Path, home: Path) -> list[Figure]:
    """`dank classify FOLDER --json`."""
    asked = [path for path in folder.rglob("*") if path.is_file() and looks_like_a_picture(path)]
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        command = [str(DANK), "classify", str(folder), "--json"]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, env=environment(home), text=True)
        with tree.MemoryPeak(process.pid, every=0.05) as memory:
            _, complaints = process.communicate(timeout=900)
        seconds = time.perf_counter() - started
        out.seek(0)
        answers: list[dict[str, Any]] = [json.loads(line) for line in out]
    errors = Counter(each["error"]["code"] for each in answers if "error" in each)
    verdicts = [each for each in answers if "error" not in each]
    unread = [each["input"] for each in verdicts if each["caption_source"] == "none"]
    lost = sum(errors[code] for code in LOST) + len(unread)
    slowest = max(verdicts, key=lambda each: each["milliseconds"])
    return [
        Figure(
            "odd files: answered",
            len({each["input"] for each in answers}),
            "files",
            "asked",
            len(asked),
            Goal("at least", 1, of="ratio"),
            note=f"{len(verdicts)} verdicts, errors: {dict(errors.most_common())}, in {seconds:.1f} s",
        ),
        Figure(
            "odd files: processes lost",
            lost + (process.returncode not in (0, 1)) + ("Traceback" in complaints),
            "",
            goal=Goal("at most", 0),
            note=f"{unread} without a caption" if unread else "",
        ),
        Figure(
            "odd files: slowest verdict",
            slowest["milliseconds"] / 1000,
            "s",
            note=f"{Path(slowest['input']).name}; waiting for a free worker included",
        ),
        Figure("odd files: memory peak", memory.peak, "MB", goal=Goal("at most", 1500)),
    ]
