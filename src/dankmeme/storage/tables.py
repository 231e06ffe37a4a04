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
    sa.Column("nsfw", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("hidden", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("posts_by_state", "state"),
    sa.Index("posts_by_time", "created_utc"),
    sa.Index("posts_by_community", "community", "created_utc"),
)
"""`state` is pending, stored (one of its images is) or failed (none can be); `nsfw` as its source says, `hidden` as an
admin does."""

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
    sa.Column("family", _Hash),
    sa.Column("dropped_utc", _Time),
    sa.Index("images_by_family", "family"),
    sa.Index("images_by_time", "stored_utc"),
)
"""`place` counts the images in the order in which they were compared with all before; null until then. Near-duplicates,
also by way of a third, have one `family`: the hash of one of them. `dropped_utc` is when the picture itself was
dropped, after the days that pictures are kept."""

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

versions = sa.Table(
    "versions",
    metadata,
    sa.Column("model", _Short, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("bundle", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("fault", sa.Text),
    sa.Column("compared_with", sa.Text, nullable=False),
    sa.Column("since_utc", _Time, nullable=False),
    sa.Column("shown", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("share", sa.Double, nullable=False, server_default="1"),
)
"""Model versions: what comes in is predicted by the active ones, as far as `share` (0-1) of the pictures goes; of those
that are `shown` the lowest `rank` of a model is the one that people see. `compared_with` says which memes its
percentiles are about."""

bundles = sa.Table(
    "bundles",
    metadata,
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("state", _Short, nullable=False),
    sa.Column("manifest", _Hash, nullable=False),
    sa.Column("shipped", sa.Boolean, nullable=False),
    sa.Column("share", sa.Double, nullable=False),
    sa.Column("models", sa.JSON, nullable=False),
    sa.Column("dataset", sa.Text, nullable=False),
    sa.Column("compared_with", sa.Text, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("figures", sa.JSON, nullable=False),
    sa.Column("added_utc", _Time, nullable=False),
    sa.Column("state_utc", _Time, nullable=False),
    sa.Index("bundles_by_state", "state"),
)
"""The registry: `state` is candidate, shadow, active, former or retired; `manifest` is the SHA-256 of `manifest.json`,
which names every other file's; a `shipped` one lies in the package and not in the models bucket."""

learnt = sa.Table(
    "learnt",
    metadata,
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("image", _Hash, primary_key=True),
)
"""Pictures that a registered bundle learnt from: what it says of these, and of what looks the same, proves nothing."""

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("action", _Short, nullable=False),
    sa.Column("before", _Short),
    sa.Column("after", _Short),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("forced", sa.Boolean, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("decided_utc", _Time, nullable=False),
    sa.Index("decisions_by_version", "version", "n"),
    sqlite_autoincrement=True,
)
"""What became of registered bundles, and what was refused (`before` and `after` are then the same)."""

answering = sa.Table(
    "answering",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("role", _Short, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("wanted", sa.Text, nullable=False),
    sa.Column("shadows", sa.JSON, nullable=False),
    sa.Column("fault", sa.Text),
    sa.Column("beats", sa.BigInteger, nullable=False),
    sa.Column("seen_utc", _Time, nullable=False),
)
"""Which bundle each process answers or predicts with (`version`), which it should (`wanted`), and why it does not."""

predictions = sa.Table(
    "predictions",
    metadata,
    sa.Column("image", sa.ForeignKey("images.sha256", ondelete="CASCADE"), primary_key=True),
    sa.Column("model", _Short, primary_key=True),
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("state", _Short, nullable=False),
    sa.Column("chunk", sa.String(64), nullable=False),
    sa.Column("probability", sa.Double),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("percentile", sa.Double),
    sa.Column("label", _Short),
    sa.Column("reason", sa.Text),
    sa.Column("milliseconds", sa.Double),
    sa.Column("made_utc", _Time),
    sa.Column("code", _Short),
    sa.Column("message", sa.Text),
    sa.Index("predictions_by_chunk", "state", "chunk"),
    sa.Index("predictions_by_version", "model", "version", "state"),
    sa.Index("predictions_by_time", "made_utc"),
)
"""One for each image and model version; `state` is pending, success or failed (then `code` and `message` say why)."""

sights = sa.Table(
    "sights",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("image", sa.ForeignKey("images.sha256", ondelete="CASCADE"), nullable=False),
    sa.Column("graph", _Hash, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("percentile", sa.Double, nullable=False),
    sa.Column("novelty", sa.Double, nullable=False),
    sa.Column("embedding", sa.LargeBinary, nullable=False),
    sa.Column("template", sa.LargeBinary, nullable=False),
    sa.Column("colour", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("image", "graph", name="sights_by_image"),
    sa.Index("sights_by_graph", "graph", "n"),
    sqlite_autoincrement=True,
)
"""What an image graph says of a picture, computed once: three numbers and three float32 vectors."""

captions = sa.Table(
    "captions",
    metadata,
    sa.Column("image", sa.ForeignKey("images.sha256", ondelete="CASCADE"), primary_key=True),
    sa.Column("reader", _Short, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("lines", sa.JSON, nullable=False),
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
)
"""What a caption reader read in a picture of so many pixels, once: the text, and its lines with their places."""

_UNRANKED = sa.text("standing IS NULL AND score IS NOT NULL")

feed = sa.Table(
    "feed",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
    _post_id(unique=True),
    sa.Column("image", sa.ForeignKey("images.sha256", ondelete="CASCADE"), nullable=False),
    sa.Column("family", _Hash, nullable=False),
    sa.Column("source", _Short, nullable=False),
    sa.Column("community", sa.Text, nullable=False),
    sa.Column("block", sa.Text),
    sa.Column("created_utc", _Time, nullable=False),
    sa.Column("visible", sa.Boolean, nullable=False),
    sa.Column("original", sa.Boolean, nullable=False),
    sa.Column("score", sa.BigInteger),
    sa.Column("standing", sa.Double),
    sa.Column("underrated", sa.Double),
    sa.Column("verdict", sa.Double),
    sa.Column("percentile", sa.Double),
    sa.Column("dank", sa.Boolean, nullable=False),
    sa.Column("cnn", sa.Double),
    sa.Column("cnn_dank", sa.Boolean, nullable=False),
    sa.Column("automl", sa.Double),
    sa.Column("automl_dank", sa.Boolean, nullable=False),
    sa.Column("votes_dank", sa.Integer, nullable=False),
    sa.Column("votes_not", sa.Integer, nullable=False),
    sa.Column("votes", sa.Integer, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("added_utc", _Time, nullable=False),
    sa.Column("scored_utc", _Time),
    sa.Column("changed_utc", _Time, nullable=False),
    sa.Index("feed_by_time", "created_utc", "n"),
    sa.Index("feed_by_community", "community", "created_utc", "n"),
    sa.Index("feed_by_source", "source", "created_utc", "n"),
    sa.Index("feed_by_verdict", "verdict", "n"),
    sa.Index("feed_by_community_verdict", "community", "verdict", "n"),
    sa.Index("feed_by_cnn", "cnn", "n"),
    sa.Index("feed_by_automl", "automl", "n"),
    sa.Index("feed_by_votes", "votes", "n"),
    sa.Index("feed_by_underrated", "underrated", "n"),
    sa.Index("feed_by_dank", "dank", "created_utc", "n"),
    sa.Index("feed_by_family", "family", "created_utc", "post_id"),
    sa.Index("feed_by_image", "image"),
    sa.Index("feed_by_change", "changed_utc"),
    sa.Index("feed_unranked", "n", sqlite_where=_UNRANKED, postgresql_where=_UNRANKED),
    sqlite_autoincrement=True,
)
"""What a page of the feed is chosen from: one row for each stored post, made from all other tables. `standing` is the
mid-rank percentile of its score among its neighbours in time (null while it is to be found out anew), `underrated` the
forecast's percentile less that."""

votes = sa.Table(
    "votes",
    metadata,
    _post_id(primary_key=True),
    sa.Column("voter", _Short, primary_key=True),
    sa.Column("dank", sa.Boolean, nullable=False),
    sa.Column("voted_utc", _Time, nullable=False),
    sa.Index("votes_by_time", "voted_utc"),
)
"""One for each post and browser."""

pairs = sa.Table(
    "pairs",
    metadata,
    sa.Column("voter", _Short, primary_key=True),
    sa.Column("a", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("b", sa.ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("winner", sa.Text),
    sa.Column("judged_utc", _Time, nullable=False),
    sa.Column("left", sa.Text),
    sa.Column("drawn", _Short),
    sa.CheckConstraint("a < b", name="pairs_in_order"),
    sa.Index("pairs_by_a", "a"),
    sa.Index("pairs_by_b", "b"),
    sa.Index("pairs_by_drawn", "drawn", "judged_utc"),
)
"""Which of two posts a browser called danker; `winner` is null for neither. `left` is the one that was shown on the
left, `drawn` why the two were shown: unsure, uniform or again; both are null where nobody wrote them down."""

labels = sa.Table(
    "labels",
    metadata,
    sa.Column("origin", sa.String(64), primary_key=True),
    sa.Column("image", _Hash, primary_key=True),
    sa.Column("percentile", sa.Double, nullable=False),
    sa.Column("weight", sa.Double, nullable=False),
    sa.Column("imported_utc", _Time, nullable=False),
    sa.Index("labels_by_image", "image"),
)
"""What people elsewhere think of pictures, which need not be here yet."""

follow_ups = sa.Table(
    "follow_ups",
    metadata,
    _post_id(primary_key=True),
    sa.Column("hours", sa.Double, primary_key=True),
    sa.Column("due_utc", _Time, nullable=False),
    sa.Column("state", _Short, nullable=False),
    sa.Column("score", sa.BigInteger),
    sa.Column("taken_utc", _Time),
    sa.Column("asked_utc", _Time),
    sa.Index("follow_ups_by_due", "state", "due_utc"),
    sa.Index("follow_ups_by_age", "hours", "state"),
)
"""The score that a post has at a fixed age; `state` is pending, taken or missed; `asked_utc` is when its source
was last asked in vain."""

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", _Short, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""Keys that all processes share, made by the first that needs them."""

retrains = sa.Table(
    "retrains",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("cron", sa.Text, nullable=False),
    sa.Column("due_utc", _Time, nullable=False),
    sa.Column("state", _Short, nullable=False),
    sa.Column("tries", sa.SmallInteger, nullable=False),
    sa.Column("started_utc", _Time),
    sa.Column("beat_utc", _Time),
    sa.Column("ended_utc", _Time),
    sa.Column("version", sa.Text),
    sa.Column("words", sa.Text, nullable=False),
    sa.Index("retrains_by_state", "state", "due_utc"),
)
"""Trainings that a schedule begins; `state` is waiting, running, done, failed or unchanged (nothing new to learn from).
`beat_utc` is when the process that runs it last said so; of one that waits, when somebody last wanted it."""
