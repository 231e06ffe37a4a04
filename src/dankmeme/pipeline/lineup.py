"""Keeps a process on the bundles that the registry wants: notices, fetches, tries out, swaps, keeps what is good."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from dankmeme.errors import DankError, first_line
from dankmeme.models.active import chosen_bundle, remember
from dankmeme.models.bundle import Bundle
from dankmeme.models.eyes import Eyes
from dankmeme.models.predictors import Place
from dankmeme.models.registry import Registry, try_out
from dankmeme.settings import Settings
from dankmeme.storage import Storage, answering, registry
from dankmeme.storage.answering import Roll
from dankmeme.storage.database import Database
from dankmeme.storage.registry import Lineup, Placed

LOOK_SECONDS = 1.0
AGAIN_SECONDS, CHECK_SECONDS = 10.0, 60.0
"""So long after something went wrong it is tried again; and so often copies are compared with their checksums, and
damaged ones fetched again."""
SAY_SECONDS = 5.0
FIRST_SECONDS = 3.0
"""So long a process that starts waits to be told which models are wanted."""
_log = logging.getLogger(__name__)

Take = Callable[[Bundle], object]
"""Uses a bundle from now on; what it raises keeps the one before in use."""


class Keeper:
    """The bundles of a process.

    Args:
        settings: where they name a bundle themselves, the registry is not asked.
        eyes: decode and read, to try bundles out.
        open_storage: gives the storage, or raises a `DankError` while it is away.
        role: of this process: `serve` or `worker`.
        take: what is done with a new active bundle before it counts as used; None where predicting is all.
        began: the folder of the bundle that this process uses until then; None for the one that it would choose.
    """

    def __init__(
        self,
        settings: Settings,
        eyes: Eyes,
        open_storage: Callable[[], Storage],
        role: str,
        take: Take | None = None,
        began: Path | None = None,
    ) -> None:
        self._settings, self._eyes, self._open, self._role = settings, eyes, open_storage, role
        self._take = take or (lambda bundle: try_out(bundle, eyes))
        self._lock = threading.Lock()
        self._stop, self._looked = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._saying = threading.Lock()
        self._roll: tuple[Storage, Roll] | None = None
        self._said = float("-inf")
        self._followed = float("-inf")
        self._wanted: Lineup | None = None
        self._active: tuple[Placed | None, Path] = (None, began or chosen_bundle(settings))
        self._shadows: dict[Placed, Path] = {}
        self._faults: dict[str, str] = {}
        self.turn = 0
        """Grows whenever other bundles are used than before."""

    def __enter__(self) -> Self:
        """Look once, as far as that can be done now, and then again and again; not where nothing is predicted."""
        if self._settings.predict:
            self.start()
            self.wait(FIRST_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def agreed(self) -> Lineup | None:
        """What the registry wants, where this process uses the active one of that; None where it does not, or is not to
        ask.
        """
        with self._lock:
            wanted = self._wanted
            return wanted if wanted is not None and wanted.active == self._active[0] else None

    @property
    def missing(self) -> dict[str, str]:
        """Why shadows that are wanted are not used, by the names of their places."""
        faults = dict(self._faults)
        shadows = self._wanted.shadows if self._wanted is not None else ()
        return {_name(each, Path()): faults[each.version] for each in shadows if each.version in faults}

    def others_follow(self, database: Database) -> bool:
        """Whether processes are running that follow the registry, where this one does not."""
        wanted = registry.lineup(database)
        mine = _version(*self._active)
        if wanted is None or wanted.active.version == mine:
            return False
        return any(each.wanted == wanted.active.version for each in answering.now(database))

    @property
    def pinned(self) -> bool:
        """Whether the settings say which bundle is used."""
        return self._settings.bundle is not None

    @property
    def faults(self) -> dict[str, str]:
        """Why bundles that are wanted are not used, by version."""
        return dict(self._faults)

    def places(self) -> list[Place]:
        """The bundles of this process, the one that is shown first; shadows come last."""
        with self._lock:
            placed, folder = self._active
            first = Place(folder, name=_name(placed, folder))
            more = [Place(each, name=str(each)) for each in self._settings.bundles]
            hidden = [
                Place(path, name=_name(shadow, path), shown=False, share=shadow.share)
                for shadow, path in sorted(self._shadows.items())
            ]
        found: dict[Path, Place] = {}
        for place in (first, *more, *hidden):
            found.setdefault(place.folder, place)
        return list(found.values())

    def find(self, version: str) -> Bundle | None:
        """A registered bundle that is not among those in use: work of its time may still be waiting.

        Raises:
            DankError: it cannot be had now.
        """
        return None if self.pinned else self._registry(self._open()).known(version)

    def look(self) -> None:
        """See what the registry wants, and use it.

        Raises:
            DankError: the storage is away.
        """
        storage = self._open()
        turn = self.turn
        self.follow()
        if self.turn != turn or time.monotonic() - self._said >= SAY_SECONDS:
            self._say(storage)

    def follow(self) -> None:
        """Use what the registry wants, and tell nobody.

        Raises:
            DankError: the storage is away.
        """
        if not self.pinned:
            self._follow(self._registry(self._open()))

    def start(self) -> None:
        """Look again and again, on a thread, until `stop`."""
        self._threads = [
            threading.Thread(target=work, name="lineup", daemon=True) for work in (self._run, self._go_on_saying)
        ]
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float) -> None:
        """Wait until it has looked once, but for so long at most: a database that is away keeps nobody."""
        self._looked.wait(seconds)

    def stop(self) -> None:
        """Look no more, and say that this process ends."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self._roll is not None:
            with contextlib.suppress(Exception):
                self._roll[1].end()

    def _run(self) -> None:
        said = ""
        while not self._stop.is_set():
            try:
                self.look()
                said = ""
            except Exception as error:
                if first_line(error) != said:
                    _log.warning("nobody could look which models are wanted: %s", first_line(error))
                said = first_line(error)
            self._looked.set()
            self._stop.wait(LOOK_SECONDS)

    def _go_on_saying(self) -> None:
        """Say what is used also while a bundle is being fetched, which may take its time."""
        while not self._stop.wait(SAY_SECONDS):
            with contextlib.suppress(Exception):
                self._say(self._open())

    def _registry(self, storage: Storage) -> Registry:
        return Registry.of(self._settings, storage.database)

    def _follow(self, bundles: Registry) -> None:
        wanted = bundles.lineup()
        passed = time.monotonic() - self._followed
        if wanted == self._wanted and passed < (AGAIN_SECONDS if self._faults else CHECK_SECONDS):
            return
        self._wanted, self._faults, before = wanted, {}, self._faults
        with contextlib.suppress(Exception):
            self._say(self._open())
        self._use_active(bundles, wanted.active)
        self._use_shadows(bundles, wanted.shadows)
        self._said = float("-inf")
        self._followed = time.monotonic()
        for version, fault in self._faults.items():
            if before.get(version) != fault:
                _log.error("%s: %s", version, fault)

    def _use_active(self, bundles: Registry, wanted: Placed) -> None:
        try:
            bundle = bundles.bundle(wanted)
            if self._active[0] == wanted:
                return  # this machine's copy is whole, or is so again
            if self._active[0] is not None or bundle.folder != self._active[1]:
                self._take(bundle)
        except Exception as error:
            self._fail(wanted, error)
            return
        with self._lock:
            self._active = wanted, bundle.folder
            self.turn += 1
        remember(self._settings, None if wanted.shipped else bundle.folder)

    def _use_shadows(self, bundles: Registry, wanted: Sequence[Placed]) -> None:
        found: dict[Placed, Path] = {}
        for each in wanted:
            try:
                known = next((path for one, path in self._shadows.items() if one.manifest == each.manifest), None)
                if known is not None:
                    found[each] = known
                bundle = bundles.bundle(each)
                found[each] = known or self._tried(bundle).folder
            except Exception as error:
                self._fail(each, error)
        with self._lock:
            self.turn += found != self._shadows
            self._shadows = found

    def _fail(self, wanted: Placed, error: Exception) -> None:
        """Note what is wrong with a bundle that is wanted; it is tried again."""
        self._faults[wanted.version] = error.message if isinstance(error, DankError) else first_line(error)

    def _tried(self, bundle: Bundle) -> Bundle:
        try_out(bundle, self._eyes)
        return bundle

    def _say(self, storage: Storage) -> None:
        with self._saying:
            if self._roll is None or self._roll[0] is not storage:
                self._roll = storage, Roll(storage.database, self._role)
            used = _version(*self._active)
            wanted = self._wanted.active.version if self._wanted is not None else used
            fault = "; ".join(list(self._faults.values())) or None
            self._roll[1].say(used, wanted, [each.version for each in list(self._shadows)], fault)
            self._said = time.monotonic()


def _name(placed: Placed | None, folder: Path) -> str:
    return f"registry {placed.version}" if placed is not None else str(folder)


def _version(placed: Placed | None, folder: Path) -> str:
    if placed is not None:
        return placed.version
    try:
        return Bundle(folder, lenient=True).version
    except DankError:
        return folder.name
