"""A `dank serve` among the fake sites, as its users start it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from aiohttp import web
from playwright.sync_api import Page

from tests.conftest import free_port
from tests.faults.processes import Command
from tests.faults.waiting import wait_until
from tests.scraping.world import HeldReddit, World

TOKEN = "a token that only the tests know"
SECONDS = 60


class GrowingReddit(HeldReddit):
    """A Reddit where posts have another score by the time that one asks for them by name.

    Attributes:
        later: that score, by post.
    """

    def __init__(self, communities: dict[str, list[dict[str, Any]]]) -> None:
        super().__init__(communities)
        self.later: dict[str, int] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/api/info":
            for name, score in self.later.items():
                self.set_score(name, score)
        return await super().answer(request)


@dataclass(frozen=True)
class Site:
    """A server while it runs.

    Attributes:
        client: asks it with the admin token.
    """

    here: World
    url: str
    server: Command
    client: httpx.Client

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition while the server runs; a server that is asked all the time has no time to work."""
        wait_until(lambda: self.server.code is not None or condition(), SECONDS, what, every=0.1)
        assert self.server.code is None, f"the server ended: {self.server.stderr}"

    def posts(self, **asked: str) -> list[dict[str, Any]]:
        """All posts of the feed, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = self.client.get("/api/v1/posts", params=asked | {"cursor": cursor} if cursor else asked).json()
            found, cursor = found + answer["posts"], answer["next"]
        return found

    def post(self, name: str) -> dict[str, Any]:
        """All about one post."""
        found: dict[str, Any] = self.client.get(f"/api/v1/posts/{quote(name, safe='')}").json()
        return found

    def predicted(self) -> bool:
        """Whether every picture that came is stored, and predicted or given up by every version."""
        pictures = self.here.rest.rows("SELECT count(*) FROM images")
        open_ones = self.here.rest.rows("SELECT count(*) FROM predictions WHERE state = 'pending'")
        lacking = self.here.rest.rows(
            "SELECT 1 FROM images i, versions v WHERE v.active AND NOT EXISTS (SELECT 1 FROM predictions p "
            "WHERE p.image = i.sha256 AND p.model = v.model AND p.version = v.version)"
        )
        return bool(pictures) and self.here.settled() and open_ones == [(0,)] and not lacking

    def read(self, schedule: str) -> None:
        """Let a schedule be due now."""
        answer = self.client.patch(f"/api/v1/schedules/{quote(schedule, safe='')}", json={"run_now": True})
        assert answer.status_code == 200, answer.text


@contextmanager
def serving(here: World, ready: str = "ready", **settings: str) -> Iterator[Site]:
    """A server that reads captions, once its route `ready` says that all is well; its client is the admin."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    known = {"captions": "true", "caption_readers": "1", "admin_token": TOKEN, "rate_limit": "0"} | settings
    with (
        here.dank("serve", "--port", str(port), **known) as server,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as client,
    ):
        site = Site(here, url, server, client)
        site.until(lambda: _is_well(client, ready), f"it is {ready}")
        yield site


def sign_in(page: Page) -> None:
    """Sign in as admin, as a person does."""
    page.goto("/signin")
    page.get_by_test_id("token").fill(TOKEN)
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("sign-out").wait_for()


def _is_well(client: httpx.Client, route: str) -> bool:
    try:
        return client.get(f"/api/v1/{route}").status_code == 200
    except httpx.TransportError:
        return False
