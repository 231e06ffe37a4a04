"""What posts have in common, so that forecasts can be looked at by kind: words, copies, and what they look like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from dankmeme.storage.cards import SAMPLE
from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.tables import captions, feed, sights

_SHOWN = feed.c.visible, feed.c.source != SAMPLE


@dataclass(frozen=True)
class Traits:
    """What kind of post it is.

    Attributes:
        words: whether something is written on its picture; None where nobody has read it.
        copies: whether other posts have its picture, or one that looks the same.
        template: of the picture: float32 vector of the templates' log probabilities; None where it was not seen.
    """

    post: str
    words: bool | None
    copies: bool
    template: bytes | None


def traits(database: Database, posts: Iterable[str], graph: str) -> Iterator[Traits]:
    """Traits of those of some posts that everybody may see, as an image graph sees them."""
    with database.read() as connection:
        several = _several(connection)
        for batch in in_batches(sorted(posts)):
            yield from _traits(connection, batch, graph, several)


def _several(connection: sa.Connection) -> set[str]:
    """Families of more than one post."""
    query = sa.select(feed.c.family).where(*_SHOWN).group_by(feed.c.family)
    return set(connection.scalars(query.having(sa.func.count() > 1)))


def _traits(connection: sa.Connection, posts: list[str], graph: str, several: set[str]) -> Iterator[Traits]:
    seen = sa.and_(sights.c.image == feed.c.image, sights.c.graph == graph)
    query = sa.select(feed.c.post_id, feed.c.image, feed.c.family, sights.c.template)
    query = query.select_from(feed).outerjoin(sights, seen)
    rows = connection.execute(query.where(feed.c.post_id.in_(posts), *_SHOWN)).all()
    words = _words(connection, [row.image for row in rows])
    for row in rows:
        yield Traits(row.post_id, words.get(row.image), row.family in several, row.template)


def _words(connection: sa.Connection, images: list[str]) -> dict[str, bool]:
    query = sa.select(captions.c.image, captions.c.text != "").where(captions.c.image.in_(images))
    found: dict[str, bool] = {}
    for image, written in connection.execute(query):
        found[image] = found.get(image, False) or bool(written)
    return found
