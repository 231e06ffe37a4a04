from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dankmeme.errors import SettingError, SourceError
from dankmeme.fetch import Fetcher
from dankmeme.settings import Settings, settings
from dankmeme.sources import SOURCES, Query, open_source
from tests.sources.asking import asked, failure, names

PAGE = Path(__file__).parent.parent.parent / "docs" / "sources.md"


@pytest.fixture
def registry() -> Iterator[None]:
    before = dict(SOURCES)
    yield
    SOURCES.clear()
    SOURCES.update(before)


def test_a_source_is_opened_by_its_name() -> None:
    for name in SOURCES:
        assert open_source(name, Settings(), Fetcher()).name == name


def test_a_source_that_nobody_knows_is_called_so() -> None:
    with pytest.raises(SourceError, match="reddit, lemmy, feed, archive, files") as caught:
        open_source("myspace", Settings(), Fetcher())
    assert caught.value.code == "bad-query"


@pytest.mark.usefixtures("registry")
def test_the_source_in_the_docs_works_and_goes_on_from_any_page() -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    exec(example, {})
    pages = asked("numbers", Query(limit=4))
    assert names(pages) == ["1", "2", "3", "4"]
    assert names(asked("numbers", Query(limit=4), pages[1].position)) == ["3", "4"]


def test_every_source_is_in_the_docs_and_so_is_every_reason() -> None:
    page = PAGE.read_text()
    assert [name for name in SOURCES if f"| `{name}` |" not in page] == []
    source = "".join(path.read_text() for path in (PAGE.parent.parent / "src/dankmeme/sources").glob("[!r]*.py"))
    reasons = set(re.findall(r'(?:return|else|or) "([a-z ]+)"', source))
    assert {"removed", "no image", "filtered", "broken line"} <= reasons
    assert [reason for reason in reasons if f"`{reason}`" not in page] == []


@pytest.mark.parametrize("name", SOURCES)
def test_a_limit_of_nothing_gives_nothing_and_one_below_is_refused(name: str) -> None:
    where = {"lemmy": "memes@127.0.0.1:1", "feed": "http://127.0.0.1:1/", "archive": "/dev/null", "files": "/dev/null"}
    if name not in ("archive", "files"):
        assert names(asked(name, Query(where.get(name, ""), limit=0))) == []
    assert failure(name, Query(where.get(name, ""), limit=-1)).code == "bad-query"


# Settings


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    settings.cache_clear()
    yield monkeypatch
    settings.cache_clear()


def test_allowed_hosts_are_read_with_commas_between(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DANK_FETCH_ALLOW", "127.0.0.1:*, mirror.lan:8080,[::1]:80")
    assert settings().fetch_allow == ("127.0.0.1:*", "mirror.lan:8080", "[::1]:80")


@pytest.mark.parametrize("value", ["localhost", "*", "http://x:80", "a:b", "x:80 y:80", "a:1,,b:2"])
def test_an_allowance_that_makes_no_sense_is_refused(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("DANK_FETCH_ALLOW", value)
    with pytest.raises(SettingError, match="DANK_FETCH_ALLOW"):
        settings()


def test_an_allowed_host_of_the_settings_is_fetched_from() -> None:
    async def run() -> list[bool]:
        async with Fetcher(allow=Settings(fetch_allow=("[::1]:80", "Mirror.lan:*")).fetch_allow) as fetcher:
            return [fetcher.allows("::1", 80), fetcher.allows("mirror.lan", 1), fetcher.allows("::1", 81)]

    assert asyncio.run(run()) == [True, True, False]
