"""Labels from people: how pairs were shown, and labels that were made elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("pairs", sa.Column("left", sa.Text(), nullable=True))
    op.add_column("pairs", sa.Column("drawn", sa.String(length=32), nullable=True))
    op.create_index("pairs_by_drawn", "pairs", ["drawn", "judged_utc"], unique=False)
    op.create_table(
        "labels",
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("image", sa.String(length=64), nullable=False),
        sa.Column("percentile", sa.Double(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("imported_utc", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "image"),
    )
    op.create_index("labels_by_image", "labels", ["image"], unique=False)
