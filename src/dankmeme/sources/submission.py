"""A Reddit submission as JSON, from a listing or an archive, becomes a post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dankmeme.posts import ImageRef, Post
from dankmeme.sources import plain
from dankmeme.sources.links import picture_address

MOST_PICTURES = 100
_ID = re.compile(r"[0-9a-z]{1,13}")
_COMMUNITY = re.compile(r"[A-Za-z0-9_\-]{1,50}")
_NOBODY = frozenset({"", "[deleted]", "[removed]"})


def post_of(data: Mapping[str, object], *, source: str, escaped: bool) -> Post | str:
    """The post, or the reason why there is none.

    Args:
        data: the submission's fields.
        source: name of the source that brought it.
        escaped: whether its text carries HTML entities (archives do, listings asked for with `raw_json` do not).
    """
    name, community = data.get("id"), data.get("subreddit")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        return "broken line"
    if not isinstance(community, str) or not _COMMUNITY.fullmatch(community):
        return "broken line"
    if _is_removed(data):
        return "removed"
    pictures = pictures_of(data)
    if not pictures:
        return "no image"
    author = plain.text(data.get("author"), 100)
    title = plain.text(data.get("title"))
    return Post(
        id=f"reddit:{name}",
        source=source,
        community=community,
        title=plain.unescaped(title) if escaped else title,
        images=tuple(ImageRef(url=url) for url in pictures),
        author=None if author in _NOBODY else author,
        permalink=_permalink(data, community, name),
        created_utc=plain.moment(data.get("created_utc")),
        score=plain.whole(data.get("score")),
        nsfw=data.get("over_18") is True,
    )


def pictures_of(data: Mapping[str, object]) -> tuple[str, ...]:
    """Addresses of a submission's pictures: a gallery's in its order, a crosspost's those of its parent."""
    parents = plain.sequence(data.get("crosspost_parent_list"))
    own = _own_pictures(data)
    return own or (_own_pictures(plain.mapping(parents[0])) if parents else ())


def _own_pictures(data: Mapping[str, object]) -> tuple[str, ...]:
    if data.get("is_gallery") is True or isinstance(data.get("gallery_data"), dict):
        return tuple(dict.fromkeys(_gallery(data)))[:MOST_PICTURES]
    if data.get("is_video") is True or data.get("is_self") is True:
        return ()
    url = picture_address(data.get("url"), hinted=data.get("post_hint") == "image")
    return (url,) if url else ()


def _gallery(data: Mapping[str, object]) -> Iterator[str]:
    known = plain.mapping(data.get("media_metadata"))
    for item in plain.sequence(plain.mapping(data.get("gallery_data")).get("items")):
        picture = plain.mapping(known.get(str(plain.mapping(item).get("media_id"))))
        shown = plain.mapping(picture.get("s"))
        url = picture_address(shown.get("u"), hinted=True) or picture_address(shown.get("gif"), hinted=True)
        if url:
            yield url


def _is_removed(data: Mapping[str, object]) -> bool:
    return bool(data.get("removed_by_category")) or data.get("selftext") == "[removed]"


def _permalink(data: Mapping[str, object], community: str, name: str) -> str:
    path = plain.text(data.get("permalink"), 500)
    if not re.fullmatch(r"/[^\s\\<>\"]+", path) or path.startswith("//"):
        path = f"/r/{community}/comments/{name}/"
    return f"https://www.reddit.com{path}"
