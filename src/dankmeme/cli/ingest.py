"""`dank ingest` and `dank scrape`."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.following import Follower, counted, following, listed, waiting
from dankmeme.cli.saying import say, wrong

if TYPE_CHECKING:
    from dankmeme.pipeline.foreground import Foreground, Progress
    from dankmeme.sources import Page, Query, Source
    from dankmeme.storage.runs import Run

SOURCES_HELP = "Where posts come from: reddit, lemmy, feed, archive or files."
LISTING = 100
"""So many posts of a listing, where nobody says how many."""


class Listing(StrEnum):
    """A community's own listings."""

    new = "new"
    hot = "hot"
    top = "top"
    rising = "rising"


QueueOnly = Annotated[
    bool,
    typer.Option("--queue-only", help="Take note of the posts, and leave the work to `dank worker` or the server."),
]


def ingest(
    path: Annotated[
        Path, typer.Argument(metavar="POSTS.jsonl|POSTS.csv|FOLDER", help="A posts.jsonl, a CSV, or a folder.")
    ],
    queue_only: QueueOnly = False,
) -> None:
    """Take in memes from this machine: each picture is checked, fingerprinted and stored once.

    A folder holds a posts.jsonl with its pictures beside it, or just pictures. May be interrupted with Ctrl-C (or
    killed): the same command goes on where it stopped. Exits with 0 if every picture is stored, 1 if some failed
    (`dank failures` lists them), 2 on wrong usage.
    """
    from dankmeme.sources import Query

    _take("files", Query(where=str(path.absolute())), "ingesting", queue_only)


def scrape(
    source: Annotated[str, typer.Argument(help=SOURCES_HELP)],
    where: Annotated[
        str, typer.Argument(help="Community, address or path, as the source wants it.", show_default=False)
    ] = "",
    sort: Annotated[Listing, typer.Option(help="Which listing of the community.")] = Listing.new,
    limit: Annotated[
        int | None, typer.Option(min=1, help="So many posts at most (100 for reddit, lemmy, feed).")
    ] = None,
    since: Annotated[str | None, typer.Option(help="No post from before this day or time (UTC, 2026-11-22).")] = None,
    until: Annotated[str | None, typer.Option(help="No post from then on.")] = None,
    community: Annotated[str | None, typer.Option(help="Only this community, where a source holds many.")] = None,
    top: Annotated[bool, typer.Option("--top", help="Archives: the posts with the most points.")] = False,
    bottom: Annotated[bool, typer.Option("--bottom", help="Archives: the posts with the fewest points.")] = False,
    score_threshold: Annotated[
        int | None, typer.Option(help="No post with fewer points (with --bottom: with more).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Only write the posts to this file, one JSON object a line.")] = None,
    queue_only: QueueOnly = False,
) -> None:
    """Scrape posts from a community, a feed or an archive, and take in their pictures.

    reddit needs credentials; lemmy, feed, archive and files need none. May be interrupted: the same command goes on
    where it stopped. Exits with 0 if all went well, 1 if some pictures failed, 2 on wrong usage.
    """
    from dankmeme.sources import Query, Sort

    if top and bottom:
        raise wrong("choose one of them", hint="--top/--bottom")
    local = known_source(source).local
    query = Query(
        where=place(where, local=local),
        sort=Sort(sort.value),
        limit=limit if limit is not None or local else LISTING,
        since=moment(since, "--since"),
        until=moment(until, "--until"),
        threshold=score_threshold,
        order="top" if top else "bottom" if bottom else None,
        community=community,
    )
    if out is not None:
        _write(source, query, out)
    else:
        _take(source, query, "scraping", queue_only)


def known_source(name: str) -> type[Source]:
    """The source of a name.

    Raises:
        typer.BadParameter: where there is none.
    """
    from dankmeme.sources import SOURCES

    if name not in SOURCES:
        raise wrong(f"there is no source {name}, only {', '.join(SOURCES)}", hint="SOURCE")
    return SOURCES[name]


def place(where: str, *, local: bool) -> str:
    """What a person names, so that it means the same from any folder."""
    return str(Path(where).absolute()) if local and where and "://" not in where else where


def work_off(foreground: Foreground, run: str, follower: Follower) -> Progress:
    """Work until a run is done, showing how far it is."""
    if foreground.progress(run).counts.pending and foreground.paused():
        follower.say("the queue ingest is paused: `dank queue resume ingest` lets it go on")
    return foreground.finish(run, follower.show)


