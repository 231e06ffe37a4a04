"""A site of many communities on the loopback, with Reddit's API: posts come as time goes by, and their scores grow.

Started as `town.py PLAN`, a `Plan` as JSON; prints its port and serves until its standard input ends. Posts come by a
Poisson process; community n gets a share of them as 1/n, which is Zipf's law. A tenth are reposts of an earlier
picture. A community may have been read for long before: its posts begin where it was read last, and it is read again
when a schedule that has adapted to it would be. As Reddit does, it allows so many requests
a minute, averaged over ten, and answers 429 to more.
`/told` answers with what it has told to whoever asked.
"""

from __future__ import annotations

import asyncio
import bisect
import json
import math
import random
import secrets
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from aiohttp import web

import crowd
from beside import Beside
from dankmeme.pipeline.schedule import FRESH_SHARE, LONGEST_INTERVAL, SHORTEST_INTERVAL, make
from dankmeme.storage import schedules
from dankmeme.storage.database import Database

CLIENT, SECRET = "bench", "bench"
_WINDOW = 600.0
_PAGE = 100
_REPOSTS = 0.1
_RIPE = 3 * 3_600.0
"""Seconds until a post has most of its score."""


@dataclass(frozen=True)
class Plan:
    """What comes.

    Attributes:
        pictures: port of the server of pictures.
        distinct: how many pictures that one has.
        communities: how many there are.
        rate: posts a second, of all together.
        seconds: for how long they come.
        older: seconds by which posts say that they are older than they are, so that a score at an hour is due soon.
        minute: requests that are answered a minute.
        adapted: whether all have been read for long; else posts begin to come at the start.
    """

    pictures: int
    distinct: int
    communities: int
    rate: float
    seconds: float
    older: float
    minute: int
    adapted: bool = False

    def share(self, number: int) -> float:
        """Posts a second of the community of this number; the first one has the most."""
        return self.rate / number / _harmonic(self.communities)

    def interval(self, number: int) -> float:
        """Seconds between two readings of it, once its schedule has adapted."""
        aim = FRESH_SHARE * _PAGE / self.share(number)
        return min(LONGEST_INTERVAL, max(SHORTEST_INTERVAL, aim))

    def due(self, number: int) -> float:
        """Seconds from the start until it is read for the first time, once its schedule has adapted."""
        return random.Random(number).random() * self.interval(number)


@dataclass(frozen=True)
class Told:
    """What was asked of the town so far.

    Attributes:
        made: posts that came since the start.
        listed: ids of those that stood in an answer.
        requests: how often it was asked, tokens included.
        refused: how often of these it answered 429.
    """

    made: int
    listed: list[str]
    requests: int
    refused: int


