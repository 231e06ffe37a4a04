"""Lemmy, any instance, without an account: API version 3, of Lemmy 0.18 and later.

A community is read on one instance, but most posts were made on another and copied there. `ap_id` is a post's address
at home and the same on every instance, so a post's identity is made of it: `lemmy:home instance:number there`. Where a
home is no Lemmy (Mbin, Mastodon), the number is replaced by a hash of the address.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from dankmeme.errors import FetchError, SourceError
from dankmeme.fetch import Fetcher
from dankmeme.posts import ImageRef, Post
from dankmeme.settings import Settings
from dankmeme.sources import plain
from dankmeme.sources.links import picture_address, web_address
from dankmeme.sources.paging import Batch, all_before, pages_of
from dankmeme.sources.source import Page, Query, Sort, bad_query, from_fetching, only

PAGE = 50
MAX_BYTES = 10_000_000
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?(?::\d{1,5})?"
_NAME = r"[A-Za-z0-9_]{1,255}"
_AT = re.compile(rf"!?({_NAME})@({_HOST})")
_ADDRESS = re.compile(rf"(?:https?)://({_HOST})/c/({_NAME})(?:@({_HOST}))?/?")
_HOME = re.compile(r"/post/(\d{1,12})/?")
_ID = re.compile(rf"lemmy:({_HOST}):(\d{{1,12}})")
_IN_TEXT = re.compile(r"!\[[^\]]{0,300}\]\(\s*<?(https?://[^)\s>]+)")
_SORTS = {Sort.NEW: "New", Sort.HOT: "Hot", Sort.RISING: "Active"}
"""`Active` weighs votes by the latest comment: of Lemmy's listings the nearest to posts on the rise."""
_TOP = {
    3_600: "TopHour",
    21_600: "TopSixHour",
    43_200: "TopTwelveHour",
    86_400: "TopDay",
    604_800: "TopWeek",
    2_592_000: "TopMonth",
    31_536_000: "TopYear",
}


@dataclass(frozen=True)
class Place:
    """A community as one instance knows it."""

    instance: str
    community: str

    @classmethod
    def read(cls, where: str) -> Place:
        """From `memes@lemmy.ml`, `!memes@lemmy.ml`, `https://lemmy.ml/c/memes` or `https://here/c/memes@lemmy.ml`.

        Raises:
            SourceError: `bad-query`.
        """
        where = where.strip()
        if short := _AT.fullmatch(where):
            return cls(short[2].lower(), short[1])
        if full := _ADDRESS.fullmatch(where):
            return cls(full[1].lower(), f"{full[2]}@{full[3].lower()}" if full[3] else full[2])
        raise bad_query(f"{where!r} is no community of Lemmy; write it like memes@lemmy.ml or https://lemmy.ml/c/memes")


