"""Routes about registered models: everybody may see them, an admin decides."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request

from dankmeme.api.admin import admin
from dankmeme.api.feed_schemas import LedgerAnswer, LedgerVersionAnswer
from dankmeme.api.ledger import Ledgers
from dankmeme.api.model_schemas import (
    DecisionAnswer,
    DifferenceAnswer,
    DriftAnswer,
    DriftCheckAnswer,
    InFullAnswer,
    ProcessAnswer,
    PromoteRequest,
    RegisteredAnswer,
    RegistryAnswer,
    RetrainAnswer,
    RulingAnswer,
    ShadowRequest,
)
from dankmeme.api.public import public
from dankmeme.api.resting import Rest
from dankmeme.api.rulings import Rulings
from dankmeme.api.schemas import FigureAnswer, Problem
from dankmeme.api.serving import Serving
from dankmeme.api.status import StatusBoard
from dankmeme.errors import BundleError, DankError
from dankmeme.models.bundle import Bundle
from dankmeme.models.registry import Registry
from dankmeme.settings import Settings
from dankmeme.storage import Storage, answering, predictions, registry, retrains, versions
from dankmeme.storage.registry import Decision, Placed, Registered
from dankmeme.storage.versions import VersionKey
from dankmeme.training.compare import Difference
from dankmeme.training.drift import drift
from dankmeme.training.gate import Ruling
from dankmeme.training.promotion import Promoter

HEADLINE = "verdict"
NEWEST = 30
router = APIRouter(tags=["models"], responses={status: {"model": Problem} for status in (404, 503)})
deciding = APIRouter(
    tags=["models"],
    dependencies=[Depends(admin)],
    responses={status: {"model": Problem} for status in (401, 403, 404, 409, 422, 503)},
)


@router.get("/api/v1/models")
def everyone(request: Request, rest: Rest) -> RegistryAnswer:
    """All registered models, how they do on the ledger, which processes use which, and what was decided lately."""
    known = _registry(request, rest)
    known.lineup()
    settings: Settings = request.app.state.settings
    return RegistryAnswer(
        models=_registered(request, rest, registry.everyone(rest.database)),
        processes=[_process(each) for each in answering.now(rest.database)],
        decisions=[_decision(each) for each in registry.history(rest.database, most=NEWEST)],
        drift=_drift(request, rest),
        retrains=[
            RetrainAnswer.model_validate(vars(each) | {"words": public(each.words)})
            for each in retrains.newest(rest.database)
        ],
        previous=_previous(rest),
        pinned=settings.bundle is not None,
    )


@router.get("/api/v1/models/{version}")
def one(request: Request, rest: Rest, version: str) -> InFullAnswer:
    """One registered model in full: its card, its evaluation, and what the gate would say of it now."""
    known = _registry(request, rest)
    active = known.lineup().active
    found = registry.get(rest.database, version)
    waits = found.state not in ("active", "retired")
    rulings: Rulings = request.app.state.rulings
    ruling = rulings.of(rest.database, version, active.version) if waits else None
    (answer,) = _registered(request, rest, [found])
    return InFullAnswer(
        model=answer,
        card=_card(known, found),
        caveats=[str(each) for each in found.figures.get("caveats", [])],
        report=found.figures.get("all"),
        ruling=None if ruling is None else _ruling(ruling),
        decisions=[_decision(each) for each in registry.history(rest.database, version)],
    )


@deciding.post("/api/v1/models/rollback")
def roll_back(request: Request, rest: Rest) -> RegisteredAnswer:
    """Go back to the version that was active before."""
    return _decided(request, rest, _promoter(request, rest).roll_back())


@deciding.post("/api/v1/models/{version}/shadow")
def shadow(request: Request, rest: Rest, version: str, wanted: ShadowRequest) -> RegisteredAnswer:
    """Let a model predict a share of what comes in, shown to nobody."""
    return _decided(request, rest, _promoter(request, rest).shadow(version, wanted.share))


@deciding.post("/api/v1/models/{version}/promote")
def promote(request: Request, rest: Rest, version: str, wanted: PromoteRequest) -> RegisteredAnswer:
    """Let a model answer from now on; refused where it is worse than the active one beyond noise, or might well be."""
    return _decided(request, rest, _promoter(request, rest).promote(version, force=wanted.force).bundle)


@deciding.post("/api/v1/models/{version}/retire")
def retire(request: Request, rest: Rest, version: str) -> RegisteredAnswer:
    """Use a model no more; what it predicted stays."""
    return _decided(request, rest, _promoter(request, rest).retire(version))


def _registry(request: Request, rest: Storage) -> Registry:
    return Registry.of(request.app.state.settings, rest.database)


def _promoter(request: Request, rest: Storage) -> Promoter:
    serving: Serving = request.app.state.serving
    return Promoter(rest.database, _registry(request, rest), serving.eyes, "an admin")


def _decided(request: Request, rest: Storage, found: Registered) -> RegisteredAnswer:
    board: StatusBoard = request.app.state.status_board
    board.forget()
    return _registered(request, rest, [found])[0]


def _registered(request: Request, rest: Storage, found: list[Registered]) -> list[RegisteredAnswer]:
    ledgers: Ledgers = request.app.state.ledgers
    met, counts = ledgers.answer(rest.database), predictions.counts(rest.database)
    faults = {each.version: each.fault for each in versions.everyone(rest.database) if each.active and each.fault}
    return [
        _one(each, met, counts.get(VersionKey(HEADLINE, each.version), {}), faults.get(each.version)) for each in found
    ]


def _one(found: Registered, met: LedgerAnswer, counts: dict[str, int], fault: str | None) -> RegisteredAnswer:
    said = {name: value for name, value in vars(found).items() if name in RegisteredAnswer.model_fields}
    shown = [FigureAnswer.model_validate(each) for each in found.figures.get("shown", [])]
    return RegisteredAnswer.model_validate(
        said
        | {
            "figures": shown,
            "live": _met(met, found.version, "live"),
            "replayed": _met(met, found.version, "replayed"),
            "predictions": counts.get(predictions.SUCCESS, 0),
            "pending": counts.get(predictions.PENDING, 0),
            "failed": counts.get(predictions.FAILED, 0),
            "fault": None if fault is None else public(fault),
        }
    )


def _met(met: LedgerAnswer, version: str, kind: str) -> LedgerVersionAnswer | None:
    found = (each for side in met.sides if side.kind == kind for each in side.versions)
    return next((each for each in found if each.version == version and each.model == HEADLINE), None)


def _drift(request: Request, rest: Storage) -> DriftAnswer:
    ledgers: Ledgers = request.app.state.ledgers
    found = ledgers.drift(rest.database) or drift(Bundle.default().version, [], [], [])
    return DriftAnswer.model_validate(
        vars(found) | {"checks": [DriftCheckAnswer.model_validate(vars(each)) for each in found.checks]}
    )


def _process(each: answering.Answering) -> ProcessAnswer:
    fault = None if each.fault is None else public(each.fault)
    said = {name: getattr(each, name) for name in ("role", "version", "wanted", "shadows", "settled")}
    return ProcessAnswer.model_validate(said | {"name": f"{each.host} {each.process}", "fault": fault})


def _decision(each: Decision) -> DecisionAnswer:
    return DecisionAnswer.model_validate(vars(each) | {"why": public(each.why)})


def _previous(rest: Storage) -> str | None:
    try:
        return registry.previous(rest.database).version
    except BundleError:
        return None


def _card(known: Registry, found: Registered) -> str:
    """The card of a bundle; empty where it has none, or cannot be had now."""
    try:
        card = known.bundle(Placed(found.version, found.manifest, found.shipped)).folder / "card.md"
        return card.read_text("utf-8") if card.is_file() else ""
    except (DankError, OSError):
        return ""


def _ruling(ruling: Ruling) -> RulingAnswer:
    return RulingAnswer.model_validate(
        vars(ruling) | {"auc": _difference(ruling.auc), "brier": _difference(ruling.brier)}
    )


def _difference(found: Difference | None) -> DifferenceAnswer | None:
    if found is None:
        return None
    gap = {name: getattr(found.difference, name) for name in ("value", "low", "high")}
    return DifferenceAnswer.model_validate(
        {"candidate": found.one, "active": found.other, "difference": gap, "verdict": found.verdict}
    )
