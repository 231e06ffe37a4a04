"""The first start: an empty feed, sample memes on a click, and the way to be rid of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dankmeme.sources.samples import samples
from tests.e2e.browsing import WAIT, a_page
from tests.e2e.serving import Site, serving, sign_in
from tests.scraping.world import world

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def site(tmp_path: Path, workers_find_the_code: None) -> Iterator[Site]:
    """A server in a new home."""
    with world(tmp_path / "home") as here, serving(here, reddit_client_id="", captions="false") as site:
        yield site


def test_an_empty_feed_is_filled_with_samples_on_a_click_and_they_go_again(browser: Browser, site: Site) -> None:
    wanted = {post.id for post in samples(0)}
    with a_page(browser, site.url) as page:
        page.goto("/latest")
        expect(page.get_by_test_id("empty")).to_be_visible()
        page.get_by_test_id("samples").click()
        cards = page.get_by_test_id("post")
        expect(cards.first).to_be_visible(timeout=WAIT)
        site.until(lambda: {post["id"] for post in site.posts()} == wanted, "all samples are there")
        assert len(wanted) == 26
        assert all(post["sample"] for post in site.posts())
        page.reload()
        expect(cards).to_have_count(24)
        expect(cards.filter(has=page.locator("[data-mark=sample]"))).to_have_count(24)
        cards.last.scroll_into_view_if_needed()
        expect(cards).to_have_count(26)

        page.goto("/status")
        expect(page.get_by_test_id("health")).to_be_visible()
        expect(page.get_by_test_id("remove-samples")).to_have_count(0)
        sign_in(page)
        page.goto("/status")
        page.get_by_test_id("remove-samples").click()
        page.get_by_test_id("confirm-yes").click()
        expect(page.get_by_test_id("remove-samples")).to_have_count(0)
        page.goto("/latest")
        expect(page.get_by_test_id("empty")).to_contain_text("No memes yet")
    assert site.posts() == []
