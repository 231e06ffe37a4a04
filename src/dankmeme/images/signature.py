"""Files that begin like a picture."""

from __future__ import annotations

from pathlib import Path

_SIGNATURES: tuple[tuple[int, bytes], ...] = (
    (0, b"\xff\xd8\xff"),
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"GIF8"),
    (8, b"WEBP"),
    (4, b"ftyp"),
    (0, b"BM"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
    (4, b"jP  "),
    (0, b"\xff\x4f\xff\x51"),
)
"""How the files of the usual picture formats begin, those we do not decode too: each gets a clear error then."""


def looks_like_a_picture(path: Path) -> bool:
    """Whether a file is a picture by its first bytes, whatever its name says."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return False
    return any(start[place : place + len(sign)] == sign for place, sign in _SIGNATURES)
