"""What people said of pairs comes back as a leaderboard, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, expect

from dankmeme.storage.tables import pairs
from tests.api.running import Place, served
from tests.e2e.browsing import DESKTOP, PHONE, a_page, faults
from tests.faults.waiting import wait_until
from tests.storage.making import a_post, facts, rows, show, store

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr("dankmeme.api.people.LEAST_REST", 0.05)
    monkeypatch.setattr("dankmeme.api.people.REST", 0.0)
    with served(tmp_path) as found:
        for number in range(3):
            (image,) = store(found.storage.database, facts(number))
            show(found.storage.database, a_post(str(number)), image)
        yield found


def test_a_meme_that_was_picked_leads(browser: Browser, place: Place) -> None:
    with a_page(browser, place.url) as page:
        page.goto("/danker/leaderboard")
        expect(page.get_by_test_id("no-standings")).to_be_visible()
        page.get_by_role("link", name="Be the first.").click()
        expect(page.get_by_test_id("ring")).to_be_visible()
        picked = page.get_by_test_id("left").get_by_role("button").inner_text().split("\n")[0]
        page.keyboard.press("ArrowLeft")
        judged = sa.select(pairs.c.drawn)
        wait_until(lambda: len(rows(place.storage.database, judged)) == 1, 20, "the answer is kept")
        assert rows(place.storage.database, judged)[0][0] in ("unsure", "uniform", "again")
        wait_until(lambda: place.client.get("/api/v1/leaderboard").json()["total"] == 2, 20, "it counts")
        page.get_by_role("link", name="Leaderboard").click()
        standings = page.get_by_test_id("standing")
        expect(standings).to_have_count(2)
        expect(standings.first).to_contain_text(picked)
        expect(page.get_by_test_id("agreement")).to_contain_text("too few were asked the same")


def test_the_leaderboard_has_no_fault_on_a_desk_or_in_a_hand_by_day_or_by_night(browser: Browser, place: Place) -> None:
    place.client.put("/api/v1/posts/reddit:1/vote", json={"vote": "dank"})
    with a_page(browser, place.url, bypass_csp=True) as page:
        for size in (DESKTOP, PHONE):
            for scheme in ("light", "dark"):
                page.set_viewport_size(size)
                page.emulate_media(color_scheme=scheme)
                page.goto("/danker/leaderboard")
                expect(page.get_by_test_id("agreement")).to_be_visible()
                expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
                assert faults(page) == []
