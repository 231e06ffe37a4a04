from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from dankmeme.models import selftest
from dankmeme.models.classifier import Classifier
from dankmeme.models.selftest import Check, failed_checks

NOBODY = cast(Classifier, None)


def told(monkeypatch: pytest.MonkeyPatch, *answers: list[Check]) -> Iterator[list[Check]]:
    """Let the checks come out like this, one time after the other."""
    coming = iter(answers)
    monkeypatch.setattr(selftest, "checks", lambda _: next(coming))
    return coming


CAPTION = Check("caption read in a worker", False, "'half of it'")
NOTHING = Check("caption read in a worker", False, "None")
VERDICT = Check("verdict", False, "0.1, but training said 0.2")
FINE = Check("verdict", True, "0.2 as trained")


@pytest.mark.parametrize("busy", [[CAPTION, VERDICT], [NOTHING, VERDICT], [CAPTION]])
def test_a_caption_that_a_busy_machine_cut_short_is_read_again(
    busy: list[Check], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, busy, busy, [FINE])
    assert failed_checks(NOBODY) == []


def test_a_verdict_that_is_wrong_by_itself_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    left = told(monkeypatch, [VERDICT], [FINE])
    assert failed_checks(NOBODY) == [VERDICT]
    assert next(left) == [FINE]


def test_a_caption_that_stays_wrong_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    told(monkeypatch, *[[CAPTION, VERDICT]] * 9)
    assert failed_checks(NOBODY) == [CAPTION, VERDICT]
