"""Reddit as its API is documented, on loopback: tokens, listings, `api/info`, rate limits, and bad days.

    posts = [submission("abc", url=host.url + "/a.jpg", score=12, created_utc=1_700_000_000)]
    with FakeReddit({"dankmemes": posts}) as reddit:
        environment = reddit.environment()   # the DANK_REDDIT_* variables that lead here
        reddit.set_score("abc", 99)
        reddit.count("/r/dankmemes/new")     # requests so far; `reddit.asked` has each

Posts are plain dicts in the shape of Reddit's JSON: `submission(…)`, `gallery(…)`, `crosspost(…)` and `removed(…)` make
them. The list of a community is its `hot` listing in order; `new` sorts by time, `top` by score (with the span `t`),
`rising` are the last 25 of the list backwards. `reddit.communities` may be changed at any time.

Bad days: `reddit.next.append(Bad(429, {"retry-after": "7"}))` is what the next request to the API gets, one entry a
request; `reddit.expire_tokens()` makes every token invalid; `reddit.quota` (remaining, used, reset) is sent in the
headers `x-ratelimit-…`; a community in `reddit.private` answers 403, in `reddit.banned` 404, an unknown one redirects
to a search.
"""

from __future__ import annotations

import base64
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from dankmeme.settings import Settings
from tests.sources.serving import LoopbackServer

