"""Bundles are registered, and had again on every machine that needs them: the registry's rows and the models bucket."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np

from dankmeme.errors import BundleError
from dankmeme.models.bundle import Bundle
from dankmeme.models.eyes import Eyes
from dankmeme.models.selftest import fault_of
from dankmeme.settings import Settings
from dankmeme.storage import registry
from dankmeme.storage.database import Database
from dankmeme.storage.registry import Lineup, Placed, Registered
from dankmeme.storage.shelf import MANIFEST, Shelf, checksum


class Registry:
    """The registered bundles, with their files.

    Args:
        database: where it is written down what there is.
        shelf: where the files are.
    """

    def __init__(self, database: Database, shelf: Shelf) -> None:
        self._database, self._shelf = database, shelf

    @classmethod
    def of(cls, settings: Settings, database: Database) -> Self:
        """The registry in a database, with the models bucket that the settings name.

        Raises:
            StorageError: `bad-bucket`.
        """
        return cls(database, Shelf(settings.models, settings.copies))

    def register(self, folder: Path, eyes: Eyes, by: str) -> Registered:
        """Store a bundle in the models bucket, as a candidate. One that is there already stays as it is.

        Args:
            folder: it lies in.
            eyes: decode and read its own picture.
            by: who does it.

        Raises:
            BundleError: `bundle-missing`, `bundle-damaged`, `bundle-too-new`, `selftest-failed`, `version-taken`.
            StorageError: `bad-bucket`.
        """
        bundle = Bundle(folder)
        try_out(bundle, eyes)
        found = described(bundle, shipped=bundle.version == Bundle.default().version)
        registry.check_free(self._database, found)
        if not found.shipped:
            self._shelf.put(bundle.version, folder)
        registry.add(self._database, found, by, learnt_from(bundle))
        return registry.get(self._database, bundle.version)

    def lineup(self) -> Lineup:
        """Which bundles are to be used now."""
        found = registry.lineup(self._database)
        shipped = _shipped()
        if found is None or (found.active.shipped and found.active.manifest != shipped.manifest):
            registry.adopt_shipped(self._database, shipped)
            found = registry.lineup(self._database)
        assert found is not None
        return found

    def bundle(self, placed: Placed) -> Bundle:
        """A registered bundle: a whole copy of it on this machine.

        Raises:
            BundleError: `bundle-missing`, `bundle-damaged`, `bundle-too-new`.
            StorageError: `bad-bucket`.
        """
        if placed.shipped:
            bundle = Bundle.default()
            if bundle.version != placed.version:
                raise BundleError(
                    "bundle-missing",
                    f"{placed.version} shipped with another version of dankmeme; this one has {bundle.version}",
                )
            return bundle
        return Bundle(self._shelf.fetch(placed.version, placed.manifest))

    def check(self, placed: Placed) -> None:
        """See whether every machine can have a bundle: whether the models bucket holds all of it.

        Raises:
            BundleError: `bundle-missing`, `bundle-damaged`.
            StorageError: `bad-bucket`.
        """
        if not placed.shipped:
            self._shelf.check(placed.version, placed.manifest)

    def known(self, version: str) -> Bundle | None:
        """A bundle by its version, in whatever state it is; None where it is not registered."""
        try:
            found = registry.get(self._database, version)
        except BundleError:
            return None
        return self.bundle(Placed(found.version, found.manifest, found.shipped))


def learnt_from(bundle: Bundle) -> list[str]:
    """SHA-256 of the pictures that a bundle learnt from, in whatever way; none where it does not say."""
    path = bundle.folder / "examples.npz"
    if not path.is_file():
        return []
    with np.load(path, allow_pickle=False) as kept:
        keys, parts = kept["keys"], kept["parts"]
    found: list[str] = keys[~np.isin(parts, ("test", "kept"))].tolist()
    return found


@cache
def _shipped() -> Registered:
    return described(Bundle.default(), shipped=True)


def try_out(bundle: Bundle, eyes: Eyes) -> None:
    """See whether a bundle says of its own picture what training said.

    Raises:
        BundleError: `selftest-failed`.
    """
    fault = fault_of(bundle, eyes)
    if fault is not None:
        raise BundleError("selftest-failed", fault)


def described(bundle: Bundle, *, shipped: bool = False) -> Registered:
    """A bundle as the registry writes it down, a candidate."""
    manifest, now = bundle.manifest, time.time()
    return Registered(
        version=bundle.version,
        state="candidate",
        manifest=checksum(bundle.folder / MANIFEST),
        shipped=shipped,
        share=1.0,
        models=list(manifest.models),
        dataset=manifest.dataset,
        compared_with=manifest.compared_with,
        bytes=sum((bundle.folder / name).stat().st_size for name in manifest.files),
        figures=bundle.figures(),
        added_utc=now,
        state_utc=now,
    )
