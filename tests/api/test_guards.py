from __future__ import annotations

import pytest
from fastapi import Request

from dankmeme.api.guards import RateLimit
from dankmeme.errors import DankError


def request_from(host: str) -> Request:
    return Request({"type": "http", "client": (host, 1), "headers": []})


async def _hits(limit: RateLimit, *hosts: str) -> list[bool]:
    passed = []
    for host in hosts:
        try:
            await limit(request_from(host))
            passed.append(True)
        except DankError as error:
            passed.append(error.code != "too-many-requests")
    return passed


def run(limit: RateLimit, *hosts: str) -> list[bool]:
    import asyncio

    return asyncio.run(_hits(limit, *hosts))


def test_a_client_may_ask_so_often_a_minute_and_another_one_is_not_held_up() -> None:
    assert run(RateLimit(2, "requests"), "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2") == [True, True, False, True]


def test_one_ipv6_network_counts_as_one_client() -> None:
    assert run(RateLimit(1, "requests"), "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1") == [True, False, True]


def test_an_ipv4_address_that_comes_as_ipv6_counts_as_itself() -> None:
    hosts = ("::ffff:10.0.0.1", "::ffff:10.0.0.2", "10.0.0.1")
    assert run(RateLimit(1, "requests"), *hosts) == [True, True, False]


@pytest.mark.parametrize("times", [1, 50])
def test_zero_means_no_limit(times: int) -> None:
    assert all(run(RateLimit(0, "requests"), *["10.0.0.1"] * times))
