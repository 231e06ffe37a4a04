"""Posts and the pictures that belong to them: enlisted first, then stored or failed."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from dankmeme.posts import ImageRef, Post
from dankmeme.storage.database import Database, clean, in_batches
from dankmeme.storage.feed import project
from dankmeme.storage.follow_ups import plan
from dankmeme.storage.locks import alone, held, held_images
from dankmeme.storage.predictions import want
from dankmeme.storage.tables import failures, feed, images, post_images, posts, score_snapshots, tombstones

PENDING, STORED, FAILED = "pending", "stored", "failed"
CHUNK = 32
"""So many pictures are one piece of work."""
_LONGEST = {"title": 2_000, "author": 200, "community": 300, "permalink": 2_048, "block": 200}
_LARGEST = 2**62
_LONGEST_PATH = 4_096
LONGEST_ID = 2_000
"""Characters: the longest that PostgreSQL takes into an index, with some room."""


@dataclass
class Enlisted:
    """What became of posts that were offered.

    Attributes:
        fresh: how many were not known.
        known: how many were.
        gone: how many had been deleted for good, and stay away.
        elsewhere: how many of the known ones are known from another folder, whose file is still there: two data sets
            of one name, or one that was copied.
        refused: how many have an id that cannot be kept.
        chunks: pieces of work that now have to be queued.
    """

    fresh: int = 0
    known: int = 0
    gone: int = 0
    elsewhere: int = 0
    refused: int = 0
    chunks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """A picture that is still to be fetched."""

    post_id: str
    position: int
    url: str | None
    file: str | None
    attempts: int


@dataclass(frozen=True)
class Failed:
    """Why a picture is not there.

    Attributes:
        passing: whether another try may help.
        retry_after: in how many seconds, where the host said so.
        distance: to the blocked hash that it matched (Hamming, 0-256).
    """

    code: str
    message: str
    passing: bool = False
    retry_after: float | None = None
    distance: int | None = None


@dataclass(frozen=True)
class Counts:
    """How many pictures of a run are in which state."""

    pending: int = 0
    stored: int = 0
    failed: int = 0

    @property
    def all(self) -> int:
        return self.pending + self.stored + self.failed


def new_run() -> str:
    """A name for one import or scrape; sorts by time."""
    return f"{int(time.time()):x}-{uuid.uuid4().hex[:8]}"


def enlist(database: Database, offered: Sequence[Post], run: str, *, adopt: bool = False) -> Enlisted:
    """Take note of posts, and give those that are new to pieces of work. A post that is known gets its new score.

    Args:
        database: where posts are kept.
        offered: may contain posts that are known.
        run: the import or scrape that brings them.
        adopt: whether known posts count to this run from now on.
    """
    unique = {post.id: post for post in offered}
    taken = [post for post in unique.values() if clean(post.id, LONGEST_ID) == post.id]
    result, now = Enlisted(refused=len(unique) - len(taken)), time.time()
    for batch in in_batches(taken):
        with database.exclusive("enlist") as connection:
            ids = [post.id for post in batch]
            known = held(connection, ids)
            gone = set(connection.scalars(_tombstone("post", ids))) - known
            fresh = [post for post in batch if post.id not in known | gone]
            chunks = _add(database, connection, fresh, run, now)
            result.elsewhere += _moved(connection, [post for post in batch if post.id in known])
            _again(connection, [post for post in batch if post.id in known], run if adopt else None)
            _snapshot(database, connection, [post for post in batch if post.id not in gone], now)
        result.fresh += len(fresh)
        result.known += len(known)
        result.gone += len(gone)
        result.chunks += chunks
    return result


def wanted(database: Database, chunk: str) -> list[Wanted]:
    """The pictures of a piece of work that are still to be fetched."""
    columns = [post_images.c[name] for name in ("post_id", "position", "url", "file", "attempts")]
    query = sa.select(*columns).where(post_images.c.chunk == chunk, post_images.c.state == PENDING)
    with database.read() as connection:
        return [Wanted(*row) for row in connection.execute(query.order_by("post_id", "position"))]


def settle(
    database: Database,
    stored: dict[tuple[str, int], str],
    failed: dict[tuple[str, int], Failed],
) -> list[str]:
    """Write down what became of pictures: each is stored under its hash, or failed with its reason. Of those that are
    stored the predictions of all active model versions are wanted in the same moment.

    The same work may be done twice, by a process that was taken for dead: one that failed at it takes back nothing that
    another one settled meanwhile. A picture whose image was deleted in this moment stays pending, and is looked at
    again.

    Args:
        database: where posts are kept.
        stored: (post, position) to the image's SHA-256.
        failed: (post, position) to the reason.

    Returns:
        Pieces of work of the predictions that are wanted.
    """
    now = time.time()
    with database.write() as connection:
        alone(connection)
        alive = held(connection, {post for post, _ in [*stored, *failed]})
        there = held_images(connection, set(stored.values()))
        kept = {where: image for where, image in stored.items() if image in there}
        _update(connection, [_row(where, STORED, image) for where, image in kept.items()])
        open_ones = _pending(connection, {post for post, _ in failed})
        lost = {where: why for where, why in failed.items() if where in open_ones}
        _update(connection, [_row(where, FAILED, None) for where in lost])
        database.put(connection, failures, [failure_row(where, why, now) for where, why in lost.items()])
        _forgive(connection, list(kept))
        restate(database, connection, alive)
        return want(database, connection, there)


def postpone(database: Database, chunk: str, again: dict[tuple[str, int], Failed], later: str) -> bool:
    """Move pictures that failed in passing to a later piece of work; their reason so far can be seen meanwhile.

    Those that another process settled or moved meanwhile are left alone; whether there was any other.
    """
    now, moved = time.time(), []
    with database.write() as connection:
        held(connection, {post for post, _ in again})
        for where, why in again.items():
            changed = connection.execute(
                sa.update(post_images)
                .where(post_images.c.post_id == where[0], post_images.c.position == where[1])
                .where(post_images.c.chunk == chunk, post_images.c.state == PENDING)
                .values(chunk=later, attempts=post_images.c.attempts + 1)
            )
            if changed.rowcount:
                moved.append(failure_row(where, why, now))
        database.put(connection, failures, moved)
    return bool(moved)


def restate(database: Database, connection: sa.Connection, ids: Iterable[str]) -> None:
    """Set the state of posts from those of their pictures, and make their rows of the feed."""
    here = post_images.c.post_id == posts.c.id
    any_of = {
        state: sa.exists().where(here, post_images.c.state == state).correlate(posts) for state in (STORED, PENDING)
    }
    state = sa.case((any_of[STORED], STORED), (any_of[PENDING], PENDING), else_=FAILED)
    for batch in in_batches(held(connection, ids)):
        connection.execute(sa.update(posts).where(posts.c.id.in_(batch)).values(state=state))
        project(database, connection, batch)


def counts(database: Database, run: str) -> Counts:
    """How far a run is."""
    query = sa.select(post_images.c.state, sa.func.count()).where(post_images.c.run == run)
    with database.read() as connection:
        return Counts(**dict(connection.execute(query.group_by(post_images.c.state)).all()))


def failures_of(database: Database, run: str) -> dict[str, int]:
    """How many pictures of a run failed for which reason; those that are tried again are not among them."""
    query = sa.select(failures.c.code, sa.func.count()).select_from(with_pictures()).group_by(failures.c.code)
    with database.read() as connection:
        rows = connection.execute(query.where(post_images.c.run == run, post_images.c.state == FAILED))
        return dict(rows.all())


def uncompared(database: Database) -> bool:
    """Whether there are images that were not compared with all others yet."""
    query = sa.select(images.c.sha256).where(images.c.place.is_(None)).limit(1)
    with database.read() as connection:
        return connection.scalar(query) is not None


def pending_chunks(database: Database) -> list[str]:
    """Every piece of work that is not done."""
    with database.read() as connection:
        query = sa.select(post_images.c.chunk).where(post_images.c.state == PENDING).distinct()
        return list(connection.scalars(query))


def rechunk(database: Database, chunk: str, most_attempts: int) -> str | None:
    """Give what is pending of a piece of work that broke to a new one; None when nothing is, or too much was tried."""
    later = next_chunk(chunk)
    mine = sa.and_(post_images.c.chunk == chunk, post_images.c.state == PENDING)
    with database.write() as connection:
        tired = connection.execute(
            sa.select(post_images.c.post_id, post_images.c.position).where(
                mine, post_images.c.attempts >= most_attempts
            )
        ).all()
        changed = connection.execute(
            sa.update(post_images)
            .where(mine, post_images.c.attempts < most_attempts)
            .values(chunk=later, attempts=post_images.c.attempts + 1)
        ).rowcount
    reason = Failed("internal-error", "the work on it broke again and again; the log says why", passing=True)
    settle(database, {}, {(row.post_id, row.position): reason for row in tired})
    return later if changed else None


def next_chunk(chunk: str) -> str:
    """A new name for what is left of a piece of work; those that follow from one begin alike."""
    return f"{chunk.split('.')[0]}.{uuid.uuid4().hex[:8]}"


def chunks_for(run: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Give rows of `post_images` to pieces of work: new names that start with the run's."""
    names = []
    for part in in_batches(rows, CHUNK):
        names.append(f"{run}-{uuid.uuid4().hex[:12]}")
        for row in part:
            row["chunk"] = names[-1]
    return names


