"""Pictures that are like a picture, by what an image graph sees in them."""

from __future__ import annotations

import threading

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from dankmeme.storage import sights
from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed
from dankmeme.storage.tables import sights as table

MOST = 100_000
"""So many of the newest pictures are compared; all of them in some milliseconds."""
_NEWEST = 200
_BEFORE = 500
"""Rows may be written down in another order than they are numbered: so many are read again."""


class Alike:
    """The embeddings of the newest pictures, in memory, and read on where there are more.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._graph: str | None = None
        self._last = 0
        self._places: dict[str, int] = {}
        self._vectors: NDArray[np.float32] = np.empty((0, 0), dtype=np.float32)
        self._names: list[str] = []

    def like(self, image: str, most: int = 12) -> list[str]:
        """Posts whose pictures are most like an image, the nearest first, one of each family and none of its own."""
        with self._lock:
            self._catch_up(image)
            place = self._places.get(image)
            if place is None:
                return []
            nearness = self._vectors[: len(self._names)] @ self._vectors[place]
            near = np.argsort(-nearness)[: 20 * most]
            names = [self._names[row] for row in near]
        return self._posts(image, names, most)

    def _posts(self, image: str, names: list[str], most: int) -> list[str]:
        with self._database.read() as connection:
            own = connection.scalar(sa.select(feed.c.family).where(feed.c.image == image).limit(1))
            query = sa.select(feed.c.image, feed.c.family, feed.c.post_id)
            query = query.where(feed.c.image.in_(names), feed.c.visible).order_by(feed.c.created_utc.desc())
            shown = {row.image: (row.family, row.post_id) for row in connection.execute(query)}
        chosen: dict[str, str] = {}
        for name in names:
            if name in shown and shown[name][0] != own:
                chosen.setdefault(*shown[name])
        return list(chosen.values())[:most]

    def _catch_up(self, image: str) -> None:
        with self._database.read() as connection:
            graph = _graph(connection)
        if graph is None:
            return
        if graph != self._graph or len(self._names) > MOST + MOST // 5:
            self._graph, self._last, self._places, self._names = graph, 0, {}, []
            self._vectors = np.empty((0, 0), dtype=np.float32)
        rows = sights.newer(self._database, graph, max(0, self._last - _BEFORE), MOST)
        fresh = [(name, vector) for _, name, vector in rows if name not in self._places]
        if rows:
            self._last = max(self._last, rows[-1][0])
        if fresh:
            self._add([name for name, _ in fresh], [np.frombuffer(vector, dtype="<f4") for _, vector in fresh])

    def _add(self, names: list[str], vectors: list[NDArray[np.float32]]) -> None:
        rows = np.stack(vectors).astype(np.float32)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        count, needed = len(self._names), len(self._names) + len(rows)
        if needed > len(self._vectors):
            grown = np.empty((max(needed, 2 * len(self._vectors)), rows.shape[1]), dtype=np.float32)
            if count:
                grown[:count] = self._vectors[:count]
            self._vectors = grown
        self._vectors[count:needed] = rows
        self._places |= {name: count + row for row, name in enumerate(names)}
        self._names += names


def _graph(connection: sa.Connection) -> str | None:
    """The image graph that most of the newest pictures were seen by; of several the first: shadows come later."""
    newest = sa.select(table.c.graph).order_by(table.c.n.desc()).limit(_NEWEST).subquery()
    found = connection.execute(sa.select(newest.c.graph, sa.func.count()).group_by(newest.c.graph))
    counts: list[tuple[str, int]] = [(graph, count) for graph, count in found]
    most = max((count for _, count in counts), default=0)
    chosen = [graph for graph, count in counts if count >= 0.8 * most]
    if len(chosen) < 2:
        return chosen[0] if chosen else None
    first = {
        graph: connection.scalar(sa.select(sa.func.min(table.c.n)).where(table.c.graph == graph)) for graph in chosen
    }
    return min(chosen, key=lambda graph: first[graph] or 0)
