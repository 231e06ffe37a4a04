"""A feed of very many posts, written straight into the tables: what a large community looks like after years."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import sqlalchemy as sa

from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed, images, post_images, posts, predictions, versions

MODELS = ("verdict", "cnn", "automl")
VERSION = "bench-1"
COMMUNITIES = 40
_BATCH = 5_000
_VOCABULARY = 20_000
_YEARS = 3 * 365 * 86_400


def words(count: int = _VOCABULARY) -> list[str]:
    """Words as frequent as in a language: the first ones stand in many titles, the last ones in hardly any."""
    return [f"w{hashlib.sha256(str(number).encode()).hexdigest()[:7]}" for number in range(count)]


def fill(database: Database, count: int) -> None:
    """Fill an empty database with so many posts of 40 communities over three years, all of them predicted."""
    chance, now = np.random.Generator(np.random.PCG64(0)), time.time()
    with database.write() as connection:
        rows = [
            {
                "model": model,
                "version": VERSION,
                "bundle": "bench",
                "active": True,
                "rank": 0,
                "since_utc": now,
                "compared_with": "",
            }
            for model in MODELS
        ]
        connection.execute(sa.insert(versions), rows)
    made = _posts(count, chance, now)
    while batch := list(islice(made, _BATCH)):
        with database.write() as connection:
            for table in (images, posts, post_images, predictions, feed):
                _insert(database, connection, table, [row for each in batch for row in each[table.name]])
    with database.write() as connection:
        connection.execute(sa.text("ANALYZE"))


def _insert(database: Database, connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    if database.is_sqlite:
        connection.execute(sa.insert(table), rows)
        return
    names = list(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    raw = connection.connection.driver_connection
    assert raw is not None
    with raw.cursor().copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])


def _posts(count: int, chance: np.random.Generator, now: float) -> Iterator[dict[str, list[dict[str, Any]]]]:
    vocabulary = words()
    for number in range(count):
        sha256 = hashlib.sha256(str(number).encode()).hexdigest()
        created = now - _YEARS * (1 - number / count) - float(chance.random())
        title = " ".join(vocabulary[min(int(rank), _VOCABULARY) - 1] for rank in chance.zipf(1.2, 12))
        community = f"community{int(COMMUNITIES * chance.random() ** 2)}"
        yield _rows(f"reddit:{number:x}", sha256, created, title, community, chance)


def _rows(
    post: str, sha256: str, created: float, title: str, community: str, chance: np.random.Generator
) -> dict[str, list[dict[str, Any]]]:
    said = {model: float(chance.beta(2, 5)) for model in MODELS}
    score, votes = int(chance.lognormal(3, 2)), int(chance.geometric(0.5)) - 1
    image = {"sha256": sha256, "pdq": bytes(32), "quality": 100, "detail": b"", "format": "JPEG", "width": 640}
    image |= {"height": 640, "animated": False, "bytes": 99_999, "stored_utc": created, "family": sha256}
    about = {"id": post, "source": "reddit", "community": community, "title": title, "author": "somebody"}
    about |= {"permalink": f"https://www.reddit.com/comments/{post[7:]}/", "created_utc": created, "score": score}
    about |= {"state": "stored", "seen_utc": created, "nsfw": False, "hidden": False}
    shown = {"post_id": post, "position": 0, "image": sha256, "state": "stored", "chunk": "c", "run": "r"}
    row = {"post_id": post, "image": sha256, "family": sha256, "source": "reddit", "community": community}
    row |= {"created_utc": created, "visible": True, "original": bool(chance.random() > 0.1), "score": score}
    row |= {"standing": 0.5, "underrated": said["verdict"] - 0.5, "verdict": said["verdict"]}
    row |= {"percentile": said["verdict"], "dank": said["verdict"] > 0.45, "cnn": said["cnn"]}
    row |= {"cnn_dank": said["cnn"] > 0.45, "automl": said["automl"], "automl_dank": said["automl"] > 0.45}
    row |= {"votes_dank": votes, "votes_not": 0, "votes": votes, "words": title}
    row |= {"added_utc": created, "scored_utc": created, "changed_utc": created}
    return {
        "images": [image],
        "posts": [about],
        "post_images": [shown],
        "predictions": [_prediction(sha256, model, each, created) for model, each in said.items()],
        "feed": [row],
    }


def _prediction(image: str, model: str, probability: float, made: float) -> dict[str, Any]:
    low, high = max(0.0, probability - 0.1), min(1.0, probability + 0.1)
    label = "dank" if probability > 0.45 else "not dank"
    known = {"image": image, "model": model, "version": VERSION, "state": "success", "chunk": "p"}
    said = {"probability": probability, "low": low, "high": high, "percentile": probability, "label": label}
    return known | said | {"milliseconds": 1.0, "made_utc": made}
