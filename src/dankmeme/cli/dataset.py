"""`dank dataset`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.following import counted, listed
from dankmeme.cli.ingest import LISTING, moment, place
from dankmeme.cli.origins import AGE_HOURS, from_files, from_source, from_stored, looking
from dankmeme.cli.saying import say, wrong

if TYPE_CHECKING:
    from dankmeme.sources import Query
    from dankmeme.training.building import Built

MOST_NAMED = 5
AGE_HELP = "Hours after which scores are compared, where they were followed."

dataset = typer.Typer(help="What models learn from: posts with scores, and their pictures.", no_args_is_help=True)


@dataset.command()
def build(
    folder: Annotated[Path, typer.Argument(help="A new folder, or one that was built before.")],
    origin: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="PATH|SOURCE:WHERE",
            help="Files (a posts.jsonl, a CSV, a folder), or a source and what to read, e.g. archive:RS_2018-01.zst.",
            show_default="what is stored",
        ),
    ] = None,
    community: Annotated[
        list[str] | None, typer.Option(help="Only this community; several may be named, of what is stored.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only this source, of what is stored.")] = None,
    since: Annotated[str | None, typer.Option(help="No post from before this day or time (UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="No post from then on.")] = None,
    age: Annotated[
        float | None,
        typer.Option(
            min=0, help="Only posts whose score was taken so many hours after they were made.", show_default="48"
        ),
    ] = None,
    any_age: Annotated[
        bool, typer.Option("--any-age", help="Take the last known score of a post where none was taken at that age.")
    ] = False,
    people: Annotated[
        bool, typer.Option("--people", help="Tell what people think of each post too, of what is stored.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="So many posts of a source at most.")] = None,
    top: Annotated[bool, typer.Option("--top", help="Archives: the posts with the most points.")] = False,
    bottom: Annotated[bool, typer.Option("--bottom", help="Archives: the posts with the fewest points.")] = False,
) -> None:
    """Build a dataset folder: a posts.jsonl, the pictures beside it, and a dataset.json that names the version.

    From what is stored, from files, or from a source, which is then read as `dank scrape` does it. A folder that was
    built before is brought up to date. May be interrupted: the same command goes on where it stopped. Exits with 0 if
    all went well, 1 if some pictures could not be used, 2 on wrong usage or if nothing is left.
    """
    from dankmeme.storage.export import Wish
    from dankmeme.training.gathering import Scores

    if age is not None and any_age:
        raise wrong("choose one of them", hint="--age/--any-age")
    if top and bottom:
        raise wrong("choose one of them", hint="--top/--bottom")
    span = moment(since, "--since"), moment(until, "--until")
    chosen = [name for name, value in {"--limit": limit, "--top": top, "--bottom": bottom}.items() if value]
    kept = [name for name, value in {"--community": community, "--source": source}.items() if value]
    kept += [name for name, value in {"--since": since, "--until": until}.items() if value]
    scores = Scores(AGE_HOURS if age is None else age, any_age or (origin is not None and age is None))
    with clear_errors(), interruptible():
        if origin is None:
            _refuse(chosen, "is of a source to read: name one with --from")
            wish = Wish(tuple(community or ()), source, *span)
            built = from_stored(folder, wish, scores, people=people)
        elif (path := Path(origin).expanduser()).exists():
            ages = ["--age"] * (age is not None) + ["--any-age"] * any_age
            _refuse([*chosen, *kept, *ages], "does not go with files: all of them are taken")
            _refuse(["--people"] * people, "is of what is stored; files tell it in their field `people`")
            built = from_files(folder, path)
        else:
            name, where = _source_of(origin)
            _refuse(["--source"] * bool(source) + ["--people"] * people, "is of what is stored")
            query = _query(name, where, limit, span, community)
            query = replace(query, order="top" if top else "bottom" if bottom else None)
            built = from_source(folder, name, query, scores)
    _report(built)
    raise typer.Exit(1 if built.broken else 0)


@dataset.command()
def show(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A dataset folder, a posts.jsonl or a CSV.")],
    age: Annotated[float, typer.Option(min=0, help=AGE_HELP)] = AGE_HOURS,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Where the contact sheet goes.", show_default="FOLDER/contact-sheet.html"),
    ] = None,
    no_sheet: Annotated[bool, typer.Option("--no-sheet", help="Draw no contact sheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Figures as one JSON object.")] = False,
) -> None:
    """Show what a dataset holds: scores, labels, duplicates, communities, the default split, and a contact sheet.

    Says what training would say that refuses it. Exits with 0, or with 2 if there is no dataset.
    """
    from dankmeme.cli.overview import print_overview
    from dankmeme.training.dataset import load_dataset
    from dankmeme.training.sheet import page
    from dankmeme.training.showing import look_at, overview

    if sheet is not None and no_sheet:
        raise wrong("choose one of them", hint="--sheet/--no-sheet")
    with clear_errors(), interruptible("what was found of pictures is kept"):
        found = load_dataset(folder)
        out = None if no_sheet else sheet or _place_of_sheet(found.folder)
        with looking() as (cache, eyes, told):
            shown = look_at(found, cache, eyes, told, age)
            if out is not None:
                told("drawing the contact sheet", 0, 0)
                out.write_text(page(shown, eyes), encoding="utf-8")
    told_of = overview(shown)
    if as_json:
        print(json.dumps(asdict(told_of) | {"sheet": None if out is None else str(out)}))
        return
    print_overview(told_of)
    if out is not None:
        say(f"contact sheet: {out}")


def _place_of_sheet(folder: Path) -> Path | None:
    if os.access(folder, os.W_OK):
        return folder / "contact-sheet.html"
    say(f"no contact sheet: {folder} cannot be written to; name a file with --sheet", error=True)
    return None


def _query(
    name: str,
    where: str,
    limit: int | None,
    span: tuple[float | None, float | None],
    communities: list[str] | None,
) -> Query:
    """What a source is asked.

    Raises:
        typer.BadParameter: where it cannot be asked that.
    """
    from dankmeme.sources import SOURCES, Query

    if communities and len(communities) > 1:
        raise wrong("a source is asked for one community", hint="--community")
    local = SOURCES[name].local
    return Query(
        where=place(where, local=local),
        limit=limit if limit is not None or local else LISTING,
        since=span[0],
        until=span[1],
        community=communities[0] if communities else None,
    )


def _source_of(origin: str) -> tuple[str, str]:
    """A source and what it is to read.

    Raises:
        typer.BadParameter: where there is no such file, and no such source.
    """
    from dankmeme.sources import SOURCES

    name, _, where = origin.partition(":")
    if name not in SOURCES:
        raise wrong(
            f"there is no {origin}; name files, or a source ({', '.join(SOURCES)}) as SOURCE:WHERE", hint="--from"
        )
    return name, where


def _refuse(options: list[str], why: str) -> None:
    if options:
        raise wrong(f"{options[0]} {why}", hint=options[0])


def _report(built: Built) -> None:
    say(f"{counted(built.posts, 'post')} with {counted(built.pictures, 'picture')} in {built.folder}")
    if built.left_out:
        say(f"left out: {listed(built.left_out)}")
    for file, why in list(built.broken.items())[:MOST_NAMED]:
        say(f"  {file}: {why}", error=True)
    if len(built.broken) > MOST_NAMED:
        say(f"  and {len(built.broken) - MOST_NAMED:,} more like these", error=True)
    say(f"version {built.version[:12]}; `dank dataset show {quote(str(built.folder))}` draws it")
    if built.replaced:
        say(f"in place of version {built.replaced[0][:12]}, which was of {built.replaced[1]}")
