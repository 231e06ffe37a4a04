"""What all listings have in common: pages by cursor, a limit over all of them, and a position to go on from."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from dankmeme.posts import Post
from dankmeme.sources.source import Page, Query, bad_query

END = "end"
MEMORY = 10_000
"""So many posts back a source is known to have repeated itself."""


@dataclass(frozen=True)
class Mark:
    """A position: how many posts were given, and the cursor of what comes next."""

    given: int = 0
    cursor: str = ""

    def __str__(self) -> str:
        return f"{self.given} {self.cursor}"

    @classmethod
    def read(cls, position: str | None) -> Mark:
        """A position that `str` wrote; None is the beginning.

        Raises:
            SourceError: `bad-query`, it is no position.
        """
        if position is None:
            return cls()
        given, space, cursor = position.partition(" ")
        if not space or not given.isascii() or not given.isdecimal() or len(given) > 15:
            raise bad_query(f"{position[:40]!r} is no position of an earlier page")
        return cls(int(given), cursor)


@dataclass(frozen=True)
class Batch:
    """What one answer of a source held.

    Attributes:
        found: posts, and in place of each that cannot be one the reason.
        next: cursor of the next batch; None at the end.
    """

    found: Sequence[Post | str]
    next: str | None


def verdict(post: Post, query: Query) -> str | None:
    """The reason why a query does not want a post, or None."""
    made, score = post.created_utc, post.score
    if (query.since is not None or query.until is not None) and made is None:
        return "filtered"
    if made is not None and query.since is not None and made < query.since:
        return "filtered"
    if made is not None and query.until is not None and made >= query.until:
        return "filtered"
    if query.threshold is not None:
        if score is None:
            return "filtered"
        if score > query.threshold if query.order == "bottom" else score < query.threshold:
            return "filtered"
    return None


@dataclass
class Sieve:
    """Lets through what a query wants, each post once, as many as it wants."""

    query: Query
    given: int = 0
    _seen: dict[str, None] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether the limit is reached."""
        return self.query.limit is not None and self.given >= self.query.limit

    @property
    def share(self) -> float | None:
        """Of the limit, where there is one."""
        return min(1.0, self.given / self.query.limit) if self.query.limit else None

    def sift(self, found: Iterable[Post | str]) -> tuple[tuple[Post, ...], dict[str, int]]:
        """The wanted posts, and how many were left out for which reason."""
        posts: list[Post] = []
        skipped: Counter[str] = Counter()
        for each in found:
            if self.full:
                break
            reason = each if isinstance(each, str) else self._reason(each)
            if isinstance(each, Post) and reason is None:
                posts.append(each)
                self.given += 1
            elif reason is not None:
                skipped[reason] += 1
        return tuple(posts), dict(skipped)

    def _reason(self, post: Post) -> str | None:
        if post.id in self._seen:
            return "seen already"
        self._seen[post.id] = None
        if len(self._seen) > MEMORY:
            del self._seen[next(iter(self._seen))]
        return verdict(post, self.query)


async def pages_of(read: Callable[[str], Awaitable[Batch]], query: Query, position: str | None) -> AsyncIterator[Page]:
    """Batch after batch until the source has no more, repeats itself, or the limit is reached.

    Args:
        read: gives the batch at a cursor; the first has the empty one.
        query: what is wanted.
        position: of an earlier page, or None.
    """
    mark = Mark.read(position)
    sieve, met = Sieve(query, mark.given), set[str]()
    cursor = mark.cursor
    while cursor != END and not sieve.full:
        met.add(cursor)
        batch = await read(cursor)
        posts, skipped = sieve.sift(batch.found)
        cursor = END if batch.next is None or batch.next in met else batch.next
        yield Page(posts, skipped, str(Mark(sieve.given, cursor)), 1.0 if cursor == END else sieve.share)


def all_before(found: Iterable[Post | str], since: float | None) -> bool:
    """Whether a batch of a listing by time lies wholly before the wanted time (pinned posts stand first)."""
    made = [post.created_utc for post in found if isinstance(post, Post)]
    return since is not None and bool(made) and all(when is not None and when < since for when in made)
