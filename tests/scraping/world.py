"""A Reddit, a Lemmy and hosts of pictures, on loopback, and our own commands that are let out to some of them.

Posts of a community are known by their name: what must become of the pictures of each is `OUTCOMES`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.drawing import encoded, texture
from tests.faults.processes import Command, environment
from tests.faults.resting import Rest, at_home
from tests.sources.fake_lemmy import FakeLemmy
from tests.sources.fake_reddit import FakeReddit, crosspost, gallery, removed, submission
from tests.sources.pictures import METADATA, Burst, Pictures, Redirect, Status

REFUSED, MISSING = "address-refused", "not-found"
BUSY = 2
"""So often the busy picture answers 500, and then itself."""
Outcome = tuple[str, ...]
"""Of each picture of a post in order: the path that must be stored, or the reason why none is."""


class HeldReddit(FakeReddit):
    """A Reddit that can be made to think long about every page but the first.

    Attributes:
        waiting: how many requests wait for their answer.
    """

    def __init__(self, communities: dict[str, list[dict[str, Any]]]) -> None:
        super().__init__(communities)
        self._free = asyncio.Event()
        self._free.set()
        self.waiting = 0

    def hold(self) -> None:
        """Let later pages wait."""
        self._free.clear()

    def release(self) -> None:
        """Answer them."""
        self._loop.call_soon_threadsafe(self._free.set)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if "after" in request.query:
            self.waiting += 1
            await self._free.wait()
            self.waiting -= 1
        return await super().answer(request)


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass
class World:
    """The servers while they run.

    Attributes:
        home: `DANK_HOME` of the commands.
        host: of pictures; may be asked.
        hidden: of pictures, on a port that may not be asked.
        outcomes: what must become of posts, by id.
        allowed: where else the commands may go (`host:port`).
    """

    home: Path
    reddit: HeldReddit
    lemmy: FakeLemmy
    host: Pictures
    hidden: Pictures
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    allowed: list[str] = field(default_factory=list)

    @property
    def memes(self) -> str:
        """The community of the Lemmy."""
        return f"memes@{self.lemmy.place}"

    @property
    def rest(self) -> Rest:
        """What the commands have kept."""
        return at_home(self.home)

    def dank(self, *arguments: str, **settings: str) -> Command:
        """A command that knows the way to these servers and no other; settings in lower case, no prefix."""
        known = {name.removeprefix("DANK_").lower(): value for name, value in self.reddit.environment().items()}
        allowed = ",".join([self.reddit.place, self.lemmy.place, self.host.place, *self.allowed])
        known |= {"home": str(self.home), "fetch_allow": allowed, "retry_seconds": "0.1", "captions": "false"}
        return Command(arguments, environment(**known | {"decode_workers": "1"} | settings))

    def said(self, *commands: tuple[str, ...], **settings: str) -> list[Said]:
        """What commands say that run to their ends side by side."""
        with ExitStack() as stack:
            running = [stack.enter_context(self.dank(*arguments, **settings)) for arguments in commands]
            return [Said(each.wait(), each.stdout, each.stderr) for each in running]

    def picture(self, name: str) -> str:
        """A new picture's address."""
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
        self.host.pages[f"/{name}.jpg"] = encoded(texture(72, 96, seed), "JPEG", quality=80)
        return f"{self.host.url}/{name}.jpg"

    def body(self, path: str) -> bytes:
        """What is stored for a path in the end."""
        page = self.host.pages[path]
        body = page.then if isinstance(page, Burst) else page
        assert isinstance(body, bytes)
        return body

    def settled(self) -> bool:
        """Whether every picture there should be is stored or failed."""
        wanted = sum(map(len, self.outcomes.values()))
        return self.rest.done == wanted and self.rest.count("pending") == 0

    def found(self) -> dict[str, Outcome]:
        """What became of posts: as `outcomes`."""
        paths = {hashlib.sha256(self.body(path)).hexdigest(): path for path in self.host.pages if self._stays(path)}
        rows = self.rest.rows(
            "SELECT i.post_id, i.state, i.image, f.code FROM post_images i LEFT JOIN failures f "
            "ON f.post_id = i.post_id AND f.position = i.position ORDER BY i.post_id, i.position"
        )
        outcomes: dict[str, Outcome] = {}
        for post, state, image, code in rows:
            became = paths[image] if state == "stored" else code if state == "failed" else state
            outcomes[post] = (*outcomes.get(post, ()), became)
        return outcomes

    def runs(self, source: str) -> list[dict[str, Any]]:
        """The ended runs of a source by schedule, the oldest first."""
        names = ("schedule", "found", "fresh", "skipped", "error", "started_utc", "ended_utc")
        query = f"SELECT {', '.join(names)} FROM runs WHERE ended_utc IS NOT NULL ORDER BY started_utc"
        rows = [dict(zip(names, row, strict=True)) for row in self.rest.rows(query)]
        return [
            row | {"skipped": json.loads(row["skipped"])} for row in rows if (row["schedule"] or "").startswith(source)
        ]

    def schedule(self, name: str) -> dict[str, Any]:
        """What is kept of a schedule."""
        columns = ("interval", "next_utc", "cron")
        (row,) = self.rest.rows(f"SELECT {', '.join(columns)} FROM schedules WHERE name = '{name}'")
        return dict(zip(columns, row, strict=True))

    def _stays(self, path: str) -> bool:
        return isinstance(self.host.pages[path], bytes | Burst)


