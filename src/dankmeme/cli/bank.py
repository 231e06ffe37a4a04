"""`dank bank`: hashes of images that are not kept."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dankmeme.cli.ending import clear_errors
from dankmeme.cli.following import counted
from dankmeme.cli.saying import say, wrong
from dankmeme.errors import DankError

bank = typer.Typer(help="Hashes of images that are not kept: blocked ones, and placeholders.", no_args_is_help=True)


class Use(StrEnum):
    """What a match means."""

    blocked = "blocked"
    placeholder = "placeholder"


class Kind(StrEnum):
    """What a hash of 64 digits is."""

    pdq = "pdq"
    sha256 = "sha256"


As = Annotated[
    Use, typer.Option("--as", help="What a match means: an image nobody is to see, or a host's “deleted” picture.")
]
Called = Annotated[str, typer.Option("--list", help="Name of the list.")]


@bank.command("list")
def show() -> None:
    """Show the lists, and which stored images they would not let in."""
    from dankmeme.settings import settings
    from dankmeme.storage import bank as kept
    from dankmeme.storage import open_storage

    with clear_errors(), open_storage(settings()) as storage:
        for name, use, kind, size in kept.lists(storage.database):
            say(f"{name}: {size:,} {kind} ({use})")
        say(f"built in: {len(kept.KNOWN_PLACEHOLDERS)} md5 (placeholder)")
        _tell_stored(kept.stored_matches(storage.database))


@bank.command()
def add(
    what: Annotated[list[str], typer.Argument(metavar="HASH|IMAGE...", help="Hashes, or pictures to take them of.")],
    use: As = Use.blocked,
    kind: Annotated[
        Kind | None, typer.Option(help="What a hash of 64 digits is (pdq); of a picture, the only one to take.")
    ] = None,
    name: Called = "own",
) -> None:
    """Add hashes, or the hashes of pictures (by their look, and by their bytes)."""
    from dankmeme.settings import settings
    from dankmeme.storage import bank as kept
    from dankmeme.storage import open_storage

    with clear_errors(), open_storage(settings()) as storage:
        hashes = [each for word in what for each in _hashes(word, kind)]
        count = kept.add(storage.database, hashes, kept.Use(use.value), name)
        say(f"{_counted(count)} added to {name} ({use.value})")
        _tell_stored(kept.stored_matches(storage.database))


@bank.command("import")
def bring(
    file: Annotated[Path, typer.Argument(help="A list in ThreatExchange's text form: one hash a line.")],
    use: As = Use.blocked,
    kind: Annotated[Kind, typer.Option(help="What a hash of 64 digits is, where the list does not say.")] = Kind.pdq,
    name: Annotated[
        str | None, typer.Option("--list", help="Name of the list; the file's where it is not given.")
    ] = None,
) -> None:
    """Add a list of hashes: `HASH`, `HASH,quality,…` or `pdq HASH` a line; `#` begins a comment."""
    from dankmeme.settings import settings
    from dankmeme.storage import bank as kept
    from dankmeme.storage import open_storage

    if not file.is_file():
        raise wrong(f"there is no file {file}", hint="FILE")
    with clear_errors(), open_storage(settings()) as storage:
        with file.open(encoding="utf-8", errors="replace") as lines:
            hashes = list(kept.parse(lines, kind.value))
        count = kept.add(storage.database, hashes, kept.Use(use.value), name or file.stem)
        say(f"{_counted(count)} added to {name or file.stem} ({use.value})")
        _tell_stored(kept.stored_matches(storage.database))


@bank.command()
def remove(
    what: Annotated[str, typer.Argument(metavar="LIST|HASH", help="A list's name, or one hash.")],
) -> None:
    """Take a list, or one hash, out of the bank; what it kept out comes in with `dank retry --reason image-blocked`."""
    from dankmeme.settings import settings
    from dankmeme.storage import bank as kept
    from dankmeme.storage import open_storage

    with clear_errors(), open_storage(settings()) as storage:
        gone = kept.remove(storage.database, name=what) or kept.remove(storage.database, value=what)
    if not gone:
        raise wrong(f"there is no list and no hash {what}", hint="LIST|HASH")
    say(f"{_counted(gone)} removed")


def _hashes(word: str, kind: Kind | None):  # type: ignore[no-untyped-def]
    from dankmeme.images.isolated import decode_pool, kept_isolated
    from dankmeme.pipeline.ingest import read_file
    from dankmeme.storage.bank import Hash, parse

    if not Path(word).exists():
        try:
            (found,) = parse([word], (kind or Kind.pdq).value)
        except (DankError, ValueError):
            what = f"{word} is no hash of 64 (or, for MD5, 32) hexadecimal digits, and there is no such picture"
            raise wrong(what, hint="HASH|IMAGE") from None
        return [found]
    pool = decode_pool(1)
    try:
        kept = kept_isolated(pool, read_file(Path(word)))
    finally:
        pool.close()
    both = [Hash("pdq", kept.pdq.hex), Hash("sha256", kept.sha256)]
    return [each for each in both if kind in (None, each.kind)]


def _counted(hashes: int) -> str:
    return f"{hashes:,} hash{'' if hashes == 1 else 'es'}"


def _tell_stored(matches) -> None:  # type: ignore[no-untyped-def]
    for sha256, match in matches[:20]:
        say(f"stored already: {sha256} ({match.list}, {match.distance} bits away)")
    if matches:
        say(f"{counted(len(matches), 'stored image')} would not be let in now; see `dank delete image`")