CLIENT, SECRET = "the-client", "the-secret"
SPANS = {"hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_592_000, "year": 31_536_000}

Json = dict[str, Any]


def submission(
    name: str, *, community: str = "dankmemes", score: int = 1, created_utc: float = 0.0, **more: Any
) -> Json:
    """A link to a picture, with the fields that matter here."""
    return {
        "id": name,
        "name": f"t3_{name}",
        "subreddit": community,
        "title": f"Post {name}",
        "url": f"https://i.redd.it/{name}.jpg",
        "post_hint": "image",
        "author": "somebody",
        "permalink": f"/r/{community}/comments/{name}/post/",
        "created_utc": created_utc,
        "score": score,
        "selftext": "",
        "is_self": False,
        "removed_by_category": None,
    } | more


def gallery(name: str, urls: list[str], **more: Any) -> Json:
    """Several pictures; `media_metadata` is in another order than the gallery, as happens."""
    known = {
        f"m{n}": {"status": "valid", "e": "Image", "m": "image/jpg", "s": {"u": url}} for n, url in enumerate(urls)
    }
    data = {
        "is_gallery": True,
        "post_hint": None,
        "url": f"https://www.reddit.com/gallery/{name}",
        "media_metadata": dict(reversed(known.items())),
        "gallery_data": {"items": [{"media_id": key, "id": n} for n, key in enumerate(known)]},
    }
    return submission(name, **data | more)


def crosspost(name: str, parent: Json, **more: Any) -> Json:
    """A post of another community's post."""
    url = f"/r/{parent['subreddit']}/comments/{parent['id']}/"
    return submission(name, **{"url": url, "post_hint": None, "crosspost_parent_list": [parent]} | more)


def removed(name: str, by: str = "moderator", **more: Any) -> Json:
    """A post that is no more: by `moderator`, `deleted`, `automod_filtered`, …"""
    return submission(name, **{"removed_by_category": by, "author": "[deleted]", "selftext": "[removed]"} | more)


@dataclass(frozen=True)
class Bad:
    """What a request gets in place of an answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


class FakeReddit(LoopbackServer):
    """See the module."""

    def __init__(self, communities: dict[str, list[Json]] | None = None) -> None:
        super().__init__()
        self.communities = dict(communities or {})
        self.private: set[str] = set()
        self.banned: set[str] = set()
        self.next: deque[Bad] = deque()
        self.quota: tuple[float, int, int] | None = None
        self.tokens: set[str] = set()
        self.token_seconds = 3_600

    def environment(self) -> dict[str, str]:
        """The settings that lead here."""
        return {
            "DANK_REDDIT_URL": self.url,
            "DANK_REDDIT_OAUTH_URL": self.url,
            "DANK_REDDIT_CLIENT_ID": CLIENT,
            "DANK_REDDIT_CLIENT_SECRET": SECRET,
        }

    def settings(self, **more: Any) -> Settings:
        """The same as an object."""
        known = {name.removeprefix("DANK_").lower(): value for name, value in self.environment().items()}
        return Settings(**known | more)

    def set_score(self, name: str, score: int) -> None:
        """From now on a post has this score."""
        for posts in self.communities.values():
            for post in posts:
                if post["id"] == name:
                    post["score"] = score

    def expire_tokens(self) -> None:
        """Every token that was handed out is invalid."""
        self.tokens.clear()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/api/v1/access_token":
            return await self._token(request)
        if self.next:
            bad = self.next.popleft()
            return web.json_response({"error": bad.status}, status=bad.status, headers=bad.headers)
        if request.headers.get("Authorization", "").removeprefix("bearer ") not in self.tokens:
            told = {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'}
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401, headers=told)
        return self._limited(self._api(request))

    async def _token(self, request: web.Request) -> web.Response:
        wanted = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        form = await request.post()
        if request.headers.get("Authorization") != wanted or form.get("grant_type") != "client_credentials":
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        token = secrets.token_hex(8)
        self.tokens.add(token)
        return web.json_response(
            {"access_token": token, "token_type": "bearer", "expires_in": self.token_seconds, "scope": "*"}
        )

    def _limited(self, response: web.Response) -> web.Response:
        if self.quota is not None:
            remaining, used, reset = self.quota
            response.headers["x-ratelimit-remaining"] = str(remaining)
            response.headers["x-ratelimit-used"] = str(used)
            response.headers["x-ratelimit-reset"] = str(reset)
        return response

    def _api(self, request: web.Request) -> web.Response:
        raw = request.query.get("raw_json") == "1"
        parts = request.path.strip("/").split("/")
        if parts == ["api", "info"]:
            wanted = request.query.get("id", "").split(",")[:100]
            known = {post["name"]: post for posts in self.communities.values() for post in posts}
            return _listing([known[name] for name in wanted if name in known], None, raw)
        if len(parts) != 3 or parts[0] != "r" or parts[2] not in ("new", "hot", "top", "rising"):
            return web.json_response({"message": "Not Found", "error": 404}, status=404)
        return self._community(parts[1], parts[2], request, raw)

    def _community(self, name: str, sort: str, request: web.Request, raw: bool) -> web.Response:
        if name in self.private:
            return web.json_response({"reason": "private", "message": "Forbidden", "error": 403}, status=403)
        if name in self.banned:
            return web.json_response({"reason": "banned", "message": "Not Found", "error": 404}, status=404)
        if name not in self.communities:
            return web.Response(status=302, headers={"Location": f"{self.url}/subreddits/search.json?q={name}"})
        posts = _sorted(self.communities[name], sort, request.query.get("t", "day"))[:1_000]
        names = [post["name"] for post in posts]
        after = request.query.get("after", "")
        start = names.index(after) + 1 if after in names else 0
        page = posts[start : start + min(int(request.query.get("limit", "25")), 100)]
        more = start + len(page) < len(posts)
        return _listing(page, page[-1]["name"] if page and more else None, raw)


def _sorted(posts: list[Json], sort: str, span: str) -> list[Json]:
    if sort == "new":
        return sorted(posts, key=lambda post: -post["created_utc"])
    if sort == "top":
        oldest = time.time() - SPANS[span] if span in SPANS else 0.0
        return sorted((post for post in posts if post["created_utc"] >= oldest), key=lambda post: -post["score"])
    return posts if sort == "hot" else posts[-25:][::-1]


def _listing(posts: list[Json], after: str | None, raw: bool) -> web.Response:
    children = [{"kind": "t3", "data": post if raw else _escaped(post)} for post in posts]
    return web.json_response({"kind": "Listing", "data": {"after": after, "before": None, "children": children}})


def _escaped(value: Any) -> Any:
    """What Reddit does to all text unless asked with `raw_json=1`."""
    if isinstance(value, str):
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    return {key: _escaped(each) for key, each in value.items()} if isinstance(value, dict) else value
