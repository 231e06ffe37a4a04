"""The table says what was counted: what is lost or doubled shows, and fails the test that counted it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.faults.table import PROPERTY, Tally, Tried, compared, rendered, trials


@pytest.mark.parametrize(
    ("found", "expected", "lost", "doubled"),
    [
        ("abc", "abc", 0, 0),
        ("ab", "abc", 1, 0),
        ("abcc", "abc", 0, 1),
        ("abx", "abc", 1, 1),
        ("", "abc", 3, 0),
        ("aabb", "ab", 0, 2),
    ],
)
def test_what_is_missing_is_lost_and_what_is_there_beside_is_doubled(
    found: str, expected: str, lost: int, doubled: int
) -> None:
    assert compared(found, expected) == Tally(len(expected), lost, doubled)


@pytest.mark.parametrize("tally", [Tally(5, 1, 0), Tally(5, 0, 1), Tally(0)])
def test_whoever_lost_or_doubled_anything_or_counted_nothing_fails(tally: Tally) -> None:
    kept: list[object] = []
    with pytest.raises(AssertionError):
        Tried(lambda *row: kept.append(row))("ingest", "kill", tally)
    assert len(kept) == 1, "and it stands in the table all the same"


def test_the_same_fault_at_the_same_stage_is_one_row_and_sums_are_of_all() -> None:
    reports = []
    for stage, tally, times, seconds in (
        ("ingest", Tally(10), 2, 1.5),
        ("predict", Tally(3, 1), 1, None),
        ("ingest", Tally(20, 0, 4), 3, 0.5),
    ):
        kept: list[tuple[str, object]] = []
        tried = Tried(lambda name, value, kept=kept: kept.append((name, value)))  # type: ignore[misc]
        if tally.lost or tally.doubled:
            with pytest.raises(AssertionError):
                tried(stage, "kill -9", tally, times=times, seconds=seconds)
        else:
            tried(stage, "kill -9", tally, times=times, seconds=seconds)
        reports.append(SimpleNamespace(user_properties=[("other", 1), *kept]))
        assert kept[0][0] == PROPERTY
    page = rendered(trials(reports), ["tests/faults/x.py::test_x"], {"NOT TESTED: no disk": 2}, 90, full=False)
    assert "| ingest | kill -9 | 5 | 30 | 0 | 4 | 1.5 s |" in page
    assert "| predict | kill -9 | 1 | 3 | 1 | 0 |  |" in page
    assert "In all: 6 faults, 33 things counted, 1 lost, 4 doubled." in page
    assert "- `tests/faults/x.py::test_x`" in page
    assert "- NOT TESTED: no disk (2)" in page
    assert "at the size of `make test`" in page
