from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dankmeme.cli.bundles import folder_of
from dankmeme.settings import settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """With a bundle that training wrote; commands are run beside it."""
    monkeypatch.setenv("DANK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    bundle(tmp_path / "home" / "models" / "memes-1")
    yield tmp_path / "home"
    settings.cache_clear()


def bundle(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    return folder


def test_a_bare_name_is_a_bundle_that_training_wrote(home: Path) -> None:
    assert folder_of(Path("memes-1")) == home / "models" / "memes-1"


def test_a_folder_of_that_name_here_comes_first(home: Path) -> None:
    bundle(Path("memes-1"))
    assert folder_of(Path("memes-1")) == Path("memes-1")


@pytest.mark.parametrize("named", ["memes-2", "models/memes-1", "../memes-1"])
def test_anything_else_is_taken_as_it_is(home: Path, named: str) -> None:
    assert folder_of(Path(named)) == Path(named)
