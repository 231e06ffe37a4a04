"""Where things rest: a database for what is known of posts and images, and a bucket for pictures."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from dankmeme.errors import StorageError
from dankmeme.settings import Settings
from dankmeme.storage.bucket import Bucket
from dankmeme.storage.database import Database


@dataclass(frozen=True)
class Storage:
    """Database and bucket, open."""

    database: Database
    bucket: Bucket

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()


def open_storage(settings: Settings) -> Storage:
    """Open what the settings name, and bring the database's schema up to date.

    Raises:
        StorageError: `bad-database` or `bad-bucket`.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError("bad-home", f"{settings.home} cannot be used: {error.strerror}") from None
    database = Database(settings.database)
    database.migrate()
    return Storage(database, Bucket(settings.bucket))
