"""The ledger's rows as its figures, the gate and drift take them."""

from __future__ import annotations

from dankmeme.storage import ledger
from dankmeme.storage.database import Database
from dankmeme.training.ledger import Entry


def entries_of(database: Database) -> list[Entry]:
    """All forecasts whose outcome is known, as they are now."""
    return [Entry(**vars(row)) for row in ledger.rows(database)]
