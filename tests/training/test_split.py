from __future__ import annotations

import numpy as np
import pytest

from dankmeme.training.split import PARTS, Shares, runs, split_by_content, split_by_time, straddling

HOUR = 3_600.0


def test_parts_follow_one_another_in_time_and_have_their_shares() -> None:
    parts = split_by_time(np.arange(1_000.0), Shares())

    assert list(dict.fromkeys(parts.tolist())) == list(PARTS)
    counts = {part: int((parts == part).sum()) for part in PARTS}
    assert counts == {"fit": 608, "choose": 96, "calibrate": 96, "test": 150, "kept": 50}


def test_a_part_that_has_no_share_is_empty() -> None:
    parts = split_by_time(np.arange(100.0), Shares(test=0.3, kept=0.0, choose=0.0, calibrate=0.0))

    assert (parts[:70] == "fit").all()
    assert (parts[70:] == "test").all()


def test_what_was_made_too_close_before_a_part_with_figures_is_in_none() -> None:
    times = HOUR * np.arange(1_000.0)
    parts = split_by_time(times, Shares(), gap=10 * HOUR)

    starts = [int(np.flatnonzero(parts == part)[0]) for part in PARTS[3:]]
    for start in starts:
        assert (parts[start - 9 : start] == "gap").all()
        assert parts[start - 10] not in ("gap", parts[start])
    assert int((parts == "gap").sum()) == 9 * len(starts)
    assert (parts[-50:] == "kept").all()
    assert "gap" not in parts[:700]


def test_without_a_gap_nothing_is_left_out() -> None:
    assert "gap" not in split_by_time(HOUR * np.arange(500.0), Shares(), gap=0.0)


def test_a_gap_as_long_as_a_part_leaves_nothing_of_it_but_the_last_ones() -> None:
    parts = split_by_time(np.arange(200.0), Shares(), gap=1e9)

    assert set(parts.tolist()) == {"gap", "kept"}


def test_a_split_by_content_depends_on_the_key_alone() -> None:
    keys = [f"picture {number}" for number in range(2_000)]
    parts = dict(zip(keys, split_by_content(keys, Shares()).tolist(), strict=True))
    again = split_by_content(keys[::-3], Shares()).tolist()

    assert again == [parts[key] for key in keys[::-3]]
    shares = [list(parts.values()).count(part) / len(keys) for part in PARTS]
    assert shares == pytest.approx([0.608, 0.096, 0.096, 0.15, 0.05], abs=0.03)


def test_rows_of_one_key_go_together() -> None:
    parts = split_by_content(["a", "b", "a", "c", "a"], Shares())

    assert parts[0] == parts[2] == parts[4]


def test_what_straddles_the_split_leaves_the_earlier_part() -> None:
    parts = np.array(["fit", "choose", "fit", "test", "fit", "kept", "gap", "test"])
    families = ["a", "b", "a", "a", "c", "c", "d", "d"]

    assert straddling(parts, families).tolist() == [True, False, True, False, True, False, True, False]


def test_near_duplicates_in_one_part_stay() -> None:
    assert not straddling(np.array(["fit", "fit", "test", "test"]), ["a", "a", "b", "b"]).any()


def test_runs_are_of_consecutive_rows_and_keep_one_name_together() -> None:
    found = runs([*"abcdefgh", "a", "b"], 5)

    assert found.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 0, 0]
    assert runs([], 5).tolist() == []
