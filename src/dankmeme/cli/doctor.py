"""`dank doctor`."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import typer

from dankmeme.cli.saying import say

if TYPE_CHECKING:
    from dankmeme.models.selftest import Check


def doctor() -> None:
    """Check that this installation works: versions, model bundle, workers, captions, database and bucket."""
    import dankmeme
    from dankmeme.errors import DankError
    from dankmeme.models.active import chosen_bundle
    from dankmeme.models.selftest import selftest
    from dankmeme.settings import settings

    say(f"dank {dankmeme.__version__} on Python {platform.python_version()}, {platform.machine()}")
    try:
        checks = selftest(chosen_bundle(settings()))
    except DankError as error:
        say(f"  ✗ {error.message}")
        raise typer.Exit(1) from None
    checks += _storage()
    for check in checks:
        say(f"  {'✓' if check.passed else '✗'} {check.name}: {check.detail}")
    raise typer.Exit(0 if all(check.passed for check in checks) else 1)


def _storage() -> list[Check]:
    """Whether database and bucket can be reached and written to."""
    from dankmeme.errors import DankError, first_line
    from dankmeme.models.selftest import Check
    from dankmeme.settings import settings
    from dankmeme.storage import open_storage
    from dankmeme.storage.bucket import is_outage
    from dankmeme.storage.shelf import Shelf

    try:
        with open_storage(settings()) as storage:
            database = Check("database", True, f"{storage.database}, schema up to date")
            storage.bucket.try_out()
            shelf = Shelf(settings().models, settings().copies)
            shelf.try_out()
            bucket = Check("bucket", True, f"{storage.bucket}, can be written to")
            return [database, bucket, Check("models bucket", True, f"{shelf}, can be written to")]
    except DankError as error:
        return [Check("storage", False, error.message)]
    except Exception as error:
        if not is_outage(error):
            raise
        return [database, Check("bucket", False, first_line(error))]