def _add(database: Database, connection: sa.Connection, fresh: list[Post], run: str, now: float) -> list[str]:
    database.add_missing(connection, posts, [_post_row(post, now) for post in fresh])
    rows = [_image_row(post.id, place, ref, run) for post in fresh for place, ref in enumerate(post.images[:100])]
    chunks = chunks_for(run, rows)
    database.add_missing(connection, post_images, rows)
    plan(database, connection, fresh, now)
    return chunks


def _moved(connection: sa.Connection, known: list[Post]) -> int:
    """Follow files that were moved; how many posts are known from another file that is still where it was."""
    files = {
        post.id: clean(post.images[0].file, _LONGEST_PATH) for post in known if post.images and post.images[0].file
    }
    query = sa.select(post_images.c.post_id, post_images.c.file)
    query = query.where(post_images.c.post_id.in_(list(files)), post_images.c.position == 0)
    elsewhere = 0
    for post, before in connection.execute(query).all() if files else ():
        if before is None or before == files[post]:
            continue
        if os.path.exists(before):  # noqa: PTH110, Path's raises where a name is too long
            elsewhere += 1
        else:
            mine = sa.and_(post_images.c.post_id == post, post_images.c.position == 0)
            connection.execute(sa.update(post_images).where(mine).values(file=files[post]))
    return elsewhere


