"""Pages of a very large feed, 200 people who vote at once, and 200 open event streams, over real connections."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import statistics
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

import aiohttp
import httpx
import psycopg

import crowd
import tree
from dankmeme.storage.completing import complete
from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed as feed_table
from figures import Figure, Goal, Point
from server import Server

PAGE_MILLISECONDS = 20.0
VOTERS, STREAMS = 200, 200
NEWS_SECONDS = 5.0
_POSTGRES = "postgresql://postgres@127.0.0.1:5432/"
_PAGES_DEEP = 4


def feeds(home: Path, counts: Sequence[int], rounds: int = 3) -> list[Figure]:
    """p95 of a page of the feed at each size on either database; votes and streams at the smallest."""
    figures: list[Figure] = []
    for count in counts:
        for kind in ("SQLite", "PostgreSQL"):
            with _database(home, kind) as (url, folder):
                if url is None:
                    print(f"    NOT MEASURED: no PostgreSQL answers at {_POSTGRES}", file=sys.stderr)
                    continue
                _fill(url, count)
                with Server(folder, database_url=url, work="false", captions="false", vote_rate_address="0") as server:
                    server.until("/api/v1/posts?limit=1")
                    figures += _pages(server, count, kind, rounds)
                    if count == counts[0]:
                        figures += [*_voters(server, kind), *_streams(server, url, kind)]
    return figures


@contextlib.contextmanager
def _database(home: Path, kind: str) -> Iterator[tuple[str | None, Path]]:
    """The address of an empty database, and a home; dropped afterwards."""
    folder = home / f"feed-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    name = folder.name.replace("-", "_")
    try:
        if kind == "SQLite":
            yield f"sqlite:///{folder / 'dank.db'}", folder
            return
        try:
            with psycopg.connect(_POSTGRES, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{name}"'.encode())
        except psycopg.OperationalError:
            yield None, folder
            return
        yield _POSTGRES + name, folder
        with psycopg.connect(_POSTGRES, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
    finally:
        shutil.rmtree(folder)


def _fill(url: str, count: int) -> None:
    database = Database(url)
    database.migrate()
    crowd.fill(database, count)
    database.close()


def _questions() -> list[dict[str, str]]:
    """What people ask of a feed: every order and filter, alone and together, frequent words and rare ones."""
    now, day = time.time(), 86_400
    words = crowd.words()
    return [
        {},
        {},
        {"sort": "dankest"},
        {"sort": "voted"},
        {"sort": "underrated"},
        {"dank": "true"},
        {"dank": "true", "model": "cnn"},
        {"sort": "dankest", "model": "automl"},
        {"originals": "true"},
        {"community": "community0"},
        {"community": "community39"},
        {"community": "community3", "sort": "dankest"},
        {"community": "community5", "sort": "voted"},
        {"community": "community3", "sort": "underrated", "originals": "true"},
        {"source": "reddit", "sort": "dankest"},
        {"source": "lemmy", "sort": "dankest"},
        {"since": f"{now - 7 * day:.0f}"},
        {"since": f"{now - day:.0f}", "sort": "dankest"},
        {"since": f"{now - 300 * day:.0f}", "until": f"{now - 270 * day:.0f}", "sort": "voted"},
        {"q": words[0]},
        {"q": words[50]},
        {"q": words[3_000]},
        {"q": f"{words[3]} {words[7]}"},
        {"q": words[9], "sort": "dankest", "dank": "true"},
    ]


def _pages(server: Server, count: int, kind: str, rounds: int) -> list[Figure]:
    times: list[float] = []
    slowest = (0.0, "")
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for number in range(rounds + 1):
            for question in _questions():
                cursor = None
                for _ in range(_PAGES_DEEP):
                    asked = urlencode(question | ({"cursor": cursor} if cursor else {}))
                    started = time.perf_counter()
                    answer = client.get(f"/api/v1/posts?{asked}")
                    took = 1e3 * (time.perf_counter() - started)
                    answer.raise_for_status()
                    if number:  # the first round only warms the file up
                        times.append(took)
                        slowest = max(slowest, (took, urlencode(question)))
                    cursor = answer.json()["next"]
                    if cursor is None:
                        break
    p95 = statistics.quantiles(times, n=20)[-1]
    note = f"median {statistics.median(times):.1f} ms, slowest {slowest[0]:.0f} ms ({slowest[1]}), {len(times)} pages"
    name, goal = f"a feed page, p95, {count:,} posts, {kind}", Goal("at most", PAGE_MILLISECONDS)
    return [Figure(name, p95, "ms", goal=goal, note=note, point=Point(f"feed, {kind}", count))]


def _voters(server: Server, kind: str) -> list[Figure]:
    return asyncio.run(_vote(server.url, kind))


async def _vote(url: str, kind: str) -> list[Figure]:
    """200 browsers vote on the same five posts, change one vote and take one back, all at once."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/v1/posts?limit=5") as answer:
        before = {post["id"]: post["votes"] for post in (await answer.json())["posts"]}
    posts, times = list(before), []

    async def voter(number: int) -> None:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(120)) as session:
            for place, post in enumerate([*posts, posts[0], posts[1]]):
                said = ["dank", "not dank"][number % 2] if place < 5 else ["dank", None][place - 5]
                started = time.perf_counter()
                address = f"{url}/api/v1/posts/{quote(post, safe='')}/vote"
                async with session.put(address, json={"vote": said}) as answer:
                    assert answer.status == 200, await answer.text()
                times.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(voter(number) for number in range(VOTERS)))
    seconds = time.perf_counter() - started
    async with aiohttp.ClientSession() as session, session.get(f"{url}/api/v1/posts?limit=5") as answer:
        after = {post["id"]: post["votes"] for post in (await answer.json())["posts"]}
    half = VOTERS // 2
    more = {posts[0]: (VOTERS, 0), posts[1]: (0, 0)} | dict.fromkeys(posts[2:], (half, half))
    wrong = sum(
        abs(after[post]["dank"] - before[post]["dank"] - dank)
        + abs(after[post]["not_dank"] - before[post]["not_dank"] - no)
        for post, (dank, no) in more.items()
    )
    p95 = 1e3 * statistics.quantiles(times, n=20)[-1]
    return [
        Figure(f"votes counted wrong, {VOTERS} voters, {kind}", float(wrong), "votes", goal=Goal("at most", 0)),
        Figure(f"votes of {VOTERS} at once, {kind}", len(times) / seconds, "votes/s", note=f"p95 {p95:.0f} ms"),
    ]


