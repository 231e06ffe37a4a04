"""`dank label`."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from dankmeme.cli.ending import clear_errors, interruptible
from dankmeme.cli.following import counted
from dankmeme.cli.saying import say

if TYPE_CHECKING:
    from dankmeme.storage import Storage
    from dankmeme.storage.cards import Card
    from dankmeme.training.people.asking import Question, Survey

AFRESH, AT_ONCE = 20, 0.2
"""After so many answers what people think is found anew; after each where that takes no longer than so many seconds."""
_ROWS_OF_WORDS = 6
_KEYS = "a or ← the left one, b or → the right one, space or ↓ neither, q ends"


def label(
    limit: Annotated[int | None, typer.Option(min=1, help="So many pairs at most.")] = None,
    name: Annotated[
        str | None,
        typer.Option("--as", help="Who judges, where several use one machine.", show_default="whoever uses DANK_HOME"),
    ] = None,
    nsfw: Annotated[bool, typer.Option("--nsfw", help="Draw memes that are not safe for work too.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Draw nothing: titles, and where the pictures are.")] = False,
) -> None:
    """Judge which of two memes is danker, in the terminal: a, b, space for neither, q to end; or arrow keys.

    Pictures are drawn where the terminal shows 24-bit colours. Pairs come as on the page "Which is danker?": mostly
    those of which an answer tells most. Each answer is kept at once; next time it goes on with what was not judged yet.
    Exits with 0, or with 2 if there are no two memes to compare.
    """
    from dankmeme.cli.voter import voter
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage, pairs

    with clear_errors(), interruptible("every answer is kept"), open_storage(settings()) as storage:
        who = voter(settings().home, name)
        before = pairs.judged(storage.database, who)
        drawn = not plain and _has_colours()
        count = _judge(storage, who, limit, drawn=drawn, nsfw=nsfw)
        say(f"{counted(count, 'pair')} judged, {before + count:,} in all")


def _judge(storage: Storage, who: str, limit: int | None, *, drawn: bool, nsfw: bool) -> int:
    """Ask until somebody has enough of it; how many pairs were judged.

    Raises:
        DankError: `no-pair`, there are no two memes.
    """
    import numpy as np

    from dankmeme.cli.keys import DOWN, END, LEFT, RIGHT, key, keys_at_once
    from dankmeme.errors import DankError
    from dankmeme.storage import pairs
    from dankmeme.training.people.asking import ask

    chance, count, known, took = np.random.default_rng(), 0, None, 0.0
    while limit is None or count < limit:
        if count % AFRESH == 0 or took < AT_ONCE:
            began = time.monotonic()
            known = _survey(storage)
            took = time.monotonic() - began
        question = ask(storage.database, who, known, chance)
        if question is None or not _show(storage, question, count + 1, limit, drawn=drawn, nsfw=nsfw):
            raise DankError(
                "no-pair", "there are no two memes to compare yet: `dank scrape` and `dank ingest` bring some"
            )
        with keys_at_once():
            if count == 0:
                say(_KEYS)
            while (said := key()) not in ("a", LEFT, "b", RIGHT, " ", DOWN, "q", END):
                say(_KEYS)
        if said in ("q", END):
            break
        winner = {"a": question.left, LEFT: question.left, "b": question.right, RIGHT: question.right}.get(said)
        pairs.judge(storage.database, who, question.left, question.right, winner, question.drawn)
        count += 1
    return count


def _survey(storage: Storage) -> Survey:
    from dankmeme.settings import settings
    from dankmeme.storage.feedback import FeedbackFile
    from dankmeme.training.people.asking import surveyed

    return surveyed(storage.database, FeedbackFile(settings().home / "feedback.jsonl"))


def _show(storage: Storage, question: Question, number: int, limit: int | None, *, drawn: bool, nsfw: bool) -> bool:
    """Show two memes; False where one is gone."""
    from dankmeme.storage.cards import cards

    shown = cards(storage.database, (question.left, question.right))
    if len(shown) != 2:
        return False
    say("")
    if drawn and (nsfw or not any(card.nsfw for card in shown)):
        _draw(storage, shown)
    of = f" of {limit:,}" if limit else ""
    say(f"{number:,}{of}. Which is danker?")
    for letter, card in zip("ab", shown, strict=True):
        mark = " [NSFW]" if card.nsfw else ""
        say(f"  {letter}  {card.title or card.id}{mark} ({card.community})")
        if not drawn:
            say(f"     {_place(storage, card)}")
    return True


def _draw(storage: Storage, shown: list[Card]) -> None:
    from dankmeme.cli.halfblocks import side_by_side, terminal_size
    from dankmeme.storage.bucket import THUMBNAIL

    found = [storage.bucket.get(card.image.sha256, THUMBNAIL) for card in shown]
    pictures = [each for each in found if each is not None]
    if len(pictures) == len(shown):
        columns, rows = terminal_size()
        for line in side_by_side(pictures, columns, max(rows - _ROWS_OF_WORDS, 4)):
            print(line)


def _place(storage: Storage, card: Card) -> str:
    """Where a meme's picture can be looked at."""
    from dankmeme.storage.bucket import ORIGINAL, key

    if storage.bucket.folder is not None:
        return str(storage.bucket.folder / key(card.image.sha256, ORIGINAL))
    return card.permalink or card.image.sha256


def _has_colours() -> bool:
    from dankmeme.cli.halfblocks import has_colours

    return has_colours(os.environ, terminal=sys.stdout.isatty())
