"""The ledger's route: how forecasts met outcomes."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict

from fastapi import APIRouter, Request

from dankmeme.api.feed_schemas import FollowUpsAnswer, LedgerAnswer
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import Problem
from dankmeme.storage import follow_ups, registry, verdicts
from dankmeme.storage import ledger as kept
from dankmeme.storage.database import Database
from dankmeme.training.drift import Drift, drift
from dankmeme.training.entries import entries_of
from dankmeme.training.ledger import Entry
from dankmeme.training.ledger import ledger as figures

KEPT_SECONDS = 60.0
router = APIRouter(tags=["ledger"])


class Ledgers:
    """The ledger, computed at most once a minute in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answer: LedgerAnswer | None = None
        self._drift: Drift | None = None

    def answer(self, database: Database) -> LedgerAnswer:
        """The figures, at most a minute old."""
        with self._lock:
            self._look(database)
            assert self._answer is not None
            return self._answer

    def drift(self, database: Database) -> Drift | None:
        """Of the active model, likewise; None where there is none yet."""
        with self._lock:
            self._look(database)
            return self._drift

    def _look(self, database: Database) -> None:
        if self._answer is None or time.time() - self._answer.computed_utc > KEPT_SECONDS:
            entries = entries_of(database)
            self._answer, self._drift = _answer(database, entries), _drift(database, entries)


def compute(database: Database) -> LedgerAnswer:
    """The figures as they are now."""
    return _answer(database, entries_of(database))


def _answer(database: Database, entries: list[Entry]) -> LedgerAnswer:
    found = figures(entries, time.time())
    return LedgerAnswer.model_validate(
        asdict(found) | {"hours": kept.HOURS, "follow_ups": _follow_ups(database)},
    )


def _drift(database: Database, entries: list[Entry]) -> Drift | None:
    lineup = registry.lineup(database)
    if lineup is None:
        return None
    said = verdicts.newest(database, lineup.active.version)
    return drift(lineup.active.version, [each.percentile for each in said], [each.abstained for each in said], entries)


def _follow_ups(database: Database) -> list[FollowUpsAnswer]:
    counts = follow_ups.counts(database)
    return [
        FollowUpsAnswer(hours=hours, **{state: of.get(state, 0) for state in ("taken", "pending", "missed")})
        for hours, of in sorted(counts.items())
    ]


@router.get("/api/v1/ledger", responses={503: {"model": Problem}})
def ledger(request: Request, rest: Rest) -> LedgerAnswer:
    """How each model version's forecasts met the scores that posts had at a fixed age."""
    ledgers: Ledgers = request.app.state.ledgers
    return ledgers.answer(rest.database)
