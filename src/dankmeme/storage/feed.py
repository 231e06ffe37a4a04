"""The feed's rows: one for each stored post, made from all other tables, so that a page of it is one look at an index.

A row is made anew whenever something that it is made from changes, in the same transaction.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa

from dankmeme.storage.database import Database, in_batches
from dankmeme.storage.locks import alone
from dankmeme.storage.tables import captions, feed, images, post_images, posts, predictions, versions, votes
from dankmeme.storage.versions import SHOWN_LAST
from dankmeme.storage.words import indexed

UPLOAD = "upload"
"""Source of what people send by the asynchronous path: predicted as all others, shown to nobody."""
_KEPT = ("n", "post_id", "votes_dank", "votes_not", "votes", "added_utc", "original", "underrated")
"""Columns of a row that others look after."""
_UNSAID = (*_KEPT, "standing", "changed_utc")
"""Columns in which a row that was made anew may differ without saying anything else."""
_MODELS = ("verdict", "cnn", "automl")


def project(database: Database, connection: sa.Connection, ids: Iterable[str]) -> None:
    """Make the rows of posts anew.

    The caller holds the posts (`posts.held`), or nobody else can write.

    Args:
        database: whose upserts are used.
        connection: in a transaction that writes.
        ids: of posts; those that are not stored, or not there, lose their row.
    """
    alone(connection)
    for batch in in_batches(sorted(set(ids))):
        before = _before(connection, batch)
        rows = {row["post_id"]: row for row in _rows(connection, batch)}
        gone = [post for post in before if post not in rows]
        if gone:
            connection.execute(sa.delete(feed).where(feed.c.post_id.in_(gone)))
        new = [row for post, row in rows.items() if _says_else(row, before.get(post))]
        if new:
            connection.execute(_upsert(database), new)
        left = {
            known["family"] for post, known in before.items() if post in gone or known["family"] != rows[post]["family"]
        }
        _mark_originals(connection, {row["family"] for row in rows.values()}, list(rows))
        _mark_originals(connection, left, None)


@cache
def _upsert(database: Database) -> sa.Executable:
    statement = database.insert(feed)
    changed = {column.name: statement.excluded[column.name] for column in feed.c if column.name not in _KEPT}
    return statement.on_conflict_do_update(index_elements=["post_id"], set_=changed)


def remark(connection: sa.Connection, families: Iterable[str]) -> None:
    """Find out anew which post of each family is the original."""
    alone(connection)
    _mark_originals(connection, set(families), None)


def posts_showing(connection: sa.Connection, hashes: Iterable[str]) -> set[str]:
    """Posts that show one of these images."""
    found: set[str] = set()
    for batch in in_batches(sorted(set(hashes))):
        found |= set(connection.scalars(sa.select(post_images.c.post_id).where(post_images.c.image.in_(batch))))
    return found


def _rows(connection: sa.Connection, ids: list[str]) -> list[dict[str, Any]]:
    found = connection.execute(_stored(ids)).mappings().all()
    hashes = {row["image"] for row in found}
    forecasts, texts = _forecasts(connection, hashes), _captions(connection, hashes)
    counted, now = _votes(connection, ids), time.time()
    return [
        _row(row, forecasts.get(row["image"], {}), texts.get(row["image"], ""), counted.get(row["id"], (0, 0)), now)
        for row in found
    ]


def _before(connection: sa.Connection, ids: list[str]) -> dict[str, sa.RowMapping]:
    """The rows that posts have so far."""
    rows = connection.execute(sa.select(feed).where(feed.c.post_id.in_(ids))).mappings()
    return {row["post_id"]: row for row in rows}


def _says_else(row: dict[str, Any], before: sa.RowMapping | None) -> bool:
    """Whether a row says something else than the one before."""
    return before is None or any(before[name] != value for name, value in row.items() if name not in _UNSAID)


def _stored(ids: list[str]) -> sa.Select[Any]:
    """Stored posts, each with its first picture."""
    each = post_images.alias()
    first = sa.select(sa.func.min(each.c.position)).where(each.c.post_id == posts.c.id, each.c.image.is_not(None))
    shown = sa.and_(post_images.c.post_id == posts.c.id, post_images.c.position == first.scalar_subquery())
    columns = [
        posts.c[name] for name in ("id", "source", "community", "block", "title", "created_utc", "seen_utc", "score")
    ]
    query = sa.select(*columns, posts.c.hidden, images.c.sha256.label("image"), images.c.family)
    query = query.select_from(posts).join(post_images, shown).join(images, images.c.sha256 == post_images.c.image)
    return query.where(posts.c.id.in_(ids), posts.c.source != UPLOAD)


def _forecasts(connection: sa.Connection, hashes: set[str]) -> dict[str, dict[str, Any]]:
    """Of each image and model the prediction that is shown: the active version of lowest rank that has one."""
    same = sa.and_(predictions.c.model == versions.c.model, predictions.c.version == versions.c.version)
    columns = [predictions.c[name] for name in ("image", "model", "probability", "percentile", "label", "made_utc")]
    query = sa.select(*columns).join(versions, same).where(predictions.c.state == "success", versions.c.shown)
    query = query.where(predictions.c.image.in_(hashes)).order_by(*SHOWN_LAST)
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.image, {})[row.model] = row
    return found


def _captions(connection: sa.Connection, hashes: set[str]) -> dict[str, str]:
    query = sa.select(captions.c.image, captions.c.text).where(captions.c.image.in_(hashes))
    return dict(connection.execute(query.order_by(captions.c.reader)).all())


def _votes(connection: sa.Connection, ids: list[str]) -> dict[str, tuple[int, int]]:
    dank = sa.func.sum(sa.case((votes.c.dank, 1), else_=0))
    query = sa.select(votes.c.post_id, dank, sa.func.count()).where(votes.c.post_id.in_(ids)).group_by(votes.c.post_id)
    return {post: (int(yes), int(count) - int(yes)) for post, yes, count in connection.execute(query)}


def _row(
    post: sa.RowMapping, forecasts: dict[str, Any], caption: str, counted: tuple[int, int], now: float
) -> dict[str, Any]:
    shown = next((forecasts[model] for model in _MODELS if model in forecasts), None)
    by_model = {model: forecasts.get(model) for model in ("cnn", "automl")} | {"verdict": shown}
    row: dict[str, Any] = {
        "post_id": post["id"],
        "image": post["image"],
        "family": post["family"] or post["image"],
        "source": post["source"],
        "community": post["community"],
        "block": post["block"],
        "standing": None,
        "created_utc": post["seen_utc"] if post["created_utc"] is None else post["created_utc"],
        "visible": not post["hidden"],
        "original": True,
        "score": post["score"],
        "percentile": shown.percentile if shown else None,
        "votes_dank": counted[0],
        "votes_not": counted[1],
        "votes": sum(counted),
        "words": indexed(post["title"], caption),
        "added_utc": now,
        "scored_utc": max((each.made_utc for each in forecasts.values()), default=None),
        "changed_utc": now,
    }
    for model, forecast in by_model.items():
        row[model] = forecast.probability if forecast else None
        row["dank" if model == "verdict" else f"{model}_dank"] = bool(forecast and forecast.label == "dank")
    return row


def _mark_originals(connection: sa.Connection, families: set[str], fresh: list[str] | None) -> None:
    """Mark the earliest post of each family. A post that is new takes that mark from one that has it, never from
    those that had lost it before: only these two kinds are looked at where `fresh` is given.
    """
    if not families:
        return
    other = feed.alias()
    earlier = sa.tuple_(other.c.created_utc, other.c.post_id) < sa.tuple_(feed.c.created_utc, feed.c.post_id)
    first = ~sa.exists().where(other.c.family == feed.c.family, earlier)
    chosen: sa.ColumnElement[bool] = feed.c.family.in_(families)
    if fresh is not None:
        chosen = sa.and_(chosen, sa.or_(feed.c.original, feed.c.post_id.in_(fresh)))
    connection.execute(sa.update(feed).where(chosen, feed.c.original != first).values(original=first))
