"""Groups of near-duplicates, and the original of each: the image of the earliest post."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa

from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.families import connected
from dankmeme.storage.tables import near_duplicates, post_images, posts


@dataclass(frozen=True)
class Member:
    """An image of a group, with the posts that show it, the earliest first."""

    sha256: str
    posts: list[str]


def groups(database: Database) -> list[list[Member]]:
    """All groups of images that are near-duplicates of each other, also by way of a third; the original comes first."""
    with database.read() as connection:
        pairs = connection.execute(sa.select(near_duplicates.c.a, near_duplicates.c.b)).all()
        shown = _shown(connection, {name for pair in pairs for name in pair})
    found = []
    for group in connected((), pairs):
        ordered = sorted(group, key=lambda name: (shown[name][0][:2] if shown[name] else (float("inf"), ""), name))
        found.append([Member(name, [post for _, post in shown[name]]) for name in ordered])
    return sorted(found, key=len, reverse=True)


def _shown(connection: sa.Connection, names: set[str]) -> dict[str, list[tuple[float, str]]]:
    """When and by which posts each image is shown, the earliest first."""
    shown: dict[str, list[tuple[float, str]]] = defaultdict(list)
    when = sa.func.coalesce(posts.c.created_utc, posts.c.order, posts.c.seen_utc)
    columns = (post_images.c.image, when, posts.c.id)
    for batch in in_batches(names):
        query = sa.select(*columns).join(posts, posts.c.id == post_images.c.post_id)
        for image, moment, post in connection.execute(query.where(post_images.c.image.in_(batch))):
            shown[image].append((float(moment), post))
    return defaultdict(list, {name: sorted(found) for name, found in shown.items()})
