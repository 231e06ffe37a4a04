"""Pages of the feed: which posts, in which order, from where on.

Every page is a look at one index: the one of the order where most posts fit, that of a filter where few do. SQLite has
to be told which; it knows no more than that an index is there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from dankmeme.errors import StorageError
from dankmeme.storage.database import Database
from dankmeme.storage.tables import feed
from dankmeme.storage.words import for_postgresql, for_sqlite, spaced

Sort = Literal["newest", "dankest", "voted", "underrated"]
Model = Literal["verdict", "cnn", "automl"]
FEW = 2_000
"""So many posts are sorted rather than looked for among all."""


@dataclass(frozen=True)
class Wish:
    """Which posts, in which order.

    Attributes:
        model: whose forecast `dank` and the order `dankest` go by.
        since: no post made before this (seconds since 1970, UTC).
        until: no post made at this time or later.
        question: words that title or caption must have; empty for any.
        hidden: whether hidden posts are shown too.
    """

    community: str | None = None
    source: str | None = None
    model: Model = "verdict"
    dank: bool = False
    originals: bool = False
    since: float | None = None
    until: float | None = None
    question: str = ""
    sort: Sort = "newest"
    hidden: bool = False


@dataclass(frozen=True)
class FeedPage:
    """Ids of posts, and where the next page begins; None at the end."""

    posts: list[str]
    next: str | None


def page(database: Database, wish: Wish, limit: int, cursor: str | None = None) -> FeedPage:
    """A page of the feed.

    Raises:
        StorageError: `bad-cursor`, where the cursor is none that this wish gave.
    """
    key = _key(wish)
    with database.read() as connection:
        if database.is_sqlite:
            conditions, by_order = _for_sqlite(connection, wish)
            key = key if by_order else _bare(key)
        else:
            conditions = list(_filters(wish, _matches_postgresql(wish)).values())
        query = sa.select(feed.c.post_id, feed.c.n, key.label("key")).where(key.is_not(None), *conditions)
        if cursor is not None:
            query = query.where(sa.tuple_(key, feed.c.n) < sa.tuple_(*map(sa.literal, _read(cursor, wish))))
        rows = connection.execute(query.order_by(key.desc(), feed.c.n.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    more = len(rows) > limit
    return FeedPage([row.post_id for row in shown], _write(wish, shown[-1].key, shown[-1].n) if more else None)


def _for_sqlite(connection: sa.Connection, wish: Wish) -> tuple[list[sa.ColumnElement[bool]], bool]:
    """What the wish wants, said so that SQLite goes by the posts that pass a filter where they are few, or else by the
    order.

    Returns:
        The conditions, and whether it goes by the order.
    """
    found, bare = _filters(wish, None), _filters(wish, _has_words(wish), _bare)
    for name in _DRIVING:
        few = _few(connection, wish, found, name)
        if few is not None:
            rest = [condition for other, condition in bare.items() if other != name]
            return [feed.c.n.in_(few), *rest], False
    paired = (name for name in _PAIRED.get((wish.sort, wish.model == "verdict"), ()) if name in found)
    led = {next(paired, ""), "time" if wish.sort == "newest" else ""}
    return [found[name] if name in led else condition for name, condition in bare.items()], True


def _filters(
    wish: Wish,
    words: sa.ColumnElement[bool] | None,
    seen: Callable[[sa.ColumnElement[Any]], sa.ColumnElement[Any]] = lambda column: column,
) -> dict[str, sa.ColumnElement[bool]]:
    """What the wish wants, by name; `seen` is how columns are named to the database."""
    found = {} if words is None else {"words": words}
    for name in ("community", "source"):
        if getattr(wish, name) is not None:
            found[name] = seen(feed.c[name]) == getattr(wish, name)
    if wish.since is not None or wish.until is not None:
        since, until = -1e18 if wish.since is None else wish.since, 1e18 if wish.until is None else wish.until
        found["time"] = sa.and_(seen(feed.c.created_utc) >= since, seen(feed.c.created_utc) < until)
    if wish.dank:
        found["dank"] = seen(feed.c["dank" if wish.model == "verdict" else f"{wish.model}_dank"]) == sa.true()
    if wish.originals:
        found["originals"] = feed.c.original == sa.true()
    if not wish.hidden:
        found["visible"] = feed.c.visible == sa.true()
    return found


_DRIVING = ("words", "community", "source", "time")
"""Filters that have an index, the most telling first."""
_PAIRED: dict[tuple[str, bool], tuple[str, ...]] = {
    ("newest", True): ("community", "source", "dank"),
    ("newest", False): ("community", "source"),
    ("dankest", True): ("community",),
}
"""Filters that have an index in this order, and for the verdict or another model."""


def _bare(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column without its index, as SQLite wants it said."""
    return sa.UnaryExpression(column, operator=sa.sql.operators.custom_op("+"), type_=column.type)


def _few(
    connection: sa.Connection, wish: Wish, filters: dict[str, sa.ColumnElement[bool]], name: str
) -> list[int] | None:
    """The posts that pass a filter, by their numbers; None where they are many, or where it is not asked for.

    Where those with the very words are many already, the longer words are not looked for: that takes longer.
    """
    if name == "words":
        asked = [for_sqlite(wish.question, whole=whole) for whole in (True, False)]
        queries = [_having(words) for words in asked if words is not None]
    else:
        queries = [sa.select(feed.c.n).where(filters[name])] if name in filters else []
    found: list[int] | None = None
    for query in queries:
        found = list(connection.scalars(query.limit(FEW + 1)))
        if len(found) > FEW:
            return None
    return found


def _having(words: str) -> sa.Select[Any]:
    """The numbers of the posts that have words, as FTS5 takes them."""
    match = sa.text("feed_search MATCH :asked_words").bindparams(asked_words=words)
    return sa.select(sa.literal_column("rowid")).select_from(sa.table("feed_search")).where(match)


def _matches_postgresql(wish: Wish) -> sa.ColumnElement[bool] | None:
    words = for_postgresql(wish.question)
    if words is None:
        return None
    vector = sa.func.to_tsvector(sa.literal_column("'simple'"), feed.c.words)
    return vector.bool_op("@@")(sa.func.to_tsquery(sa.literal_column("'simple'"), words))


def _has_words(wish: Wish) -> sa.ColumnElement[bool] | None:
    """The same as the index says, for words that many posts have: those met on the way are looked through."""
    text = " " + feed.c.words + " "
    parts = [sa.func.instr(text, part) > 0 for part in spaced(wish.question)]
    return sa.and_(*parts) if parts else None


def _key(wish: Wish) -> sa.ColumnElement[Any]:
    names = {"newest": "created_utc", "dankest": wish.model, "voted": "votes", "underrated": "underrated"}
    return feed.c[names[wish.sort]]


def _write(wish: Wish, key: float, n: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([_order(wish), key, n]).encode()).decode().rstrip("=")


def _read(cursor: str, wish: Wish) -> Sequence[float]:
    try:
        order, key, n = json.loads(base64.urlsafe_b64decode(cursor[:200] + "=" * (-len(cursor) % 4)))
        if order == _order(wish) and type(key) in (int, float) and type(n) is int and max(abs(key), abs(n)) < 2**62:
            return key, n
    except (ValueError, TypeError):
        pass
    raise StorageError("bad-cursor", "this is no cursor of a feed in this order; begin without one")


def _order(wish: Wish) -> str:
    return f"{wish.sort}/{wish.model}"
