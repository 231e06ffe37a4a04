from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsing import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser; its loop runs in this thread, so that it must be gone when other tests begin."""
    with chromium() as browser:
        yield browser
