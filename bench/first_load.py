"""The web app as a browser meets it for the first time: what comes over the wire, and when it can be used."""

from __future__ import annotations

import shutil
import statistics
from contextlib import closing
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from figures import Figure, Goal
from server import Server

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def first_load(home: Path, rounds: int) -> list[Figure]:
    """Open the page in so many browsers with an empty cache, one after the other."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with Server(home, captions="false") as server, sync_playwright() as playwright:
        server.until("/health/ready")
        with closing(playwright.chromium.launch(executable_path=found, args=_FLAGS)) as browser:
            _opened(browser, server.url)  # the first one also starts the browser's own processes
            seen = [_opened(browser, server.url) for _ in range(rounds)]
    kilobytes = statistics.median(size for size, _ in seen) / 1000
    seconds = statistics.median(seconds for _, seconds in seen)
    return [
        Figure(
            "web app, first load",
            kilobytes,
            "kB",
            goal=Goal("at most", 200),
            note="all answers until the network is quiet, as they came: compressed, with their heads",
        ),
        Figure(
            "… until it can be used",
            seconds,
            "s",
            goal=Goal("at most", 1),
            note="from asking for the address until a meme can be chosen, in Chromium with an empty cache",
        ),
    ]


def _opened(browser: Browser, url: str) -> tuple[int, float]:
    """Bytes that came, and seconds until there is a field to choose a meme with."""
    context = browser.new_context()
    page = context.new_page()
    wire = context.new_cdp_session(page)
    sizes: list[int] = []

    def ended(event: dict[str, Any]) -> None:
        sizes.append(int(event["encodedDataLength"]))

    wire.on("Network.loadingFinished", ended)
    wire.send("Network.enable")
    page.goto(url, wait_until="commit")
    page.wait_for_selector("input[type=file]", state="attached")
    milliseconds: float = page.evaluate("performance.now()")
    page.wait_for_load_state("networkidle")
    context.close()
    return sum(sizes), milliseconds / 1000
