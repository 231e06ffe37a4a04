"""The example in `docs/evaluation.md` is run as it stands there."""

from __future__ import annotations

import csv
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "evaluation.md"
HOUR = 3_600.0


def test_the_example_measures_predictions_that_know_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _run(tmp_path, monkeypatch, capsys, knows=True)

    value, low, high = _figure(said, "AUC")
    assert 0.5 < low <= value <= high
    assert _figure(said, "AUC within groups")[1] > 0.5
    assert _figure(said, "Accuracy on pairs")[1] > 0.5
    assert "could not: AUC within templates: no template is known" in said


def test_the_example_gives_chance_to_predictions_that_know_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _run(tmp_path, monkeypatch, capsys, knows=False)

    _, low, high = _figure(said, "AUC")
    assert low <= 0.5 <= high


def _run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, knows: bool
) -> list[str]:
    """What the example prints of predictions."""
    _write_predictions(folder / "predictions.csv", knows=knows)
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (folder / "example.py").write_text(example)
    monkeypatch.chdir(folder)
    runpy.run_path("example.py")
    return capsys.readouterr().out.splitlines()


def _write_predictions(path: Path, *, knows: bool) -> None:
    """600 posts of two communities, one an hour, in no order."""
    chance = np.random.default_rng(4)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("score", "created_utc", "community", "author", "picture", "probability"))
        for number in chance.permutation(600).tolist():
            score = chance.normal()
            seen = score if knows else chance.normal()
            probability = 1 / (1 + np.exp(1 - seen - chance.normal()))
            row = (100 * score, 1.7e9 + HOUR * number, f"r/{number % 2}", f"a{number % 90}", f"{number}.jpg")
            table.writerow((*row, probability))


def _figure(said: list[str], name: str) -> tuple[float, float, float]:
    (line,) = (line for line in said if line.startswith(f"{name}: "))
    value, low, high = map(float, re.findall(r"\d\.\d+", line))
    return value, low, high