class LemmySource:
    """Posts of a community on a Lemmy instance.

    Args:
        settings: none of them matters here.
        fetcher: the way out. An instance that it allows to be private is spoken to by http, all others by https.
    """

    name = "lemmy"
    local = False

    def __init__(self, settings: Settings, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    async def pages(self, query: Query, position: str | None = None) -> AsyncIterator[Page]:
        """A listing of the instance; see `Source.pages`."""
        only(self.name, query, sorts=tuple(Sort))
        place = Place.read(query.where)

        async def read(cursor: str) -> Batch:
            answer = await self._ask(place.instance, "post/list", _parameters(place, query, cursor))
            views = answer.get("posts")
            if not isinstance(views, list):
                raise SourceError("source-failed", f"{place.instance} answers in another way than Lemmy does")
            found = [_found(plain.mapping(view)) for view in views]
            ended = query.sort is Sort.NEW and all_before(found, query.since)
            return Batch(found, None if ended else _next(answer, cursor, len(views)))

        async for page in pages_of(read, query, position):
            yield page

    async def scores(self, ids: Sequence[str]) -> dict[str, int]:
        """Points of posts now, each asked for at its home; see `Source.scores`.

        Raises:
            SourceError: where no post could be asked for and trying later may help.
        """
        answers = await asyncio.gather(*(self._score(each) for each in ids))
        known = {each: score for each, score in zip(ids, answers, strict=True) if isinstance(score, int)}
        failures = [failure for failure in answers if isinstance(failure, SourceError)]
        if failures and not known:
            raise failures[0]
        return known

    async def close(self) -> None:
        """Nothing to close: the fetcher is not ours."""

    async def _score(self, post: str) -> int | SourceError | None:
        home = _ID.fullmatch(post)
        if home is None:
            return None
        try:
            answer = await self._ask(home[1], "post", {"id": home[2]})
        except SourceError as error:
            return error if error.passing else None
        view = plain.mapping(answer.get("post_view"))
        return None if _is_gone(plain.mapping(view.get("post"))) else _points(view)

    async def _ask(self, instance: str, what: str, parameters: Mapping[str, str | int]) -> Mapping[str, object]:
        url = f"{self._scheme(instance)}://{instance}/api/v3/{what}?{urlencode(parameters)}"
        try:
            fetched = await self._fetcher.get(url, accept="application/json", max_bytes=MAX_BYTES)
            return plain.mapping(plain.parsed(fetched.body))
        except ValueError:
            raise SourceError("source-failed", f"{instance} answers in another way than Lemmy does") from None
        except FetchError as error:
            if error.code in ("fetch-failed", "not-found") and not error.passing:
                message = f"{instance} has no such community, or is no instance of Lemmy: {error.message}"
                raise SourceError("no-community", message) from None
            raise from_fetching(error, instance) from None

    def _scheme(self, instance: str) -> str:
        host, _, port = instance.partition(":")
        return "http" if self._fetcher.allows(host, int(port or 80)) else "https"


def _parameters(place: Place, query: Query, cursor: str) -> dict[str, str | int]:
    parameters: dict[str, str | int] = {"community_name": place.community, "sort": _sort(query), "limit": PAGE}
    if cursor.startswith("page="):
        parameters["page"] = cursor.removeprefix("page=")
    elif cursor:
        parameters["page_cursor"] = cursor
    return parameters


def _sort(query: Query) -> str:
    if query.sort is not Sort.TOP:
        return _SORTS[query.sort]
    age = time.time() - (query.since or 0.0)
    return next((name for seconds, name in _TOP.items() if age <= seconds), "TopAll")


def _next(answer: Mapping[str, object], cursor: str, count: int) -> str | None:
    """The cursor that 0.19 gives, or for 0.18, which has none, the number of the next page."""
    if count == 0:
        return None
    if "next_page" in answer:
        given = answer["next_page"]
        return given if isinstance(given, str) and 0 < len(given) < 200 else None
    page = cursor.removeprefix("page=") or "1"
    return f"page={int(page) + 1}" if count == PAGE and page.isdecimal() and page.isascii() else None


def _found(view: Mapping[str, object]) -> Post | str:
    post, community = plain.mapping(view.get("post")), plain.mapping(view.get("community"))
    identity = _identity(post.get("ap_id"))
    name, home = plain.text(community.get("name"), 255), _host(community.get("actor_id"))
    if identity is None or not name or not home:
        return "broken line"
    if _is_gone(post) or community.get("removed") is True or community.get("deleted") is True:
        return "removed"
    pictures = _pictures(post)
    if not pictures:
        return "no image"
    return Post(
        id=identity,
        source=LemmySource.name,
        community=f"{name}@{home}",
        title=plain.unescaped(plain.text(post.get("name"))),
        images=tuple(ImageRef(url=url) for url in pictures),
        author=_author(plain.mapping(view.get("creator"))),
        permalink=web_address(post.get("ap_id")),
        created_utc=plain.moment(post.get("published")),
        score=_points(view),
        nsfw=post.get("nsfw") is True,
    )


def _is_gone(post: Mapping[str, object]) -> bool:
    return post.get("deleted") is True or post.get("removed") is True


def _points(view: Mapping[str, object]) -> int | None:
    return plain.whole(plain.mapping(view.get("counts")).get("score"))


def _identity(address: object) -> str | None:
    url, host = web_address(address), _host(address)
    if url is None or not host:
        return None
    number = _HOME.fullmatch(urlsplit(url).path)
    return f"lemmy:{host}:{number[1] if number else hashlib.sha256(url.encode()).hexdigest()[:20]}"


def _host(address: object) -> str:
    url = web_address(address)
    host = urlsplit(url).netloc.rpartition("@")[2].lower() if url else ""
    return host if re.fullmatch(_HOST, host) else ""


def _author(creator: Mapping[str, object]) -> str | None:
    """With the home instance, without which a name is not one person's."""
    name, home = plain.text(creator.get("name"), 100), _host(creator.get("actor_id"))
    if creator.get("deleted") is True or not name:
        return None
    return f"{name}@{home}" if home else name


def _pictures(post: Mapping[str, object]) -> tuple[str, ...]:
    """The link, where it is a picture; where there is no link, the pictures of the text."""
    link, body = post.get("url"), post.get("body")
    if isinstance(link, str) and link:
        hinted = plain.text(post.get("url_content_type"), 100).startswith("image/")
        url = picture_address(link, hinted=hinted)
        return (url,) if url else ()
    shown = _IN_TEXT.findall(body[:100_000]) if isinstance(body, str) else []
    return tuple(dict.fromkeys(filter(None, (picture_address(url) for url in shown))))[:20]
