"""The host of pictures that tests use does what it says, and the fetcher bears it."""

from __future__ import annotations

import asyncio

import pytest

from dankmeme.errors import FetchError
from dankmeme.fetch import Fetcher
from tests.sources.pictures import METADATA, Answer, Burst, Cut, Endless, Pictures, Redirect, Slow, Status

PNG = b"\x89PNG"


def fetched(host: Pictures, path: str = "/a.png") -> bytes:
    async def run() -> bytes:
        async with Fetcher(allow=[host.place], seconds=0.5) as fetcher:
            return await fetcher.fetch(host.url + path)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "code", "passing"),
    [
        (Status(404), "not-found", False),
        (Status(429, {"Retry-After": "3"}), "host-busy", True),
        (Redirect(METADATA), "address-refused", False),
        (Burst(1, PNG), "fetch-failed", True),
        (Slow(5, PNG), "fetch-timeout", True),
        (Endless(), "file-too-large", False),
        (Cut(PNG), "fetch-failed", True),
    ],
)
def test_what_can_go_wrong_with_a_picture_is_told_apart(answer: Answer, code: str, passing: bool) -> None:
    with Pictures({"/a.png": answer}) as host:
        with pytest.raises(FetchError) as caught:
            fetched(host)
        assert (caught.value.code, caught.value.passing) == (code, passing)
        assert host.count("/a.png") == 1


def test_a_picture_is_given() -> None:
    with Pictures({"/a.png": PNG, "/b.png": Redirect("/a.png"), "/c.png": Slow(0, PNG)}) as host:
        assert [fetched(host, path) for path in ("/a.png", "/b.png", "/c.png")] == [PNG] * 3


def test_a_burst_passes() -> None:
    with Pictures({"/a.png": Burst(2, PNG)}) as host:
        for _ in range(2):
            with pytest.raises(FetchError):
                fetched(host)
        assert fetched(host) == PNG


def test_a_redirect_to_another_port_that_nobody_allowed_is_refused() -> None:
    with Pictures({"/a.png": PNG}) as other, Pictures({"/a.png": Redirect(other.url + "/a.png")}) as host:
        with pytest.raises(FetchError) as caught:
            fetched(host)
        assert caught.value.code == "address-refused"
        assert other.count() == 0
