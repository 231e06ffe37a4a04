"""`dank train automl`: a dataset and an image model become a bundle with both models and their ensemble."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import TrainingError
from dankmeme.models.bundle import Bundle, Reading
from dankmeme.models.caption import READER
from dankmeme.models.context import Posting
from dankmeme.models.scoring import Captioned, Floats, caption_scores, feature_blocks, joined, log_odds
from dankmeme.training import automl_graph
from dankmeme.training.automl import Fitted, Table, Trial, fit_best, search
from dankmeme.training.bundling import check_target, examples_of, plain_name, read_examples, read_facts, write_bundle
from dankmeme.training.caption_head import apply_head, export_head, matrix
from dankmeme.training.captions import CaptionHead, Captions, fit_caption_head, load_captions
from dankmeme.training.context import Posted, check_context, fit_context, postings_of
from dankmeme.training.ensemble import decide
from dankmeme.training.labels import Labels
from dankmeme.training.material import FEWEST_AT_ENDS, Material
from dankmeme.training.novelty import TOO_FAR, distances, export_novelty, references_of
from dankmeme.training.parity import CHECKED, checked
from dankmeme.training.place import fingerprint
from dankmeme.training.sights import Seen, read_captions, see, session_of, trunk_of
from dankmeme.training.split import TRAINING
from dankmeme.training.workshop import Data, Made, Workshop

FROZEN_SETS = ("caption", "text", "layout", "colour", "template", "embedding")
TUNED_SETS = ("caption", "text", "layout", "colour", "template")
"""What the image model forecasts is left to the ensemble, which weighs it on later memes: on those that it was fitted
on, even heads that leave each out say more than they will of times to come. Of an image model that was fitted to the
memes all the way down, that is true of what it sees as well."""
MOST_SHOWN = 20
FORMAT = 5
"""Raised when the same choices come to mean another training."""


@dataclass(frozen=True)
class AutomlPlan:
    """What to train.

    Attributes:
        data: what to learn from.
        cnn: the bundle whose image model is taken.
        budget: seconds of the search.
        trials: so many tries at most.
        captions: a file of captions without pictures, to learn words from.
        context: what a context model is to read beside the verdict; none is made where this is empty.
        name: of the bundle; None for the dataset's.
        out: where the bundle goes; None for its place below `DANK_HOME`.
    """

    data: Data
    cnn: Bundle
    budget: float = 300.0
    trials: int = 200
    captions: Path | None = None
    context: tuple[Reading, ...] = ()
    name: str | None = None
    out: Path | None = None


@dataclass(frozen=True)
class _Readings:
    """What is known of the pictures whose captions could be read; everything runs in step."""

    seen: Seen
    captions: list[Captioned]
    postings: list[Posting]
    labels: Labels
    parts: NDArray[np.str_]
    family: NDArray[np.str_]

    @property
    def texts(self) -> list[str]:
        return [caption.text for caption in self.captions]

    def at(self, rows: NDArray[np.intp]) -> _Readings:
        picked = [self.captions[row] for row in rows]
        postings = [self.postings[row] for row in rows]
        return _Readings(
            self.seen.at(rows), picked, postings, self.labels.at(rows), self.parts[rows], self.family[rows]
        )

    def of(self, *parts: str) -> _Readings:
        return self.at(np.flatnonzero(np.isin(self.parts, parts)))

    @property
    def posted(self) -> Posted:
        return Posted(self.postings, self.labels)


def train_automl(plan: AutomlPlan, material: Material, workshop: Workshop) -> Made:
    """Train; what was done before an interruption is not done again.

    Args:
        plan: what to train.
        material: of the plan's data.
        workshop: where.

    Raises:
        TrainingError: `leaking-cnn`: the image model learnt from memes that this training keeps for later, or from true
            labels where they are shuffled here;
            `captions-unread`: too few captions could be read; or what `check_context` and reading `captions` raise.
        BundleError: `not-a-bundle`, `bad-target`: the bundle cannot go where it is to go.
    """
    check_target(plan.out or workshop.place.models / "any")
    check_context(plan.context, Posted(postings_of(material.posts), material.labels), material.parts)
    _check_base(plan.cnn, material, plan.data)
    base_facts = read_facts(plan.cnn)
    more = load_captions(plan.captions) if plan.captions else Captions()
    if plan.data.shuffled is not None:
        more = more.shuffled(plan.data.shuffled)
    mark = fingerprint(_marks(plan, material, more))
    work = workshop.place.work(f"automl-{mark}")
    readings = _readings(plan.cnn, base_facts, material, workshop)
    check_context(plan.context, readings.posted, readings.parts)
    learnt = readings.of("fit", "choose")
    workshop.told("learning words", 0, 1)
    new = more.without(readings.texts)
    if len(new.texts) < len(more.texts):
        workshop.noted(f"left out: {len(more.texts) - len(new.texts):,} captions of the file that the memes have too")
    head = fit_caption_head(learnt.texts, learnt.labels, new, learnt.family.tolist())
    _export_words(head, learnt.texts[:CHECKED], work / "caption.onnx")
    table = _table(learnt, head, TUNED_SETS if base_facts.get("fine_tuned") else FROZEN_SETS)
    trials = search(
        table,
        plan.budget,
        work / f"trials-{_named(readings, head)}.jsonl",
        workshop.threads,
        lambda count, spent, best: workshop.told(
            f"searching (try {count:,}, AUC {best:.3f}), seconds", min(spent, plan.budget), plan.budget
        ),
        plan.trials,
    )
    fitted = fit_best(table, trials[0], workshop.threads)
    difference = automl_graph.export(fitted, _first(table.blocks, CHECKED), work / "automl.onnx")
    return _bundle(plan, material, workshop, work, mark, readings, fitted, trials, head, base_facts, difference)


def _marks(plan: AutomlPlan, material: Material, more: Captions) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "dataset": material.version,
        "data": plan.data.facts(),
        "cnn": plan.cnn.graph,
        "reader": READER,
        "captions": [len(more.texts), hash_of(more)],
        "budget": plan.budget,
        "trials": plan.trials,
        **({"context": plan.context} if plan.context else {}),
    }


def hash_of(more: Captions) -> str:
    """Names captions."""
    return fingerprint({"texts": more.texts, "ranks": more.percentile.tolist()})


def _readings(base: Bundle, facts: dict[str, Any], material: Material, workshop: Workshop) -> _Readings:
    graph = base.folder / "cnn.onnx"
    trunk = facts.get("trunk") or trunk_of(graph)
    looking, threads = workshop.step("looking"), workshop.threads
    seen = see(material, graph, base.manifest.side, trunk, workshop.cache, workshop.eyes, looking, threads)
    captions = read_captions(material, workshop.cache, workshop.eyes, workshop.step("reading captions"))
    rows = np.array([row for row, caption in enumerate(captions) if caption is not None], dtype=np.intp)
    if len(rows) < len(captions):
        workshop.noted(f"left out of automl: {len(captions) - len(rows):,} memes whose captions could not be read")
    read = [caption for caption in captions if caption is not None]
    postings = postings_of([material.posts[row] for row in rows])
    readings = _Readings(
        seen.at(rows), read, postings, material.labels.at(rows), material.parts[rows], material.family[rows]
    )
    _check_readings(readings)
    return readings


def _export_words(head: CaptionHead, texts: Sequence[str], path: Path) -> None:
    export_head(head.weights, path)
    words, said = session_of(path), apply_head(matrix(texts), head.weights)
    checked(path, float(np.abs(np.stack([caption_scores(words, text) for text in texts]) - said).max()))


def _table(learnt: _Readings, head: CaptionHead, sets: Sequence[str]) -> Table:
    """The examples of the search: whatever was fitted on a row says of it what it would have said unseen."""
    blocks = feature_blocks(learnt.seen.look, list(learnt.seen.colour), learnt.captions, list(head.unseen))
    return Table({name: blocks[name] for name in sets}, learnt.labels)


def _named(readings: _Readings, head: CaptionHead) -> str:
    """Names what the search looks at: tries are taken up only where they looked at the same."""
    return fingerprint({"texts": readings.texts, "parts": readings.parts.tolist(), "words": head.unseen.tolist()})


def _probabilities(work: Path, sets: Sequence[str], readings: _Readings) -> NDArray[np.float64]:
    """What the exported graphs say `[n]`."""
    words = session_of(work / "caption.onnx")
    scores = [caption_scores(words, text) for text in readings.texts]
    blocks = feature_blocks(readings.seen.look, list(readings.seen.colour), readings.captions, scores)
    running = session_of(work / "automl.onnx")
    found: Floats = running.run(["probability"], {"features": joined(blocks, sets)})[0]
    return found.astype(np.float64)


def _bundle(
    plan: AutomlPlan,
    material: Material,
    workshop: Workshop,
    work: Path,
    mark: str,
    readings: _Readings,
    fitted: Fitted,
    trials: list[Trial],
    head: CaptionHead,
    base_facts: dict[str, Any],
    difference: float,
) -> Made:
    calibrate, fit = readings.of("calibrate"), readings.of("fit")
    cnn, automl = calibrate.seen.look.probability.astype(np.float64), _probabilities(work, fitted.sets, calibrate)
    decision = decide(cnn, automl, calibrate.labels)
    odds = decision.automl_share * log_odds(automl) + (1 - decision.automl_share) * log_odds(cnn)
    context = fit_context(plan.context, readings.of("fit", "choose").posted, calibrate.posted, odds, work)
    references = references_of(fit.seen.look.embedding)
    export_novelty(references, work / "novelty.onnx")
    far = distances(references, readings.of("choose", "calibrate").seen.look.embedding)
    name = plain_name(plan.name or material.dataset.name)
    facts = {
        **{key: value for key, value in base_facts.items() if key not in ("automl", "context", "version")},
        "dataset": {"name": material.dataset.name, "version": material.version},
        "data": plan.data.facts(),
        "left_out": material.left_out,
        "parts": {part: int((material.parts == part).sum()) for part in np.unique(material.parts).tolist()},
        "cnn_from": plan.cnn.version,
        "automl": {
            "settings": trials[0].settings,
            "sets": fitted.sets,
            "auc_over_folds": trials[0].auc,
            "folds": trials[0].folds,
            "trials": len(trials),
            "seconds": sum(trial.seconds for trial in trials),
            "largest_difference_onnx": difference,
            "caption_penalty": head.penalty,
            "captions_without_pictures": len(load_captions(plan.captions).texts) if plan.captions else 0,
            "leaderboard": [asdict(trial) for trial in trials[:MOST_SHOWN]],
            "best_of_family": best_by(trials),
        },
        **({"context": context.facts} if plan.context else {}),
    }
    bundle = write_bundle(
        plan.out or workshop.place.models / f"{name}-{mark}",
        {
            "cnn.onnx": plan.cnn.folder / "cnn.onnx",
            "caption.onnx": work / "caption.onnx",
            "automl.onnx": work / "automl.onnx",
            "novelty.onnx": work / "novelty.onnx",
            **context.graphs,
        },
        decision,
        examples_of(material),
        facts,
        {
            "name": name,
            "version": mark,
            "compared_with": f"memes of {material.dataset.name}",
            "side": plan.cnn.manifest.side,
            "base_rate": float(calibrate.labels.dank.mean()),
            "novelty_limit": float(np.quantile(far, TOO_FAR)),
            "feature_sets": list(fitted.sets),
            "context": list(plan.context),
            "dataset": material.version,
        },
        workshop.eyes,
    )
    return Made(bundle, material, facts)


def best_by(trials: Sequence[Trial]) -> dict[str, float]:
    """The best AUC of each family."""
    found: dict[str, float] = defaultdict(float)
    for trial in trials:
        found[trial.settings["family"]] = max(found[trial.settings["family"]], trial.auc)
    return dict(found)


def _first(blocks: dict[str, Floats], count: int) -> dict[str, Floats]:
    return {name: block[:count] for name, block in blocks.items()}


def _check_readings(readings: _Readings) -> None:
    """Every part that is learnt from needs enough captions of either class."""
    for part in TRAINING:
        labels = readings.labels.at(readings.parts == part)
        if min(labels.dank.sum(), labels.not_dank.sum()) < FEWEST_AT_ENDS:
            raise TrainingError(
                "captions-unread",
                f"captions of only {len(readings.captions):,} memes could be read, too few for the part of the data "
                f"called {part}. The same command reads the others again: try it when the machine is less busy",
            )


def _check_base(base: Bundle, material: Material, data: Data) -> None:
    """The image model must not know what is kept for calibration and test."""
    examples = read_examples(base)
    if examples is None:
        return
    if read_facts(base).get("data", {}).get("shuffled") != data.shuffled:
        raise TrainingError(
            "leaking-cnn",
            f"the image model of {base.version} learnt from labels that were shuffled in another way than here, or "
            "not at all: train one with the same --shuffle-labels",
        )
    learnt = set(examples.keys[np.isin(examples.parts, ("fit", "choose"))].tolist())
    later = {material.keys[row] for row in material.rows("calibrate", "test", "kept")}
    if learnt & later:
        raise TrainingError(
            "leaking-cnn",
            f"the image model of {base.version} learnt from {len(learnt & later):,} memes that are kept for later "
            "here: train one on the same dataset with the same split",
        )
