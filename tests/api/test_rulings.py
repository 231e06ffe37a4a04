"""What the gate says of a candidate is reckoned once a minute, however many ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from dankmeme.api import rulings
from dankmeme.api.rulings import MOST_KEPT, Rulings
from dankmeme.storage.database import Database
from dankmeme.training.gate import Ruling


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The pairs that the ledger was asked about."""
    found: list[tuple[str, str]] = []

    def ruling(_: Database, candidate: str, active: str) -> Ruling:
        found.append((candidate, active))
        return Ruling(False, "too few", f"{len(found)}", "live posts", 0)

    monkeypatch.setattr(rulings, "ruling_on_ledger", ruling)
    return found


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'dank.db'}")


def test_a_pair_is_asked_about_once_and_each_pair_for_itself(asked: list[tuple[str, str]], database: Database) -> None:
    kept = Rulings()
    first = kept.of(database, "b", "a")
    assert kept.of(database, "b", "a") is first
    assert kept.of(database, "b", "c") is not first
    assert asked == [("b", "a"), ("b", "c")]


def test_after_a_minute_it_is_asked_again(
    asked: list[tuple[str, str]], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Rulings()
    kept.of(database, "b", "a")
    monkeypatch.setattr(rulings, "KEPT_SECONDS", -1.0)
    kept.of(database, "b", "a")
    assert len(asked) == 2


def test_only_so_many_are_kept(asked: list[tuple[str, str]], database: Database) -> None:
    kept = Rulings()
    for number in range(MOST_KEPT + 1):
        kept.of(database, f"{number}", "a")
    kept.of(database, f"{MOST_KEPT}", "a")
    assert len(asked) == MOST_KEPT + 1
    kept.of(database, "0", "a")
    assert len(asked) == MOST_KEPT + 2
