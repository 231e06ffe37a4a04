"""Families of near-duplicates: images that look the same, also by way of a third, have one name."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from dankmeme.storage.database import in_batches
from dankmeme.storage.locks import alone
from dankmeme.storage.tables import feed, images, near_duplicates, post_images


def join(connection: sa.Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Make one family of the two images of each pair: the smaller one takes the larger one's name."""
    alone(connection)
    for a, b in pairs:
        names = set(families_of(connection, [a, b]).values())
        if len(names) < 2:
            continue
        smaller, larger = sorted(names, key=lambda name: (_size(connection, name), name))
        _rename(connection, smaller, larger)


def part(connection: sa.Connection, family: str) -> None:
    """Look anew at which images of a family still belong together, after one of them went or a pair was told apart."""
    alone(connection)
    members = set(connection.scalars(sa.select(images.c.sha256).where(images.c.family == family)))
    pairs: list[tuple[str, str]] = []
    for batch in in_batches(sorted(members)):
        query = sa.select(near_duplicates.c.a, near_duplicates.c.b).where(near_duplicates.c.a.in_(batch))
        pairs += [(row.a, row.b) for row in connection.execute(query)]
    for group in connected(members, pairs):
        name = min(group)
        for batch in in_batches(sorted(group)):
            connection.execute(sa.update(images).where(images.c.sha256.in_(batch)).values(family=name))


def connected(members: Iterable[str], pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    """The connected components of a graph."""
    parent = {name: name for name in members}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for a, b in pairs:
        parent[root(a)] = root(b)
    found: dict[str, set[str]] = {}
    for name in parent:
        found.setdefault(root(name), set()).add(name)
    return list(found.values())


def posts_of(connection: sa.Connection, names: Iterable[str]) -> set[str]:
    """Posts that show an image of the families of these images."""
    found: set[str] = set()
    families = set(families_of(connection, names).values())
    for batch in in_batches(sorted(families)):
        query = sa.select(post_images.c.post_id).join(images, images.c.sha256 == post_images.c.image)
        found |= set(connection.scalars(query.where(images.c.family.in_(batch))))
    return found


def families_of(connection: sa.Connection, names: Iterable[str]) -> dict[str, str]:
    """The family of each of these images."""
    found: dict[str, str] = {}
    for batch in in_batches(sorted(set(names))):
        query = sa.select(images.c.sha256, images.c.family).where(images.c.sha256.in_(batch))
        found |= {name: family or name for name, family in connection.execute(query)}
    return found


def _size(connection: sa.Connection, family: str) -> int:
    return connection.scalar(sa.select(sa.func.count()).where(images.c.family == family)) or 0


def _rename(connection: sa.Connection, family: str, to: str) -> None:
    for table in (images, feed):
        connection.execute(sa.update(table).where(table.c.family == family).values(family=to))
