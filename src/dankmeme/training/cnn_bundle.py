"""`dank train cnn`: a dataset and a backbone become a bundle with an image model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dankmeme.training.backbones import Backbone
from dankmeme.training.bundling import check_target, examples_of, plain_name, write_bundle
from dankmeme.training.cnn import FORMAT, Options, Pictures, Trained, embedder, train
from dankmeme.training.ensemble import decide
from dankmeme.training.lessons import Floats, Progress
from dankmeme.training.material import Material
from dankmeme.training.novelty import TOO_FAR, distances, export_novelty, references_of
from dankmeme.training.parity import CHECKED
from dankmeme.training.pictures import embeddings_of, inputs_of
from dankmeme.training.place import fingerprint
from dankmeme.training.sights import see, trunk_of
from dankmeme.training.workshop import Data, Made, Workshop


@dataclass(frozen=True)
class CnnPlan:
    """What to train.

    Attributes:
        data: what to learn from.
        backbone: what to begin with.
        options: how.
        name: of the bundle; None for the dataset's.
        out: where the bundle goes; None for its place below `DANK_HOME`.
    """

    data: Data
    backbone: Backbone
    options: Options
    name: str | None = None
    out: Path | None = None

    @property
    def only_frozen(self) -> bool:
        """Whether the pixels are needed for the backbone's embeddings alone."""
        epochs = self.options.fine_tune_epochs
        return self.backbone.kind == "onnx" and not epochs


def train_cnn(plan: CnnPlan, material: Material, workshop: Workshop) -> Made:
    """Train; what was done before an interruption is not done again.

    Args:
        plan: what to train.
        material: of the plan's data.
        workshop: where.

    Raises:
        TrainingError: see `cnn.train`.
        BundleError: `not-a-bundle`, `bad-target`: the bundle cannot go where it is to go.
    """
    check_target(plan.out or workshop.place.models / "any")
    mark = fingerprint(_marks(plan, material))
    work = workshop.place.work(f"cnn-{mark}")
    fit, choose = (_pictures(plan, material, part, work, workshop) for part in ("fit", "choose"))

    def told(progress: Progress) -> None:
        figures = ", ".join(f"{name} {value:.3f}" for name, value in progress.figures.items())
        workshop.told(f"{progress.stage} ({figures})" if figures else progress.stage, progress.done, progress.total)

    trained = train(fit, choose, plan.backbone, plan.options, work, told, _embeddings(plan, material, workshop))
    for note in trained.notes:
        workshop.noted(note)
    frozen = not trained.fine_tuned
    trunk = plan.backbone.key if frozen and plan.backbone.kind == "onnx" else trunk_of(trained.graph)
    return _bundle(plan, material, workshop, work, mark, trained, trunk, frozen=frozen)


def _marks(plan: CnnPlan, material: Material) -> dict[str, Any]:
    chosen = {name: value for name, value in asdict(plan.options).items() if name != "threads"}
    return {
        "format": FORMAT,
        "dataset": material.version,
        "data": plan.data.facts(),
        "backbone": [plan.backbone.name, plan.backbone.key],
        "options": chosen,
    }


def _pictures(plan: CnnPlan, material: Material, part: str, work: Path, workshop: Workshop) -> Pictures:
    """The examples of a part; their pixels are only decoded where the backbone is trained."""
    rows = material.rows(part)
    labels = material.labels.at(rows)
    keys = tuple(material.keys[row] for row in rows)
    some = CHECKED if plan.only_frozen else len(rows)
    files = material.at(rows[:some]).files
    path = work / "pictures" / f"{part}.npy"
    inputs = inputs_of(files, keys[:some], workshop.eyes, plan.backbone.side, path, workshop.step("decoding"))
    return Pictures(inputs, labels.dank, labels.percentile.astype(np.float32), labels.ends, keys)


def _embeddings(plan: CnnPlan, material: Material, workshop: Workshop) -> Any:
    """Embeddings of a frozen ONNX backbone come from the cache."""
    if plan.backbone.kind != "onnx":
        return None
    place = dict(zip(material.keys, material.files, strict=True))
    embed = embedder(plan.backbone, workshop.threads)

    def embeddings(pictures: Pictures) -> Floats:
        return embeddings_of(
            [place[key] for key in pictures.sha256],
            pictures.sha256,
            workshop.cache,
            workshop.eyes,
            plan.backbone.key,
            plan.backbone.side,
            embed,
            workshop.step("looking"),
        )[0]

    return embeddings


def _bundle(
    plan: CnnPlan,
    material: Material,
    workshop: Workshop,
    work: Path,
    mark: str,
    trained: Trained,
    trunk: str,
    *,
    frozen: bool,
) -> Made:
    side = plan.backbone.side
    looking, threads = workshop.step("looking"), workshop.threads
    seen = see(material, trained.graph, side, trunk, workshop.cache, workshop.eyes, looking, threads)
    calibrate = material.rows("calibrate")
    decision = decide(seen.look.probability[calibrate].astype(np.float64), None, material.labels.at(calibrate))
    export_novelty(references_of(seen.look.embedding[material.rows("fit")]), work / "novelty.onnx")
    references = references_of(seen.look.embedding[material.rows("fit")])
    far = distances(references, seen.look.embedding[material.rows("choose", "calibrate")])
    name = plain_name(plan.name or material.dataset.name)
    facts = {
        "dataset": {"name": material.dataset.name, "version": material.version},
        "data": plan.data.facts(),
        "left_out": material.left_out,
        "parts": {part: int((material.parts == part).sum()) for part in np.unique(material.parts).tolist()},
        "trunk": trunk,
        "fine_tuned": not frozen,
        "cnn": {
            "backbone": plan.backbone.name,
            "weights": plan.backbone.weights,
            "side": side,
            "options": asdict(plan.options),
            "kept": trained.kept,
            "auc_of_choice": trained.auc,
            "epochs": trained.epochs,
            "seconds": trained.seconds,
            "largest_difference_onnx": trained.largest_difference,
            "embedding": trained.embedding,
            "history": trained.history,
            "notes": trained.notes,
        },
    }
    bundle = write_bundle(
        plan.out or workshop.place.models / f"{name}-{mark}",
        {"cnn.onnx": trained.graph, "novelty.onnx": work / "novelty.onnx"},
        decision,
        examples_of(material),
        facts,
        {
            "name": name,
            "version": mark,
            "compared_with": f"memes of {material.dataset.name}",
            "side": side,
            "base_rate": float(material.labels.at(calibrate).dank.mean()),
            "novelty_limit": float(np.quantile(far, TOO_FAR)),
            "feature_sets": [],
            "dataset": material.version,
        },
        workshop.eyes,
    )
    return Made(bundle, material, facts)
