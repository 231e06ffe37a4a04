"""The table of what was tried and what was lost: each row is what a test counted, and nothing else."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import psutil

PROPERTY = "fault"
"""Under this name a test's report carries its trials, from whichever process it ran in."""


@dataclass(frozen=True)
class Tally:
    """What was found when all had ended.

    Attributes:
        things: how many there must be: pictures, predictions, answers…
        lost: how many of them are missing, or became something else than they must.
        doubled: how many there are beside those.
    """

    things: int
    lost: int = 0
    doubled: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.things + other.things, self.lost + other.lost, self.doubled + other.doubled)


@dataclass(frozen=True)
class Trial:
    """One thing that was done to one stage.

    Attributes:
        stage: what was at work.
        fault: what was done to it.
        times: how often.
        seconds: until it had recovered, at most; None where nothing was measured.
    """

    stage: str
    fault: str
    times: int
    things: int
    lost: int
    doubled: int
    seconds: float | None = None

    def joined(self, other: Trial) -> Trial:
        """Both as one row."""
        waited = [each.seconds for each in (self, other) if each.seconds is not None]
        return Trial(
            self.stage,
            self.fault,
            self.times + other.times,
            self.things + other.things,
            self.lost + other.lost,
            self.doubled + other.doubled,
            max(waited, default=None),
        )


class Tried:
    """What a test puts into the table.

    Args:
        record: pytest's `record_property`.
    """

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self._record = record

    def __call__(self, stage: str, fault: str, tally: Tally, *, times: int = 1, seconds: float | None = None) -> None:
        """Put in a row, and fail where anything was lost or doubled."""
        trial = Trial(stage, fault, times, tally.things, tally.lost, tally.doubled, seconds)
        self._record(PROPERTY, asdict(trial))
        assert tally.things, f"{stage}, {fault}: nothing was counted, so nothing is proven"
        assert (tally.lost, tally.doubled) == (0, 0), trial


def compared(found: Iterable[Any], expected: Iterable[Any]) -> Tally:
    """What is there, each as often as it is, against what must be there once."""
    there, must = list(found), set(expected)
    return Tally(len(must), len(must - set(there)), len(there) - len(must & set(there)))


def trials(reports: Iterable[Any]) -> list[Trial]:
    """What the tests of these reports tried, as one row for each stage and fault."""
    rows: dict[tuple[str, str], Trial] = {}
    for report in reports:
        for name, value in report.user_properties:
            if name == PROPERTY:
                trial = Trial(**value)
                known = rows.get((trial.stage, trial.fault))
                rows[trial.stage, trial.fault] = trial if known is None else known.joined(trial)
    return sorted(rows.values(), key=lambda each: (each.stage, each.fault))


def rendered(
    found: Sequence[Trial], failed: Sequence[str], skipped: Mapping[str, int], seconds: float, *, full: bool
) -> str:
    """The table as a page, with where and when."""
    machine = f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GB of memory"
    size = "at full size" if full else "at the size of `make test`"
    day = datetime.now(UTC).date().isoformat()
    lines = [
        f"Taken {day} {size}, in {seconds / 60:.0f} min, on {machine}, Linux {platform.release()}, "
        f"Python {platform.python_version()}.",
        "",
        "| stage | fault | times | counted | lost | doubled | recovered after |",
        "|---|---|--:|--:|--:|--:|--:|",
        *(_row(each) for each in found),
        "",
        f"In all: {sum(each.times for each in found):,} faults, {sum(each.things for each in found):,} things counted, "
        f"{sum(each.lost for each in found):,} lost, {sum(each.doubled for each in found):,} doubled.",
    ]
    lines += (
        ["", "Failed, and not or not wholly in the table:", "", *(f"- `{each}`" for each in failed)] if failed else []
    )
    lines += ["", "Not tried:", "", *(f"- {why} ({n})" for why, n in skipped.items())] if skipped else []
    return "\n".join(lines) + "\n"


def _row(trial: Trial) -> str:
    waited = "" if trial.seconds is None else f"{trial.seconds:.1f} s"
    counts = f"{trial.times:,} | {trial.things:,} | {trial.lost:,} | {trial.doubled:,}"
    return f"| {trial.stage} | {trial.fault} | {counts} | {waited} |"