def _again(connection: sa.Connection, known: list[Post], run: str | None) -> None:
    scores = [{"the_post": post.id, "to_score": _bounded(post.score)} for post in known if post.score is not None]
    if scores:
        for table, its_post in ((posts, posts.c.id), (feed, feed.c.post_id)):
            mine = its_post == sa.bindparam("the_post")
            anew: dict[str, Any] = {"score": sa.bindparam("to_score")} | ({"standing": None} if table is feed else {})
            connection.execute(sa.update(table).where(mine).values(**anew), scores)
    if run is not None:
        ids = [post.id for post in known]
        connection.execute(sa.update(post_images).where(post_images.c.post_id.in_(ids)).values(run=run))


def _snapshot(database: Database, connection: sa.Connection, seen: list[Post], now: float) -> None:
    rows = []
    for post in seen:
        for hours, score in sorted(post.score_at.items())[:200]:
            taken = (post.created_utc or 0.0) + hours * 3600
            rows.append(_snapshot_row(post.id, taken, score, hours))
        if post.score is not None and not post.score_at and post.source in ("reddit", "lemmy"):
            age = None if post.created_utc is None else max(0.0, now - post.created_utc) / 3600
            rows.append(_snapshot_row(post.id, round(now), post.score, age))
    database.add_missing(connection, score_snapshots, rows)


