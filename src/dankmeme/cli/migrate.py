"""`dank migrate`."""

from __future__ import annotations

from dankmeme.cli.ending import clear_errors
from dankmeme.cli.saying import say


def migrate() -> None:
    """Bring the database's schema up to date, and see whether both buckets can be written to.

    Every process does the first by itself when it starts. This is for who wants to know before any does.
    """
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage
    from dankmeme.storage.shelf import Shelf

    with clear_errors():
        chosen = settings()
        with open_storage(chosen) as storage:
            say(f"{storage.database}: the schema is up to date")
            storage.bucket.try_out()
            say(f"{storage.bucket}: can be written to")
            shelf = Shelf(chosen.models, chosen.copies)
            shelf.try_out()
            say(f"{shelf}: can be written to")
