"""Posts, images, near-duplicates, scores, failures, and what the pipeline keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "bank",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("use", sa.String(length=32), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("added_utc", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "value"),
    )
    op.create_index("bank_by_list", "bank", ["list"], unique=False)
    op.create_table(
        "executors",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("process", sa.Integer(), nullable=False),
        sa.Column("process_started", sa.Double(), nullable=False),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "images",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pdq", sa.LargeBinary(length=32), nullable=False),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("animated", sa.Boolean(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("stored_utc", sa.Double(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("sha256"),
        sa.UniqueConstraint("place"),
    )
    op.create_table(
        "not_duplicates",
        sa.Column("a", sa.String(length=64), nullable=False),
        sa.Column("b", sa.String(length=64), nullable=False),
        sa.Column("decided_utc", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("a", "b"),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("permalink", sa.Text(), nullable=True),
        sa.Column("created_utc", sa.Double(), nullable=True),
        sa.Column("order", sa.BigInteger(), nullable=True),
        sa.Column("block", sa.Text(), nullable=True),
        sa.Column("label", sa.SmallInteger(), nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("seen_utc", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("posts_by_community", "posts", ["community", "created_utc"], unique=False)
    op.create_index("posts_by_state", "posts", ["state"], unique=False)
    op.create_index("posts_by_time", "posts", ["created_utc"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("started_utc", sa.Double(), nullable=False),
        sa.Column("ended_utc", sa.Double(), nullable=True),
        sa.Column("found", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fresh", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("position", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("runs_by_schedule", "runs", ["schedule", "started_utc"], unique=False)
    op.create_index("runs_by_what", "runs", ["what", "started_utc"], unique=False)
    op.create_table(
        "schedules",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("where", sa.Text(), nullable=False),
        sa.Column("sort", sa.String(length=32), nullable=False),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("from_settings", sa.Boolean(), nullable=False),
        sa.Column("interval", sa.Double(), nullable=False),
        sa.Column("next_utc", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "tombstones",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("deleted_utc", sa.Double(), nullable=False),
        sa.Column("purged", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
    )
    op.create_index("tombstones_by_purged", "tombstones", ["purged"], unique=False)
    op.create_table(
        "failures",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("passing", sa.Boolean(), nullable=False),
        sa.Column("distance", sa.SmallInteger(), nullable=True),
        sa.Column("failed_utc", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "position"),
    )
    op.create_index("failures_by_code", "failures", ["code"], unique=False)
    op.create_table(
        "near_duplicates",
        sa.Column("a", sa.String(length=64), nullable=False),
        sa.Column("b", sa.String(length=64), nullable=False),
        sa.Column("distance", sa.SmallInteger(), nullable=False),
        sa.Column("difference", sa.Double(), nullable=False),
        sa.CheckConstraint("a < b", name="near_duplicates_in_order"),
        sa.ForeignKeyConstraint(["a"], ["images.sha256"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["b"], ["images.sha256"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("a", "b"),
    )
    op.create_index("near_duplicates_by_b", "near_duplicates", ["b"], unique=False)
    op.create_table(
        "post_images",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("file", sa.Text(), nullable=True),
        sa.Column("image", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("chunk", sa.String(length=64), nullable=False),
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["image"], ["images.sha256"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "position"),
    )
    op.create_index("post_images_by_chunk", "post_images", ["state", "chunk"], unique=False)
    op.create_index("post_images_by_image", "post_images", ["image"], unique=False)
    op.create_index("post_images_by_run", "post_images", ["run", "state"], unique=False)
    op.create_table(
        "score_snapshots",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("taken_utc", sa.Double(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("age_hours", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "taken_utc"),
    )
