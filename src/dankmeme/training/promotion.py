"""A registered model takes the active one's place: only if it is whole, passes its self-test, and the gate lets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dankmeme.errors import BundleError
from dankmeme.models.bundle import Bundle
from dankmeme.models.eyes import Eyes
from dankmeme.models.registry import Registry, try_out
from dankmeme.storage import registry
from dankmeme.storage.database import Database
from dankmeme.storage.registry import Placed, Registered
from dankmeme.training.entries import entries_of
from dankmeme.training.gate import Ruling, rule_on_ledger

Gate = Callable[[Bundle, Bundle], Ruling]
"""Judges a candidate against the active bundle."""


@dataclass(frozen=True)
class Promotion:
    """What became of a wish to promote: the bundle as it is now, and what the gate said."""

    bundle: Registered
    ruling: Ruling
    forced: bool


class Promoter:
    """Decides about registered bundles.

    Args:
        database: where the registry is.
        bundles: the registry with its files.
        eyes: decode and read, to try bundles out.
        by: who decides.
    """

    def __init__(self, database: Database, bundles: Registry, eyes: Eyes, by: str) -> None:
        self._database, self._bundles, self.eyes, self._by = database, bundles, eyes, by

    def promote(self, version: str, *, force: bool = False, gate: Gate | None = None) -> Promotion:
        """Make a bundle the active one.

        Args:
            version: of the bundle.
            force: also where the gate refuses. A damaged bundle cannot be forced.
            gate: judges it; None for the ledger.

        Raises:
            BundleError: `gate-refused`; `selftest-failed`, `bundle-missing`, `bundle-damaged`; `no-such-version`,
                `wrong-state`.
            StorageError: `bad-bucket`.
        """
        found = registry.get(self._database, version)
        active = self._bundles.lineup().active
        if found.state == "active":
            raise BundleError("wrong-state", f"{version} is active already")
        bundle = self._whole(found)
        if gate is not None:
            ruling = gate(bundle, self._bundles.bundle(active))
        else:
            ruling = ruling_on_ledger(self._database, version, active.version)
        if not ruling.passed and not force:
            registry.refused(self._database, version, self._by, ruling.words)
            raise BundleError("gate-refused", f"{version} is not promoted: {ruling.words}")
        forced = not ruling.passed
        against = None if forced else active.version
        done = registry.promote(self._database, version, self._by, forced=forced, why=ruling.words, against=against)
        return Promotion(done, ruling, forced)

    def shadow(self, version: str, share: float) -> Registered:
        """Let a bundle predict a share (0–1) of what comes in, shown to nobody.

        Raises:
            BundleError: as `promote`, but for the gate; `too-many-shadows`.
        """
        self._bundles.lineup()
        found = registry.get(self._database, version)
        if found.state not in ("active", "shadow"):
            self._whole(found)
        return registry.shadow(self._database, version, share, self._by)

    def roll_back(self) -> Registered:
        """Go back to the version that was active before.

        Raises:
            BundleError: `nothing-before`; as `promote`, but for the gate.
        """
        self._bundles.lineup()
        before = registry.previous(self._database)
        self._whole(before)
        return registry.roll_back(self._database, before.version, self._by)

    def retire(self, version: str) -> Registered:
        """Use a bundle no more.

        Raises:
            BundleError: `no-such-version`, `wrong-state`.
        """
        self._bundles.lineup()
        return registry.retire(self._database, version, self._by)

    def _whole(self, found: Registered) -> Bundle:
        """A bundle that is whole and passes its self-test; what is wrong with it is written down."""
        try:
            placed = Placed(found.version, found.manifest, found.shipped)
            self._bundles.check(placed)
            bundle = self._bundles.bundle(placed)
            try_out(bundle, self.eyes)
        except BundleError as error:
            registry.refused(self._database, found.version, self._by, error.message)
            raise
        return bundle


def ruling_on_ledger(database: Database, candidate: str, active: str) -> Ruling:
    """What the gate says of a candidate by the ledger as it is now: by its verdicts, or where captions are not read, by
    its image model.
    """
    entries = entries_of(database)
    verdicts = rule_on_ledger(entries, candidate, active, "verdict")
    if verdicts.rows:
        return verdicts
    pictures = rule_on_ledger(entries, candidate, active, "cnn")
    return pictures if pictures.rows else verdicts
