"""The models bucket: bundles by their versions, file by file, and copies of them on this machine.

A bundle is there once its manifest is: that is written last, and names the checksum of every other file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError

from dankmeme.errors import BundleError, StorageError, first_line
from dankmeme.storage.stores import open_store, try_out

MANIFEST = "manifest.json"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Shelf:
    """Bundles in the models bucket, and copies of those that this machine has asked for.

    Args:
        url: of the bucket: a folder, `s3://…`, `gs://…` or `az://…`.
        copies: the folder that copies are kept in.

    Raises:
        StorageError: `bad-bucket`.
    """

    def __init__(self, url: str, copies: Path) -> None:
        self._url, self._copies = url, copies
        self._store, self.folder = open_store(url)

    def __str__(self) -> str:
        """Where it is."""
        return self._url

    def put(self, version: str, folder: Path) -> str:
        """Store a bundle; the same one may be stored twice.

        Args:
            version: what it is to be known by.
            folder: it lies in.

        Returns:
            The SHA-256 of its manifest, which names all the rest.

        Raises:
            BundleError: `bundle-damaged`: a file does not have its checksum.
            StorageError: `bad-bucket`: it cannot be written.
        """
        manifest = _read(folder / MANIFEST)
        for name, want in _files(manifest, version).items():
            data = _read(folder / name)
            _check(data, want, version, name)
            self._write(version, name, data)
        self._write(version, MANIFEST, manifest)
        return hashlib.sha256(manifest).hexdigest()

    def fetch(self, version: str, manifest: str) -> Path:
        """The folder of a whole and unspoilt copy on this machine.

        Args:
            version: of the bundle.
            manifest: SHA-256 that its manifest must have.

        Raises:
            BundleError: `bundle-missing`, `bundle-damaged`: what the bucket holds is not what was registered.
            StorageError: `bad-bucket`: it cannot be read now.
        """
        place = self._copies / f"{_plain(version)}.{manifest[:16]}"
        if not self._is_whole(place, version, manifest):
            part = place.with_name(f".{place.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}")
            try:
                self._copy(version, manifest, part)
                self._put_in_place(part, place, version, manifest)
            except OSError as error:
                raise StorageError("bad-home", f"no bundle can be kept in {self._copies}: {error.strerror}") from None
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return place

    def check(self, version: str, manifest: str) -> None:
        """See whether the bucket itself has a whole bundle, whatever copies there are.

        Raises:
            BundleError: `bundle-missing`, `bundle-damaged`.
            StorageError: `bad-bucket`.
        """
        described = self._fetched(version, MANIFEST)
        _check(described, manifest, version, MANIFEST)
        for name, want in _files(described, version).items():
            _check(self._fetched(version, name), want, version, name)

    def try_out(self) -> None:
        """Write an object and remove it.

        Raises:
            StorageError: `bad-bucket`.
        """
        try:
            try_out(self._store)
        except (BaseError, OSError) as error:
            raise StorageError("bad-bucket", f"the models bucket cannot be written: {first_line(error)}") from None

    def remove(self, version: str) -> None:
        """Remove a bundle from the bucket and from this machine; whether it was there does not matter."""
        paths = [str(entry["path"]) for page in obstore.list(self._store, prefix=_plain(version)) for entry in page]
        for path in sorted(paths, key=lambda path: not path.endswith(MANIFEST)):
            try:
                obstore.delete(self._store, path)
            except (NotFoundError, FileNotFoundError):
                continue
        for place in self._copies.glob(f"{_plain(version)}.*"):
            shutil.rmtree(place, ignore_errors=True)

    def _copy(self, version: str, manifest: str, part: Path) -> None:
        part.mkdir(parents=True)
        described = self._fetched(version, MANIFEST)
        _check(described, manifest, version, MANIFEST)
        for name, want in _files(described, version).items():
            data = self._fetched(version, name)
            _check(data, want, version, name)
            (part / name).write_bytes(data)
        (part / MANIFEST).write_bytes(described)

    def _fetched(self, version: str, name: str) -> bytes:
        try:
            return bytes(obstore.get(self._store, f"{_plain(version)}/{name}").bytes())
        except (NotFoundError, FileNotFoundError):
            raise BundleError("bundle-missing", f"the models bucket lacks {name} of the bundle {version}") from None
        except (BaseError, OSError) as error:
            raise StorageError("bad-bucket", f"the models bucket cannot be read: {first_line(error)}") from None

    def _write(self, version: str, name: str, data: bytes) -> None:
        try:
            obstore.put(self._store, f"{_plain(version)}/{name}", data)
        except (BaseError, OSError) as error:
            raise StorageError("bad-bucket", f"the models bucket cannot be written: {first_line(error)}") from None

    def _put_in_place(self, part: Path, place: Path, version: str, manifest: str) -> None:
        """Give a copy its name; a damaged one that had it goes away, one that another process just made stays."""
        try:
            part.rename(place)
        except OSError:
            if self._is_whole(place, version, manifest):
                return
            before = part.with_name(f"{part.name}.old")
            place.rename(before)
            part.rename(place)
            shutil.rmtree(before, ignore_errors=True)

    def _is_whole(self, place: Path, version: str, manifest: str) -> bool:
        try:
            described = _read(place / MANIFEST)
            _check(described, manifest, version, MANIFEST)
            for name, want in _files(described, version).items():
                _check(_read(place / name), want, version, name)
        except BundleError:
            return False
        return True


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        BundleError: `bundle-damaged`.
    """
    return hashlib.sha256(_read(path)).hexdigest()


def _files(manifest: bytes, version: str) -> Mapping[str, str]:
    """The files that a manifest names, each a plain name beside it, with their checksums."""
    try:
        found = json.loads(manifest)["files"]
        if not isinstance(found, dict) or not all(_is_plain(name) for name in found):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise BundleError("bundle-damaged", f"the manifest of the bundle {version} makes no sense") from None
    return {str(name): str(want) for name, want in found.items()}


def _is_plain(name: str) -> bool:
    return name != MANIFEST and _PLAIN.fullmatch(name) is not None


def _plain(version: str) -> str:
    if _PLAIN.fullmatch(version) is None or len(version) > 200:
        raise BundleError("bad-version", f"“{version[:60]}” is no name that a version can have")
    return version


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise BundleError("bundle-damaged", f"{path.name} of the bundle in {path.parent} cannot be read") from None


def _check(data: bytes, want: str, version: str, name: str) -> None:
    if hashlib.sha256(data).hexdigest() != want:
        raise BundleError("bundle-damaged", f"{name} of the bundle {version} does not have its checksum")
