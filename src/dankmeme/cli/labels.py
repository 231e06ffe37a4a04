"""`dank labels`."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.following import counted, listed
from dankmeme.cli.saying import say, wrong

if TYPE_CHECKING:
    from dankmeme.training.people import PeopleLabel
    from dankmeme.training.people.agreement import Agreement
    from dankmeme.training.people.overview import Overview

MOST_NAMED = 5

labels = typer.Typer(help="What people think of memes: labels out of votes, pairs and feedback.", no_args_is_help=True)


@labels.command()
def show(
    top: Annotated[int, typer.Option(min=0, help="So many memes of the best and of the worst.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Figures as one JSON object.")] = False,
) -> None:
    """Show how many answers there are, how far raters agree, how much is known, and the best and worst memes.

    Nothing here says who said what. Exits with 0, also where nobody said anything yet.
    """
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage
    from dankmeme.storage.feedback import FeedbackFile
    from dankmeme.storage.labels import origins
    from dankmeme.training.people.overview import overview

    with clear_errors(), interruptible("nothing was changed"), open_storage(settings()) as storage:
        found, made = overview(storage.database, FeedbackFile(settings().home / "feedback.jsonl"))
        known = origins(storage.database)
    best, worst = made[:top], made[top:][-top:] if top else []
    if as_json:
        ends = {"best": [asdict(each) for each in best], "worst": [asdict(each) for each in worst]}
        print(json.dumps(asdict(found) | {"elsewhere": known} | ends))
        return
    _print(found, known)
    _table("The best", best)
    _table("The worst", worst)


@labels.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE|-", help="Where they go; - for standard output.")],
    least: Annotated[float, typer.Option("--weight", min=0, max=1, help="Only labels of this weight or more.")] = 0.0,
) -> None:
    """Write labels as JSON lines: id, sha256, percentile, low, high, weight and how many answers there are.

    Labels that came from elsewhere have no part in them. A file that is there is replaced. Exits with 0, or with 2 if
    there is no label.
    """
    from dankmeme.errors import TrainingError
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage
    from dankmeme.storage.feedback import FeedbackFile
    from dankmeme.storage.labels import own_name
    from dankmeme.training.people.exchange import lines
    from dankmeme.training.people.overview import own_labels

    if str(file) != "-" and (file.is_dir() or not file.parent.is_dir()):
        raise wrong(f"{file} is a folder" if file.is_dir() else f"there is no folder {file.parent}", hint="FILE")
    with clear_errors(), interruptible("nothing was written"), open_storage(settings()) as storage:
        made = own_labels(storage.database, FeedbackFile(settings().home / "feedback.jsonl"))
        kept = [each for each in made if each.weight >= least]
        if not kept:
            what = f"no label has a weight of {least:g}" if made else "nobody has said anything of a meme yet"
            raise TrainingError("no-labels", f"{what}: `dank label` and the page Which is danker? make some")
        text = "".join(f"{line}\n" for line in lines(kept, own_name(storage.database)))
        if str(file) == "-":
            sys.stdout.write(text)
            return
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    say(f"{counted(len(kept), 'label')} in {file}")


@labels.command("import")
def bring(
    file: Annotated[Path, typer.Argument(help="Labels as JSON lines, as `dank labels export` writes them.")],
    origin: Annotated[
        str | None,
        typer.Option("--from", help="Where they were made.", show_default="what they say, or the file's name"),
    ] = None,
) -> None:
    """Take in labels that were made elsewhere, of pictures that are here or will be.

    They count beside what people say here. May be repeated: a label of the same place and picture is replaced. Exits
    with 0, with 1 if some lines could not be used (the first five are named), or with 2 if none could.
    """
    from dankmeme.errors import TrainingError
    from dankmeme.settings import settings
    from dankmeme.storage import labels as stored
    from dankmeme.storage import open_storage
    from dankmeme.training.people.exchange import read

    if not file.is_file():
        raise wrong(f"there is no file {file}", hint="FILE")
    if origin is not None and not _is_name(origin):
        raise wrong("a name is 1 to 60 letters, digits, spaces and . _ - : / @", hint="--from")
    with clear_errors(), interruptible(), open_storage(settings()) as storage:
        found = read(file, origin, stored.own_name(storage.database))
        for fault in found.faults[:MOST_NAMED]:
            say(fault, error=True)
        if len(found.faults) > MOST_NAMED:
            say(f"and {len(found.faults) - MOST_NAMED:,} more like these", error=True)
        if not found.labels:
            raise TrainingError("no-labels", f"{file} holds no label that can be used")
        count = stored.keep(storage.database, found.labels)
    say(f"{counted(count, 'label')} taken in, {counted(len(found.faults), 'line')} left out")
    raise typer.Exit(1 if found.faults else 0)


@labels.command()
def forget(origin: Annotated[str, typer.Argument(help="As `dank labels show` names it.")]) -> None:
    """Take out the labels that came from one place. What people said here stays."""
    from dankmeme.errors import TrainingError
    from dankmeme.settings import settings
    from dankmeme.storage import labels as stored
    from dankmeme.storage import open_storage

    with clear_errors(), open_storage(settings()) as storage:
        count = stored.forget(storage.database, origin)
        if not count:
            known = listed(stored.origins(storage.database)) or "there are none"
            raise TrainingError("no-labels", f"no label came from “{origin}”: {known}")
    say(f"{counted(count, 'label')} forgotten")


def _is_name(origin: str) -> bool:
    return re.fullmatch(r"[\w.:/@-][\w .:/@-]{0,59}", origin) is not None


def _print(found: Overview, elsewhere: dict[str, int]) -> None:
    said = f"{counted(found.votes, 'vote')}, {counted(found.pairs, 'pair')}"
    say(f"answers    {said}, by {counted(found.raters, 'rater')}")
    if found.feedback:
        say(f"feedback   {counted(found.feedback, 'opinion')} on verdicts")
    if elsewhere:
        say(f"elsewhere  {listed(elsewhere)}")
    weights = ", ".join(f"{count:,} of {least} and more" for least, count in found.weights.items())
    say(f"labels     {found.labels:,}; weight: {weights}")
    if found.raters:
        say(f"raters     reliability: {found.reliable:,} of 0.7 and more, {found.doubtful:,} below 0.3")
    say(f"agreement  votes: {_agreed(found.agreement.votes)}")
    say(f"           pairs: {_agreed(found.agreement.pairs)}")
    say(f"           pairs shown by chance: {_agreed(found.agreement.by_chance)}")


def _agreed(found: Agreement) -> str:
    if found.alpha is None:
        return "not known, too few were asked the same"
    return f"{found.alpha:.2f} ({found.low:.2f} to {found.high:.2f}) on {found.units:,}"


def _table(title: str, made: list[PeopleLabel]) -> None:
    from dankmeme.cli.figures import say_table

    if made:
        say_table(
            title,
            ("percentile", "95 %", "weight", "answers", "post"),
            (
                (
                    f"{each.percentile:.2f}",
                    f"{each.low:.2f} to {each.high:.2f}",
                    f"{each.weight:.2f}",
                    f"{each.answers:,}",
                    each.post,
                )
                for each in made
            ),
        )
