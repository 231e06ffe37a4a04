"""Epochs of training, each kept: a run that was killed goes on after its last whole epoch, to the same end."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from dankmeme.training import checkpoints
from dankmeme.training.augment import Changes, augment
from dankmeme.training.evaluate import auc
from dankmeme.training.lessons import Floats, Inputs, Pictures, Progress, Told
from dankmeme.training.network import KerasHead

PERCENTILE_SHARE = 2.0
WARMING = 0.1
STEEPEST = 5.0
_PREDICTED = 128


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a stage goes.

    Attributes:
        stage: its name, which its checkpoint has too.
        epochs: at most.
        batch: rows in a step.
        patience: epochs without a better AUC after which it ends.
        cosine: whether rates rise at first and fall at last.
        weights: of a meme that is not dank, and of one that is.
        seed: of all chance; that of an epoch follows from it.
        changes: to the pictures; None for rows that are no pictures.
        deadline: on the monotonic clock; no step is begun after it.
    """

    stage: str
    epochs: int
    batch: int
    patience: int
    cosine: bool
    weights: tuple[float, float]
    seed: int
    changes: Changes | None
    deadline: float | None


@dataclass(frozen=True)
class Lesson:
    """Rows that are learnt from: pictures uint8 `[n, side, side, 3]` or embeddings `[n, e]`, and their labels."""

    rows: Inputs | Floats
    labels: Pictures


