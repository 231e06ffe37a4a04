"""What the gate says of models that wait, for those who ask again and again."""

from __future__ import annotations

import threading
import time

from dankmeme.api.ledger import KEPT_SECONDS
from dankmeme.storage.database import Database
from dankmeme.training.gate import Ruling
from dankmeme.training.promotion import ruling_on_ledger

MOST_KEPT = 32


class Rulings:
    """The gate's rulings by the ledger, each made at most once a minute in this process; a promotion asks anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[float, Ruling]] = {}

    def of(self, database: Database, candidate: str, active: str) -> Ruling:
        """What the gate says of a candidate against the active version, at most a minute old."""
        with self._lock:
            made, ruling = self._kept.pop((candidate, active), (0.0, None))
            if ruling is None or time.time() - made > KEPT_SECONDS:
                made, ruling = time.time(), ruling_on_ledger(database, candidate, active)
            self._kept = dict([*self._kept.items(), ((candidate, active), (made, ruling))][-MOST_KEPT:])
            return ruling