def _waits(why: str, seconds: float) -> str:
    return f"waiting {seconds:.0f} s: {why}"


def _say_waits(why: str, seconds: float) -> None:
    say(_waits(why, seconds), error=True)


def _take(source: str, query: Query, verb: str, queue_only: bool) -> None:
    from dankmeme.pipeline.foreground import Foreground
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage

    with clear_errors(), interruptible(), open_storage(settings()) as storage, following(verb) as follower:
        with Foreground(settings(), storage, work=not queue_only) as foreground:
            reader = _Reader(foreground, follower)
            run = foreground.read(source, query, reader.seen, reader.waits)
            reader.summarise(run)
            if queue_only:
                foreground.hand_over()
                state = foreground.progress(run.id)
                say(f"queued: {waiting(state.counts.pending)} for a worker")
                raise typer.Exit(0)
            state = work_off(foreground, run.id, follower)
    report(state)
    raise typer.Exit(1 if state.counts.failed else 0)


def report(state: Progress) -> None:
    """Say what became of pictures."""
    counts = state.counts
    say(f"{counted(counts.all, 'picture')}: {counts.stored:,} stored, {counts.failed:,} failed")
    if state.failures:
        say(f"failed: {listed(state.failures)} (`dank failures` lists them, `dank retry` tries again)")


class _Reader:
    """Shows the pages of a source as they come, and sums up what they held."""

    def __init__(self, foreground: Foreground, follower: Follower) -> None:
        self._foreground, self._follower = foreground, follower
        self._gone = 0

    def seen(self, run: Run, page: Page, gone: int) -> None:
        """A page was read."""
        self._gone += gone
        for note in page.notes:
            self._follower.say(note)
        self._follower.show(self._foreground.progress(run.id, reading=True))

    def waits(self, why: str, seconds: float) -> None:
        """The source lets us wait."""
        self._follower.say(_waits(why, seconds))

    def summarise(self, run: Run) -> None:
        """Say what was found."""
        from dankmeme.pipeline.scrape import UNKEPT

        refused = run.skipped.get(UNKEPT, 0)
        known = max(run.found - run.fresh - self._gone - refused, 0)
        if known and not run.fresh:
            say(f"nothing new: {counted(known, 'post')} known already")
        else:
            say(f"{counted(run.found, 'post')}: {run.fresh:,} new, {known:,} known")
        if self._gone:
            say(f"{counted(self._gone, 'post')} left out, deleted for good before")
        if run.skipped:
            say(f"left out: {listed(run.skipped)}")


def _write(source: str, query: Query, out: Path) -> None:
    import asyncio

    folder = out.absolute().parent.resolve()
    with clear_errors(), interruptible(f"{out} holds what was read until then"):
        count, skipped, outside = asyncio.run(_write_all(source, query, out, folder))
    say(f"{counted(count, 'post')} written to {out}")
    if skipped:
        say(f"left out: {listed(dict(skipped))}")
    if outside:
        lie = f"{counted(outside, 'picture')} {'lies' if outside == 1 else 'lie'} outside {folder}"
        say(f"{lie}, and `dank ingest` takes files from below a list only: write it above them", error=True)


async def _write_all(source: str, query: Query, out: Path, folder: Path) -> tuple[int, Counter[str], int]:
    """How many posts were written, what was left out, and how many pictures the list cannot reach.

    Until the source has answered, a file that is there already stays as it is.
    """
    from dankmeme.pipeline.foreground import patient_pages
    from dankmeme.pipeline.network import make_fetcher
    from dankmeme.settings import settings
    from dankmeme.sources import open_source
    from dankmeme.sources.rows import inside, row_of

    count, skipped, outside, begun = 0, Counter[str](), 0, False
    async with make_fetcher(settings()) as fetcher:
        opened = open_source(source, settings(), fetcher)
        try:
            async for page in patient_pages(opened, query, _say_waits):
                with out.open("a" if begun else "w", encoding="utf-8") as file:
                    file.writelines(json.dumps(row_of(post)) + "\n" for post in page.posts)
                begun = True
                count += len(page.posts)
                files = [image.file for post in page.posts for image in post.images if image.file]
                outside += sum(inside(folder, file) is None for file in files)
                skipped.update(page.skipped)
        finally:
            await opened.close()
    return count, skipped, outside


def moment(text: str | None, option: str) -> float | None:
    """A day or a time as a person writes it, in seconds since 1970.

    Raises:
        typer.BadParameter: naming the option.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong("give a day or a time, such as 2026-11-22 or 2026-11-22T18:00", hint=option) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