class Learner(torch.nn.Module):
    """A head over a body, or over rows that are embeddings already: gives log odds and percentile, each `[n]`.

    Args:
        body: None where the rows are embeddings.
        head: gives two numbers: see `KerasHead`.
        from_scratch: whether the body's batch statistics are learnt too.
    """

    def __init__(self, body: torch.nn.Module | None, head: KerasHead, *, from_scratch: bool = False) -> None:
        super().__init__()
        self.body = body
        self.head = head.model
        self._classes = head.recipe.classes
        self._from_scratch = from_scratch

    def forward(self, rows: torch.Tensor, training: bool) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Log odds, and the percentile where it is learnt."""
        seen = rows if self.body is None else self.body(rows, training=training and self._from_scratch)
        answer = self.head(seen, training=training).float()
        return (answer[:, 1] - answer[:, 0], None) if self._classes else (answer[:, 0], answer[:, 1])


class Stage:
    """A stage of training.

    Args:
        learner: is changed; in the end it is as it was in its best epoch.
        rates: of head and body.
        decay: of the weights.
        plan: how it goes.
        path: of its checkpoint.
    """

    def __init__(self, learner: Learner, rates: tuple[float, float], decay: float, plan: Plan, path: Path) -> None:
        self._learner = learner
        self._plan = plan
        self._path = path
        self.out_of_time = False
        self._device = next(learner.head.parameters()).device
        parts = [(learner.head, rates[0]), (learner.body, rates[1])]
        self._rates = [rate for part, rate in parts if part is not None]
        groups = [
            {"params": [each for each in part.parameters() if each.requires_grad], "lr": rate}
            for part, rate in parts
            if part is not None
        ]
        self._optimiser = torch.optim.AdamW(groups, weight_decay=decay)

    def run(self, fit: Lesson, valid: Lesson, told: Told) -> list[dict[str, float]]:
        """Train until the end or until patience, or time, runs out; stages that ended are not run again.

        Returns:
            An entry for each epoch: `epoch`, `loss`, and `auc` on the ends of the validation slice.
        """
        history, best, finished = self._resumed()
        while not finished and len(history) < self._plan.epochs:
            loss, whole = self._epoch(fit, len(history), history, told)
            history.append({"epoch": len(history) + 1, "loss": loss, "auc": self._auc(valid)})
            if history[-1]["auc"] >= max(entry["auc"] for entry in history):
                best = [tensor.clone() for tensor in self._learner.state_dict().values()]
            self.out_of_time = not whole
            finished = not whole or len(history) >= self._plan.epochs or _stale(history) >= self._plan.patience
            self._save(best, history, finished)
        self._restore(best)
        return history

    def _resumed(self) -> tuple[list[dict[str, float]], list[torch.Tensor], bool]:
        found = checkpoints.load(self._path)
        if found is None:
            return [], [tensor.clone() for tensor in self._learner.state_dict().values()], False
        self._restore(checkpoints.unpacked("network", found.arrays))
        checkpoints.restore_optimiser(self._optimiser, found.arrays)
        return found.history, checkpoints.unpacked("best", found.arrays), found.finished

    def _save(self, best: list[torch.Tensor], history: list[dict[str, float]], finished: bool) -> None:
        arrays = checkpoints.packed("network", self._learner.state_dict().values())
        arrays |= checkpoints.packed("best", best)
        arrays |= checkpoints.packed_optimiser(self._optimiser)
        checkpoints.save(self._path, checkpoints.Checkpoint(arrays, history, finished))

    def _restore(self, tensors: list[torch.Tensor]) -> None:
        """By place, not by name: Keras numbers the names of its layers through a process."""
        names = self._learner.state_dict().keys()
        self._learner.load_state_dict(dict(zip(names, tensors, strict=True)))

    def _epoch(self, fit: Lesson, number: int, history: list[dict[str, float]], told: Told) -> tuple[float, bool]:
        """One pass over the rows: the mean loss, and whether there was time for all of it."""
        torch.manual_seed(self._plan.seed * 100_003 + number)
        chance = torch.Generator().manual_seed(self._plan.seed * 100_003 + number)
        order = torch.randperm(len(fit.rows), generator=chance).numpy()
        batches = np.array_split(order, math.ceil(len(order) / self._plan.batch))
        total, done = 0.0, 0
        for step, rows in enumerate(batches):
            if self._plan.deadline is not None and time.monotonic() > self._plan.deadline:
                return total / max(done, 1), False
            self._pace((number + step / len(batches)) / self._plan.epochs)
            total += self._step(fit, np.sort(rows), chance) * len(rows)
            done += len(rows)
            figures = {name: value for name, value in (history[-1] if history else {}).items() if name != "epoch"}
            whole = len(order) * self._plan.epochs
            told(Progress(self._plan.stage, number * len(order) + done, whole, number + 1, figures))
        return total / done, True

    def _step(self, fit: Lesson, rows: NDArray[np.int64], chance: torch.Generator) -> float:
        x = torch.from_numpy(np.ascontiguousarray(fit.rows[rows])).to(self._device).float()
        if self._plan.changes is not None:
            x = augment(x, self._plan.changes, chance)
        dank = torch.from_numpy(fit.labels.dank[rows].astype(np.float32)).to(self._device)
        percentile = torch.from_numpy(np.asarray(fit.labels.percentile[rows], dtype=np.float32)).to(self._device)
        with _mixed(self._device):
            odds, guess = self._learner(x, training=True)
        value = loss(odds, guess, dank, percentile, self._plan.weights)
        self._optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_([p for group in self._optimiser.param_groups for p in group["params"]], STEEPEST)
        self._optimiser.step()
        return float(value.detach())

    def _pace(self, passed: float) -> None:
        """Set the rates for a place in the stage, 0–1."""
        factor = 1.0
        if self._plan.cosine:
            rising = min(1.0, (passed + 1e-3) / WARMING)
            factor = rising * (0.01 + 0.99 * (1 + math.cos(math.pi * passed)) / 2)
        for group, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            group["lr"] = factor * rate

    def _auc(self, valid: Lesson) -> float:
        scores = np.concatenate(list(self._odds(valid)))
        value = auc(valid.labels.dank[valid.labels.ends], scores[valid.labels.ends])
        return 0.5 if math.isnan(value) else value

    def _odds(self, valid: Lesson) -> Iterator[Floats]:
        with torch.inference_mode():
            for start in range(0, len(valid.rows), _PREDICTED):
                rows = torch.from_numpy(np.array(valid.rows[start : start + _PREDICTED]))
                with _mixed(self._device):
                    yield self._learner(rows.to(self._device).float(), training=False)[0].float().cpu().numpy()


def loss(
    odds: torch.Tensor,
    guess: torch.Tensor | None,
    dank: torch.Tensor,
    percentile: torch.Tensor,
    weights: tuple[float, float],
) -> torch.Tensor:
    """Weighted cross-entropy of the class plus squared error of the percentile, where it is known; all `[n]`."""
    weight = torch.where(dank > 0, weights[1], weights[0])
    total = (weight * functional.binary_cross_entropy_with_logits(odds, dank, reduction="none")).mean()
    known = ~torch.isnan(percentile)
    if guess is None or not known.any():
        return total
    return total + PERCENTILE_SHARE * ((guess - percentile)[known] ** 2).mean()


def class_weights(dank: NDArray[np.bool_], balanced: bool) -> tuple[float, float]:
    """Weights of a meme that is not dank and of one that is, so that the two classes weigh the same; mean 1."""
    share = float(dank.mean())
    return (0.5 / (1 - share), 0.5 / share) if balanced and 0 < share < 1 else (1.0, 1.0)


def _stale(history: list[dict[str, float]]) -> int:
    """How many epochs ago the best one was."""
    values = [entry["auc"] for entry in history]
    return len(values) - 1 - max(place for place, value in enumerate(values) if value == max(values))


def _mixed(device: torch.device) -> torch.autocast:
    """16-bit arithmetic where a GPU has the wide-range kind, which needs no scaling of gradients."""
    able = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=able)
