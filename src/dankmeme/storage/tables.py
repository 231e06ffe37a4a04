"""The tables. Every write is an upsert on one of their keys, so any step may run twice.

Times are seconds since 1970 in UTC. An image's key is the SHA-256 of its bytes, in hexadecimal.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

_Time = sa.Double
_Hash = sa.String(64)
_Short = sa.String(32)


def _post_id(**options: object) -> sa.Column[str]:
    return sa.Column("post_id", sa.ForeignKey("posts.id", ondelete="CASCADE"), nullable=False, **options)  # type: ignore[arg-type]


posts = sa.Table(
    "posts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", _Short, nullable=False),
    sa.Column("community", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("author", sa.Text),
    sa.Column("permalink", sa.Text),
    sa.Column("created_utc", _Time),
    sa.Column("order", sa.BigInteger),
    sa.Column("block", sa.Text),
    sa.Column("label", sa.SmallInteger),
    sa.Column("score", sa.BigInteger),
    sa.Column("state", _Short, nullable=False),
    sa.Column("seen_utc", _Time, nullable=False),
    sa.Index("posts_by_state", "state"),
    sa.Index("posts_by_time", "created_utc"),
    sa.Index("posts_by_community", "community", "created_utc"),
)
"""`state` is pending, stored (one of its images is) or failed (none can be)."""

images = sa.Table(
    "images",
    metadata,
    sa.Column("sha256", _Hash, primary_key=True),
    sa.Column("pdq", sa.LargeBinary(32), nullable=False),
    sa.Column("quality", sa.SmallInteger, nullable=False),
    sa.Column("detail", sa.LargeBinary, nullable=False),
    sa.Column("format", _Short, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("animated", sa.Boolean, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("stored_utc", _Time, nullable=False),
    sa.Column("place", sa.Integer, unique=True),
)
"""`place` counts the images in the order in which they were compared with all before; null until then."""

post_images = sa.Table(
    "post_images",
    metadata,
    _post_id(primary_key=True),
    sa.Column("position", sa.SmallInteger, primary_key=True),
    sa.Column("url", sa.Text),
    sa.Column("file", sa.Text),
    sa.Column("image", sa.ForeignKey("images.sha256", ondelete="SET NULL")),
    sa.Column("state", _Short, nullable=False),
    sa.Column("attempts", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("chunk", sa.String(64), nullable=False),
    sa.Column("run", sa.String(64), nullable=False),
    sa.Index("post_images_by_chunk", "state", "chunk"),
    sa.Index("post_images_by_run", "run", "state"),
    sa.Index("post_images_by_image", "image"),
)
"""`chunk` is the piece of work that is to fetch it, `run` the one import or scrape that last asked for it."""

failures = sa.Table(
    "failures",
    metadata,
    _post_id(primary_key=True),
    sa.Column("position", sa.SmallInteger, primary_key=True),
    sa.Column("code", _Short, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("passing", sa.Boolean, nullable=False),
    sa.Column("distance", sa.SmallInteger),
    sa.Column("failed_utc", _Time, nullable=False),
    sa.Index("failures_by_code", "code"),
)
"""`passing` where another try may help; `distance` (Hamming, 0-256) where a blocked hash matched."""

near_duplicates = sa.Table(
    "near_duplicates",
    metadata,
    sa.Column("a", sa.ForeignKey("images.sha256", ondelete="CASCADE"), primary_key=True),
    sa.Column("b", sa.ForeignKey("images.sha256", ondelete="CASCADE"), primary_key=True),
    sa.Column("distance", sa.SmallInteger, nullable=False),
    sa.Column("difference", sa.Double, nullable=False),
    sa.CheckConstraint("a < b", name="near_duplicates_in_order"),
    sa.Index("near_duplicates_by_b", "b"),
)
"""`distance` is PDQ's (Hamming, 0-31), `difference` that of the details."""

not_duplicates = sa.Table(
    "not_duplicates",
    metadata,
    sa.Column("a", _Hash, primary_key=True),
    sa.Column("b", _Hash, primary_key=True),
    sa.Column("decided_utc", _Time, nullable=False),
)
"""Pairs that a person told apart, for good: also when an image goes and comes back."""

score_snapshots = sa.Table(
    "score_snapshots",
    metadata,
    _post_id(primary_key=True),
    sa.Column("taken_utc", _Time, primary_key=True),
    sa.Column("score", sa.BigInteger, nullable=False),
    sa.Column("age_hours", sa.Double),
)
"""`age_hours` is the post's age then, where its creation is known."""

bank = sa.Table(
    "bank",
    metadata,
    sa.Column("kind", _Short, primary_key=True),
    sa.Column("value", _Hash, primary_key=True),
    sa.Column("use", _Short, nullable=False),
    sa.Column("list", sa.Text, nullable=False),
    sa.Column("added_utc", _Time, nullable=False),
    sa.Index("bank_by_list", "list"),
)
"""Hashes (`kind`: sha256, md5 or pdq) of images that are not kept; `use` is blocked or placeholder."""

tombstones = sa.Table(
    "tombstones",
    metadata,
    sa.Column("kind", _Short, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("deleted_utc", _Time, nullable=False),
    sa.Column("purged", sa.Boolean, nullable=False),
    sa.Index("tombstones_by_purged", "purged"),
)
"""Posts and images (`kind`) that were deleted for good; `purged` once the bucket holds nothing of it."""

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("source", _Short, nullable=False),
    sa.Column("where", sa.Text, nullable=False),
    sa.Column("sort", _Short, nullable=False),
    sa.Column("limit", sa.Integer, nullable=False),
    sa.Column("cron", sa.Text),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("from_settings", sa.Boolean, nullable=False),
    sa.Column("interval", sa.Double, nullable=False),
    sa.Column("next_utc", _Time, nullable=False),
)
"""Without `cron` the polling is adaptive: `interval` is then the seconds between two runs, as they are now."""

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("schedule", sa.Text),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("started_utc", _Time, nullable=False),
    sa.Column("ended_utc", _Time),
    sa.Column("found", sa.Integer, nullable=False, server_default="0"),
    sa.Column("fresh", sa.Integer, nullable=False, server_default="0"),
    sa.Column("skipped", sa.JSON, nullable=False),
    sa.Column("position", sa.Text),
    sa.Column("error", sa.Text),
    sa.Index("runs_by_what", "what", "started_utc"),
    sa.Index("runs_by_schedule", "schedule", "started_utc"),
)
"""One scrape or import each; `position` is where an interrupted one goes on."""

executors = sa.Table(
    "executors",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("process_started", sa.Double, nullable=False),
    sa.Column("beats", sa.BigInteger, nullable=False),
)
"""Processes that work on the queues; one whose `beats` stand still is dead."""
