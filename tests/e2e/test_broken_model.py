"""A model version is broken or gone: the feed serves on, the others predict, and the status page says what is wrong."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dankmeme.models.bundle import Bundle
from tests.e2e.browsing import a_page
from tests.e2e.serving import Site, serving
from tests.faults.running import long
from tests.scraping.world import World, world
from tests.sources.fake_reddit import submission

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
MAIN, OTHER = "judge-1", "rival-2"
MODELS = ("automl", "cnn", "verdict")
DANKMEMES = "reddit dankmemes new"
Said = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture
def here(tmp_path: Path, workers_find_the_code: None) -> Iterator[World]:
    with world(tmp_path / "home") as servers:
        yield servers


def bundle(folder: Path, name: str, version: str) -> Path:
    """The bundle that ships, under another name."""
    shutil.copytree(Bundle.default().folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"name": name, "version": version}))
    return folder


def post(here: World, name: str) -> None:
    """Post a meme."""
    url = here.picture(name)
    here.reddit.communities["dankmemes"].append(submission(name, url=url, title=name, created_utc=time.time()))
    here.outcomes[f"reddit:{name}"] = (f"/{name}.jpg",)


def said(site: Site, name: str) -> Said:
    """What each version says of a post."""
    return {(each["version"], each["model"]): each for each in site.post(f"reddit:{name}")["predictions"]}


def troubles(site: Site) -> list[str]:
    found: list[str] = site.client.get("/api/v1/status").json()["troubles"]
    return found


@long
def test_a_version_that_is_broken_or_gone_spoils_nothing_and_catches_up_when_it_is_mended(
    here: World, browser: Browser, tmp_path: Path
) -> None:
    main, other = bundle(tmp_path / "main", "judge", "1"), bundle(tmp_path / "other", "rival", "2")
    settings = {"bundle": str(main), "bundles": str(other), "schedules": "reddit dankmemes adaptive"}
    post(here, "first")
    with serving(here, **settings) as site:
        site.until(site.predicted, "both versions predict it")
        first = said(site, "first")
        assert _states(first) == {MAIN: ["success"] * 3, OTHER: ["success"] * 3}
        assert troubles(site) == []
    with _damaged(other / "automl.onnx"), serving(here, **settings) as site:
        _one_is_broken(site, browser, first)
    main.rename(tmp_path / "away")
    with serving(here, "health", **settings) as site:
        _the_other_is_mended_and_the_main_one_gone(site, browser, first)


def _one_is_broken(site: Site, browser: Browser, first: Said) -> None:
    _read(site, "second")
    assert said(site, "first") == first
    second = said(site, "second")
    assert _states(second) == {MAIN: ["success"] * 3, OTHER: ["failed", "success", "failed"]}
    reason = second[OTHER, "automl"]
    assert reason["code"] == "bundle-damaged"
    assert reason["message"] == "other/automl.onnx is missing or does not have its checksum"
    with a_page(browser, site.url) as page:
        _the_feed_shows(page, ["second", "first"])
        page.goto("/status")
        health = page.get_by_test_id("health")
        for model in ("automl", "verdict"):
            expect(health).to_contain_text(
                f"The {model} model {OTHER} cannot predict: other/automl.onnx is missing or does not have its checksum."
            )
        expect(health).not_to_contain_text(MAIN)


def _the_other_is_mended_and_the_main_one_gone(site: Site, browser: Browser, first: Said) -> None:
    site.until(lambda: _states(said(site, "second"))[OTHER] == ["success"] * 3, "it catches up")
    _read(site, "third")
    third = said(site, "third")
    assert _states(third) == {MAIN: ["failed"] * 3, OTHER: ["success"] * 3}
    assert said(site, "first") == first
    with a_page(browser, site.url) as page:
        _the_feed_shows(page, ["third", "second", "first"])
        page.goto("/posts/reddit%3Athird")
        failed = page.get_by_test_id("predictions").locator('tr[data-state="failed"]')
        expect(failed).to_have_count(len(MODELS))
        expect(failed.first).to_contain_text(f"There is no bundle {MAIN} here.")
        page.goto("/status")
        for model in MODELS:
            expect(page.get_by_test_id("health")).to_contain_text(f"The {model} model {MAIN} cannot predict")


def _read(site: Site, name: str) -> None:
    """Post a meme, and wait until it is in and every version had its say."""
    post(site.here, name)
    site.read(DANKMEMES)
    site.until(site.predicted, f"{name} is predicted")


def _states(found: Said) -> dict[str, list[str]]:
    """What became of each version's predictions: of automl, cnn and verdict."""
    return {
        version: [found[version, model]["state"] for model in MODELS if (version, model) in found]
        for version in (MAIN, OTHER)
    }


def _the_feed_shows(page: Page, names: list[str]) -> None:
    """A card for each of these posts, with the forecasts of both models."""
    page.goto("/latest")
    expect(page.get_by_test_id("post").get_by_role("heading")).to_have_text(names)
    expect(page.get_by_test_id("both-models").get_by_text("%")).to_have_count(2 * len(names))


@contextmanager
def _damaged(path: Path) -> Iterator[None]:
    """A file of which a few bytes are others, for a while."""
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + b"gibberish")
    yield
    path.write_bytes(whole)
