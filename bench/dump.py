"""A synthetic archive dump in the form of Pushshift's: one submission a line, compressed with a window of 2 GiB.

Half of r/dankmemes' posts link to a picture: the best scored quarter and the worst scored one. What lies between links
to nothing that is a picture, and posts of another community to pictures that nobody may take for r/dankmemes'.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import zstandard

COMMUNITY = "dankmemes"
_OTHER = "memes"
_FIRST_ID = int("7c0000", 36)
_BEGAN = 1_509_494_400
"""1 November 2017."""
_SECONDS_APART = 87
_WINDOW = 31
"""Of the dumps of all of Reddit: 2^31 bytes, which a decoder refuses unless told otherwise."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TITLE = "when you the a meme of my is this me it not for when's ain't surreal big oof stonks brain 100 &amp; [OC]"


@dataclass(frozen=True)
class Told:
    """What the dump says of a post that links to a picture.

    Attributes:
        id: Reddit's, base 36, without a prefix.
        url: of the picture.
        score: of the post.
    """

    id: str
    url: str
    score: int


@dataclass(frozen=True)
class Dump:
    """A written dump.

    Attributes:
        path: the `.zst` file.
        lines: submissions in it, of all communities.
        size: bytes before compression.
        best: the posts that link to a picture and score highest, best first.
        worst: those that score lowest, worst first.
    """

    path: Path
    lines: int
    size: int
    best: list[Told]
    worst: list[Told]


def write(urls: Sequence[str], path: Path) -> Dump:
    """Write a dump in which each URL is linked to by one post of r/dankmemes, and as many posts link to none.

    Raises:
        RuntimeError: if a decoder with its default window could read it.
    """
    chance = random.Random(2018)
    quarter = len(urls) // 2
    scores = _scores(chance, 4 * quarter)
    linked = [*range(quarter), *range(3 * quarter, 4 * quarter)]
    posts = dict(zip(linked, chance.sample(list(urls), 2 * quarter), strict=True))
    ranks = chance.sample(range(4 * quarter), 4 * quarter)
    lines = list(_lines(chance, ranks, scores, posts))
    told = {rank: Told(_id(place), url, scores[rank]) for place, rank in enumerate(ranks) if (url := posts.get(rank))}
    data = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()
    settings = zstandard.ZstdCompressionParameters.from_level(3, window_log=_WINDOW)
    with path.open("wb") as file, zstandard.ZstdCompressor(compression_params=settings).stream_writer(file) as writer:
        writer.write(data)
    _check_window(path)
    best = [told[rank] for rank in reversed(range(3 * quarter, 4 * quarter))]
    return Dump(path, len(lines), len(data), best, [told[rank] for rank in range(quarter)])


def _scores(chance: random.Random, count: int) -> list[int]:
    """Ascending and skewed as r/dankmemes' are: median 20, one in a hundred in the thousands; no ties between quarters
    that are picked from and what lies between.
    """
    scores = sorted(int(chance.lognormvariate(3, 1.6)) for _ in range(count))
    quarter = count // 4
    between = [max(score, scores[quarter - 1] + 1) for score in scores[quarter : 3 * quarter]]
    best = [max(score, between[-1] + 1) for score in scores[3 * quarter :]]
    return scores[:quarter] + between + best


def _lines(
    chance: random.Random, ranks: Sequence[int], scores: Sequence[int], posts: dict[int, str]
) -> Iterator[dict[str, Any]]:
    """In order of time; every twentieth is another community's."""
    strangers = list(posts.values())[:: max(1, len(posts) // 100)]
    for place, rank in enumerate(ranks):
        yield _submission(chance, place, COMMUNITY, scores[rank], posts.get(rank))
        if place % 20 == 19:
            score = chance.choice((0, 999_999))
            yield _submission(chance, len(ranks) + place, _OTHER, score, chance.choice(strangers))


def _submission(chance: random.Random, place: int, community: str, score: int, picture: str | None) -> dict[str, Any]:
    """The fields of a dump of 2018, of which nobody needs most."""
    name, created = _id(place), _BEGAN + _SECONDS_APART * place
    permalink = f"/r/{community}/comments/{name}/a_meme/"
    without = None if picture else chance.choice(("self", "video", "gone", "article"))
    url = (
        picture
        or {
            "self": f"https://www.reddit.com{permalink}",
            "video": f"https://v.redd.it/{name}",
            "gone": "",
            "article": f"https://example.com/news/{name}.html",
        }[str(without)]
    )
    return {
        "archived": False,
        "author": chance.choice(("[deleted]", f"user_{chance.randrange(9_000)}", f"user_{chance.randrange(300)}")),
        "author_flair_css_class": None,
        "author_flair_text": None,
        "brand_safe": False,
        "contest_mode": False,
        "created_utc": created,
        "distinguished": None,
        "domain": f"self.{community}" if without == "self" else urlsplit(url).netloc,
        "edited": False,
        "gilded": 0,
        "hidden": False,
        "hide_score": False,
        "id": name,
        "is_crosspostable": True,
        "is_reddit_media_domain": False,
        "is_self": without == "self",
        "is_video": without == "video",
        "link_flair_css_class": None,
        "link_flair_text": None,
        "locked": False,
        "media": None,
        "media_embed": {},
        "num_comments": chance.randrange(80),
        "num_crossposts": 0,
        "over_18": chance.random() < 0.03,
        "parent_whitelist_status": "all_ads",
        "permalink": permalink,
        "pinned": False,
        "retrieved_on": created + 9_000_000,
        "score": score,
        "secure_media": None,
        "secure_media_embed": {},
        "selftext": "we are out of memes" if without == "self" else "",
        "spoiler": False,
        "stickied": False,
        "subreddit": community,
        "subreddit_id": "t5_2zmfe" if community == COMMUNITY else "t5_2qjpg",
        "subreddit_type": "public",
        "suggested_sort": None,
        "thumbnail": "default",
        "title": " ".join(chance.choices(_TITLE.split(), k=chance.randint(1, 14))),
        "url": url,
        "whitelist_status": "all_ads",
        **({"post_hint": "image"} if picture else {}),
    }


def _id(place: int) -> str:
    number, digits = _FIRST_ID + place, ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


def _check_window(path: Path) -> None:
    try:
        with path.open("rb") as file:
            zstandard.ZstdDecompressor().stream_reader(file).read(1)
    except zstandard.ZstdError:
        return
    raise RuntimeError("the dump does not need a long window")
