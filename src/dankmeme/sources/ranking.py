"""Historic mode: of all the posts that pass by, those with the most or the fewest points, in bounded memory."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from dankmeme.posts import Post
from dankmeme.sources.paging import END, Mark, verdict
from dankmeme.sources.source import Page, Query, bad_query

AT_MOST = 100_000
PAGE = 500

_Key = tuple[int, int, str]


@dataclass
class Ranking:
    """Keeps the best `limit` posts. Of two with the same score the later one is better, so the outcome never hangs on
    chance.

    Raises:
        SourceError: `bad-query`, more than `AT_MOST` are wanted.
    """

    query: Query
    _heap: list[tuple[_Key, Post]] = field(default_factory=list)
    _kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._size = AT_MOST if self.query.limit is None else self.query.limit
        if self._size > AT_MOST:
            raise bad_query(f"at most {AT_MOST:,} posts can be ranked")

    def offer(self, post: Post) -> str | None:
        """Look at a post; gives the reason if it does not count at all."""
        if post.id in self._kept:
            return "seen already"
        reason = verdict(post, self.query)
        if reason or post.score is None:
            return reason or "filtered"
        if self._size == 0:
            return None
        score = -post.score if self.query.order == "bottom" else post.score
        entry = ((score, len(post.id), post.id), post)
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, entry)
        elif entry > self._heap[0]:
            self._kept.discard(heapq.heapreplace(self._heap, entry)[1].id)
        else:
            return None
        self._kept.add(post.id)
        return None

    def pages(self, mark: Mark, cursor: str) -> Iterator[Page]:
        """The kept posts, best first.

        Args:
            mark: as many as it says were given before.
            cursor: tells in a position which archive was read.
        """
        posts = [post for _, post in sorted(self._heap, reverse=True)]
        for start in range(mark.given, len(posts), PAGE):
            end = min(start + PAGE, len(posts))
            last = end == len(posts)
            yield Page(tuple(posts[start:end]), {}, str(Mark(end, END if last else cursor)), end / len(posts))