def _snapshot_row(post_id: str, taken: float, score: float, age: float | None) -> dict[str, Any]:
    return {"post_id": post_id, "taken_utc": taken, "score": _bounded(score), "age_hours": age}


def _post_row(post: Post, now: float) -> dict[str, Any]:
    text = {name: clean(getattr(post, name), longest) for name, longest in _LONGEST.items()}
    return text | {
        "id": post.id,
        "source": post.source,
        "created_utc": post.created_utc,
        "order": None if post.order is None else _bounded(post.order),
        "label": post.label,
        "score": None if post.score is None else _bounded(post.score),
        "state": PENDING,
        "seen_utc": now,
        "nsfw": post.nsfw,
        "hidden": False,
    }


def _image_row(post_id: str, position: int, ref: ImageRef, run: str) -> dict[str, Any]:
    row = {
        "post_id": post_id,
        "position": position,
        "url": clean(ref.url, 4_096),
        "file": clean(ref.file, _LONGEST_PATH),
    }
    return row | {"state": PENDING, "run": run, "chunk": ""}


def _bounded(number: float) -> int:
    return int(max(-_LARGEST, min(_LARGEST, number)))


def _row(where: tuple[str, int], state: str, image: str | None) -> dict[str, Any]:
    return key_of(*where) | {"to_state": state, "to_image": image}


def the_picture(table: sa.Table) -> sa.ColumnElement[bool]:
    """The row of a table that is about one picture, for statements that run once for each key of `key_of`."""
    return sa.and_(table.c.post_id == sa.bindparam("the_post"), table.c.position == sa.bindparam("the_position"))


def key_of(post_id: str, position: int) -> dict[str, Any]:
    """What `the_picture` is told."""
    return {"the_post": post_id, "the_position": position}


def _update(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        values: dict[str, Any] = {"state": sa.bindparam("to_state"), "image": sa.bindparam("to_image")}
        connection.execute(sa.update(post_images).where(the_picture(post_images)).values(**values), rows)


def _pending(connection: sa.Connection, ids: set[str]) -> set[tuple[str, int]]:
    """Those pictures of posts that are not settled; nobody else settles them before the transaction ends."""
    query = sa.select(post_images.c.post_id, post_images.c.position)
    query = query.where(post_images.c.post_id.in_(ids), post_images.c.state == PENDING)
    return set(connection.execute(query.order_by("post_id", "position").with_for_update()).all())


def _forgive(connection: sa.Connection, keys: list[tuple[str, int]]) -> None:
    """Forget why pictures that are there now had failed before."""
    if keys:
        connection.execute(sa.delete(failures).where(the_picture(failures)), [key_of(*key) for key in keys])


def failure_row(where: tuple[str, int], why: Failed, now: float) -> dict[str, Any]:
    """A row of the failures: why the picture of a (post, position) is not there."""
    return {
        "post_id": where[0],
        "position": where[1],
        "code": why.code,
        "message": clean(why.message, 500),
        "passing": why.passing,
        "distance": why.distance,
        "failed_utc": now,
    }


def with_pictures() -> sa.Join:
    """Failures, each with the picture that it is about."""
    same = sa.and_(failures.c.post_id == post_images.c.post_id, failures.c.position == post_images.c.position)
    return sa.join(failures, post_images, same)


def _tombstone(kind: str, keys: Iterable[str]) -> sa.Select[str]:
    return sa.select(tombstones.c.key).where(tombstones.c.kind == kind, tombstones.c.key.in_(list(keys)))
