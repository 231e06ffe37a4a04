"""`dank schedule`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.ending import clear_errors
from dankmeme.cli.following import counted, listed
from dankmeme.cli.ingest import SOURCES_HELP, Listing, known_source, place
from dankmeme.cli.saying import say, wrong

if TYPE_CHECKING:
    from dankmeme.storage.runs import Run
    from dankmeme.storage.schedules import Schedule

schedule = typer.Typer(help="Communities that are scraped again and again.", no_args_is_help=True)
ByName = Annotated[str, typer.Argument(metavar="NAME", help="As `dank schedule list` shows it, in quotes.")]


@schedule.command("list")
def show() -> None:
    """Show the schedules, when each is due, and what its last runs brought."""
    from dankmeme.pipeline.schedule import from_settings
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage, runs, schedules

    with clear_errors(), open_storage(settings()) as storage:
        kept = schedules.everyone(storage.database)
        names = {each.name for each in kept}
        found = kept + [each for each in from_settings(settings()) if each.name not in names]
        for each in found:
            rhythm = each.cron or f"adaptive, every {_span(each.interval)} now"
            due = _due(each, time.time()) if each.name in names else "begins with `dank serve` or `dank worker`"
            origin = "  (from DANK_SCHEDULES)" if each.from_settings else ""
            say(f"{each.name}  [{rhythm}]  {due}{origin}")
            for run in runs.newest(storage.database, each.name, 3):
                brought = f"{counted(run.found, 'post')}, {run.fresh:,} new"
                brought += f", left out: {listed(run.skipped)}" if run.skipped else ""
                say(f"    {_when(run.started_utc)}  {brought}: {_outcome(run)}")
    if not found:
        say("nothing is scheduled; try: dank schedule add lemmy memes@lemmy.ml")


@schedule.command()
def add(
    source: Annotated[str, typer.Argument(help=SOURCES_HELP)],
    where: Annotated[str, typer.Argument(help="Community or address.")],
    cron: Annotated[
        str | None, typer.Option(help="Five cron fields, UTC; without it: more often while new posts appear.")
    ] = None,
    sort: Annotated[Listing, typer.Option(help="Which listing.")] = Listing.new,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many posts a run.")] = 100,
) -> None:
    """Scrape a community again and again; the server, or `dank worker`, does it."""
    from dankmeme.pipeline.schedule import check, make
    from dankmeme.settings import settings
    from dankmeme.sources.reddit import HOW, RedditSource, credentials
    from dankmeme.storage import open_storage, schedules

    with clear_errors(), open_storage(settings()) as storage:
        at = place(where, local=known_source(source).local)
        made = make(source, at, cron, sort=sort.value, limit=limit)
        check(made, settings())
        schedules.save(storage.database, made)
    if source == RedditSource.name and credentials(settings()) is None:
        say(f"dank: it cannot run yet: {HOW}", error=True)
    say(f"{made.name} is due {_when(made.next_utc)}, while `dank serve` or `dank worker` runs")


@schedule.command()
def remove(name: ByName) -> None:
    """Scrape it no more; its posts stay."""
    from dankmeme.storage import schedules

    _on(name, lambda database: schedules.remove(database, name))
    say(f"{name} is removed")


@schedule.command()
def pause(name: ByName) -> None:
    """Do not scrape it until it is resumed."""
    from dankmeme.storage import schedules

    _on(name, lambda database: schedules.change(database, name, paused=True))
    say(f"{name} is paused")


@schedule.command()
def resume(name: ByName) -> None:
    """Scrape it again, at once and then on its schedule."""
    from dankmeme.storage import schedules

    _on(name, lambda database: schedules.change(database, name, paused=False, next_utc=time.time()))
    say(f"{name} goes on")


@schedule.command()
def run(name: ByName) -> None:
    """Let it be due now; one that is paused is resumed."""
    from dankmeme.storage import schedules

    _on(name, lambda database: schedules.change(database, name, paused=False, next_utc=time.time()))
    say(f"{name} is due now; the server or a worker does it")


def _on(name: str, change) -> None:  # type: ignore[no-untyped-def]
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage

    with clear_errors(), open_storage(settings()) as storage:
        if not change(storage.database):
            raise wrong(f"there is no schedule {name!r}; `dank schedule list` shows them")


def _due(each: Schedule, now: float) -> str:
    if each.paused:
        return "paused"
    return "due now" if each.next_utc <= now else f"due {_when(each.next_utc)}, in {_span(each.next_utc - now)}"


def _outcome(run: Run) -> str:
    if run.ended_utc is not None:
        return run.error or "ended"
    return f"waiting to try again: {run.error}" if run.error else "under way"


def _when(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3600:.1f} h"
