"""Words for everybody: without what is nobody's business but this machine's."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s“”\"'<>]+")
_PATH = re.compile(r"(?<![\w.])~?/(?:[^\s/:,;“”\"']+/)*([^\s/:,;“”\"']+)")


def public(text: str) -> str:
    """Text without paths of this machine (their last name stays), and without what may be secret in an address."""
    parts, end = [], 0
    for found in _ADDRESS.finditer(text):
        parts += [_PATH.sub(r"\1", text[end : found.start()]), _bare(found[0])]
        end = found.end()
    return "".join([*parts, _PATH.sub(r"\1", text[end:])])


def _bare(address: str) -> str:
    """An address without user, password, query and fragment; of a file its name alone."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "an address"
    if parts.scheme == "file":
        return PurePosixPath(parts.path).name
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