def _streams(server: Server, url: str, kind: str) -> list[Figure]:
    return asyncio.run(_listen(server, url, kind))


async def _listen(server: Server, url: str, kind: str) -> list[Figure]:
    """200 browsers listen; a post comes; meanwhile the feed is read."""
    before = tree.memory(server.root)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(60)) as session:
        streams = [await session.get(f"{server.url}/api/v1/events") for _ in range(STREAMS)]
        waiting = [asyncio.create_task(_news(stream)) for stream in streams]
        await asyncio.sleep(1.5)
        taken = tree.memory(server.root) - before
        times = []
        for _ in range(100):
            started = time.perf_counter()
            async with session.get(f"{server.url}/api/v1/posts") as answer:
                await answer.read()
            times.append(1e3 * (time.perf_counter() - started))
        started = time.perf_counter()
        await asyncio.to_thread(_announce, url)
        done, late = await asyncio.wait(waiting, timeout=30)
        seconds = time.perf_counter() - started
        for task in late:
            task.cancel()
        for stream in streams:
            stream.close()
    p95 = statistics.quantiles(times, n=20)[-1]
    note = f"{taken:.0f} MB more; a feed page meanwhile: p95 {p95:.1f} ms"
    goal = Goal("at most", NEWS_SECONDS)
    return [
        Figure(
            f"streams that got the news, of {STREAMS}, {kind}", float(len(done)), "", goal=Goal("at least", STREAMS)
        ),
        Figure(f"until all {STREAMS} streams had it, {kind}", seconds, "s", goal=goal, note=note),
    ]


async def _news(stream: aiohttp.ClientResponse) -> None:
    async for line in stream.content:
        if line.startswith(b"event: posts"):
            return


def _announce(url: str) -> None:
    """Let a post come in anew: its row of the feed is made again."""
    database = Database(url)
    with database.write() as connection:
        newest = connection.scalar(
            feed_table.select().with_only_columns(feed_table.c.n).order_by(feed_table.c.n.desc())
        )
        connection.execute(feed_table.delete().where(feed_table.c.n == newest))
    complete(database)
    database.close()
