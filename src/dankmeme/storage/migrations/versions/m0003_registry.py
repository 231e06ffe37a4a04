"""The registry of bundles, what was decided about them, and which processes use which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("versions", sa.Column("shown", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("versions", sa.Column("share", sa.Double(), nullable=False, server_default="1"))
    op.create_table(
        "bundles",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("manifest", sa.String(length=64), nullable=False),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("dataset", sa.Text(), nullable=False),
        sa.Column("compared_with", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("added_utc", sa.Double(), nullable=False),
        sa.Column("state_utc", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_index("bundles_by_state", "bundles", ["state"])
    op.create_table(
        "learnt",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("image", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("version", "image"),
    )
    op.create_table(
        "decisions",
        sa.Column("n", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("before", sa.String(length=32), nullable=True),
        sa.Column("after", sa.String(length=32), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("decided_utc", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
        sqlite_autoincrement=True,
    )
    op.create_index("decisions_by_version", "decisions", ["version", "n"])
    op.create_table(
        "answering",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("process", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("shadows", sa.JSON(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.Column("seen_utc", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "retrains",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("due_utc", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("started_utc", sa.Double(), nullable=True),
        sa.Column("beat_utc", sa.Double(), nullable=True),
        sa.Column("ended_utc", sa.Double(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("retrains_by_state", "retrains", ["state", "due_utc"])
