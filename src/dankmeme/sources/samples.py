"""The project's own sample memes, so that a first start has something to look at; `scripts/samples.py` draws them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from dankmeme.posts import ImageRef, Post
from dankmeme.sources import plain

NAME = "sample"
"""Their source, and the beginning of their ids."""
SAMPLES = Path(str(resources.files("dankmeme") / "assets" / "samples"))
"""The pictures, and `posts.jsonl` that lists them."""

_HOUR = 3600.0


def samples(now: float) -> list[Post]:
    """The sample posts, some of them reposts of others, as if they had been posted in the days before.

    Args:
        now: seconds since 1970, UTC; each post is as old at this moment as its `age_hours` says.
    """
    lines = (SAMPLES / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    return [_post(plain.mapping(plain.parsed(line)), now) for line in lines]


def _post(row: Mapping[str, object], now: float) -> Post:
    files = plain.sequence(row["files"])
    scores = plain.mapping(row["score_at"])
    return Post(
        id=f"{NAME}:{row['id']}",
        source=NAME,
        community=plain.text(row["community"]),
        title=plain.text(row["title"]),
        images=tuple(ImageRef(file=str(SAMPLES / plain.text(file))) for file in files),
        author=plain.text(row["author"]),
        created_utc=now - _HOUR * (plain.number(row["age_hours"]) or 0),
        score=plain.whole(row["score"]),
        score_at={float(hours): plain.number(score) or 0 for hours, score in scores.items()},
        nsfw=row["nsfw"] is True,
    )
