"""Predictions, the feed, votes, follow-ups, and families of near-duplicates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SEARCH_SQLITE = (
    "CREATE VIRTUAL TABLE feed_search USING fts5(words, content='feed', content_rowid='n', tokenize='unicode61', "
    "prefix='3')",
    "CREATE TRIGGER feed_search_added AFTER INSERT ON feed BEGIN "
    "INSERT INTO feed_search(rowid, words) VALUES (new.n, new.words); END",
    "CREATE TRIGGER feed_search_gone AFTER DELETE ON feed BEGIN "
    "INSERT INTO feed_search(feed_search, rowid, words) VALUES ('delete', old.n, old.words); END",
    "CREATE TRIGGER feed_search_changed AFTER UPDATE OF words ON feed WHEN old.words IS NOT new.words BEGIN "
    "INSERT INTO feed_search(feed_search, rowid, words) VALUES ('delete', old.n, old.words); "
    "INSERT INTO feed_search(rowid, words) VALUES (new.n, new.words); END",
)
_SEARCH_POSTGRESQL = ("CREATE INDEX feed_search ON feed USING gin (to_tsvector('simple', words))",)


def upgrade() -> None:
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "versions",
        sa.Column("model", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("compared_with", sa.Text(), nullable=False),
        sa.Column("since_utc", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("model", "version"),
    )
    op.create_table(
        "captions",
        sa.Column("image", sa.String(length=64), nullable=False),
        sa.Column("reader", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["image"], ["images.sha256"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image", "reader"),
    )
    op.create_table(
        "feed",
        sa.Column("n", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("image", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("block", sa.Text(), nullable=True),
        sa.Column("created_utc", sa.Double(), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("original", sa.Boolean(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("standing", sa.Double(), nullable=True),
        sa.Column("underrated", sa.Double(), nullable=True),
        sa.Column("verdict", sa.Double(), nullable=True),
        sa.Column("percentile", sa.Double(), nullable=True),
        sa.Column("dank", sa.Boolean(), nullable=False),
        sa.Column("cnn", sa.Double(), nullable=True),
        sa.Column("cnn_dank", sa.Boolean(), nullable=False),
        sa.Column("automl", sa.Double(), nullable=True),
        sa.Column("automl_dank", sa.Boolean(), nullable=False),
        sa.Column("votes_dank", sa.Integer(), nullable=False),
        sa.Column("votes_not", sa.Integer(), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("added_utc", sa.Double(), nullable=False),
        sa.Column("scored_utc", sa.Double(), nullable=True),
        sa.Column("changed_utc", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["image"], ["images.sha256"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("post_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("feed_by_automl", "feed", ["automl", "n"], unique=False)
    op.create_index("feed_by_change", "feed", ["changed_utc"], unique=False)
    op.create_index("feed_by_cnn", "feed", ["cnn", "n"], unique=False)
    op.create_index("feed_by_community", "feed", ["community", "created_utc", "n"], unique=False)
    op.create_index("feed_by_community_verdict", "feed", ["community", "verdict", "n"], unique=False)
    op.create_index("feed_by_dank", "feed", ["dank", "created_utc", "n"], unique=False)
    op.create_index("feed_by_family", "feed", ["family", "created_utc", "post_id"], unique=False)
    op.create_index("feed_by_image", "feed", ["image"], unique=False)
    op.create_index("feed_by_source", "feed", ["source", "created_utc", "n"], unique=False)
    op.create_index("feed_by_time", "feed", ["created_utc", "n"], unique=False)
    op.create_index("feed_by_underrated", "feed", ["underrated", "n"], unique=False)
    op.create_index("feed_by_verdict", "feed", ["verdict", "n"], unique=False)
    op.create_index("feed_by_votes", "feed", ["votes", "n"], unique=False)
    op.create_index(
        "feed_unranked",
        "feed",
        ["n"],
        unique=False,
        sqlite_where=sa.text("standing IS NULL AND score IS NOT NULL"),
        postgresql_where=sa.text("standing IS NULL AND score IS NOT NULL"),
    )
    op.create_table(
        "follow_ups",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("hours", sa.Double(), nullable=False),
        sa.Column("due_utc", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("taken_utc", sa.Double(), nullable=True),
        sa.Column("asked_utc", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "hours"),
    )
    op.create_index("follow_ups_by_age", "follow_ups", ["hours", "state"], unique=False)
    op.create_index("follow_ups_by_due", "follow_ups", ["state", "due_utc"], unique=False)
    op.create_table(
        "pairs",
        sa.Column("voter", sa.String(length=32), nullable=False),
        sa.Column("a", sa.Text(), nullable=False),
        sa.Column("b", sa.Text(), nullable=False),
        sa.Column("winner", sa.Text(), nullable=True),
        sa.Column("judged_utc", sa.Double(), nullable=False),
        sa.CheckConstraint("a < b", name="pairs_in_order"),
        sa.ForeignKeyConstraint(["a"], ["posts.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["b"], ["posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("voter", "a", "b"),
    )
    op.create_index("pairs_by_a", "pairs", ["a"], unique=False)
    op.create_index("pairs_by_b", "pairs", ["b"], unique=False)
    op.create_table(
        "predictions",
        sa.Column("image", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("chunk", sa.String(length=64), nullable=False),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("percentile", sa.Double(), nullable=True),
        sa.Column("label", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("milliseconds", sa.Double(), nullable=True),
        sa.Column("made_utc", sa.Double(), nullable=True),
        sa.Column("code", sa.String(length=32), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["image"], ["images.sha256"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image", "model", "version"),
    )
    op.create_index("predictions_by_chunk", "predictions", ["state", "chunk"], unique=False)
    op.create_index("predictions_by_time", "predictions", ["made_utc"], unique=False)
    op.create_index("predictions_by_version", "predictions", ["model", "version", "state"], unique=False)
    op.create_table(
        "sights",
        sa.Column("n", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("image", sa.String(length=64), nullable=False),
        sa.Column("graph", sa.String(length=64), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("percentile", sa.Double(), nullable=False),
        sa.Column("novelty", sa.Double(), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=False),
        sa.Column("template", sa.LargeBinary(), nullable=False),
        sa.Column("colour", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["image"], ["images.sha256"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("n"),
        sa.UniqueConstraint("image", "graph", name="sights_by_image"),
        sqlite_autoincrement=True,
    )
    op.create_index("sights_by_graph", "sights", ["graph", "n"], unique=False)
    op.create_table(
        "votes",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("voter", sa.String(length=32), nullable=False),
        sa.Column("dank", sa.Boolean(), nullable=False),
        sa.Column("voted_utc", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "voter"),
    )
    op.create_index("votes_by_time", "votes", ["voted_utc"], unique=False)
    op.add_column("images", sa.Column("family", sa.String(length=64), nullable=True))
    op.add_column("images", sa.Column("dropped_utc", sa.Double(), nullable=True))
    op.create_index("images_by_family", "images", ["family"], unique=False)
    op.create_index("images_by_time", "images", ["stored_utc"], unique=False)
    op.add_column("posts", sa.Column("nsfw", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("posts", sa.Column("hidden", sa.Boolean(), server_default=sa.false(), nullable=False))
    connection = op.get_bind()
    for statement in _SEARCH_SQLITE if connection.dialect.name == "sqlite" else _SEARCH_POSTGRESQL:
        op.execute(statement)
    _find_families(connection)


def _find_families(connection: sa.Connection) -> None:
    """Images that are near-duplicates, also by way of a third, get one family."""
    parent = {name: name for name in connection.scalars(sa.text("SELECT sha256 FROM images"))}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for a, b in connection.execute(sa.text("SELECT a, b FROM near_duplicates")):
        parent[root(a)] = root(b)
    rows = [{"name": name, "family": root(name)} for name in parent]
    if rows:
        connection.execute(sa.text("UPDATE images SET family = :family WHERE sha256 = :name"), rows)
