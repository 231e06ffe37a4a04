"""Which bundle is meant by what a person typed."""

from __future__ import annotations

from pathlib import Path


def folder_of(named: Path) -> Path:
    """The folder of a bundle: as it was named or, for a bare name, what training wrote into `DANK_HOME/models`."""
    from dankmeme.settings import settings

    trained = settings().home / "models" / named
    bare = len(named.parts) == 1 and not (named / "manifest.json").is_file()
    return trained if bare and (trained / "manifest.json").is_file() else named
