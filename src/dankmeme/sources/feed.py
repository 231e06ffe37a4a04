"""RSS and Atom: any feed whose entries show a picture."""

from __future__ import annotations

import asyncio
import calendar
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

from dankmeme.errors import FetchError, SourceError
from dankmeme.fetch import Fetched, Fetcher
from dankmeme.posts import ImageRef, Post
from dankmeme.settings import Settings
from dankmeme.sources import plain
from dankmeme.sources.links import picture_address, web_address
from dankmeme.sources.markup import read_markup
from dankmeme.sources.paging import Batch, pages_of
from dankmeme.sources.source import Page, Query, Sort, bad_query, from_fetching, no_scores, only

MAX_BYTES = 5_000_000
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"


class FeedSource:
    """Posts of a feed, in its order, the newest first as a rule. They have no scores.

    Args:
        settings: none of them matters here.
        fetcher: the way out.
    """

    name = "feed"
    local = False

    def __init__(self, settings: Settings, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def pages(self, query: Query, position: str | None = None) -> AsyncIterator[Page]:
        """All that the feed holds, as one page; see `Source.pages`."""
        only(self.name, query, sorts=[Sort.NEW], scores=False)
        if web_address(query.where) is None:
            raise bad_query(f"{query.where!r} is not the address of a feed")

        async def read(cursor: str) -> Batch:
            try:
                fetched = await self._fetcher.get(query.where, accept=_ACCEPT, max_bytes=MAX_BYTES)
            except FetchError as error:
                raise from_fetching(error, "the feed") from None
            return Batch(await asyncio.to_thread(_entries, fetched, query.where), None)

        async for page in pages_of(read, query, position):
            yield page

    async def scores(self, ids: Sequence[str]) -> dict[str, int]:
        """A feed does not know scores."""
        raise no_scores(self.name)

    async def close(self) -> None:
        """Nothing to close: the fetcher is not ours."""


def _entries(fetched: Fetched, address: str) -> list[Post | str]:
    """The address asked for, not the one behind redirects, is the base of relative ones, ids among them: those last."""
    import feedparser

    headers = {"content-type": fetched.headers.get("content-type", ""), "content-location": address}
    try:
        document = feedparser.parse(
            fetched.body, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except (ValueError, RecursionError, AssertionError, LookupError, TypeError):
        document = {}
    if not document.get("version") and not document.get("entries"):
        raise SourceError("source-failed", "this is not a feed, neither RSS nor Atom")
    community = _plain(document["feed"], "title", 200) or plain.text(address)
    return [_found(entry, address, community) for entry in document["entries"]]


def _found(entry: dict[str, Any], address: str, community: str) -> Post | str:
    permalink = web_address(entry.get("link"))
    name = plain.text(entry.get("id"), 4_000) or permalink
    if not name:
        return "broken entry"
    picture = next(filter(None, _pictures(entry, address)), None)
    if picture is None:
        return "no image"
    made = entry.get("published_parsed") or dict.get(
        entry, "updated_parsed"
    )  # its own `get` warns and answers the other
    return Post(
        id=f"feed:{hashlib.sha256(f'{address} {name}'.encode()).hexdigest()[:20]}",
        source=FeedSource.name,
        community=community,
        title=_plain(entry, "title"),
        images=(ImageRef(url=picture),),
        author=plain.text(entry.get("author"), 100) or None,
        permalink=permalink,
        created_utc=plain.moment(_seconds(made)),
    )


def _seconds(made: object) -> float | None:
    try:
        return float(calendar.timegm(made)) if made else None  # type: ignore[arg-type]
    except (ValueError, OverflowError, TypeError):
        return None


def _plain(part: Mapping[str, Any], name: str, longest: int = plain.LONGEST_TEXT) -> str:
    """Text, also where the feed gives (or what it gives looks like) HTML."""
    value, kind = part.get(name), plain.mapping(part.get(f"{name}_detail")).get("type")
    if isinstance(value, str) and kind != "text/plain":
        value = read_markup(value).text
    return plain.text(value, longest)


def _pictures(entry: Mapping[str, Any], address: str) -> Iterator[str | None]:
    """Candidates, the best first: what a Reddit feed links to, enclosures, media, pictures of the text, previews."""
    markup = [read_markup(text) for text in _texts(entry)]
    yield from (picture_address(link) for found in markup for link in found.links_called("[link]"))
    yield from (_typed(each, "href") for each in plain.sequence(entry.get("enclosures")))
    media = [plain.mapping(each) for each in plain.sequence(entry.get("media_content"))]
    yield from (_typed(each, "url") for each in sorted(media, key=_width, reverse=True))
    yield from (picture_address(_absolute(url, address), hinted=True) for found in markup for url in found.pictures())
    yield picture_address(entry.get("link"))
    previews = [plain.mapping(each) for each in plain.sequence(entry.get("media_thumbnail"))]
    yield from (picture_address(each.get("url"), hinted=True) for each in sorted(previews, key=_width, reverse=True))


def _absolute(url: str, base: str) -> str:
    try:
        return urljoin(base, url.strip())
    except ValueError:
        return ""


def _texts(entry: Mapping[str, Any]) -> Iterator[str]:
    for part in [*plain.sequence(entry.get("content")), entry.get("summary_detail")]:
        value = plain.mapping(part).get("value")
        if isinstance(value, str):
            yield value


def _typed(link: object, key: str) -> str | None:
    """An enclosure that is called a picture, or at least not called anything else."""
    known = plain.mapping(link)
    kind = plain.text(known.get("type") or known.get("medium"), 100).lower()
    if kind and not kind.startswith("image"):
        return None
    return picture_address(known.get(key), hinted=bool(kind))


def _width(link: Mapping[str, object]) -> float:
    return plain.number(link.get("width")) or 0.0
