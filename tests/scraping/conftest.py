from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scraping.world import World, world


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    """The servers, with empty communities."""
    with world(tmp_path / "home") as servers:
        yield servers
