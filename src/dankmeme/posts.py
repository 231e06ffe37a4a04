"""The domain's words: plain data, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ImageRef:
    """Where the picture of a post is. Exactly one of the two is set.

    Attributes:
        url: an http or https address, unescaped, as the post gives it. A stranger's: fetch it guarded.
        file: an absolute path on this machine. Only the source `files` gives one, and only inside the folder a person
            named; whatever came over a network never does.
    """

    url: str | None = None
    file: str | None = None


@dataclass(frozen=True)
class PeopleSay:
    """What people think of a post, apart from its score.

    Attributes:
        percentile: 0–1, its expected place among the memes that people spoke of.
        weight: 0–1, how much is known of it: 0 nothing, 1 all.
    """

    percentile: float
    weight: float


@dataclass(frozen=True)
class Post:
    """A post of a community, as its source tells it. All text is plain text (unescaped, never HTML).

    Attributes:
        id: `source:id`, for good: `reddit:7873q9`, `lemmy:instance:id`, `feed:hash`, `files:dataset:id`. A post met by
            listing and by archive has one and the same id.
        source: name of the source that brought it: `reddit`, `lemmy`, `feed`, `archive`, `files`.
        community: e.g. `dankmemes`, `memes@lemmy.ml`; a feed's own title or address.
        title: may be empty.
        images: at least one; a gallery's in its order.
        author: a name or None (deleted, or not told).
        permalink: full address of the post's own page, or None.
        created_utc: seconds since 1970, UTC, or None where only `order` is known.
        score: as it was when the post was read, or None.
        score_at: score at fixed ages: hours since creation to score.
        label: 1 dank, 0 not dank, where whoever made the data says so.
        order: takes the place of `created_utc` where only an order in time is known.
        block: scores compare only within it, where set.
        percentile: rank of the score among posts close in time, 0–1, where whoever made the data has ranked the post
            among more posts than are in the data.
        nsfw: whether its source marks it as not safe for work.
        people: what people think of it, where they were asked.
    """

    id: str
    source: str
    community: str
    title: str
    images: tuple[ImageRef, ...]
    author: str | None = None
    permalink: str | None = None
    created_utc: float | None = None
    score: int | None = None
    score_at: dict[float, float] = field(default_factory=dict)
    label: int | None = None
    order: int | None = None
    block: str | None = None
    percentile: float | None = None
    nsfw: bool = False
    people: PeopleSay | None = None
