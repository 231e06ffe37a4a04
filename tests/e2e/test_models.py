"""Models in the browser: who looks sees what each is worth and got wrong; an admin tries, promotes and rolls back."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dankmeme.models.caption import READER
from dankmeme.storage.database import Database
from dankmeme.storage.sights import KeptCaption, keep
from tests.bundles import variant
from tests.drawing import encoded, texture
from tests.e2e.browsing import DESKTOP, PHONE, WAIT, a_page, faults
from tests.e2e.serving import Site, serving, sign_in
from tests.scraping.world import World, world

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
COUNT = 60
SHIPPED, RIVAL = "imgflip-1", "imgflip-2"


def memes(folder: Path) -> Path:
    """A folder of posts of two years ago, one an hour, with scores."""
    folder.mkdir()
    born = time.time() - 2 * 365 * 86_400
    lines = []
    for number in range(COUNT):
        (folder / f"{number:02}.jpg").write_bytes(encoded(texture(72, 96, 900 + number), "JPEG", quality=80))
        line = {"id": f"{number:02}", "file": f"{number:02}.jpg", "title": f"Number {number}", "community": "economy"}
        lines.append(json.dumps(line | {"created_utc": born + 3_600 * number, "score": number * 37 % 61}))
    (folder / "posts.jsonl").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, workers_find_the_code: None) -> Iterator[Site]:
    """A server and a worker, posts whose outcome is known, the bundle that ships and a candidate."""
    place = tmp_path_factory.mktemp("models")
    variant(place / "rival", "2")
    with world(place / "home") as here:
        said = here.said(("ingest", str(memes(place / "memes"))), ("models", "add", str(place / "rival")))
        assert [each.code for each in said] == [0, 0], said
        read_beforehand(here)
        with serving(here) as site, here.dank("worker", captions="true", caption_readers="1"):
            site.until(lambda: _predicted(here) == COUNT, "all is predicted")
            site.until(lambda: len(site.client.get("/api/v1/models").json()["processes"]) == 2, "both are there")
            yield site


def read_beforehand(here: World) -> None:
    """Nothing is written on the pictures, and it is known: to read them takes longer than all else."""
    images = [str(image) for (image,) in here.rest.rows("SELECT sha256 FROM images")]
    database = Database(f"sqlite:///{here.home / 'dank.db'}")
    keep(database, [], [KeptCaption(image, READER, "", [], True, 96, 72) for image in images])
    database.close()


def _predicted(here: World) -> int:
    """How many headlines there are; the server is not asked, since it would keep its ledger of too few for a minute."""
    return int(here.rest.rows("SELECT count(*) FROM predictions WHERE model = 'verdict' AND state = 'success'")[0][0])


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with a_page(browser, site.url) as page:
        yield page


def model(page: Page, version: str) -> Locator:
    return page.locator(f'[data-testid=model][data-version="{version}"]')


def test_everybody_sees_who_answers_and_how_the_versions_do(page: Page) -> None:
    page.goto("/status")
    page.get_by_role("link", name="More about them").click()
    expect(page.get_by_role("heading", name="Models", level=1)).to_be_visible()
    in_use = page.get_by_test_id("in-use")
    expect(in_use).to_contain_text(f"{SHIPPED} answers")
    expect(in_use).to_contain_text("Used by 2 of 2 processes")
    shipped = model(page, SHIPPED)
    expect(shipped).to_contain_text(f"{COUNT} made")
    expect(shipped.get_by_test_id("on-ledger")).to_contain_text(re.compile(rf"ReplayedAUC 0\.\d+ .*on {COUNT} posts"))
    expect(shipped.get_by_test_id("on-ledger")).to_contain_text("LiveNo forecast of it has met an outcome")
    expect(model(page, RIVAL)).to_contain_text("candidate")
    board = page.get_by_test_id("leaderboard")
    expect(board.get_by_role("table").filter(has_text="AUC")).to_contain_text(SHIPPED)
    board.get_by_test_id("side-live").click()
    expect(board).to_contain_text("No forecast of a post whose outcome is known yet")
    expect(page.get_by_test_id("guest")).to_be_visible()
    expect(page.get_by_test_id("promote")).to_have_count(0)


def test_what_a_version_got_wrong_can_be_looked_at_post_by_post(page: Page, site: Site) -> None:
    page.goto("/models")
    page.get_by_role("heading", name=SHIPPED).get_by_role("link", name=SHIPPED, exact=True).last.click()
    expect(
        page.get_by_test_id("outcomes").get_by_role("img", name=re.compile("Forecasts against outcomes"))
    ).to_be_visible()
    expect(page.get_by_test_id("ladder")).to_contain_text("caption (read)")
    page.get_by_test_id("card").locator("summary").click()
    expect(page.get_by_test_id("card").get_by_role("heading", name="What it was made from")).to_be_visible()
    misses = page.get_by_test_id("misses")
    misses.get_by_test_id("kind-underrated").click()
    misses.locator('[data-slice="community economy"]').click()
    expect(page).to_have_url(re.compile(r"slice=community&name=economy&kind=underrated"))
    wanted = {"side": "replayed", "slice": "community", "name": "economy", "kind": "underrated"}
    found = site.client.get(f"/api/v1/models/{SHIPPED}/misses", params=wanted).json()["posts"]
    tiles = misses.get_by_test_id("miss")
    expect(tiles).to_have_count(len(found))
    expect(tiles.first).to_contain_text(found[0]["post"]["title"])
    expect(tiles.first).to_contain_text(f"Said {round(found[0]['forecast'] * 100)}\u00a0% dank")
    tiles.first.get_by_role("link").click()
    expect(page.get_by_role("heading", name=found[0]["post"]["title"], level=1)).to_be_visible()
    page.go_back()
    expect(misses.locator('[data-slice="community economy"]')).to_have_attribute("aria-pressed", "true")
    expect(tiles).to_have_count(len(found))


def test_an_admin_tries_a_model_in_the_shadow_promotes_it_against_the_gate_and_rolls_back(
    page: Page, site: Site
) -> None:
    sign_in(page)
    page.goto("/models")
    rival = model(page, RIVAL)
    rival.get_by_test_id("shadow").click()
    page.get_by_label("Another share").check()
    page.get_by_test_id("percent").fill("none")
    page.get_by_test_id("shadow-yes").click()
    expect(page.get_by_text("A number from 0.1 to 100.")).to_be_visible()
    page.get_by_test_id("percent").fill("25")
    page.get_by_test_id("shadow-yes").click()
    expect(rival.get_by_test_id("decided")).to_have_text("It predicts in the shadow: 25\u00a0%.", timeout=WAIT)
    expect(rival).to_contain_text("shadow, 25\u00a0%")
    expect(rival.get_by_test_id("spread")).to_have_count(0, timeout=WAIT)  # both processes have it

    rival.get_by_test_id("promote").click()
    dialog = page.get_by_test_id("promote-dialog")
    expect(dialog.get_by_test_id("gate")).to_have_attribute("data-code", "too few")
    expect(dialog.get_by_test_id("promote-yes")).to_be_disabled()
    dialog.get_by_test_id("insist").check()
    dialog.get_by_test_id("promote-yes").click()
    in_use = page.get_by_test_id("in-use")
    expect(in_use).to_contain_text(f"{RIVAL} answers", timeout=WAIT)
    expect(in_use).to_contain_text("Used by 2 of 2 processes", timeout=WAIT)
    assert _answering(site) == {RIVAL}
    expect(page.get_by_test_id("decisions")).to_contain_text(f"{RIVAL} promoted, against the gate by an admin")
    expect(model(page, SHIPPED)).to_contain_text("former")

    page.goto(f"/models/{RIVAL}")
    page.get_by_test_id("rollback").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"{SHIPPED} will answer again in place of {RIVAL}")
    page.get_by_test_id("confirm-yes").click()
    expect(page.get_by_test_id("summary")).to_have_attribute("data-state", "candidate", timeout=WAIT)
    expect(page.get_by_test_id("gate")).to_be_visible()
    page.get_by_role("link", name="All models").click()
    expect(in_use).to_contain_text(f"{SHIPPED} answers")
    expect(in_use).to_contain_text("Used by 2 of 2 processes", timeout=WAIT)
    assert _answering(site) == {SHIPPED}

    rival.get_by_test_id("retire").click()
    page.get_by_test_id("confirm-yes").click()
    expect(page.get_by_test_id("retired").locator("summary")).to_have_text("1 is retired", timeout=WAIT)


def _answering(site: Site) -> set[str]:
    return {each["version"] for each in site.client.get("/api/v1/models").json()["processes"]}


def test_a_model_that_nobody_knows_is_said_to_be_none(page: Page) -> None:
    page.goto("/models/nobody-9")
    expect(page.locator("[data-testid=problem][data-code=no-such-version]")).to_be_visible()


def test_axe_finds_nothing_to_mend_on_the_models_or_one_of_them_or_in_a_dialog(browser: Browser, site: Site) -> None:
    with a_page(browser, site.url, bypass_csp=True) as page:
        sign_in(page)
        for scheme, viewport in (("light", DESKTOP), ("dark", PHONE)):
            page.set_viewport_size(viewport)
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.goto("/models")
            expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            expect(page.get_by_test_id("leaderboard").get_by_role("table").first).to_be_visible()
            page.get_by_test_id("retired").locator("summary").click()
            assert faults(page) == []
            page.goto(f"/models/{SHIPPED}")
            expect(page.get_by_test_id("miss").first).to_be_visible()
            page.get_by_test_id("card").locator("summary").click()
            assert faults(page) == []
        page.goto(f"/models/{RIVAL}")
        page.get_by_test_id("shadow").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert faults(page) == []
