from __future__ import annotations

import asyncio

import dankmeme.pace
from dankmeme.pace import Pace


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def starts(pace: Pace, clock: Clock, hosts: list[str]) -> list[float]:
    async def run() -> list[float]:
        times = []
        for host in hosts:
            async with pace.turn(host):
                times.append(round(clock() - 100, 6))
        return times

    return asyncio.run(run())


def test_requests_to_one_host_start_in_even_steps() -> None:
    clock = Clock()
    assert starts(Pace(8, 4, clock=clock, sleep=clock.sleep), clock, ["a"] * 4) == [0, 0.25, 0.5, 0.75]


def test_hosts_do_not_wait_for_each_other() -> None:
    clock = Clock()
    assert starts(Pace(8, 4, clock=clock, sleep=clock.sleep), clock, ["a", "b", "a", "b"]) == [0, 0, 0.25, 0.25]


def test_without_a_rate_nobody_waits() -> None:
    clock = Clock()
    assert starts(Pace(8, 0, clock=clock, sleep=clock.sleep), clock, ["a"] * 3) == [0, 0, 0]


def test_no_more_than_the_places_are_taken_at_once() -> None:
    async def run() -> int:
        pace, inside, most = Pace(3, 0), 0, 0

        async def ask() -> None:
            nonlocal inside, most
            async with pace.turn("a"):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(ask() for _ in range(20)))
        return most

    assert asyncio.run(run()) == 3


def test_a_host_that_nobody_asks_any_more_is_forgotten() -> None:
    clock = Clock()
    pace = Pace(1, 50, clock=clock, sleep=clock.sleep)

    async def run() -> None:
        for number in range(dankmeme.pace.MANY_HOSTS * 2):
            clock.now += 1
            async with pace.turn(str(number)):
                pass

    asyncio.run(run())
    assert len(pace._hosts) <= dankmeme.pace.MANY_HOSTS + 1
