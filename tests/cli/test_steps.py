from __future__ import annotations

import pytest

from dankmeme.cli import following, remaining, steps


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    for module in (remaining, steps):
        monkeypatch.setattr(module, "time", found)
    return found


def test_without_a_terminal_a_line_now_and_then_says_how_long_it_will_take(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with steps.steps() as told:
        for done in range(10, 500, 10):
            clock.now += 1
            told("reading captions", done, 1_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "reading captions: 100/1,000, 1:30 left"
    assert len(lines) == pytest.approx(50 / following.QUIET_SECONDS, abs=1)


def test_a_step_that_tells_figures_in_its_name_is_one_step(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with steps.steps() as told:
        for done in range(1, 13):
            clock.now += 1
            told(f"searching (AUC {0.7 + done / 1_000:.3f})", done, 60)
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "searching (AUC 0.710): 10/60, 0:50 left"


def test_a_step_of_unknown_length_has_no_time_left(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    with steps.steps() as told:
        for done in range(1, 13):
            clock.now += 1
            told("fetching", done, 0)
    assert capsys.readouterr().err.splitlines() == ["fetching: 10"]


@pytest.mark.parametrize(("seconds", "words"), [(7, "0:07"), (750, "12:30"), (3_750.4, "1:02:30")])
def test_a_duration_is_short(seconds: float, words: str) -> None:
    assert remaining.duration(seconds) == words