@contextmanager
def world(home: Path) -> Iterator[World]:
    """Servers whose communities are empty."""
    with ExitStack() as servers:
        reddit = servers.enter_context(HeldReddit({"dankmemes": []}))
        lemmy = servers.enter_context(FakeLemmy({"memes": []}))
        host, hidden = servers.enter_context(Pictures()), servers.enter_context(Pictures())
        yield World(home, reddit, lemmy, host, hidden)


def add_reddit_posts(world: World) -> dict[str, int]:
    """Posts of every kind in r/dankmemes; how many must be left out, for which reason."""
    other, metadata = world.hidden.url + "/plain.jpg", METADATA
    world.picture("inside")
    world.hidden.pages["/plain.jpg"] = world.body("/inside.jpg")
    busy, lost = world.picture("busy"), world.host.url + "/lost.jpg"
    world.host.pages |= {
        "/busy.jpg": Burst(BUSY, world.body("/busy.jpg")),
        "/out.jpg": Redirect(other),
        "/cloud.jpg": Redirect(metadata),
        "/moved.jpg": Redirect(world.host.url + "/inside.jpg"),
        "/lost.jpg": Status(404),
    }
    by_name = f"http://localhost:{world.host.port}/inside.jpg"
    picture, asked = world.picture, world.host.url
    posts: list[tuple[dict[str, Any], Outcome]] = [
        (submission("plain", url=picture("r-plain")), ("/r-plain.jpg",)),
        (gallery("three", [picture(f"r-{n}") for n in "cab"]), ("/r-c.jpg", "/r-a.jpg", "/r-b.jpg")),
        (gallery("torn", [lost, picture("r-kept")]), (MISSING, "/r-kept.jpg")),
        (submission("moved", url=asked + "/moved.jpg"), ("/inside.jpg",)),
        (submission("busy", url=busy), ("/busy.jpg",)),
        (submission("out", url=asked + "/out.jpg"), (REFUSED,)),
        (submission("cloud", url=asked + "/cloud.jpg"), (REFUSED,)),
        (submission("port", url=other), (REFUSED,)),
        (submission("name", url=by_name), (REFUSED,)),
        (submission("lost", url=lost), (MISSING,)),
        (crosspost("cross", submission("old", community="memes", url=picture("r-old"))), ("/r-old.jpg",)),
        (removed("gone"), ()),
        (removed("deleted", "deleted"), ()),
        (submission("text", is_self=True, url="https://www.reddit.com/r/dankmemes/comments/text/"), ()),
        (submission("film", is_video=True, url="https://v.redd.it/film"), ()),
    ]
    now = time.time()
    for age, (post, outcome) in enumerate(posts, 1):
        world.reddit.communities["dankmemes"].append(post | {"created_utc": now - 600 * age, "score": 10 * age})
        if outcome:
            world.outcomes[f"reddit:{post['id']}"] = outcome
    return {"removed": 2, "no image": 2}


def add_lemmy_posts(world: World) -> dict[str, int]:
    """Posts of every kind on the Lemmy; how many must be left out, for which reason."""
    world.host.pages["/away.jpg"] = Redirect(world.hidden.url + "/plain.jpg")
    world.host.pages["/none.jpg"] = Status(404)
    shown = f"![]({world.picture('l-one')}) and ![]({world.picture('l-two')})"
    home = "https://elsewhere.example/post/77"
    posts: list[tuple[dict[str, Any], Outcome]] = [
        ({"url": world.picture("l-plain")}, ("/l-plain.jpg",)),
        ({"url": None, "body": shown}, ("/l-one.jpg", "/l-two.jpg")),
        ({"url": world.picture("l-far"), "home": home}, ("/l-far.jpg",)),
        ({"url": METADATA}, (REFUSED,)),
        ({"url": world.host.url + "/away.jpg"}, (REFUSED,)),
        ({"url": world.host.url + "/none.jpg"}, (MISSING,)),
        ({"deleted": True}, ()),
        ({"removed": True}, ()),
        ({"url": "https://news.example/page.html"}, ()),
    ]
    now = time.time()
    for number, (fields, outcome) in enumerate(posts, 1):
        post = world.lemmy.post(number, score=number, published=now - 600 * number, **fields)
        world.lemmy.communities["memes"].append(post)
        if outcome:
            name = "lemmy:elsewhere.example:77" if "home" in fields else f"lemmy:{world.lemmy.place}:{number}"
            world.outcomes[name] = outcome
    return {"removed": 2, "no image": 1}
