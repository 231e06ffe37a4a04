"""What is computed once of each image and kept: what an image graph says of it, and the caption as it was read.

Plain numbers and text: the layer above knows what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from dankmeme.storage.database import Database, clean, in_batches
from dankmeme.storage.tables import captions, images, near_duplicates, sights


@dataclass(frozen=True)
class KeptSight:
    """What an image graph says of a picture; the vectors are float32 in the machine's order (little-endian)."""

    image: str
    graph: str
    probability: float
    percentile: float
    novelty: float
    embedding: bytes
    template: bytes
    colour: bytes


@dataclass(frozen=True)
class KeptCaption:
    """What a caption reader read in a picture of so many pixels; each line as plain data."""

    image: str
    reader: str
    text: str
    lines: list[dict[str, Any]]
    complete: bool
    width: int
    height: int


def sights_of(database: Database, hashes: Iterable[str]) -> dict[tuple[str, str], KeptSight]:
    """What is known of images, by image and graph."""
    columns = [sights.c[name] for name in KeptSight.__dataclass_fields__]
    with database.read() as connection:
        rows = connection.execute(sa.select(*columns).where(sights.c.image.in_(list(hashes))))
        return {(row.image, row.graph): KeptSight(*row) for row in rows}


def captions_of(database: Database, hashes: Iterable[str], reader: str) -> dict[str, KeptCaption]:
    """What a reader read in images, by image."""
    columns = [captions.c[name] for name in KeptCaption.__dataclass_fields__]
    query = sa.select(*columns).where(captions.c.image.in_(list(hashes)), captions.c.reader == reader)
    with database.read() as connection:
        return {row.image: KeptCaption(*row) for row in connection.execute(query)}


def captions_of_copies(
    database: Database, hashes: Iterable[str], reader: str, distance: int, difference: float
) -> dict[str, KeptCaption]:
    """What a reader read in copies of images, by image, as if it had been read there.

    Args:
        database: to look in.
        hashes: of the images.
        reader: whose readings.
        distance: by how many bits of their perceptual hashes two images may differ to be copies.
        difference: and by how much in their details.
    """
    wanted = list(hashes)
    near, own = near_duplicates, images.alias("own")
    columns = [captions.c[name] for name in ("reader", "text", "lines", "complete")]
    found: dict[str, KeptCaption] = {}
    with database.read() as connection:
        for this, other in ((near.c.a, near.c.b), (near.c.b, near.c.a)):
            query = sa.select(this.label("image"), *columns, own.c.width, own.c.height).select_from(near)
            query = query.join(captions, captions.c.image == other).join(own, own.c.sha256 == this)
            query = query.where(this.in_(wanted), captions.c.reader == reader, captions.c.complete)
            query = query.where(near.c.distance <= distance, near.c.difference <= difference)
            for row in connection.execute(query.order_by(near.c.difference.desc(), other)):
                found[row.image] = KeptCaption(
                    row.image, row.reader, row.text, row.lines, row.complete, row.width, row.height
                )
    return found


def keep(database: Database, seen: Iterable[KeptSight], read: Iterable[KeptCaption]) -> None:
    """Write down what was computed; of images that are gone nothing is kept."""
    found = {"sights": [dict(vars(each)) for each in seen], "captions": [_caption(each) for each in read]}
    hashes = {row["image"] for rows in found.values() for row in rows}
    if not hashes:
        return
    with database.write() as connection:
        query = sa.select(images.c.sha256).where(images.c.sha256.in_(hashes)).order_by(images.c.sha256)
        there = set(connection.scalars(query.with_for_update(read=True, key_share=True)))
        for table, rows in ((sights, found["sights"]), (captions, found["captions"])):
            for batch in in_batches([row for row in rows if row["image"] in there], 100):
                database.add_missing(connection, table, batch)


def newer(database: Database, graph: str, after: int, most: int) -> list[tuple[int, str, bytes]]:
    """Number, image and embedding of the sights of a graph that were kept after one, the newest `most` of them."""
    query = sa.select(sights.c.n, sights.c.image, sights.c.embedding)
    query = query.where(sights.c.graph == graph, sights.c.n > after).order_by(sights.c.n.desc()).limit(most)
    with database.read() as connection:
        return [(row.n, row.image, row.embedding) for row in connection.execute(query)][::-1]


def _caption(caption: KeptCaption) -> dict[str, Any]:
    lines = [line | {"text": clean(line["text"], 500)} for line in caption.lines]
    return vars(caption) | {"text": clean(caption.text, 5_000), "lines": lines}
