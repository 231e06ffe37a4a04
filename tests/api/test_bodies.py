"""Bodies, as an app behind the limit gets to read them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from dankmeme.api.bodies import LEAST_RATE, MAX_BODY, MAX_SMALL, MAX_TEXT, BodyLimit

FORM = "multipart/form-data; boundary=b"
Pieces = Callable[[], AsyncIterator[bytes]]


async def reading(limit: BodyLimit, pieces: AsyncIterator[bytes], **headers: str) -> int:
    """Send pieces to an app that reads all of them; the bytes that it got."""
    scope = {
        "type": "http",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    came = aiter(pieces)

    async def receive() -> Message:
        piece = await anext(came, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(_: Message) -> None:
        """Nobody listens."""

    scope["got"] = 0
    await limit(scope, receive, send)
    got = scope["got"]
    assert isinstance(got, int)
    return got


async def whole(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that reads the whole body."""
    while (message := await receive())["more_body"]:
        scope["got"] += len(message["body"])


async def at_once(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def dripping(piece: bytes, count: int, every: float) -> AsyncIterator[bytes]:
    for _ in range(count):
        await asyncio.sleep(every)
        yield piece


def refused(limit: BodyLimit, pieces: AsyncIterator[bytes], **headers: str) -> int:
    with pytest.raises(HTTPException) as caught:
        asyncio.run(reading(limit, pieces, **headers))
    return caught.value.status_code


@pytest.mark.parametrize(("kind", "most"), [(FORM, MAX_BODY), ("application/json", MAX_TEXT), ("", MAX_TEXT)])
def test_a_body_has_its_limit_by_what_it_is(kind: str, most: int) -> None:
    limit, half = BodyLimit(whole), bytes(most // 2)
    assert asyncio.run(reading(limit, at_once(half, half), content_type=kind)) == 2 * len(half)
    assert refused(limit, at_once(half, half, b"xxx"), content_type=kind) == 413
    assert refused(limit, at_once(), content_type=kind, content_length=str(most + 1)) == 413
    assert refused(limit, at_once(), content_type=kind, content_length="9" * 5_000) == 413


def test_one_that_comes_too_slowly_is_given_up_and_a_slow_one_that_brings_enough_is_not() -> None:
    limit = BodyLimit(whole, patience=0.15)
    assert refused(limit, dripping(b"x", 100, 0.05)) == 408
    assert asyncio.run(reading(limit, dripping(bytes(LEAST_RATE), 10, 0.05))) == 10 * LEAST_RATE


def test_the_time_that_the_app_takes_is_not_the_clients() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["more_body"]:
            await asyncio.sleep(0.1)
            scope["got"] += len(message["body"])

    assert asyncio.run(reading(BodyLimit(slow, patience=0.2), at_once(*[b"x"] * 5))) == 5


def test_all_bodies_have_room_together_and_it_is_given_back() -> None:
    async def run() -> list[int]:
        going, found = asyncio.Event(), []

        async def held(scope: Scope, receive: Receive, send: Send) -> None:
            await whole(scope, receive, send)
            await going.wait()

        limit = BodyLimit(held, most_held=1_000_000)
        first = asyncio.create_task(reading(limit, at_once(bytes(900_000))))
        await asyncio.sleep(0.01)
        for size in (200_000, MAX_SMALL):
            other = asyncio.create_task(reading(limit, at_once(bytes(size))))
            await asyncio.sleep(0.01)
            found.append(other.exception().status_code if other.done() else 200)  # type: ignore[union-attr]
        going.set()
        await first
        found.append(await reading(limit, at_once(bytes(900_000))))
        return found

    assert asyncio.run(run()) == [503, 200, 900_000]


def test_once_an_answer_has_begun_a_body_that_breaks_a_limit_counts_as_broken_off() -> None:
    async def answers_first(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        scope["got"] = (await receive())["type"] == "http.disconnect"

    found: Any = asyncio.run(reading(BodyLimit(answers_first, patience=0.05), dripping(b"x", 3, 1)))
    assert found is True
