"""Which links lead to pictures."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from dankmeme.sources.plain import unescaped

LONGEST = 2_048
PICTURES = frozenset({"jpg", "jpeg", "jpe", "png", "webp", "gif", "avif", "bmp"})
_FILMS = frozenset({"gifv", "mp4", "webm", "mov", "m4v", "mkv", "mp3", "ogg", "m3u8", "mpd"})
_PICTURE_HOSTS = frozenset({"i.redd.it", "i.imgur.com", "preview.redd.it", "external-preview.redd.it"})
_IMGUR = frozenset({"imgur.com", "www.imgur.com", "m.imgur.com"})
_IMGUR_PAGE = re.compile(r"/([A-Za-z0-9]{5}|[A-Za-z0-9]{7})/?")
_IMGUR_WORDS = frozenset({"about", "rules", "terms", "privacy"})
_SPACE = re.compile(r"[\x00-\x20\x7f]")


def web_address(text: object) -> str | None:
    """An http or https address as it was meant: stripped, HTML entities read once; else None."""
    if not isinstance(text, str) or len(text) > 2 * LONGEST:
        return None
    url = unescaped(text.strip())
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc or len(url) > LONGEST or _SPACE.search(url):
        return None
    return url if url.isprintable() else None


def picture_address(text: object, *, hinted: bool = False) -> str | None:
    """The address of the picture a link leads to, or None: a film, an album, a page, no address at all.

    Args:
        text: the link, possibly with HTML entities.
        hinted: whether somebody said that it is a picture, where the address itself does not tell.
    """
    url = web_address(text)
    if url is None:
        return None
    parts = urlsplit(url)
    host, ending = (parts.hostname or "").lower(), _ending(parts.path)
    if ending in _FILMS or parse_qs(parts.query).get("format") == ["mp4"]:
        return None
    if ending in PICTURES:
        return url
    if host in _IMGUR:
        return _imgur(parts.path)
    if parts.path.endswith("/image_proxy"):
        inner = parse_qs(parts.query).get("url", [""])[0]
        return url if picture_address(inner, hinted=hinted) else None
    return url if (host in _PICTURE_HOSTS and parts.path.strip("/")) or hinted else None


def _imgur(path: str) -> str | None:
    page = _IMGUR_PAGE.fullmatch(path)
    return f"https://i.imgur.com/{page[1]}.jpg" if page and page[1] not in _IMGUR_WORDS else None


def _ending(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower() if "." in path.rpartition("/")[2] else ""
