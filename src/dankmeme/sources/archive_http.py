"""Archives of Reddit that answer by HTTP, in the two shapes there are: Arctic Shift's and Pushshift's."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from dankmeme.errors import FetchError, SourceError
from dankmeme.fetch import Fetcher
from dankmeme.sources import plain
from dankmeme.sources.paging import Batch, Mark, pages_of
from dankmeme.sources.ranking import Ranking
from dankmeme.sources.source import Page, Query, bad_query, from_fetching
from dankmeme.sources.submission import post_of

PAGE = 100
MAX_BYTES = 20_000_000


@dataclass(frozen=True)
class _Shape:
    path: str
    size: str


_ID = re.compile("[0-9a-z]{1,13}")
_SHAPES = (_Shape("/api/posts/search", "limit"), _Shape("/reddit/search/submission/", "size"))


async def http_pages(fetcher: Fetcher, query: Query, mark: Mark) -> AsyncIterator[Page]:
    """Posts of a community from the newest back, or with `order` the best or worst of them.

    Args:
        fetcher: the way out.
        query: `where` is the archive's address, with or without the path of its search; it needs a community.
        mark: where to go on.

    Raises:
        SourceError: see `Source.pages`.
    """
    if not query.community:
        raise bad_query("an archive by HTTP has to be told the community")
    archive = _Archive(fetcher, query)
    if query.order is None:
        async for page in pages_of(archive.read, query, str(mark)):
            yield page
        return
    ranking, skipped = Ranking(query), Counter[str]()
    async for page in pages_of(archive.read, replace(query, limit=None), None):
        skipped.update(page.skipped)
        skipped.update(filter(None, map(ranking.offer, page.posts)))
        yield Page((), dict(skipped), str(mark))
        skipped.clear()
    for page in ranking.pages(mark, "ranked"):
        yield page


class _Archive:
    """Reads back in time, second by second where it has to.

    The next batch begins within the second in which the last one ended, for that second may hold more posts; the
    cursor names those of it that were given. Only where one second holds more posts than a batch are some passed over.
    """

    def __init__(self, fetcher: Fetcher, query: Query) -> None:
        self._fetcher, self._query = fetcher, query
        self._base, self._shapes = _taken_apart(query.where)

    async def read(self, cursor: str) -> Batch:
        before, _, names = cursor.partition(":")
        if before and not re.fullmatch("[0-9]{1,12}", before):
            raise bad_query(f"{cursor[:40]!r} is no position in an archive")
        known = set(filter(None, names.split(",")))
        entries = await self._ask(before)
        fresh = [entry for entry in entries if entry.get("id") not in known]
        found = [post_of(entry, source="archive", escaped=True) for entry in fresh]
        return Batch(found, _next(entries, known, before, stuck=not fresh))

    async def _ask(self, before: str) -> list[dict[str, object]]:
        error = SourceError("source-failed", f"{self._base} answers in another way than an archive does")
        for shape in self._shapes:
            url = f"{self._base}{shape.path}?{urlencode(self._parameters(shape, before))}"
            try:
                fetched = await self._fetcher.get(url, accept="application/json", max_bytes=MAX_BYTES)
                data = plain.mapping(plain.parsed(fetched.body)).get("data")
            except FetchError as failure:
                error = from_fetching(failure, self._base)
                if failure.passing:
                    break
                continue
            except ValueError:
                continue
            if isinstance(data, list):
                self._shapes = (shape,)
                return [entry for entry in data if isinstance(entry, dict)]
        raise error

    def _parameters(self, shape: _Shape, before: str) -> dict[str, str]:
        until, since = self._query.until, self._query.since
        parameters = {"subreddit": self._query.community or "", shape.size: str(PAGE), "sort": "desc"}
        if before or until is not None:
            parameters["before"] = before or str(math.ceil(until or 0))
        if since is not None:
            parameters["after"] = str(math.ceil(since) - 1)
        return parameters


def _taken_apart(where: str) -> tuple[str, tuple[_Shape, ...]]:
    for shape in _SHAPES:
        base, path, _ = where.partition(shape.path.rstrip("/"))
        if path:
            return base, (shape,)
    return where.rstrip("/"), _SHAPES


def _next(entries: list[dict[str, object]], known: set[str], before: str, *, stuck: bool) -> str | None:
    """The second up to which to read next, and which of its posts are known."""
    times = {str(entry.get("id")): plain.moment(entry.get("created_utc")) for entry in entries}
    oldest = min((int(made) for made in times.values() if made is not None), default=None)
    if oldest is None:
        return None
    following = oldest if stuck else oldest + 1
    if (before and following > int(before)) or (stuck and before == str(following)):
        return None
    names = {name for name, made in times.items() if made is not None and made <= following and _ID.fullmatch(name)}
    if before == str(following):
        names |= known
    return f"{following}:{'' if stuck else ','.join(sorted(names))}"
