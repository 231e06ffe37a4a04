from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.faults.postgres import postgres
from tests.faults.running import PROVE
from tests.faults.s3 import S3Server
from tests.faults.table import Tried, rendered, trials

__all__ = ["postgres"]

PAGE = ROOT / "build" / "faults.md"
HERE = "tests/faults/"
_began = time.monotonic()


@pytest.fixture
def s3() -> Iterator[S3Server]:
    """An S3 server with an empty bucket that can be taken away."""
    with S3Server() as server:
        yield server


@pytest.fixture
def tried(record_property: Callable[[str, object], None]) -> Tried:
    """Puts what a test counted into the table of faults."""
    return Tried(record_property)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of faults, and write it to `build/faults.md`."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.stats.get(outcome, [])]
    found = trials(each for each in reports if each.when == "call")
    if not found:
        return
    bad = [*terminalreporter.stats.get("failed", []), *terminalreporter.stats.get("error", [])]
    failed = [each.nodeid for each in bad if each.nodeid.startswith(HERE)]
    mine = [each for each in terminalreporter.stats.get("skipped", []) if each.nodeid.startswith(HERE)]
    skipped = Counter(str(each.longrepr[2]).removeprefix("Skipped: ") for each in mine)
    text = rendered(found, failed, skipped, time.monotonic() - _began, full=PROVE)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text)
    terminalreporter.section("faults: what was tried, and what was lost")
    terminalreporter.write_line(text)
