"""What every test with a browser needs: the browser, windows of two sizes, and what axe says of a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.conftest import ROOT

WAIT = 20_000
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_AXE = (
    "async () => (await axe.run({ resultTypes: ['violations'] })).violations.map((v) => `${v.id}: ${v.nodes[0].html}`)"
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def a_page(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A window of its own, with cookies of its own, in which nothing may break.

    Args:
        browser: of this machine.
        url: what stands before relative addresses.
        options: of Playwright's `new_context`.
    """
    context = browser.new_context(base_url=url, **{"viewport": DESKTOP, "reduced_motion": "reduce"} | options)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield page
    assert errors == []
    context.close()


def faults(page: Page) -> list[str]:
    """What axe finds to mend once nothing moves, and whether the page is wider than its window.

    The page must have been told not to heed its own policy for scripts.
    """
    if page.evaluate("typeof axe") == "undefined":
        page.add_script_tag(path=ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js")
    page.wait_for_function("document.getAnimations().every((each) => each.playState !== 'running')")
    found: list[str] = page.evaluate(_AXE)
    if not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
        found.append("wider than the window")
    return found
