"""The app behind a real reverse proxy, beneath a path of a host that has other things at its root."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import WAIT, a_page
from tests.e2e.serving import TOKEN, Site, serving
from tests.scraping.world import world
from tests.sources.serving import LoopbackServer

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
ROOT = "/fun/memes"
PAGES = ("latest", "danker", "danker/leaderboard", "ledger", "models", "status", "communities", "signin", "docs")


class Proxy(LoopbackServer):
    """Hands on what lies beneath the path, which it takes away; the rest of the host is somebody else's.

    Attributes:
        strayed: what was asked of the rest.
    """

    def __init__(self, to: str) -> None:
        super().__init__()
        self._to = to
        self.strayed: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path_qs
        if not path.startswith(f"{ROOT}/"):
            self.strayed.append(path)
            return web.Response(status=404, text="somebody else's")
        headers = {name: value for name, value in request.headers.items() if name.lower() != "accept-encoding"}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                f"{self._to}{path.removeprefix(ROOT)}",
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
            ) as asked,
        ):
            answer = web.StreamResponse(status=asked.status)
            for name, value in asked.headers.items():
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    answer.headers.add(name, value)
            with suppress(ConnectionError):  # whoever asked has gone
                await answer.prepare(request)
                async for piece in asked.content.iter_any():
                    await answer.write(piece)
            return answer


@pytest.fixture
def site(tmp_path: Path, workers_find_the_code: None) -> Iterator[Site]:
    """A server in a new home."""
    settings = {"reddit_client_id": "", "captions": "false", "root_path": ROOT}
    with world(tmp_path / "home") as here, serving(here, **settings) as site:
        yield site


def test_every_page_works_beneath_a_path_and_asks_for_nothing_outside(browser: Browser, site: Site) -> None:
    with Proxy(site.url) as proxy, a_page(browser, proxy.url) as page:
        page.goto(f"{ROOT}/latest")
        page.get_by_test_id("samples").click()
        expect(page.get_by_test_id("post").first).to_be_visible(timeout=WAIT)
        expect(page.locator("[data-testid=post] img").first).to_have_js_property("complete", True)
        page.get_by_test_id("post").first.get_by_role("link").first.click()
        page.wait_for_url(f"**{ROOT}/posts/*")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for name in PAGES:
            page.goto(f"{ROOT}/{name}")
            expect(page.locator("h1, h2").first).to_be_visible(timeout=WAIT)
        page.goto(f"{ROOT}/")
        page.get_by_role("link", name="Ledger").first.click()
        page.wait_for_url(f"**{ROOT}/ledger")
        page.goto(f"{ROOT}/signin")
        page.get_by_test_id("token").fill(TOKEN)
        page.get_by_test_id("sign-in").click()
        page.get_by_test_id("sign-out").wait_for()
        assert proxy.strayed == []
