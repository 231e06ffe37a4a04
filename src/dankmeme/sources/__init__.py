"""Where posts come from. A new source is one file beside these, and one line here."""

from __future__ import annotations

from dankmeme.fetch import Fetcher
from dankmeme.settings import Settings
from dankmeme.sources.archive import ArchiveSource
from dankmeme.sources.feed import FeedSource
from dankmeme.sources.files import FilesSource
from dankmeme.sources.lemmy import LemmySource
from dankmeme.sources.reddit import RedditSource
from dankmeme.sources.source import Page, Query, Sort, Source, bad_query

__all__ = ["SOURCES", "Page", "Query", "Sort", "Source", "open_source"]

SOURCES: dict[str, type[Source]] = {
    "reddit": RedditSource,
    "lemmy": LemmySource,
    "feed": FeedSource,
    "archive": ArchiveSource,
    "files": FilesSource,
}
"""Every source by its name."""


def open_source(name: str, settings: Settings, fetcher: Fetcher) -> Source:
    """A source, ready to be asked; close it in the end.

    Args:
        name: one of `SOURCES`.
        settings: credentials and addresses.
        fetcher: the way out to the network; it stays yours to close.

    Raises:
        SourceError: `bad-query`, there is no source of that name.
    """
    if name not in SOURCES:
        raise bad_query(f"there is no source {name!r}, only {', '.join(SOURCES)}")
    return SOURCES[name](settings, fetcher)
