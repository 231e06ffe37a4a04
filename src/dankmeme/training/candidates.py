"""Candidates for the image model: heads over the frozen backbone, and the backbone trained along."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from dankmeme.training import network
from dankmeme.training.backbones import Backbone
from dankmeme.training.bodies import Body, TrainedBody, embed_all, open_body, trainable, trainable_as_it_was
from dankmeme.training.epochs import Learner, Lesson, Plan, Stage, class_weights
from dankmeme.training.evaluate import auc
from dankmeme.training.evaluate import resampling as drawn
from dankmeme.training.evaluate.resampling import resampling
from dankmeme.training.heads import Head, ridge_head, scale_of
from dankmeme.training.lessons import Floats, Inputs, Options, Pictures, Progress, Told
from dankmeme.training.network import KerasHead
from dankmeme.training.recipes import KERAS, ONNX, SCRATCH, VGG16_2018, Recipe
from dankmeme.training.stopwatch import Stopwatch

Value = TypeVar("Value", int, float)
Embeddings = Callable[[Pictures], Floats]
STOPWATCH = "seconds.json"
_COMPARED = 8
_FROZEN = "over the frozen backbone"
_RECIPES = {"keras": KERAS, "onnx": ONNX, "scratch": SCRATCH}


@dataclass(frozen=True)
class Candidate:
    """A model that could be served.

    Attributes:
        name: in words.
        body: makes embeddings.
        head: of plain weights, as it is exported.
        odds: log odds `[n]` of embeddings by what the head was made from.
        embedding: of the examples, `[n, e]`.
        held: log odds `[m]` of the validation slice.
        auc: on the ends of that.
    """

    name: str
    body: Body
    head: Head
    odds: Callable[[Floats], Floats]
    embedding: Floats
    held: Floats
    auc: float

    @property
    def fine_tuned(self) -> bool:
        """Whether the backbone was trained along."""
        return not self.name.endswith(_FROZEN)


@dataclass
class Search:
    """Finds candidates; all that is long is kept in `folder`.

    Attributes:
        history: an entry for each epoch of each stage.
        notes: what was found, in words.
    """

    fit: Pictures
    valid: Pictures
    backbone: Backbone
    options: Options
    folder: Path
    told: Told
    embeddings: Embeddings | None
    history: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stopwatch = Stopwatch(self.folder / STOPWATCH)

    @property
    def recipe(self) -> Recipe:
        """What the backbone asks for."""
        return VGG16_2018 if self.backbone.name == "vgg16-2018" else _RECIPES[self.backbone.kind]

    def candidates(self) -> list[Candidate]:
        """All of them, the plainest first: ridge regression before a layer, a frozen backbone before a trained one."""
        if self.backbone.kind == "scratch":
            return self._from_scratch()
        frozen, body, head = self._frozen()
        epochs = _or(self.options.fine_tune_epochs, self.recipe.fine_tune_epochs)
        return [*frozen, *(self._fine_tuned(body, head, epochs) if epochs else [])]

    def _frozen(self) -> tuple[list[Candidate], Body, KerasHead]:
        """Heads over embeddings that are computed once; the backbone, and the head that can be trained further."""
        body = open_body(self.backbone, self.options.threads, self.options.seed)
        seen, held = self._embedded(body, self.fit, "fit"), self._embedded(body, self.valid, "valid")
        network.keras().utils.set_random_seed(self.options.seed)
        head = network.head(seen.shape[1], self.recipe, scale_of(seen) if self.recipe.standardised else None)
        torch.set_num_threads(1)  # steps this small wait for each other longer than they compute
        self._run(Learner(None, head), "head", _or(self.options.epochs, self.recipe.epochs), seen, held)
        torch.set_num_threads(self.options.threads)
        return self._heads(body, head, seen, held, _FROZEN), body, head

    def _fine_tuned(self, frozen: Body, head: KerasHead, epochs: int) -> list[Candidate]:
        """The backbone trained along with a head that knows its way."""
        body = trainable_as_it_was(self.backbone, self.options.seed, frozen, self.fit.inputs[:_COMPARED])
        if isinstance(body, str):
            self.notes.append(f"the backbone stays frozen: {body}")
            return []
        head = head.copy()
        self._run(Learner(body.module, head), "fine-tune", epochs, self.fit.inputs, self.valid.inputs)
        return self._over(body, head, "over the fine-tuned backbone")

    def _from_scratch(self) -> list[Candidate]:
        body = trainable(self.backbone, self.options.seed)
        head = network.head(network.EMBEDDING, self.recipe, None)
        learner = Learner(body.module, head, from_scratch=True)
        self._run(learner, "scratch", _or(self.options.epochs, self.recipe.epochs), self.fit.inputs, self.valid.inputs)
        return self._over(body, head, "over the network from scratch")

    def _over(self, body: TrainedBody, head: KerasHead, where: str) -> list[Candidate]:
        seen = embed_all(body, self.fit.inputs, "embed", self.told)
        return self._heads(body, head, seen, embed_all(body, self.valid.inputs, "embed", self.told), where)

    def _embedded(self, body: Body, pictures: Pictures, name: str) -> Floats:
        """Embeddings, by whoever keeps them or from the folder."""
        if self.embeddings is not None:
            return self.embeddings(pictures)
        path = self.folder / f"embeddings-{name}.npy"
        if not path.exists():
            partial = path.with_name(path.name + ".part")
            with partial.open("wb") as file:
                np.save(file, embed_all(body, pictures.inputs, "embed", self.told))
            partial.replace(path)
        kept: Floats = np.load(path, allow_pickle=False)
        return kept

    def _run(self, learner: Learner, stage: str, epochs: int, fit: Inputs | Floats, valid: Inputs | Floats) -> None:
        pictures = learner.body is not None
        plan = Plan(
            stage=stage,
            epochs=epochs,
            batch=self.options.batch,
            patience=self.options.patience,
            cosine=self.recipe.cosine,
            weights=self._weights,
            seed=self.options.seed,
            changes=self.recipe.changes if pictures else None,
            deadline=None if self.options.budget is None else self.stopwatch.began + self.options.budget,
        )

        def told(progress: Progress) -> None:
            self.stopwatch.keep()
            self.told(progress)

        rates = (self.recipe.head_rate, _or(self.options.rate, self.recipe.body_rate))
        trained = Stage(learner, rates, self.recipe.decay, plan, self.folder / f"{stage}.npz")
        history = trained.run(Lesson(fit, self.fit), Lesson(valid, self.valid), told)
        self.history += [{"stage": stage, **entry} for entry in history]
        if trained.out_of_time:
            self.notes.append(f"the time for training was up in the stage {stage}, after {len(history)} epochs")

    def _heads(self, body: Body, head: KerasHead, seen: Floats, held: Floats, where: str) -> list[Candidate]:
        """The trained head, and ridge regression where the recipe lets it compete; the latter gives percentiles."""
        ridge = ridge_head(seen, self.fit, self.options.seed)
        lift = math.log(self._weights[0] / self._weights[1])
        name = f"a layer of {self.recipe.hidden} {where}"
        dense = Head(name, head.layers(lift), ridge.percentile)
        found = []
        if self.recipe.ridge:
            found.append(self._candidate(f"{ridge.kind} {where}", body, ridge, ridge.odds, seen, held))
        return [*found, self._candidate(name, body, dense, lambda rows: _odds(head, rows) + lift, seen, held)]

    def _candidate(
        self, name: str, body: Body, head: Head, odds: Callable[[Floats], Floats], seen: Floats, held: Floats
    ) -> Candidate:
        ends, said = self.valid.ends, odds(held)
        value = auc(self.valid.dank[ends], said[ends])
        self.notes.append(f"{name}: AUC {value:.3f} on the validation slice")
        return Candidate(name, body, head, odds, seen, said, 0.5 if math.isnan(value) else value)

    @property
    def _weights(self) -> tuple[float, float]:
        return class_weights(self.fit.dank, self.options.class_weights)


def best_of(candidates: Sequence[Candidate], valid: Pictures) -> Candidate:
    """The plainest candidate, unless a later one is better by more than a standard error of the difference.

    The epoch of a layer was chosen on the validation slice, which flatters it there; and where many try, one is lucky
    (the one-standard-error rule of Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984).

    Args:
        candidates: the plainest first.
        valid: the validation slice.
    """
    best, *others = candidates
    draws, one = resampling(len(valid), in_order=True), np.zeros(len(valid), dtype=np.intp)
    dank, not_dank = valid.dank & valid.ends, ~valid.dank & valid.ends
    for other in others:
        gap = drawn.auc(draws, dank, not_dank, other.held, one) - drawn.auc(draws, dank, not_dank, best.held, one)
        if gap[0] > np.nanstd(gap[1:]):
            best = other
    return best


def _odds(head: KerasHead, embedding: Floats) -> Floats:
    """Log odds `[n]` by the Keras head itself, before what class weights did to them is undone."""
    learner = Learner(None, head)
    device = next(learner.parameters()).device
    with torch.inference_mode():
        odds: Floats = learner(torch.from_numpy(embedding).to(device), training=False)[0].cpu().numpy()
    return odds


def _or(chosen: Value | None, otherwise: Value) -> Value:
    return otherwise if chosen is None else chosen
