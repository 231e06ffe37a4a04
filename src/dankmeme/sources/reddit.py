"""Reddit by its API, as an app without an account (OAuth, client credentials).

asyncpraw waits as Reddit's `x-ratelimit` headers say, gets a new token when the old one ends, and tries again after a
5xx; a 429 it only reports. Listings are asked for with `raw_json`, so their text carries no HTML entities.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dankmeme.errors import SourceError
from dankmeme.fetch import USER_AGENT, Fetcher
from dankmeme.posts import Post
from dankmeme.settings import Settings
from dankmeme.sources import plain
from dankmeme.sources.paging import Batch, all_before, pages_of
from dankmeme.sources.reddit_errors import meaning
from dankmeme.sources.source import Page, Query, Sort, bad_query, only
from dankmeme.sources.submission import post_of

if TYPE_CHECKING:
    from asyncpraw import Reddit

DEFAULT_COMMUNITY = "dankmemes"
PAGE = 100
_WHERE = re.compile(r"(?:https?://(?:[a-z]+\.)?reddit\.com/)?/?(?:r/)?([A-Za-z0-9_]{2,50}(?:\+[A-Za-z0-9_]{2,50})*)/?")
_AFTER = re.compile(r"t3_[0-9a-z]{1,13}")
_ID = re.compile(r"reddit:([0-9a-z]{1,13})")
_SPANS = {"hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_592_000, "year": 31_536_000}


class RedditSource:
    """Posts of a subreddit, in its own listings; Reddit ends each after some 1,000.

    Args:
        settings: client id and secret, and where Reddit is.
        fetcher: not used; asyncpraw brings its own way out, to the two addresses of the settings alone.
    """

    name = "reddit"
    local = False

    def __init__(self, settings: Settings, fetcher: Fetcher) -> None:
        self._settings = settings
        self._reddit: Reddit | None = None

    async def pages(self, query: Query, position: str | None = None) -> AsyncIterator[Page]:
        """A listing as Reddit gives it; see `Source.pages`."""
        only(self.name, query, sorts=tuple(Sort))
        community = _community(query.where or query.community or DEFAULT_COMMUNITY)

        async def read(after: str) -> Batch:
            answer = await self._get(f"r/{community}/{query.sort}", _parameters(query, after), f"r/{community}")
            listing = plain.mapping(plain.mapping(answer).get("data"))
            found = [_found(child) for child in plain.sequence(listing.get("children"))]
            following = listing.get("after")
            ended = query.sort is Sort.NEW and all_before(found, query.since)
            more = isinstance(following, str) and _AFTER.fullmatch(following) and found and not ended
            return Batch(found, str(following) if more else None)

        async for page in pages_of(read, query, position):
            yield page

    async def scores(self, ids: Sequence[str]) -> dict[str, int]:
        """Points of posts now, a hundred a request; see `Source.scores`."""
        names = [f"t3_{known[1]}" for known in map(_ID.fullmatch, ids) if known]
        scores: dict[str, int] = {}
        for start in range(0, len(names), PAGE):
            parameters: dict[str, str | int] = {"id": ",".join(names[start : start + PAGE]), "limit": PAGE}
            answer = plain.mapping(await self._get("api/info", parameters, "scores"))
            for child in plain.sequence(plain.mapping(answer.get("data")).get("children")):
                data = plain.mapping(plain.mapping(child).get("data"))
                score = plain.whole(data.get("score"))
                if score is not None:
                    scores[f"reddit:{data.get('id')}"] = score
        return {each: scores[each] for each in ids if each in scores}

    async def try_out(self) -> None:
        """Have Reddit give a token for the credentials.

        Raises:
            SourceError: where it does not, or cannot be reached.
        """
        reddit = self._open()
        try:
            await reddit.auth.scopes()
        except Exception as error:
            raise meaning(error, "the token") from None

    async def close(self) -> None:
        """Close the connections to Reddit."""
        if self._reddit is not None:
            await self._reddit.close()
            self._reddit = None

    async def _get(self, path: str, parameters: dict[str, str | int], where: str) -> object:
        reddit = self._open()
        try:
            answer: object = await reddit.request(method="GET", path=path, params=parameters)
        except Exception as error:  # asyncpraw raises many kinds, and wraps them in each other
            raise meaning(error, where) from None
        return answer

    def _open(self) -> Reddit:
        if self._reddit is None:
            from asyncpraw import Reddit

            found = credentials(self._settings)
            if found is None:
                raise SourceError("no-credentials", HOW)
            self._reddit = Reddit(
                client_id=found[0],
                client_secret=found[1],
                user_agent=self._settings.reddit_user_agent or USER_AGENT,
                reddit_url=self._settings.reddit_url.rstrip("/"),
                oauth_url=self._settings.reddit_oauth_url.rstrip("/"),
                username=None,
                password=None,
                refresh_token=None,
                check_for_updates=False,
            )
        return self._reddit


HOW = (
    "Reddit answers only apps: set DANK_REDDIT_CLIENT_ID and DANK_REDDIT_CLIENT_SECRET, from reddit.com/prefs/apps "
    "(since late 2025 Reddit has to approve an app first); the sources lemmy, feed, archive and files need neither"
)


def credentials(settings: Settings) -> tuple[str, str] | None:
    """Client id and secret, where both are set."""
    client_id, secret = settings.reddit_client_id, settings.reddit_client_secret
    return (client_id, secret.get_secret_value()) if client_id and secret and secret.get_secret_value() else None


def _community(where: str) -> str:
    known = _WHERE.fullmatch(where.strip())
    if known is None:
        raise bad_query(f"{where!r} is no subreddit; write it like {DEFAULT_COMMUNITY} or r/{DEFAULT_COMMUNITY}")
    return known[1]


def _parameters(query: Query, after: str) -> dict[str, str | int]:
    parameters: dict[str, str | int] = {"limit": PAGE}
    if after:
        parameters["after"] = after
    if query.sort is Sort.TOP:
        parameters["t"] = _span(query.since)
    return parameters


def _span(since: float | None) -> str:
    """The shortest of Reddit's spans that reaches back far enough."""
    if since is None:
        return "all"
    age = time.time() - since
    return next((name for name, seconds in _SPANS.items() if age <= seconds), "all")


def _found(child: object) -> Post | str:
    thing: Mapping[str, object] = plain.mapping(child)
    if thing.get("kind") != "t3":
        return "broken line"
    return post_of(plain.mapping(thing.get("data")), source=RedditSource.name, escaped=False)
