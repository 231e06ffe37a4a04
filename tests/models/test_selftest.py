from __future__ import annotations

from collections.abc import Iterator

import pytest

from dankmeme.models import selftest
from dankmeme.models.classifier import Classifier
from dankmeme.models.selftest import Check, failed_checks

WELL = [Check("caption read in a worker", True, "'all of it'"), Check("verdict", True, "0.3 as trained")]
BUSY = [Check("caption read in a worker", False, "'half'", busy=True), Check("verdict", False, "0.5, but …")]
WRONG = [Check("caption read in a worker", False, "'else'"), Check("verdict", False, "0.5, but …")]


@pytest.fixture
def bundle(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[list[Check]]:
    """What the checks of a bundle find, one time after the other; gives what was not asked for."""
    left = list(request.param)
    monkeypatch.setattr(selftest, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(selftest, "checks", lambda _: left.pop(0))
    return left


@pytest.mark.parametrize("bundle", [[BUSY, BUSY, BUSY, WELL]], indirect=True)
def test_a_machine_that_is_too_busy_to_read_is_asked_again(bundle: list[list[Check]], any_one: Classifier) -> None:
    assert failed_checks(any_one) == []
    assert bundle == []


@pytest.mark.parametrize("bundle", [[WRONG, WELL]], indirect=True)
def test_a_bundle_that_is_wrong_is_not_asked_twice(bundle: list[list[Check]], any_one: Classifier) -> None:
    assert failed_checks(any_one) == WRONG
    assert bundle == [WELL]


@pytest.mark.parametrize("bundle", [[BUSY] * 6], indirect=True)
def test_a_machine_that_stays_too_busy_ends_with_what_it_has(bundle: list[list[Check]], any_one: Classifier) -> None:
    assert failed_checks(any_one) == BUSY
    assert bundle == []


@pytest.fixture
def any_one() -> Iterator[Classifier]:
    with Classifier(captions=False, workers=1) as classifier:
        yield classifier
