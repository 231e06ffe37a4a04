"""An archive of Reddit that answers by HTTP, in either of the two shapes; `after` and `before` are exclusive."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.sources.serving import LoopbackServer

Json = dict[str, Any]


class FakeArchive(LoopbackServer):
    """Holds posts as `fake_reddit.submission` makes them.

    Args:
        posts: in any order.
        shape: `arctic` or `pushshift`.
        deaf: ignores `before`, as a broken archive might.
    """

    def __init__(self, posts: list[Json], shape: str = "arctic", *, deaf: bool = False) -> None:
        super().__init__()
        self.posts, self.deaf = posts, deaf
        arctic = shape == "arctic"
        self.path, self.size = ("/api/posts/search", "limit") if arctic else ("/reddit/search/submission/", "size")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path != self.path:
            return web.json_response({"error": "no such route"}, status=404)
        query = request.query
        before, after = (
            (float("inf") if self.deaf else float(query.get("before", "inf"))),
            float(query.get("after", "-inf")),
        )
        wanted = [
            post
            for post in self.posts
            if post["subreddit"].lower() == query["subreddit"].lower() and after < post["created_utc"] < before
        ]
        found = sorted(wanted, key=lambda post: -post["created_utc"])[: min(int(query.get(self.size, "25")), 100)]
        return web.json_response({"data": found})
