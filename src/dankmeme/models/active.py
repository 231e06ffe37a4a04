"""Which bundle this machine uses where nobody says another: the active one of the registry, as it was last seen here.

The registry itself is in the database. A note beside this machine's copies spares commands the database, and lets a
server that starts while it is away answer as it did before.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from pathlib import Path

from dankmeme.errors import BundleError
from dankmeme.models.bundle import Bundle
from dankmeme.settings import Settings

_log = logging.getLogger(__name__)


def chosen_bundle(settings: Settings) -> Path:
    """The folder of the bundle: the settings' own, else the active one, else the one that ships.

    Where this machine's copy of the active one is damaged, the one that ships answers, and the log says so.
    """
    if settings.bundle is not None:
        return settings.bundle
    copy = _noted(settings)
    if copy is None:
        return Bundle.default_folder()
    fault = fault_of_copy(settings)
    if fault is not None:
        _log.warning("the active model cannot be used here: %s. The one that ships with dankmeme answers", fault)
        return Bundle.default_folder()
    return copy


def fault_of_copy(settings: Settings) -> str | None:
    """Why this machine's copy of the active bundle cannot be used; None where it can, or where there is none."""
    copy = _noted(settings) if settings.bundle is None else None
    try:
        if copy is not None:
            Bundle(copy)
    except BundleError as error:
        return error.message
    return None


def remember(settings: Settings, folder: Path | None) -> None:
    """Note where the active bundle lies on this machine; None for the one that ships."""
    note = _note(settings)
    try:
        if folder is None:
            note.unlink(missing_ok=True)
            return
        note.parent.mkdir(parents=True, exist_ok=True)
        part = note.with_name(f".{note.name}.{threading.get_native_id()}")
        part.write_text(json.dumps({"folder": str(folder)}), "utf-8")
        part.replace(note)
    except OSError as error:
        _log.warning("the active model could not be noted in %s: %s", note.parent, error.strerror)


def _noted(settings: Settings) -> Path | None:
    """Where the active bundle lies on this machine; None for the one that ships."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return Path(json.loads(_note(settings).read_text("utf-8"))["folder"])
    return None


def _note(settings: Settings) -> Path:
    return settings.copies / "active.json"
