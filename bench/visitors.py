"""People who come by: they look at pages and pictures, vote, and have memes of theirs classified.

Started as `visitors.py URL SECONDS PAGES VOTES VERDICTS FROM FOLDER`: for so many seconds, so many of each a second, at
times of a Poisson process, whether earlier ones were answered or not. Pictures to classify are those of the pack in
FOLDER from number FROM on. Prints `Visits` as JSON.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

import load
import pack

KINDS = ("page", "picture", "vote", "verdict")
_PATIENCE = 60.0
_PICTURES_A_PAGE = 4
_SORTS = ("newest", "newest", "newest", "dankest", "voted", "underrated")


@dataclass
class Visits:
    """What came of them, by kind.

    Attributes:
        latencies: seconds of each answered request.
        answers: how often each answer came: the status, with the problem's code where it was one, or the error's name.
        voted: votes that stand in the end, by post: +1 for each "dank".
    """

    latencies: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    answers: dict[str, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    voted: int = 0

    def count(self, kind: str, answer: str) -> None:
        """One more answer."""
        self.answers[kind][answer] = self.answers[kind].get(answer, 0) + 1


class Visitors:
    """The visitors in a process of their own; `wait` for what they saw."""

    def __init__(
        self, url: str, *, seconds: float, pages: float, votes: float, verdicts: float, first: int, folder: Path
    ) -> None:
        numbers = map(str, (seconds, pages, votes, verdicts, first))
        self._process = subprocess.Popen(
            [sys.executable, __file__, url, *numbers, str(folder)], stdout=subprocess.PIPE, text=True
        )

    def wait(self) -> Visits:
        """Until all have been answered.

        Raises:
            RuntimeError: if the process failed.
        """
        said, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError(f"the visitors ended with {self._process.returncode}")
        return Visits(**json.loads(said))


class _Crowd:
    def __init__(self, url: str, memes: Iterator[bytes], session: aiohttp.ClientSession) -> None:
        self._url, self._memes, self._session = url, memes, session
        self._chance = random.Random(1)
        self._seen: list[str] = []
        self.visits = Visits()

    async def page(self) -> None:
        """A page of the feed, with some of its pictures."""
        sort = self._chance.choice(_SORTS)
        told = await self._ask("page", "GET", f"/api/v1/posts?sort={sort}&limit=24")
        posts = told.get("posts", [])
        self._seen = [*self._seen[-500:], *(post["id"] for post in posts)]
        shown = self._chance.sample(posts, min(_PICTURES_A_PAGE, len(posts)))
        await asyncio.gather(*(self._ask("picture", "GET", post["image"]["thumbnail"]) for post in shown))

    async def vote(self) -> None:
        """A vote of a new browser for a post that somebody saw."""
        if not self._seen:
            await self.page()
        if self._seen:
            post = quote(self._chance.choice(self._seen), safe="")
            told = await self._ask("vote", "PUT", f"/api/v1/posts/{post}/vote", json={"vote": "dank"})
            self.visits.voted += "mine" in told

    async def verdict(self) -> None:
        """A verdict on a meme."""
        await self._ask("verdict", "POST", load.CLASSIFY, data=next(self._memes), headers=load.HEADERS)

    async def _ask(self, kind: str, method: str, path: str, **more: Any) -> dict[str, Any]:
        asked, told = time.perf_counter(), {}
        try:
            async with self._session.request(method, self._url + path, **more) as response:
                body = await response.read()
                if response.content_type.endswith("json"):
                    told = json.loads(body)
                answer = f"{response.status} {told.get('code', '')}".strip()
            self.visits.latencies[kind].append(time.perf_counter() - asked)
        except (aiohttp.ClientError, TimeoutError) as error:
            answer = type(error).__name__
        self.visits.count(kind, answer)
        return told


async def _come(do: Callable[[], Awaitable[None]], rate: float, until: float, chance: random.Random) -> None:
    """Do it at times of a Poisson process; in the end wait for all that was begun."""
    begun: set[asyncio.Task[None]] = set()
    when = time.monotonic()
    while rate > 0 and (when := when + chance.expovariate(rate)) < until:
        await asyncio.sleep(max(0.0, when - time.monotonic()))
        task = asyncio.ensure_future(do())
        begun.add(task)
        task.add_done_callback(begun.discard)
    await asyncio.gather(*begun)


async def _visit(url: str, seconds: float, rates: tuple[float, float, float], memes: Iterator[bytes]) -> Visits:
    connector, patience = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=_PATIENCE)
    nobody = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=patience, cookie_jar=nobody) as session:
        crowd, until = _Crowd(url, memes, session), time.monotonic() + seconds
        kinds = zip((crowd.page, crowd.vote, crowd.verdict), rates, strict=True)
        await asyncio.gather(
            *(_come(do, rate, until, random.Random(number)) for number, (do, rate) in enumerate(kinds))
        )
        return crowd.visits


def _forms(first: int, count: int, folder: Path) -> Iterator[bytes]:
    """Forms of the pack's pictures from number `first` on, `count` of them, over and over."""
    shards = pack.build(first + count, folder)
    numbers = range(first, first + count)
    for number in itertools.cycle(numbers):
        shard, place = shards[number // pack.SHARD], number % pack.SHARD
        lengths = pack.lengths(shard)
        with shard.open("rb") as opened:
            opened.seek(sum(lengths[:place]))
            yield load.form_of(f"{number}.jpg", opened.read(lengths[place]))


def _main(url: str, seconds: str, pages: str, votes: str, verdicts: str, first: str, folder: str) -> None:
    rates = float(pages), float(votes), float(verdicts)
    count = max(1, round(float(seconds) * rates[2] * 1.2))
    visits = asyncio.run(_visit(url, float(seconds), rates, _forms(int(first), count, Path(folder))))
    print(json.dumps(asdict(visits)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
