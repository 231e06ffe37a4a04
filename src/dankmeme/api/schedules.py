"""Routes for the communities that are read again and again, and for trying a source out."""

from __future__ import annotations

import asyncio
import time

from fastapi import APIRouter, Depends, Request

from dankmeme.api.admin import admin
from dankmeme.api.admin_schemas import (
    RunAnswer,
    ScheduleAnswer,
    ScheduleChange,
    ScheduleRequest,
    SchedulesAnswer,
    TrialAnswer,
    TrialRequest,
)
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import Problem
from dankmeme.errors import DankError, SettingError
from dankmeme.pipeline.network import make_fetcher
from dankmeme.pipeline.schedule import check, make, reads_files
from dankmeme.settings import Settings
from dankmeme.sources import Page, Query, open_source
from dankmeme.storage import Storage, runs, schedules
from dankmeme.storage.schedules import Schedule

TRIAL_POSTS, TRIAL_SECONDS = 5, 20.0
router = APIRouter(
    tags=["schedules"],
    dependencies=[Depends(admin)],
    responses={status: {"model": Problem} for status in (401, 403, 422, 503)},
)


@router.get("/api/v1/schedules")
def everyone(rest: Rest) -> SchedulesAnswer:
    """All schedules with their newest runs."""
    return SchedulesAnswer(schedules=[_answer(rest, each) for each in schedules.everyone(rest.database)])


@router.post("/api/v1/schedules", status_code=201, responses={409: {"model": Problem}})
def add(request: Request, rest: Rest, wanted: ScheduleRequest) -> ScheduleAnswer:
    """Read a community from now on; the server, or a worker, does it."""
    where = _remote(wanted.source, wanted.where)
    try:
        made = make(wanted.source, where, wanted.cron, sort=wanted.sort, limit=wanted.limit)
    except SettingError as error:
        raise DankError("bad-setting", error.message) from None
    check(made, request.app.state.settings)
    if any(each.name == made.name for each in schedules.everyone(rest.database)):
        raise DankError("schedule-exists", f"{made.name} is scheduled already")
    schedules.save(rest.database, made)
    return _answer(rest, made)


@router.patch("/api/v1/schedules/{name:path}", responses={status: {"model": Problem} for status in (404, 409)})
def change(rest: Rest, name: str, wanted: ScheduleChange) -> ScheduleAnswer:
    """Pause a schedule, let it go on (at once, and then in its rhythm), or let it be due now."""
    known = _known(rest, name)
    paused = known.paused if wanted.paused is None else wanted.paused
    if wanted.run_now and paused:
        raise DankError("schedule-paused", f"{name} is paused: let it go on first")
    changed: dict[str, object] = {} if paused == known.paused else {"paused": paused}
    if wanted.run_now or (known.paused and not paused):
        changed["next_utc"] = time.time()
    if changed:
        schedules.change(rest.database, name, **changed)
    return _answer(rest, _known(rest, name))


@router.delete(
    "/api/v1/schedules/{name:path}", status_code=204, responses={status: {"model": Problem} for status in (404, 409)}
)
def remove(rest: Rest, name: str) -> None:
    """Read it no more; its posts stay."""
    if _known(rest, name).from_settings:
        raise DankError("schedule-from-settings", f"{name} comes from the settings: take it out there, or pause it")
    schedules.remove(rest.database, name)


@router.post("/api/v1/sources/trial")
async def trial(request: Request, wanted: TrialRequest) -> TrialAnswer:
    """Ask a source for its newest posts, and keep nothing."""
    where = _remote(wanted.source, wanted.where)
    try:
        async with asyncio.timeout(TRIAL_SECONDS):
            page = await _first_page(request.app.state.settings, wanted.source, where)
    except TimeoutError:
        message = f"the source did not answer within {TRIAL_SECONDS:.0f} seconds"
        return TrialAnswer(works=False, message=message, titles=[])
    except DankError as error:
        return TrialAnswer(works=False, message=error.message, titles=[])
    titles = [post.title for post in page.posts] if page else []
    said = "it answers" if titles else "it answers, but none of its newest posts shows a picture"
    return TrialAnswer(works=True, message=said, titles=titles)


async def _first_page(settings: Settings, name: str, where: str) -> Page | None:
    async with make_fetcher(settings) as fetcher:
        source = open_source(name, settings, fetcher)
        try:
            return await anext(source.pages(Query(where=where, limit=TRIAL_POSTS)), None)
        finally:
            await source.close()


def _remote(source: str, where: str) -> str:
    """What is to be read; nobody may read the files of this machine by way of the web.

    Raises:
        DankError: `local-source` or `bad-query`.
    """
    named = where.strip()
    if reads_files(source, named):
        raise DankError("local-source", f"{source} reads files of the server: that is for the command line alone")
    if not named.isprintable() or not named:
        raise DankError("bad-query", "name a community or an address, in one line")
    return named


def _known(rest: Storage, name: str) -> Schedule:
    found = next((each for each in schedules.everyone(rest.database) if each.name == name), None)
    if found is None:
        raise DankError("no-schedule", f"there is no schedule {name!r}")
    return found


def _answer(rest: Storage, schedule: Schedule) -> ScheduleAnswer:
    newest = [RunAnswer.model_validate(vars(run)) for run in runs.newest(rest.database, schedule.name)]
    return ScheduleAnswer.model_validate(vars(schedule) | {"runs": newest})
