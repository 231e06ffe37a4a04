"""The loop: from what is stored to a measured candidate, within a time budget. Nothing is promoted here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dankmeme.errors import BundleError, TrainingError
from dankmeme.models.registry import Registry
from dankmeme.storage import Storage, registry
from dankmeme.storage.export import Wish
from dankmeme.storage.registry import Registered
from dankmeme.training.automl_bundle import AutomlPlan, train_automl
from dankmeme.training.backbones import resolve
from dankmeme.training.building import build
from dankmeme.training.cards import add_card
from dankmeme.training.cnn_bundle import CnnPlan, train_cnn
from dankmeme.training.examination import FEWEST, examine
from dankmeme.training.gathering import Scores, from_storage
from dankmeme.training.lessons import Options
from dankmeme.training.promotion import Promoter
from dankmeme.training.report import write_report
from dankmeme.training.workshop import Data, Workshop, material_of

CNN_SHARE, SEARCH_SHARE, LONGEST_SEARCH = 0.3, 0.2, 600.0
"""Of the time budget: for the image model, and for the search, which takes so many seconds at most. The rest is for
reading what nobody has read yet, and for measuring."""


@dataclass(frozen=True)
class RetrainPlan:
    """What to train anew.

    Attributes:
        folder: where the dataset is built, and brought up to date each time.
        wish: which stored posts.
        scores: which of their scores count.
        name: of the model.
        backbone: of the image model.
        budget: seconds, after which nothing new is begun; what was trained is still measured and registered.
        share: of what comes in that the candidate predicts as a shadow, 0–1; 0 leaves it a candidate.
    """

    folder: Path
    wish: Wish
    scores: Scores
    name: str = "own"
    backbone: str = "bundled"
    budget: float = 3_600.0
    share: float = 1.0


@dataclass(frozen=True)
class Retrained:
    """What came of it: the candidate, or None where there was nothing new to learn from; and why, in words."""

    candidate: Registered | None
    words: str
    report: Path | None = None


def retrain(
    plan: RetrainPlan, storage: Storage, bundles: Registry, workshop: Workshop, promoter: Promoter, said: str
) -> Retrained:
    """Build the dataset, train both models, measure them, and propose what came out.

    Args:
        plan: what to train.
        storage: what there is to learn from.
        bundles: the registry.
        workshop: where to train.
        promoter: puts the candidate in the shadow.
        said: who proposes it.

    Raises:
        TrainingError: nothing can be learnt from what is stored, or `out-of-time`.
        BundleError, StorageError: it cannot be registered.
    """
    left = _clock(plan.budget)
    built = build(
        plan.folder,
        "stored posts",
        plan.scores.age,
        lambda into: from_storage(storage, into, plan.wish, workshop.cache, workshop.told, scores=plan.scores),
    )
    known = [each for each in registry.everyone(storage.database) if each.dataset == built.version]
    if known and known[0].state == "candidate" and plan.share > 0:
        return _proposed(known[0], plan, promoter, f"{known[0].version} was trained on these posts before")
    if known:
        return Retrained(None, f"nothing new to learn from since {known[0].version} ({built.posts:,} posts)")
    data = Data(plan.folder, age=plan.scores.age)
    material = material_of(data, workshop)
    tested = len(material.rows("test"))
    if tested < FEWEST:
        raise TrainingError(
            "too-few-images",
            f"only {tested} of what is stored would be left to measure on; at least {FEWEST} are needed",
        )
    backbone = resolve(plan.backbone, folder=workshop.place.backbones)
    left()
    options = Options(threads=workshop.threads, budget=CNN_SHARE * plan.budget)
    cnn = train_cnn(CnnPlan(data, backbone, options, plan.name), material, workshop).bundle
    seconds = min(LONGEST_SEARCH, SEARCH_SHARE * plan.budget, left())
    made = train_automl(AutomlPlan(data, cnn, seconds, name=plan.name), material, workshop).bundle
    found = examine(made, plan.folder, workshop)
    folder = workshop.place.reports / made.version
    folder.mkdir(parents=True, exist_ok=True)
    page, _ = write_report(found.report, folder)
    add_card(made, found.report)
    added = bundles.register(made.folder, workshop.eyes, said)
    return _proposed(added, plan, promoter, found.report.headline, page)


def _proposed(
    candidate: Registered, plan: RetrainPlan, promoter: Promoter, words: str, report: Path | None = None
) -> Retrained:
    """Put a candidate in the shadow, if there is room for one more."""
    if plan.share <= 0:
        return Retrained(candidate, words, report)
    try:
        return Retrained(promoter.shadow(candidate.version, plan.share), words, report)
    except BundleError as error:
        if error.code != "too-many-shadows":
            raise
        return Retrained(candidate, f"{words}. It stays a candidate: {error.message}", report)


def _clock(budget: float) -> Callable[[], float]:
    """Gives the seconds that are left, and raises once there are none."""
    end = time.monotonic() + budget

    def left() -> float:
        seconds = end - time.monotonic()
        if seconds <= 0:
            minutes = round(budget / 60)
            over = "the minute is over" if minutes == 1 else f"the {minutes} minutes are over"
            raise TrainingError(
                "out-of-time",
                f"{over} before the search for a model began; what was done is kept, and the same command goes on",
            )
        return seconds

    return left
