"""`dank doctor` says what is wrong where something is, and does not break off itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from dankmeme.pipeline.checkup import Finding, checkup
from dankmeme.settings import Settings
from dankmeme.storage import open_storage


def faults(settings: Settings) -> dict[str, Finding]:
    return {each.name: each for each in checkup(settings, {}) if each.state == "fault"}


@pytest.mark.parametrize("whole", [0.0, 0.05, 0.3, 0.6])
def test_a_damaged_database_is_a_finding_that_says_how_to_mend_it(tmp_path: Path, whole: float) -> None:
    settings = Settings(home=tmp_path)
    with open_storage(settings):
        pass
    path = tmp_path / "dank.db"
    data = path.read_bytes()
    kept = round(whole * len(data))
    path.write_bytes(data[:kept] + b"\xa5" * (len(data) - kept))

    found = faults(settings)
    assert found
    assert any("restore" in each.mend for each in found.values()), found


def test_a_home_that_may_not_be_looked_at_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, exists = tmp_path / "locked" / "home", Path.exists

    def forbidden(self: Path) -> bool:
        if self == home:
            raise PermissionError(13, "Permission denied")
        return exists(self)

    monkeypatch.setattr(Path, "exists", forbidden)
    names = [each.name for each in checkup(Settings(home=home), {})]
    assert "disk" in names
