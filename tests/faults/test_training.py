"""Training is killed in the middle: the same command goes on, to the same end as if nothing had happened."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.faults.processes import Command, environment
from tests.faults.running import long
from tests.faults.table import Tried, compared
from tests.training.drawn import SHARES, memes
from tests.training.folders import write

SECONDS = 600
EPOCHS = 12
"""Enough of them that a kill after the second falls before the last, on a busy machine too."""


@long
def test_an_image_model_that_was_killed_in_training_comes_out_the_same(tmp_path: Path, tried: Tried) -> None:
    data = write(tmp_path / "drawn", [meme.row() for meme in memes()], lambda place: memes()[place].picture)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    command = ["train", "cnn", "--data", str(data), "--backbone", "scratch", "--side", "64", "--threads", "1"]
    command += ["--epochs", str(EPOCHS), *SHARES]
    with Command(command, environment(home=str(whole))) as uninterrupted:
        assert uninterrupted.wait(SECONDS) == 0, uninterrupted.stderr
    kept, kills = "", 0
    for _ in range(2):
        with Command(command, environment(home=str(killed))) as stopped:
            stopped.until(lambda kept=kept: checkpoint(killed) not in ("", kept), SECONDS, "another epoch is over")
            kept = checkpoint(killed)
            stopped.kill()
            kills += 1
        assert not list((killed / "models").glob("*")), "it had ended before it was killed"
    laid_down = inputs(killed)
    with Command(command, environment(home=str(killed))) as resumed:
        assert resumed.wait(SECONDS) == 0, resumed.stderr
        assert "began afresh" not in resumed.stderr
    assert inputs(killed) == laid_down
    assert forecast(killed) == forecast(whole)
    found, must = (forecast(home) for home in (killed, whole))
    tally = compared([str(each) for each in found.items()], [str(each) for each in must.items()])
    tried("training", "kill -9 between epochs", tally, times=kills)


def checkpoint(home: Path) -> str:
    """Names the last checkpoint; empty as long as there is none."""
    found = list((home / "training").glob("cnn-*/scratch.npz"))
    return hashlib.sha256(found[0].read_bytes()).hexdigest() if found else ""


def inputs(home: Path) -> list[int]:
    """When the decoded pictures were written."""
    return [path.stat().st_mtime_ns for path in sorted((home / "training").glob("cnn-*/pictures/*.npy"))]


def forecast(home: Path) -> dict[str, object]:
    """What the bundle says of its own picture, and how its epochs went."""
    (bundle,) = (home / "models").iterdir()
    said: dict[str, object] = json.loads((bundle / "selftest.json").read_text())
    return said | {"history": json.loads((bundle / "training.json").read_text())["cnn"]["history"]}
