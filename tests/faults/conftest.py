from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.postgres import postgres
from tests.faults.s3 import S3Server

__all__ = ["postgres"]


@pytest.fixture
def s3() -> Iterator[S3Server]:
    """An S3 server with an empty bucket that can be taken away."""
    with S3Server() as server:
        yield server
