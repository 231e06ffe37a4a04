"""What every source of posts is: asked with a query, it answers in pages that can be gone on from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from dankmeme.errors import FetchError, SourceError
from dankmeme.fetch import Fetcher
from dankmeme.posts import Post
from dankmeme.settings import Settings


class Sort(StrEnum):
    """A community's own listings."""

    NEW = "new"
    HOT = "hot"
    TOP = "top"
    RISING = "rising"


@dataclass(frozen=True)
class Query:
    """Which posts are wanted.

    Attributes:
        where: a community, the address of a feed or an archive, or a file or folder, as the source understands it.
        sort: which listing of the community.
        limit: how many posts at most; None for all there are.
        since: no post made before this (seconds since 1970, UTC).
        until: no post made at this time or later.
        threshold: no post with a lower score, or with order `bottom` a higher one. A post whose score nobody told has
            not reached it.
        order: historic mode, archives only: the posts with the most (`top`) or fewest (`bottom`) points of all.
        community: only this one's posts, where a source holds those of many.
    """

    where: str = ""
    sort: Sort = Sort.NEW
    limit: int | None = None
    since: float | None = None
    until: float | None = None
    threshold: int | None = None
    order: Literal["top", "bottom"] | None = None
    community: str | None = None


@dataclass(frozen=True)
class Page:
    """Some posts, in the order of the source.

    Attributes:
        posts: may be empty, as a sign of life on a long way.
        skipped: how many others were met, by the reason they were left out: `no image`, `removed`, `filtered`,
            `broken line`, `seen already`, …
        position: where to go on after this page, in the source's own words; also tomorrow and in another process.
        done: share of the way, 0–1, where it is known.
        notes: what a person should know to put it right, e.g. `line 17: not JSON`; a few at most.
    """

    posts: tuple[Post, ...]
    skipped: dict[str, int]
    position: str
    done: float | None = None
    notes: tuple[str, ...] = field(default=())


class Source(Protocol):
    """Where posts come from.

    Attributes:
        name: as one line in `dankmeme.sources` has it.
        local: whether it is asked for all there is, on this machine as a rule, and not for a listing's newest.
    """

    name: str
    local: bool

    def __init__(self, settings: Settings, fetcher: Fetcher) -> None: ...

    def pages(self, query: Query, position: str | None = None) -> AsyncIterator[Page]:
        """The posts that a query wants.

        Args:
            query: which ones.
            position: of a page that this query gave before: exactly the rest follows.

        Raises:
            SourceError: `bad-query` and whatever keeps the source from answering.
        """
        ...

    async def scores(self, ids: Sequence[str]) -> dict[str, int]:
        """What posts score now, by post id; one that is gone, or of another source, is left out.

        Raises:
            SourceError: `no-scores` where the source cannot know.
        """
        ...

    async def close(self) -> None:
        """Let go of whatever is held."""
        ...


def no_scores(source: str) -> SourceError:
    """What a source says that knows no score but the one a post came with."""
    return SourceError("no-scores", f"the source {source} cannot tell what a post scores now")


def bad_query(message: str) -> SourceError:
    """What a source says to a query that it cannot answer."""
    return SourceError("bad-query", message)


def only(name: str, query: Query, *, sorts: Sequence[Sort], order: bool = False, scores: bool = True) -> None:
    """Refuse what a source does not know, instead of answering something else.

    Args:
        name: of the source.
        query: what it was asked.
        sorts: the listings it has.
        order: whether it has a historic mode.
        scores: whether its posts have scores.

    Raises:
        SourceError: `bad-query`.
    """
    if query.sort not in sorts:
        raise bad_query(f"{name} has no listing {query.sort}, only {', '.join(sorts)}")
    if query.order is not None and not order:
        raise bad_query(f"only an archive can be read from the {query.order}; for {name} choose a listing")
    if query.threshold is not None and not scores:
        raise bad_query(f"the posts of a {name} have no scores, so none can reach a threshold")
    if query.limit is not None and query.limit < 0:
        raise bad_query("the limit is below zero")


def from_fetching(error: FetchError, where: str) -> SourceError:
    """What a failed fetch means for a source.

    Args:
        error: of the fetcher.
        where: what was read, in words.
    """
    message = f"{where}: {error.message}"
    codes = {"not-found": "no-community", "forbidden": "private-community", "host-busy": "source-busy"}
    if error.code in ("bad-url", "address-refused"):
        return bad_query(message)
    return SourceError(
        codes.get(error.code, "source-failed"), message, passing=error.passing, retry_after=error.retry_after
    )
