"""What a piece of HTML says and shows. Nothing of it is ever rendered.

Not the standard library's parser: what takes it minutes (`<a <a <a …`) is read here in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from dankmeme.sources import plain

LONGEST = 500_000
_TINY = 2
"""A picture of so few pixels counts readers; it shows nothing."""
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)((?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)>")
_ATTRIBUTE = re.compile(r"(?<![\w:\-])([a-zA-Z:\-]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"']++))")
_SILENT = frozenset({"script", "style"})


@dataclass
class Markup:
    """The text, the links with their words, and the pictures with their width and height, all in order."""

    text: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)
    images: list[tuple[str, float | None, float | None]] = field(default_factory=list)

    def links_called(self, words: str) -> Iterator[str]:
        """Where the links with exactly these words lead."""
        return (address for address, called in self.links if called.strip() == words)

    def pictures(self) -> list[str]:
        """Addresses of the pictures, the widest first where widths are told; without those that count readers."""
        shown = [
            (address, width or 0.0)
            for address, width, height in self.images
            if (width is None or width > _TINY) and (height is None or height > _TINY)
        ]
        return [address for address, _ in sorted(shown, key=lambda each: each[1], reverse=True)]


def read_markup(html: str) -> Markup:
    """What HTML says. Broken HTML says less.

    Args:
        html: from anybody; only its first half megabyte counts.
    """
    markup, said, silent, link, words = Markup(), list[str](), False, "", 0
    pieces = _TAG.split(_without_comments(html[:LONGEST]))
    for text, end, name, attributes in zip(
        pieces[::4], [*pieces[1::4], ""], [*pieces[2::4], ""], [*pieces[3::4], ""], strict=True
    ):
        if not silent:
            said.append(unescape(text))
        tag = name.lower()
        if tag in _SILENT:
            silent = not end
        elif tag == "a" and end and link:
            markup.links.append((link, "".join(said[words:])))
            link = ""
        elif tag == "a":
            link, words = _attributes(attributes).get("href", ""), len(said)
        elif tag == "img":
            markup.images += _picture(_attributes(attributes))
    markup.text = "".join(said)
    return markup


def _picture(known: dict[str, str]) -> list[tuple[str, float | None, float | None]]:
    return (
        [(known["src"], plain.number(known.get("width")), plain.number(known.get("height")))] if "src" in known else []
    )


def _attributes(text: str) -> dict[str, str]:
    return {found[1].lower(): unescape(found[2] or found[3] or found[4] or "") for found in _ATTRIBUTE.finditer(text)}


def _without_comments(html: str) -> str:
    kept, start = [], 0
    while (begin := html.find("<!--", start)) >= 0:
        kept.append(html[start:begin])
        start = html.find("-->", begin)
        if start < 0:
            return "".join(kept)
        start += 3
    return "".join([*kept, html[start:]])