class Town(Beside):
    """The town in a process of its own."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(__file__, json.dumps(asdict(plan)))
        self._plan = plan

    def settings(self, cron: str) -> dict[str, str]:
        """The settings, in lower case, that read all of it by one rhythm; pictures may be fetched."""
        url = f"http://127.0.0.1:{self.port}"
        return {
            "reddit_url": url,
            "reddit_oauth_url": url,
            "reddit_client_id": CLIENT,
            "reddit_client_secret": SECRET,
            "fetch_allow": f"127.0.0.1:{self._plan.pictures}",
            "schedules": ";".join(f"reddit {name} {cron}" for name in names(self._plan.communities)),
        }

    def adapt(self, url: str) -> None:
        """Prepare a database as one that has read these communities for long."""
        database = Database(url)
        database.migrate()
        now = time.time()
        wanted = [
            replace(
                make("reddit", name, None, from_settings=True),
                interval=self._plan.interval(number),
                next_utc=now + self._plan.due(number),
            )
            for number, name in enumerate(names(self._plan.communities), 1)
        ]
        schedules.adopt(database, wanted)
        database.close()

    def told(self) -> Told:
        """What was asked of it so far."""
        return Told(**self.ask("/told"))


@cache
def _harmonic(count: int) -> float:
    """1 + 1/2 + … + 1/count."""
    return sum(1 / each for each in range(1, count + 1))


def names(count: int) -> list[str]:
    """The communities, the largest first."""
    return [f"town{number:04}" for number in range(1, count + 1)]


class _Streets:
    """All posts that will ever come, by community, and the answers to those who ask."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._born = plan, time.time()
        self._posts: dict[str, list[dict[str, Any]]] = {name: [] for name in names(plan.communities)}
        self._known: dict[str, dict[str, Any]] = {}
        self._times: list[float] = []
        self._listed: set[str] = set()
        self._asked: deque[float] = deque()
        self._requests = self._refused = 0
        self._tokens: set[str] = set()
        for post in _arrivals(plan, self._born):
            self._posts[post["subreddit"]].append(post)
            self._known[post["name"]] = post
            self._times.append(post["came"])
        self._times.sort()

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == "/told":
            made = bisect.bisect(self._times, time.time()) - bisect.bisect(self._times, self._born)
            return web.json_response(asdict(Told(made, sorted(self._listed), self._requests, self._refused)))
        self._requests += 1
        if request.path == "/api/v1/access_token":
            return self._token()
        now = time.monotonic()
        while self._asked and self._asked[0] < now - _WINDOW:
            self._asked.popleft()
        allowed = self._plan.minute * _WINDOW / 60
        if len(self._asked) >= allowed:
            self._refused += 1
            return self._limited(web.json_response({"error": 429}, status=429), now)
        self._asked.append(now)
        return self._limited(self._answer(request), now)

    def _token(self) -> web.Response:
        """Asking for a token counts for no limit."""
        token = secrets.token_hex(8)
        self._tokens.add(token)
        return web.json_response({"access_token": token, "token_type": "bearer", "expires_in": 3_600, "scope": "*"})

    def _limited(self, response: web.Response, now: float) -> web.Response:
        """Reddit's headers: what is left of the ten minutes, and when they end."""
        allowed = self._plan.minute * _WINDOW / 60
        reset = math.ceil(self._asked[0] + _WINDOW - now)
        response.headers["x-ratelimit-remaining"] = f"{allowed - len(self._asked):.1f}"
        response.headers["x-ratelimit-used"] = str(len(self._asked))
        response.headers["x-ratelimit-reset"] = str(reset)
        if response.status == 429:
            response.headers["retry-after"] = "10"
        return response

    def _answer(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization", "").removeprefix("bearer ") not in self._tokens:
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        parts = request.path.strip("/").split("/")
        if parts == ["api", "info"]:
            wanted = request.query.get("id", "").split(",")[:_PAGE]
            return self._listing([self._known[name] for name in wanted if name in self._known], None)
        if len(parts) != 3 or parts[1] not in self._posts or parts[2] != "new":
            return web.json_response({"message": "Not Found", "error": 404}, status=404)
        return self._newest(parts[1], request.query.get("after", ""))

    def _newest(self, community: str, after: str) -> web.Response:
        posts = self._posts[community]
        known = bisect.bisect(posts, time.time(), key=lambda post: post["came"])
        listing = posts[max(0, known - 1_000) : known][::-1]
        start = next((number + 1 for number, post in enumerate(listing) if post["name"] == after), 0)
        page = listing[start : start + _PAGE]
        self._listed.update(post["id"] for post in page)
        more = start + len(page) < len(listing)
        return self._listing(page, page[-1]["name"] if page and more else None)

    def _listing(self, posts: list[dict[str, Any]], after: str | None) -> web.Response:
        now = time.time()
        children = [{"kind": "t3", "data": post | {"score": _score(post, now)}} for post in posts]
        return web.json_response({"kind": "Listing", "data": {"after": after, "before": None, "children": children}})


def _score(post: dict[str, Any], now: float) -> int:
    """Points grow towards what the post ends with."""
    return 1 + int(post["in_the_end"] * (1 - math.exp(-max(0.0, now - post["created_utc"]) / _RIPE)))


def _arrivals(plan: Plan, born: float) -> list[dict[str, Any]]:
    """All posts in the order in which they come."""
    chance, vocabulary = random.Random(0), crowd.words()
    found: list[dict[str, Any]] = []
    fresh = 0
    for came, community in sorted(_moments(plan, chance)):
        again = bool(found) and chance.random() < _REPOSTS
        picture = chance.randrange(fresh) if again else fresh
        fresh += not again
        name = f"b{len(found):07x}"
        title = " ".join(vocabulary[min(int(chance.paretovariate(0.3)), len(vocabulary)) - 1] for _ in range(8))
        post = {
            "id": name,
            "name": f"t3_{name}",
            "subreddit": community,
            "title": title,
            "url": f"http://127.0.0.1:{plan.pictures}/{picture % plan.distinct}.jpg",
            "post_hint": "image",
            "author": f"u_{chance.randrange(50_000)}",
            "permalink": f"/r/{community}/comments/{name}/post/",
            "created_utc": round(born + came - plan.older),
            "came": born + came,
            "in_the_end": int(chance.lognormvariate(3, 2)),
            "selftext": "",
            "is_self": False,
            "removed_by_category": None,
        }
        found.append(post)
    return found


def _moments(plan: Plan, chance: random.Random) -> Iterator[tuple[float, str]]:
    """When posts come, in seconds since the start, and where."""
    for number, community in enumerate(names(plan.communities), 1):
        came = plan.due(number) - plan.interval(number) if plan.adapted else 0.0
        while (came := came + chance.expovariate(plan.share(number))) < plan.seconds:
            yield came, community


async def _serve(plan: Plan) -> None:
    streets = _Streets(plan)
    server = web.Server(streets.answer)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve(Plan(**json.loads(sys.argv[1]))))
