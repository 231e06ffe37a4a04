"""A post as a row of `posts.jsonl` or of a table, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from urllib.parse import quote

from dankmeme.posts import ImageRef, PeopleSay, Post
from dankmeme.sources import plain
from dankmeme.sources.links import web_address

_IDENTITY = re.compile(
    r"(?:reddit:[0-9a-z]{1,13}|lemmy:[a-z0-9.\-]+(?::\d{1,5})?:[0-9a-f]{1,20}|feed:[0-9a-f]{20}|files:[^:\s]+:[^:\s]+)"
)
_LONGEST_NAME, _LONGEST_IDENTITY = 300, 4_000
"""Characters: a name of so many may become one of so many, percent-encoded."""
_CLASSES = {"dank": 1, "notdank": 0, "true": 1, "false": 0, "yes": 1, "no": 0}
_SOURCE = re.compile(r"[a-z][a-z0-9_]{0,30}")
_OTHER_NAMES = {"ups": "score", "subreddit": "community", "createdUtc": "created_utc", "listing_block": "block"}
PICTURES = frozenset({"file", "url", "images"})
"""One of these a row needs."""
COLUMNS = PICTURES | _OTHER_NAMES.keys() | {field.name for field in fields(Post)}


def row_of(post: Post) -> dict[str, object]:
    """The row of a post: what `post_of` reads, without what nobody knows. JSON takes it as it is."""
    first, *more = post.images
    row: dict[str, object] = {
        "id": post.id,
        "source": post.source,
        "community": post.community,
        "title": post.title,
        "url": first.url,
        "file": first.file,
        "images": [image.url for image in post.images] if more else None,
        "author": post.author,
        "permalink": post.permalink,
        "created_utc": post.created_utc,
        "score": post.score,
        "score_at": {f"{hours:g}": score for hours, score in post.score_at.items()} or None,
        "label": post.label,
        "order": post.order,
        "block": post.block,
        "percentile": post.percentile,
        "nsfw": post.nsfw or None,
        "people": asdict(post.people) if post.people is not None else None,
    }
    return {name: value for name, value in row.items() if value is not None}


def post_of(row: Mapping[str, object], dataset: str, folder: Path) -> Post | str:
    """The post of a row, or the reason why there is none.

    An id that already says where the post comes from (`reddit:7873q9`) stays as it is, so a post that was scraped into
    a file and one that was scraped directly are one.

    Args:
        row: its fields; `ups`, `subreddit`, `createdUtc` and `listing_block` stand for their names here.
        dataset: name of the data the row is of.
        folder: absolute and without links: no file outside is taken.
    """
    known = {_OTHER_NAMES.get(name, name): value for name, value in row.items() if value not in (None, "")} | {
        name: value for name, value in row.items() if value not in (None, "")
    }
    given = known.get("id")
    told = plain.text(
        str(given) if isinstance(given, int) and not isinstance(given, bool) else given, _LONGEST_IDENTITY
    )
    if not told:
        return "broken line: no id"
    images = _images(known, folder)
    if isinstance(images, str):
        return images
    whole = _IDENTITY.fullmatch(told)
    source = plain.text(known.get("source"), 40)
    return Post(
        id=told if whole else identity(dataset, told[:_LONGEST_NAME].strip()),
        source=source if whole and _SOURCE.fullmatch(source) else "files",
        community=plain.text(known.get("community"), 300) or dataset,
        title=plain.text(known.get("title")),
        images=images,
        author=plain.text(known.get("author"), 100) or None,
        permalink=web_address(known.get("permalink")),
        created_utc=plain.moment(known.get("created_utc")),
        score=plain.whole(known.get("score")),
        score_at=_score_at(known.get("score_at")),
        label=_label(known.get("label")),
        order=plain.whole(known.get("order")),
        block=plain.text(str(known["block"]), 300) if "block" in known else None,
        percentile=_share(known.get("percentile")),
        nsfw=str(known.get("nsfw", known.get("over_18"))).lower() in ("true", "1", "yes"),
        people=_people(known.get("people")),
    )


def identity(dataset: str, name: str | bytes) -> str:
    """Id of a post in a data set of files."""
    return f"files:{quote(dataset, safe='')}:{quote(name, safe='/')}"


def inside(folder: Path, file: str) -> Path | None:
    """Where a file of a folder really is, links followed, if that is inside the folder; else None."""
    try:
        path = (folder / file).resolve()
        str(path).encode()
    except (OSError, ValueError, RuntimeError):
        return None
    return path if path.is_relative_to(folder) else None


def is_text(name: str) -> bool:
    """Whether a name is one that can be written down and that a file can have."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in name


def _images(row: Mapping[str, object], folder: Path) -> tuple[ImageRef, ...] | str:
    file = row.get("file")
    if isinstance(file, str):
        if not is_text(file):
            return "file name is not text"
        path = inside(folder, file)
        return (ImageRef(file=str(path)),) if path else "file outside the folder"
    several: Iterable[object] = plain.sequence(row.get("images"))
    urls = dict.fromkeys(filter(None, (web_address(url) for url in [*several, row.get("url")])))
    return tuple(ImageRef(url=url) for url in urls) or "no image"


def _label(value: object) -> int | None:
    if isinstance(value, str):
        value = _CLASSES.get(re.sub("[^a-z01]", "", value.lower()), value)
    found = plain.number(int(value) if isinstance(value, bool) else value)
    return int(found) if found in (0.0, 1.0) and found is not None else None


def _share(value: object) -> float | None:
    found = plain.number(value)
    return found if found is not None and 0 <= found <= 1 else None


def _people(value: object) -> PeopleSay | None:
    found = _object(value)
    percentile, weight = _share(found.get("percentile")), _share(found.get("weight"))
    return None if percentile is None or weight is None else PeopleSay(percentile, weight)


def _score_at(value: object) -> dict[float, float]:
    pairs = ((plain.number(hours), plain.number(score)) for hours, score in _object(value).items())
    return {hours: score for hours, score in pairs if hours is not None and hours >= 0 and score is not None}


def _object(value: object) -> Mapping[str, object]:
    """An object of JSON, as it is or written as text, which is how a table has it; an empty one where it is none."""
    if isinstance(value, str):
        try:
            value = plain.parsed(value)
        except ValueError:
            return {}
    return plain.mapping(value)
