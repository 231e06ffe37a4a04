"""A Lemmy instance, on loopback, as version 0.19 answers, or with `version="0.18"` as that did (pages by number).

    with FakeLemmy({"memes": []}) as lemmy:
        lemmy.communities["memes"].append(lemmy.post(5, url=host.url + "/a.jpg", score=3, published=1_700_000_000))
        where = f"memes@{lemmy.place}"       # allow `lemmy.place` in DANK_FETCH_ALLOW
        lemmy.set_score(5, 99)
        lemmy.count("/api/v3/post/list")     # requests so far; `lemmy.asked` has each

Posts are plain dicts in the shape of Lemmy's `PostView`; `lemmy.post` makes them. The list of a community is its `Hot`
listing in order; `New` sorts by time, `Top…` by score, `Active` is the list backwards. `lemmy.next` holds answers that
the next requests get instead: `(status, headers)`.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.sources.serving import LoopbackServer

Json = dict[str, Any]


class FakeLemmy(LoopbackServer):
    """See the module."""

    def __init__(self, communities: dict[str, list[Json]] | None = None, version: str = "0.19") -> None:
        super().__init__()
        self.communities = dict(communities or {})
        self.version = version
        self.next: deque[tuple[int, dict[str, str]]] = deque()

    def post(
        self,
        number: int,
        *,
        score: int = 1,
        published: float = 1_700_000_000,
        community: str = "memes",
        home: str | None = None,
        **more: Any,
    ) -> Json:
        """A post with the link `url` (a picture unless told).

        Args:
            number: its id here.
            score: its points.
            published: seconds since 1970.
            community: its community, which is of this instance.
            home: its `ap_id`, where it was made elsewhere.
            more: other fields of `post`.
        """
        when = datetime.fromtimestamp(published, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        fields = {
            "id": number,
            "name": f"Post {number}",
            "url": f"https://pictures.example/{number}.jpg",
            "ap_id": home or f"{self.url}/post/{number}",
            "published": when if self.version == "0.18" else f"{when}Z",
            "removed": False,
            "deleted": False,
            "nsfw": False,
        }
        return {
            "post": fields | more,
            "creator": {"name": "somebody", "actor_id": f"{self.url}/u/somebody", "deleted": False},
            "community": {"name": community, "actor_id": f"{self.url}/c/{community}", "removed": False},
            "counts": {"score": score, "upvotes": score, "downvotes": 0, "comments": 0},
        }

    def set_score(self, number: int, score: int) -> None:
        """From now on a post has this score."""
        view = self._view(number)
        assert view is not None
        view["counts"]["score"] = score

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.next:
            status, headers = self.next.popleft()
            return web.json_response({"error": "as_told"}, status=status, headers=headers)
        if request.path == "/api/v3/post/list":
            return self._list(request)
        if request.path == "/api/v3/post":
            view = self._view(int(request.query["id"]))
            missing = web.json_response({"error": "couldnt_find_post"}, status=404)
            return web.json_response({"post_view": view}) if view else missing
        return web.Response(status=404)

    def _view(self, number: int) -> Json | None:
        views = (view for views in self.communities.values() for view in views)
        return next((view for view in views if view["post"]["id"] == number), None)

    def _list(self, request: web.Request) -> web.Response:
        known = self.communities.get(request.query["community_name"])
        if known is None:
            old = self.version == "0.18"
            return web.json_response({"error": "couldnt_find_community"}, status=400 if old else 404)
        views = _sorted(known, request.query["sort"])
        size = min(int(request.query.get("limit", "10")), 50)
        start = self._first(request, size)
        answer: Json = {"posts": views[start : start + size]}
        if self.version != "0.18":
            answer["next_page"] = f"P{start + size:x}" if start + size < len(views) else None
        return web.json_response(answer)

    def _first(self, request: web.Request, size: int) -> int:
        if self.version == "0.18":
            return (int(request.query.get("page", "1")) - 1) * size
        return int(request.query.get("page_cursor", "P0")[1:], 16)


def _sorted(views: list[Json], sort: str) -> list[Json]:
    if sort == "New":
        return sorted(views, key=lambda view: view["post"]["published"], reverse=True)
    if sort.startswith("Top"):
        return sorted(views, key=lambda view: -view["counts"]["score"])
    return views if sort == "Hot" else views[::-1]
