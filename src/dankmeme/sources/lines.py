"""Lines of files of any size, compressed (Zstandard, gzip) or not, in constant memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from dankmeme.errors import SourceError

LONGEST_LINE = 5_000_000
_STEP = 2_048
"""So few compressed bytes are unpacked at a time that even a bomb fills no more than 64 MB."""
_CHUNK = 1_000_000
_LARGEST_WINDOW = 2**31
"""The dumps are packed with `--long=31`, which decompressors refuse unless told."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class LineFile:
    """A text file that is read from begin to end. What it is packed with, its first bytes say.

    Args:
        path: of the file.
        code: of the error where it cannot be read.

    Raises:
        SourceError: with that code, there is no such file.
    """

    def __init__(self, path: Path, *, code: str) -> None:
        self._code, self.name = code, path.name
        try:
            self._file: BinaryIO = path.open("rb", buffering=_CHUNK)
        except (OSError, ValueError) as error:
            raise SourceError(code, f"{path}: {getattr(error, 'strerror', None) or 'no such file'}") from None
        self.size = path.stat().st_size

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def share(self) -> float:
        """How much of the file was read, 0–1."""
        return self._file.tell() / self.size if self.size else 1.0

    def lines(self, start: int = 0) -> Iterator[tuple[bytes | None, int]]:
        """Each line, without its end, and the offset behind it, both of the unpacked text.

        A line of more than `LONGEST_LINE` bytes is None. Where the file is cut off or damaged, all whole lines come
        first.

        Args:
            start: an offset that was given before.

        Raises:
            SourceError: the file is cut off, damaged, or cannot be read on.
        """
        rest, offset, dropping = b"", start, 0
        for chunk in _behind(self._chunks(), start):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                offset += len(line) + 1 + dropping
                yield (None if dropping or len(line) > LONGEST_LINE else line), offset
                dropping = 0
            if len(rest) > LONGEST_LINE:
                dropping, rest = dropping + len(rest), b""
        if rest or dropping:
            yield (None if dropping else rest), offset + len(rest) + dropping

    def _chunks(self) -> Iterator[bytes]:
        """Unpacked text, in pieces of about a megabyte."""
        gathered = bytearray()
        try:
            for piece in self._pieces():
                gathered += piece
                if len(gathered) >= _CHUNK:
                    yield bytes(gathered)
                    gathered.clear()
        except SourceError:
            yield bytes(gathered)
            raise
        yield bytes(gathered)

    def _pieces(self) -> Iterator[bytes]:
        try:
            begin = self._file.read(4)
            self._file.seek(0)
            if begin[:2] == b"\x1f\x8b":
                yield from self._unpacked(lambda: zlib.decompressobj(zlib.MAX_WBITS | 16))
            elif begin == b"\x28\xb5\x2f\xfd" or (begin[1:] == b"\x2a\x4d\x18" and 0x50 <= begin[0] <= 0x5F):
                yield from self._unpacked(_zstandard())
            else:
                yield from iter(lambda: self._file.read(_CHUNK), b"")
        except OSError as error:
            raise SourceError(self._code, f"{self.name}: {error.strerror or 'cannot be read'}") from None

    def _unpacked(self, new: Callable[[], _Unpacker]) -> Iterator[bytes]:
        """All frames, one after the other, until the file ends where a frame does."""
        from zstandard import ZstdError

        unpacker, midway = new(), False
        while data := self._file.read(_STEP):
            while data:
                try:
                    yield unpacker.decompress(data)
                except (zlib.error, ZstdError):
                    raise SourceError(self._code, f"{self.name} is damaged") from None
                midway, data = not unpacker.eof, b""
                if unpacker.eof:
                    unpacker, data = new(), unpacker.unused_data
        if midway:
            raise SourceError(self._code, f"{self.name} is cut off: its end is missing")


def _zstandard() -> Callable[[], _Unpacker]:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj


def _behind(chunks: Iterator[bytes], start: int) -> Iterator[bytes]:
    for chunk in chunks:
        if start < len(chunk):
            yield chunk[start:]
        start = max(0, start - len(chunk))
