"""Archives of Reddit: dumps in the format of Pushshift (`.zst`, `.gz`, plain), and archives that answer by HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import closing
from pathlib import Path

from dankmeme.errors import SourceError
from dankmeme.fetch import Fetcher
from dankmeme.posts import Post
from dankmeme.settings import Settings
from dankmeme.sources import plain
from dankmeme.sources.archive_http import http_pages
from dankmeme.sources.lines import LineFile
from dankmeme.sources.paging import END, Mark, Sieve
from dankmeme.sources.ranking import Ranking
from dankmeme.sources.source import Page, Query, Sort, bad_query, no_scores, only
from dankmeme.sources.submission import post_of
from dankmeme.sources.threads import in_thread

PAGE = 500
PAGE_BYTES = 50_000_000
"""After so much text without a full page, an empty one tells how far the reader is."""


class ArchiveSource:
    """Posts of an archive, with the identity they have on Reddit.

    A dump is given in its own order, that of time as a rule; an archive by HTTP from the newest post back. With
    `order`, the whole archive is read first, and the best (or worst) follow in their order.

    Args:
        settings: none of them matters here.
        fetcher: the way out to archives by HTTP.
    """

    name = "archive"
    local = True

    def __init__(self, settings: Settings, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def pages(self, query: Query, position: str | None = None) -> AsyncIterator[Page]:
        """What the archive holds; see `Source.pages`.

        Raises:
            SourceError: also `bad-archive`, after all the posts of a dump that is cut off or damaged.
        """
        only(self.name, query, sorts=[Sort.NEW], order=True)
        if not query.where:
            raise bad_query("name the archive: a dump (posts.zst) or the address of an archive")
        mark = Mark.read(position)
        if mark.cursor == END:
            return
        if query.where.lower().startswith(("http://", "https://")):
            pages = http_pages(self._fetcher, query, mark)
        else:
            pages = in_thread(_ranked(query, mark) if query.order else _in_order(query, mark))
        async for page in pages:
            yield page

    async def scores(self, ids: Sequence[str]) -> dict[str, int]:
        """An archive does not know what a post scores now."""
        raise no_scores(self.name)

    async def close(self) -> None:
        """Nothing to close: a dump is closed when its pages end."""


def _in_order(query: Query, mark: Mark) -> Generator[Page]:
    with closing(_opened(query)) as dump:
        sieve, start, fault = Sieve(query, mark.given), _offset(mark, dump), None
        begun, end, gathered, skipped, wanted = start, start, list[Post](), Counter[str](), _name(query)
        try:
            for line, end in dump.lines(start) if not sieve.full else ():
                found = _found(line, wanted)
                if isinstance(found, str):
                    skipped[found] += 1
                elif found is not None:
                    posts, reasons = sieve.sift([found])
                    gathered += posts
                    skipped.update(reasons)
                    if sieve.full:
                        break
                if len(gathered) >= PAGE or end - begun >= PAGE_BYTES:
                    position = str(Mark(sieve.given, _cursor(dump, end)))
                    yield Page(tuple(gathered), dict(skipped), position, dump.share)
                    begun, gathered, skipped = end, [], Counter()
        except SourceError as error:
            fault = error
        position = str(Mark(sieve.given, END if fault is None else _cursor(dump, end)))
        yield Page(tuple(gathered), dict(skipped), position, 1.0)
        if fault is not None:
            raise fault


def _ranked(query: Query, mark: Mark) -> Generator[Page]:
    with closing(_opened(query)) as dump:
        _offset(mark, dump)
        ranking, begun, skipped, wanted, fault = Ranking(query), 0, Counter[str](), _name(query), None
        try:
            for line, end in dump.lines():
                found = _found(line, wanted)
                reason = ranking.offer(found) if isinstance(found, Post) else found
                if reason is not None:
                    skipped[reason] += 1
                if end - begun >= PAGE_BYTES:
                    yield Page((), dict(skipped), str(mark), dump.share)
                    begun, skipped = end, Counter()
        except SourceError as error:
            fault = error
        yield Page((), dict(skipped), str(mark), 1.0)
        yield from ranking.pages(mark, _cursor(dump, 0))
        if fault is not None:
            raise fault


def _opened(query: Query) -> LineFile:
    return LineFile(Path(query.where).expanduser(), code="bad-archive")


def _name(query: Query) -> bytes | None:
    return query.community.lower().encode() if query.community is not None else None


def _found(line: bytes | None, community: bytes | None) -> Post | str | None:
    """A post, the reason why there is none, or None for an empty line. Most lines of a dump are another community's:
    those are not even parsed.
    """
    if line is None:
        return "broken line"
    if community is not None and community not in line.lower():
        return "filtered" if line.strip() else None
    if not line.strip():
        return None
    try:
        data = plain.mapping(plain.parsed(line))
    except ValueError:
        return "broken line"
    if community is not None and str(data.get("subreddit")).lower().encode("utf-8", "replace") != community:
        return "filtered" if data else "broken line"
    return post_of(data, source=ArchiveSource.name, escaped=True)


def _cursor(dump: LineFile, offset: int) -> str:
    return f"{offset}:{dump.size}:{dump.name}"


def _offset(mark: Mark, dump: LineFile) -> int:
    """Where to go on, if it is the same dump still.

    Raises:
        SourceError: `bad-query`, it is another one.
    """
    if not mark.cursor:
        return 0
    offset, _, dump_read = mark.cursor.partition(":")
    if dump_read != f"{dump.size}:{dump.name}" or not offset.isdecimal() or not offset.isascii():
        raise bad_query(f"{dump.name} is not the archive, or not as it was, that the position belongs to")
    return int(offset)
