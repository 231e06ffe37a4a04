"""Where pictures rest: a folder, S3, Google Cloud Storage or Azure, by URL.

Three objects an image, beside each other under its hash: the bytes as they came, a clean JPEG and a thumbnail.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError

from dankmeme.storage.stores import open_store, try_out

ORIGINAL = "original"
NORMAL = "normal.jpg"
THUMBNAIL = "thumbnail.jpg"
KINDS = (ORIGINAL, NORMAL, THUMBNAIL)

HALF_WRITTEN = re.compile(r"#\d+$")
"""How obstore names a file until it is whole, and so do we: it leaves such files out of what it lists."""
_counter = itertools.count()


class Bucket:
    """Images by their hash. All writes may be repeated: what is under a hash never changes.

    Args:
        url: a folder (path or `file:` URL), or `s3://…`, `gs://…`, `az://…`; credentials come from the usual
            environment variables of each.

    Raises:
        StorageError: `bad-bucket`.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._store, self.folder = open_store(url)

    def put(self, sha256: str, objects: Mapping[str, bytes]) -> None:
        """Store an image's objects, by their kinds."""
        for kind, data in objects.items():
            if self.folder is not None:
                _write(self.folder / key(sha256, kind), data)
            else:
                obstore.put(self._store, key(sha256, kind), data)

    def get(self, sha256: str, kind: str) -> bytes | None:
        """One of an image's objects, or None where there is none."""
        try:
            return bytes(obstore.get(self._store, key(sha256, kind)).bytes())
        except (NotFoundError, FileNotFoundError):
            return None

    def try_out(self) -> None:
        """Write an object and remove it; what the bucket says where that cannot be done is its own error."""
        try_out(self._store)

    def __str__(self) -> str:
        """Where it is."""
        return self._url

    def remove(self, sha256: str) -> None:
        """Remove all of an image's objects; whether they were there does not matter."""
        for kind in KINDS:
            try:
                obstore.delete(self._store, key(sha256, kind))
            except (NotFoundError, FileNotFoundError):
                continue

    def hashes(self) -> set[str]:
        """Hashes of all images of which there is at least one object."""
        found: set[str] = set()
        for page in obstore.list(self._store, prefix="images"):
            found.update(str(entry["path"]).split("/")[2].partition(".")[0] for entry in page)
        return found

    def sweep(self, older_than: float = 3_600.0) -> int:
        """Remove the half-written files that killed processes left in a folder; elsewhere nothing is ever half there.

        Args:
            older_than: seconds; a younger one may be being written.

        Returns:
            How many there were.
        """
        if self.folder is None:
            return 0
        found = (Path(place, name) for place, _, names in os.walk(self.folder) for name in names)
        left = [path for path in found if HALF_WRITTEN.search(path.name) and _age(path) > older_than]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


def key(sha256: str, kind: str) -> str:
    """The path of an object, spread over 256 folders."""
    return f"images/{sha256[:2]}/{sha256}.{kind}"


def is_outage(error: BaseException) -> bool:
    """Whether an error says that the bucket is away, refuses or is full."""
    return isinstance(error, BaseError | OSError) and not isinstance(error, NotFoundError | FileNotFoundError)


def _write(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    As obstore does it, but on this thread: each of its writes goes by two threads of its own and back, and three of
    them a picture cost a twentieth of all that ingesting does.
    """
    unfinished = path.with_name(f"{path.name}#{os.getpid()}{next(_counter):09}")
    try:
        handle = _created(unfinished)
        try:
            with os.fdopen(handle, "wb", buffering=0) as file:
                left = memoryview(data)
                while left:
                    left = left[file.write(left) or 0 :]
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    except FileNotFoundError as error:  # the folder itself went away: an outage, and not a picture that is missing
        raise OSError(errno.EIO, "the bucket's folder went away", str(path.parent)) from error


def _created(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o644)


def _age(path: Path) -> float:
    """Seconds since a file was written; below zero where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return -1.0
