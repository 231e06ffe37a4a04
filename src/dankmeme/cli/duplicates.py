"""`dank duplicates` and `dank delete`."""

from __future__ import annotations

from typing import Annotated

import typer

from dankmeme.cli.ending import clear_errors
from dankmeme.cli.following import counted
from dankmeme.cli.saying import say, wrong

duplicates = typer.Typer(help="Memes that were posted before.", no_args_is_help=True)
delete = typer.Typer(help="Delete for good: what goes stays away.", no_args_is_help=True)


@duplicates.command("list")
def show(limit: Annotated[int, typer.Option(min=1, help="Show so many groups at most.")] = 100) -> None:
    """List groups of near-duplicates, the original (its earliest post) first in each."""
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage
    from dankmeme.storage.duplicates import groups

    with clear_errors(), open_storage(settings()) as storage:
        found = groups(storage.database)
    for group in found[:limit]:
        for number, member in enumerate(group):
            posts = ", ".join(member.posts[:5]) + (" …" if len(member.posts) > 5 else "")
            say(f"{'original ' if number == 0 else 'duplicate'} {member.sha256}  {posts}")
        typer.echo()
    say(counted(len(found), "group") if found else "no near-duplicates")


@duplicates.command()
def apart(
    one: Annotated[str, typer.Argument(metavar="HASH", help="An image.")],
    other: Annotated[str, typer.Argument(metavar="HASH", help="Another that is no duplicate of it.")],
) -> None:
    """Remember, for good, that two images are not duplicates."""
    from dankmeme.settings import settings
    from dankmeme.storage import images, open_storage

    with clear_errors(), open_storage(settings()) as storage:
        a, b = (images.named(storage.database, each) for each in (one, other))
        if a == b:
            raise wrong("these are one and the same image")
        images.tell_apart(storage.database, a, b)
    say("remembered: these two are not duplicates")


@delete.command()
def post(id_: Annotated[str, typer.Argument(metavar="POST", help="Id of a post, e.g. reddit:7873q9.")]) -> None:
    """Delete a post, and those of its images that no other post shows."""
    from dankmeme.settings import settings
    from dankmeme.storage import erase, open_storage

    with clear_errors(), open_storage(settings()) as storage:
        gone = erase.delete_post(storage.database, id_)
        if gone is None:
            raise wrong(f"there is no post {id_}", hint="POST")
        erase.purge(storage.database, storage.bucket)
    stay = f"; {counted(len(gone.kept), 'image')} of it other posts show too" if gone.kept else ""
    say(f"{id_} is deleted, with {counted(len(gone.gone), 'image')}{stay}")


@delete.command()
def image(
    sha256: Annotated[str, typer.Argument(metavar="HASH", help="SHA-256 of an image, or its beginning.")],
) -> None:
    """Delete an image wherever it is shown; it is not taken in again."""
    from dankmeme.settings import settings
    from dankmeme.storage import erase, images, open_storage

    with clear_errors(), open_storage(settings()) as storage:
        name = images.named(storage.database, sha256)
        gone = erase.delete_image(storage.database, name)
        erase.purge(storage.database, storage.bucket)
    say(f"{name} is deleted; {counted(len(gone or []), 'post')} showed it")
