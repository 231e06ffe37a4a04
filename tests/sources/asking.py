"""Asking a source as the pipeline does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence

import pytest

from dankmeme.errors import SourceError
from dankmeme.fetch import Fetcher
from dankmeme.posts import Post
from dankmeme.settings import Settings
from dankmeme.sources import Page, Query, Source, open_source

LOOPBACK = ("127.0.0.1:*",)


def asked(name: str, query: Query, position: str | None = None, settings: Settings | None = None) -> list[Page]:
    """All pages that a query gets."""
    return _with(name, settings, lambda source: _all(source, query, position))


def scores(name: str, ids: Sequence[str], settings: Settings | None = None) -> dict[str, int]:
    return _with(name, settings, lambda source: source.scores(ids))


def failure(name: str, query: Query, position: str | None = None, settings: Settings | None = None) -> SourceError:
    """The error that a query ends with."""
    with pytest.raises(SourceError) as caught:
        asked(name, query, position, settings)
    assert caught.value.message
    return caught.value


def posts(pages: Iterable[Page]) -> list[Post]:
    return [post for page in pages for post in page.posts]


def names(pages: Iterable[Page]) -> list[str]:
    """The last part of each post's id."""
    return [post.id.rpartition(":")[2] for post in posts(pages)]


def urls(post: Post) -> list[str | None]:
    return [image.url for image in post.images]


def skipped(pages: Iterable[Page]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for page in pages:
        total.update(page.skipped)
    return dict(total)


async def _all(source: Source, query: Query, position: str | None) -> list[Page]:
    return [page async for page in source.pages(query, position)]


def _with(name, settings, ask):  # type: ignore[no-untyped-def]
    async def run():  # type: ignore[no-untyped-def]
        async with Fetcher(allow=LOOPBACK, seconds=5) as fetcher:
            source = open_source(name, settings or Settings(), fetcher)
            try:
                return await ask(source)
            finally:
                await source.close()

    return asyncio.run(run())
