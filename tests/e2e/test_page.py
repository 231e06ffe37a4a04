"""The page in a real browser, against a real server."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import ROOT, Server

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
WAIT = 20_000
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP, accept_downloads=True)  # type: ignore[arg-type]
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    page.goto(server.url)
    yield page
    assert errors == []
    context.close()


def drop(page: Page, path: Path) -> None:
    """Let a file fall onto the drop zone, as a hand with a mouse does."""
    transfer = page.evaluate_handle(
        """async ([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
            return transfer;
        }""",
        [path.name, list(path.read_bytes())],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.get_by_test_id("drop-zone").dispatch_event(event, {"dataTransfer": transfer})


def settled(page: Page, count: int = 1) -> None:
    expect(page.locator('[data-testid=meme]:not([data-state="pending"])')).to_have_count(count, timeout=WAIT)


def test_a_dropped_meme_gets_its_verdict(page: Page, examples: list[Path]) -> None:
    drop(page, examples[0])
    settled(page)
    expect(page.get_by_test_id("headline")).to_have_text(re.compile(r"Dank|Not dank|Can't tell", re.IGNORECASE))
    expect(page.get_by_test_id("preview")).to_be_visible()
    expect(page.get_by_test_id("gauge")).to_be_visible()
    expect(page.get_by_test_id("caption-text")).to_contain_text("BUG" if "bug" in examples[0].name else "")
    expect(page.get_by_test_id("privacy")).to_contain_text("not stored")


def test_several_memes_are_ranked_and_one_bad_file_spoils_nothing(
    page: Page, examples: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"not a picture")
    page.get_by_test_id("file-input").set_input_files([*examples[:3], bad])
    settled(page, 4)
    expect(page.get_by_test_id("rank")).to_have_count(3)
    expect(page.locator("[data-testid=problem][data-code=not-an-image]")).to_have_count(1)


def test_a_link_to_nowhere_is_explained(page: Page) -> None:
    page.get_by_test_id("link-input").fill("http://no-such-host.invalid/meme.png")
    page.get_by_test_id("link-submit").click()
    expect(page.locator("[data-testid=problem][data-code=host-unknown]")).to_be_visible(timeout=WAIT)


def test_an_example_can_be_borrowed_with_the_keyboard_alone(page: Page) -> None:
    page.get_by_test_id("example").first.focus()
    page.keyboard.press("Enter")
    settled(page)
    expect(page.get_by_test_id("headline")).to_be_visible()


def test_a_pasted_picture_is_classified(page: Page, examples: list[Path]) -> None:
    page.evaluate(
        """(bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "pasted.jpg", { type: "image/jpeg" }));
            document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
        }""",
        list(examples[1].read_bytes()),
    )
    settled(page)


def test_a_corrected_caption_is_scored_again(page: Page) -> None:
    page.get_by_test_id("example").first.click()
    settled(page)
    page.get_by_test_id("caption-edit").click()
    page.get_by_test_id("caption").fill("me and my wife hate bacon, obama and the democrats")
    with page.expect_response(lambda response: response.url.endswith("/api/v1/classify")) as answer:
        page.get_by_test_id("rescore").click()
    assert answer.value.json()["caption_source"] == "given"
    expect(page.get_by_test_id("caption-text")).to_contain_text("bacon")


def test_a_wrong_verdict_can_be_reported(page: Page, server: Server) -> None:
    page.get_by_test_id("example").first.click()
    settled(page)
    page.get_by_test_id("feedback").click()
    page.get_by_role("button", name="It is dank").click()
    expect(page.get_by_test_id("feedback-thanks")).to_be_visible(timeout=WAIT)
    assert (server.home / "feedback.jsonl").is_file()


def test_a_verdict_can_be_saved_as_a_picture(page: Page, tmp_path: Path) -> None:
    page.get_by_test_id("example").first.click()
    settled(page)
    with page.expect_download() as saved:
        page.get_by_test_id("save").click()
    saved.value.save_as(tmp_path / "card.png")
    assert (tmp_path / "card.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_says_what_the_model_cannot_tell(page: Page) -> None:
    expect(page.get_by_test_id("model")).to_contain_text("imgflip", timeout=WAIT)
    expect(page.get_by_test_id("figure").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_to_mend(browser: Browser, server: Server, scheme: Any, viewport: Any) -> None:
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    page = context.new_page()
    page.goto(server.url)
    page.get_by_test_id("example").first.click()
    settled(page)
    page.add_script_tag(path=ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js")
    found = page.evaluate("async () => (await axe.run()).violations.map((v) => `${v.id}: ${v.nodes[0].html}`)")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
