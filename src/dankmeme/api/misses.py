"""What a model got most right and most wrong, by slice."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from dankmeme.api.feed import card_answer
from dankmeme.api.feed_schemas import Interval
from dankmeme.api.ledger import KEPT_SECONDS
from dankmeme.api.miss_schemas import MissAnswer, MissesAnswer, SliceAnswer
from dankmeme.api.resting import Rest
from dankmeme.api.schemas import PictureAnswer, Problem
from dankmeme.api.signing import KnownVoter
from dankmeme.errors import DankError
from dankmeme.models.registry import Registry
from dankmeme.settings import Settings
from dankmeme.storage import Storage, registry, traits
from dankmeme.storage.cards import Card, cards
from dankmeme.storage.database import Database
from dankmeme.training import misses
from dankmeme.training.entries import entries_of
from dankmeme.training.misses import By, Judged, Kind, Looks, Slice

MOST_POSTS = 12
MOST_KEPT = 4
Side = Literal["live", "replayed"]
router = APIRouter(tags=["models"], responses={status: {"model": Problem} for status in (404, 422, 503)})


@dataclass(frozen=True)
class Found:
    """Of one version and side: its forecasts that met an outcome, and their slices."""

    rows: list[Judged]
    slices: list[Slice]
    computed_utc: float


class Misses:
    """Each version's forecasts that met an outcome, computed at most once a minute in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, dict[Side, Found]] = {}

    def of(self, database: Database, models: Registry, version: str, side: Side) -> Found:
        """Those of a registered version on one side, at most a minute old."""
        with self._lock:
            kept = self._kept.pop(version, None)
            if kept is None or time.time() - kept[side].computed_utc > KEPT_SECONDS:
                kept = compute(database, models, version)
            self._kept = dict([*self._kept.items(), (version, kept)][-MOST_KEPT:])
            return kept[side]


def compute(database: Database, models: Registry, version: str) -> dict[Side, Found]:
    """A version's forecasts that met an outcome, as they are now."""
    entries = entries_of(database)
    said = {each.post for each in entries if each.version == version and each.model == misses.HEADLINE}
    looks = {each.post: _looks(each) for each in traits.traits(database, said, _graph(models, version))}
    found: dict[Side, Found] = {}
    for side in ("live", "replayed"):
        rows = misses.judged(entries, version, looks, live=side == "live")
        found[side] = Found(rows, misses.slices(rows), time.time())
    return found


@router.get("/api/v1/models/{version}/misses")
def of_version(
    request: Request,
    rest: Rest,
    voter: KnownVoter,
    version: str,
    side: Annotated[Side, Query(description="Forecasts made in time, or afterwards; never mixed.")] = "live",
    by: Annotated[By, Query(alias="slice", description="What the posts have in common.")] = "all",
    name: Annotated[str, Query(max_length=300, description="Which, as `slices` names it.")] = "",
    kind: Annotated[Kind, Query(description="What became of the forecasts.")] = "right",
) -> MissesAnswer:
    """What a model got most right and most wrong on the ledger, by slice."""
    settings: Settings = request.app.state.settings
    kept: Misses = request.app.state.misses
    models = Registry.of(settings, rest.database)
    models.lineup()
    registry.get(rest.database, version)
    found = kept.of(rest.database, models, version, side)
    striking = misses.striking(misses.part(found.rows, by, name), found.rows, kind, 2 * MOST_POSTS)
    shown = _shown(rest, [each.post for each in striking], voter)
    typical = _shown(rest, [each.typical for each in found.slices if each.typical is not None], None)
    return MissesAnswer(
        slices=[_slice(each, typical.get(each.typical or "")) for each in found.slices],
        posts=[_miss(each, shown[each.post]) for each in striking if each.post in shown][:MOST_POSTS],
        computed_utc=found.computed_utc,
    )


def _graph(models: Registry, version: str) -> str:
    """Which image graph a version sees with; empty where its bundle cannot be had now."""
    try:
        bundle = models.known(version)
    except DankError:
        return ""
    return "" if bundle is None else bundle.graph


def _looks(each: traits.Traits) -> Looks:
    cluster = None if each.template is None else misses.cluster_of(each.template)
    return Looks(each.words, each.copies, *(cluster or (None, 0.0)))


def _shown(rest: Storage, posts: list[str], voter: str | None) -> dict[str, Card]:
    """The cards of those posts that are not hidden."""
    return {card.id: card for card in cards(rest.database, posts, voter) if not card.hidden}


def _slice(found: Slice, typical: Card | None) -> SliceAnswer:
    return SliceAnswer(
        by=found.by,
        name=found.name,
        posts=found.posts,
        auc=None if found.auc is None else Interval.model_validate(found.auc),
        message=found.message,
        picture=None if typical is None else PictureAnswer.model_validate(typical.image),
        nsfw=typical is not None and typical.nsfw,
    )


def _miss(found: Judged, card: Card) -> MissAnswer:
    return MissAnswer(post=card_answer(card), forecast=found.forecast, outcome=found.outcome)
