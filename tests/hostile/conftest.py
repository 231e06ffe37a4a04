from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.liar import Liar
from tests.hostile.site import Site, quiet, serving


@pytest.fixture(scope="session")
def liar() -> Iterator[Liar]:
    """The one host that the server may ask, of which nothing that it says is to be believed."""
    with Liar() as liar:
        yield liar


@pytest.fixture(scope="session")
def place(workers_find_the_code: None, liar: Liar, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server for all the tests of a process."""
    allowed = f"127.0.0.1:{liar.port},localhost:{liar.port},127.0.0.1:{liar.full}"
    with serving(tmp_path_factory.mktemp("home"), fetch_allow=allowed, fetch_seconds="3", retry_seconds="0.1") as site:
        yield site


@pytest.fixture
def site(place: Site) -> Iterator[Site]:
    """That server; a test after which it is gone, or has complained of anything, has failed."""
    before = place.server.stderr
    yield place
    quiet(place, before)
