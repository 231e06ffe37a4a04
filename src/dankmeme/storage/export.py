"""A dataset folder out of what is stored: `posts.jsonl` with pictures beside it, as training reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dankmeme.errors import StorageError
from dankmeme.storage import Storage
from dankmeme.storage.bucket import ORIGINAL, key
from dankmeme.storage.database import Database
from dankmeme.storage.feed import UPLOAD
from dankmeme.storage.posts import STORED
from dankmeme.storage.tables import images, post_images, posts, score_snapshots

_SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "AVIF": "avif", "BMP": "bmp"}
_AT_ONCE = 1_000
_COLUMNS = tuple(column.name for column in posts.c if column.name not in ("state", "hidden", "seen_utc"))


@dataclass(frozen=True)
class Wish:
    """Which posts; None takes all. Times are seconds since 1970, UTC.

    Attributes:
        communities: only theirs; none takes those of all.
        source: only from there.
        since: none from before this.
        until: none from then on.
        run: only what this import or scrape was the last to ask for.
    """

    communities: tuple[str, ...] = ()
    source: str | None = None
    since: float | None = None
    until: float | None = None
    run: str | None = None


@dataclass(frozen=True)
class Stored:
    """A stored post with its first stored picture.

    Attributes:
        row: as it stands in a `posts.jsonl`, without `file`.
        image: SHA-256 of the picture.
        name: of a file with the picture.
        url: where the picture was fetched; None for one that was a file.
    """

    row: dict[str, Any]
    image: str
    name: str
    url: str | None


def export(storage: Storage, folder: Path, wish: Wish, advance: Callable[[int], object]) -> int:
    """Write posts with their first stored picture into a new dataset folder; how many there are.

    Pictures are the bytes as they came. From a bucket that is a folder they are linked where that can be done, so they
    take no further room. A folder that was being written when it was interrupted is gone on with.

    Raises:
        StorageError: `export-exists` where the folder already holds a finished dataset, `bad-folder` where there can be
            none, `nothing-to-export` where no post is wanted.
    """
    if (folder / "posts.jsonl").exists():
        raise StorageError("export-exists", f"{folder} already holds a dataset; name a new folder")
    try:
        (folder / "images").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError("bad-folder", f"{folder} cannot be written to: {error.strerror}") from None
    unfinished, count = folder / "posts.jsonl.part", 0
    with unfinished.open("w", encoding="utf-8") as file:
        for batch in stored(storage.database, wish):
            for each in batch:
                bring(storage, each.image, folder / "images" / each.name)
                file.write(json.dumps(each.row | {"file": f"images/{each.name}"}) + "\n")
            count += len(batch)
            advance(count)
    if not count:
        unfinished.unlink()
        with suppress(OSError):
            (folder / "images").rmdir()
            folder.rmdir()
        raise StorageError("nothing-to-export", "no stored post is of this community, source and time")
    unfinished.rename(folder / "posts.jsonl")
    return count


def stored(database: Database, wish: Wish) -> Iterator[list[Stored]]:
    """Posts with a stored picture, some at a time, in the order of their ids."""
    last = ""
    while True:
        with database.read() as connection:
            rows = connection.execute(_query(wish).where(posts.c.id > last).limit(_AT_ONCE)).mappings().all()
            scores = _scores(connection, [row["id"] for row in rows])
        if not rows:
            return
        last = rows[-1]["id"]
        yield [_stored(dict(row), scores.get(row["id"])) for row in rows]


def bring(storage: Storage, sha256: str, target: Path) -> None:
    """Put the bytes of a stored image into a file, linked where that can be done; one that is there stays.

    Raises:
        StorageError: `bad-bucket`, the bucket has lost them.
    """
    if target.exists():
        return
    if storage.bucket.folder is not None:
        with suppress(OSError):
            os.link(storage.bucket.folder / key(sha256, ORIGINAL), target)
            return
    data = storage.bucket.get(sha256, ORIGINAL)
    if data is None:
        raise StorageError("bad-bucket", f"the bucket holds no bytes of the image {sha256}")
    part = target.with_suffix(".part")
    part.write_bytes(data)
    part.rename(target)


def _query(wish: Wish) -> sa.Select[Any]:
    """Posts with their first stored picture."""
    any_of = post_images.alias()
    first = sa.select(sa.func.min(any_of.c.position)).where(any_of.c.post_id == posts.c.id, any_of.c.state == STORED)
    shown = sa.and_(post_images.c.post_id == posts.c.id, post_images.c.position == first.scalar_subquery())
    query = (
        sa.select(*(posts.c[name] for name in _COLUMNS), post_images.c.image, post_images.c.url, images.c.format)
        .select_from(posts)
        .join(post_images, shown)
        .join(images, images.c.sha256 == post_images.c.image)
        .where(posts.c.source != UPLOAD, images.c.dropped_utc.is_(None))
        .order_by(posts.c.id)
    )
    if wish.communities:
        query = query.where(posts.c.community.in_(wish.communities))
    if wish.source is not None:
        query = query.where(posts.c.source == wish.source)
    if wish.since is not None:
        query = query.where(posts.c.created_utc >= wish.since)
    if wish.until is not None:
        query = query.where(posts.c.created_utc < wish.until)
    if wish.run is not None:
        query = query.where(post_images.c.run == wish.run)
    return query


def _scores(connection: sa.Connection, ids: list[str]) -> dict[str, dict[str, int]]:
    """Scores at known ages, in hours."""
    table = score_snapshots.c
    query = sa.select(table.post_id, table.age_hours, table.score).where(table.post_id.in_(ids))
    found: dict[str, dict[str, int]] = {}
    for post, hours, score in connection.execute(query.where(table.age_hours.is_not(None)).order_by(table.taken_utc)):
        found.setdefault(post, {})[f"{hours:.4g}"] = score
    return found


def _stored(row: dict[str, Any], scores: dict[str, int] | None) -> Stored:
    image, url, kind = (row.pop(name) for name in ("image", "url", "format"))
    known = {name: value for name, value in (row | {"score_at": scores}).items() if value is not None}
    return Stored(known, image, f"{image}.{_SUFFIXES[kind]}", url)
