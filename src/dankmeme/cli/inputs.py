"""What a person names on the command line becomes inputs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dankmeme.errors import ImageError
from dankmeme.images.decode import MAX_BYTES
from dankmeme.images.signature import looks_like_a_picture
from dankmeme.models.classifier import Named


def _empty_folder() -> bytes:
    raise ImageError("folder-empty", "there is no picture in this folder")


def expanded(named: Sequence[str], fetch: Callable[[str], bytes]) -> Iterator[Named | Path]:
    """Every input behind what was named: files, the pictures of folders, URLs, and `-` for standard input.

    Args:
        named: the arguments.
        fetch: gives the bytes behind a URL.
    """
    for name in named:
        if name == "-":
            yield Named("-", lambda: sys.stdin.buffer.read(MAX_BYTES + 1))
        elif name.lower().startswith(("http://", "https://")):
            yield Named(name, lambda url=name: fetch(url))  # type: ignore[misc]
        elif Path(name).is_dir():
            pictures = sorted(path for path in Path(name).rglob("*") if path.is_file() and looks_like_a_picture(path))
            yield from pictures
            if not pictures:
                yield Named(name, _empty_folder)
        else:
            yield Path(name)
