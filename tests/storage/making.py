"""Posts and images as tests need them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Barrier
from typing import Any, TypeVar

import numpy as np
import sqlalchemy as sa

from dankmeme.images.keep import Kept, keep
from dankmeme.posts import ImageRef, Post
from dankmeme.storage import images, posts
from dankmeme.storage.database import Database
from dankmeme.storage.images import ImageFacts
from tests.drawing import encoded, texture

T = TypeVar("T")


def a_post(name: str, *, pictures: int = 1, source: str = "reddit", **more: Any) -> Post:
    """A post with links to pictures."""
    refs = tuple(ImageRef(url=f"https://pictures.example/{name}/{number}.jpg") for number in range(pictures))
    fields: dict[str, Any] = {"community": "memes", "title": f"Post {name}", "images": refs} | more
    return Post(id=f"{source}:{name}", source=source, **fields)


@cache
def drawn(seed: int, quality: int = 90) -> Kept:
    """A picture; another quality makes a near-duplicate of it."""
    return keep(encoded(texture(120, 160, seed), "JPEG", quality=quality))


def facts(seed: int, quality: int = 90) -> ImageFacts:
    """What is known of a picture."""
    kept = drawn(seed, quality)
    return ImageFacts(
        kept.sha256, bytes.fromhex(kept.pdq.hex), kept.pdq.quality, kept.detail, kept.format, 160, 120, False, 999
    )


def synthetic(name: str, pdq: bytes, *, detail: bytes | None = None, quality: int = 100) -> ImageFacts:
    """An image of which only the hash matters; all have the same look unless told."""
    look = facts(0).detail if detail is None else detail
    return ImageFacts(hashlib.sha256(name.encode()).hexdigest(), pdq, quality, look, "PNG", 9, 9, False, 1)


def hashes(count: int, seed: int = 0) -> list[bytes]:
    """Unrelated PDQ hashes."""
    words = np.random.Generator(np.random.PCG64(seed)).integers(0, 256, (count, 32), dtype=np.uint8)
    return [row.tobytes() for row in words]


def flipped(pdq: bytes, bits: int) -> bytes:
    """A hash so many bits away."""
    number = int.from_bytes(pdq) ^ ((1 << bits) - 1)
    return number.to_bytes(32)


def show(database: Database, post: Post, *shown: str) -> None:
    """Enlist a post whose pictures are these images, already stored."""
    posts.enlist(database, [post], "run")
    posts.settle(database, {(post.id, place): image for place, image in enumerate(shown)}, {})


def store(database: Database, *wanted: ImageFacts) -> list[str]:
    """Write images down, one after the other; their hashes."""
    for each in wanted:
        images.add(database, [each])
    return [each.sha256 for each in wanted]


def rows(database: Database, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    from dankmeme.storage.tables import metadata

    return {table.name: sorted(rows(database, sa.select(table)), key=repr) for table in metadata.sorted_tables}


def at_once(work: Callable[[int], T], count: int) -> list[T]:
    """Do the same in many threads that begin at the same moment."""
    gate = Barrier(count)

    def run(number: int) -> T:
        gate.wait(10)
        return work(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def states(database: Database, ids: Sequence[str]) -> list[str]:
    """States of posts, in their order."""
    from dankmeme.storage.tables import posts as table

    found = dict(rows(database, sa.select(table.c.id, table.c.state)))
    return [found[each] for each in ids]
