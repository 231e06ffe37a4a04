"""When a community is read again: by cron, or more often while new posts appear."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from croniter import CroniterError, croniter
from yarl import URL

from dankmeme.errors import FetchError, SettingError, SourceError
from dankmeme.fetch import Fetched, Fetcher
from dankmeme.settings import Settings
from dankmeme.sources import SOURCES, Query, Sort, open_source
from dankmeme.sources.archive import ArchiveSource
from dankmeme.storage.schedules import Schedule

EVERY_12_HOURS = "0 */12 * * *"
FIRST_INTERVAL = 900.0
SHORTEST_INTERVAL, LONGEST_INTERVAL = 60.0, 12 * 3600.0
LIMIT = 100
FRESH_SHARE = 0.25
"""Adaptive polling aims at a listing a quarter of whose posts are new: often enough to lose none in a rush."""


def make(
    source: str,
    where: str,
    cron: str | None,
    *,
    sort: str = "new",
    limit: int = LIMIT,
    from_settings: bool = False,
    now: float | None = None,
) -> Schedule:
    """A schedule; an adaptive one (`cron` None) is due at once.

    Raises:
        SettingError: `bad-schedule`.
    """
    now = time.time() if now is None else now
    due = now if cron is None else following(cron, now)
    return Schedule(
        name=f"{source} {where} {sort}",
        source=source,
        where=where,
        sort=sort,
        limit=limit,
        cron=cron,
        paused=False,
        from_settings=from_settings,
        interval=FIRST_INTERVAL,
        next_utc=due,
    )


def reads_files(source: str, where: str) -> bool:
    """Whether a source, asked for this, reads files of the machine that it runs on: only archives may be elsewhere."""
    elsewhere = source == ArchiveSource.name and where.lower().startswith(("http://", "https://"))
    return SOURCES[source].local and not elsewhere


def check(schedule: Schedule, settings: Settings) -> None:
    """See whether the source understands what a schedule asks for; nothing is sent anywhere, and no file is read.

    Raises:
        SourceError: `bad-query`.
    """
    if not reads_files(schedule.source, schedule.where):
        asyncio.run(_ask_in_vain(schedule, settings.model_copy(update={"reddit_client_id": None})))


def following(cron: str, now: float) -> float:
    """The first time after `now` that a cron expression (UTC) names, in seconds since 1970.

    Raises:
        SettingError: `bad-schedule`.
    """
    try:
        if len(cron.split()) != 5:
            raise ValueError
        found: float = croniter(cron, datetime.fromtimestamp(now, UTC)).get_next(float)
    except (CroniterError, ValueError, KeyError, AttributeError):
        raise SettingError(
            "bad-schedule", f"“{cron}” is no cron expression of five fields (minute hour day month weekday)"
        ) from None
    return found


def next_due(schedule: Schedule, now: float) -> float:
    """When a schedule that is due now is due again."""
    return following(schedule.cron, now) if schedule.cron else now + schedule.interval


def adapted(interval: float, fresh: int, limit: int) -> float:
    """The next interval of an adaptive schedule, in seconds: at most halved, at most half as long again.

    Args:
        interval: the one that led to this run.
        fresh: how many new posts it brought.
        limit: how many posts it asks for.
    """
    aim = max(1.0, FRESH_SHARE * limit)
    factor = min(1.5, max(0.5, aim / max(fresh, aim / 2)))
    return min(LONGEST_INTERVAL, max(SHORTEST_INTERVAL, interval * factor))


def parse(text: str) -> list[Schedule]:
    """Schedules as the setting DANK_SCHEDULES writes them: `SOURCE WHERE CRON` or `SOURCE WHERE adaptive`, `;` between.

    Raises:
        SettingError: `bad-schedule`, naming the entry.
    """
    found = []
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        source, _, rest = entry.partition(" ")
        where, _, when = rest.strip().partition(" ")
        if not where or not when.strip():
            raise SettingError("bad-schedule", f"“{entry}” should read: SOURCE WHERE CRON, or SOURCE WHERE adaptive")
        if source not in SOURCES:
            raise SettingError("bad-schedule", f"“{entry}”: there is no source {source}, only {', '.join(SOURCES)}")
        cron = None if when.strip() == "adaptive" else when.strip()
        try:
            found.append(make(source, where, cron, from_settings=True))
        except SettingError as error:
            raise SettingError(error.code, f"“{entry}”: {error.message}") from None
    return found


def from_settings(settings: Settings) -> list[Schedule]:
    """The schedules that the settings name; r/dankmemes every 12 hours where they name none but can reach Reddit.

    Raises:
        SettingError: `bad-schedule`.
    """
    if settings.schedules.strip() or not settings.reddit_client_id:
        return parse(settings.schedules)
    return [make("reddit", "dankmemes", EVERY_12_HOURS, from_settings=True, now=time.time())]


class _Unsent(Fetcher):
    """Looks at addresses as any fetcher does, and sends nothing."""

    async def _ask(self, url: URL, accept: str, max_bytes: int) -> Fetched | URL:
        raise FetchError("fetch-failed", "nothing was sent")


async def _ask_in_vain(schedule: Schedule, settings: Settings) -> None:
    """A source looks at what it is asked before it looks for credentials, and for its way out."""
    query = Query(where=schedule.where, sort=Sort(schedule.sort), limit=schedule.limit)
    async with _Unsent(allow=settings.fetch_allow) as fetcher:
        source = open_source(schedule.source, settings, fetcher)
        try:
            await anext(source.pages(query), None)
        except SourceError as error:
            if error.code == "bad-query":
                raise
        finally:
            await source.close()
