from __future__ import annotations

import resource
from types import SimpleNamespace

import pytest

from dankmeme.api import connections
from dankmeme.api.connections import MOST_CONNECTIONS, RESERVED, make_room, room


@pytest.mark.parametrize(
    ("soft", "hard", "expected", "raised"),
    [
        (1_024, 4_096, 4_096 - RESERVED, 4_096),
        (1_024, 1_024, 1_024 - RESERVED, 1_024),
        (1_024, resource.RLIM_INFINITY, MOST_CONNECTIONS, MOST_CONNECTIONS + RESERVED),
        (100_000, 100_000, MOST_CONNECTIONS, None),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, MOST_CONNECTIONS, None),
        (300, 300, RESERVED, 300),
    ],
)
def test_there_is_room_for_as_many_connections_as_the_system_lets_us(
    soft: int, hard: int, expected: int, raised: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(
        connections,
        "resource",
        SimpleNamespace(
            RLIMIT_NOFILE=7,
            RLIM_INFINITY=resource.RLIM_INFINITY,
            getrlimit=lambda _: (soft, hard),
            setrlimit=lambda _, limits: asked.append(limits),
        ),
    )
    assert room() == expected
    assert asked == ([] if raised is None else [(raised, hard)])


def test_room_is_made_by_those_that_have_taken_longest_to_say_what_they_want() -> None:
    gone: list[int] = []
    crowd = [
        SimpleNamespace(
            waits_since=None if number % 2 else float(number), drop=lambda number=number: gone.append(number)
        )
        for number in range(100)
    ]
    make_room(reversed(crowd))  # type: ignore[arg-type]
    assert gone == [0, 2, 4, 6, 8, 10]
