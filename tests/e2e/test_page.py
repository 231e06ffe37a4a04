"""The page in a real browser, against a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Server
from tests.e2e.browsing import DESKTOP, PHONE, WAIT, a_page, faults

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    with a_page(browser, server.url, accept_downloads=True, reduced_motion="no-preference") as page:
        page.goto("/")
        yield page


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
    expect(page.get_by_role("heading", name="Classify your own")).to_be_visible()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")  # only now it listens
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
    with a_page(browser, server.url, viewport=viewport, color_scheme=scheme, bypass_csp=True) as page:
        page.goto("/")
        page.get_by_test_id("example").first.click()
        settled(page)
        assert faults(page) == []
