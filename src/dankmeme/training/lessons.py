"""What the image model learns from, how, and what it tells meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.labels import Labels

Inputs: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Pictures:
    """Examples; the columns run in step.

    Attributes:
        inputs: uint8 `[n, side, side, 3]`, RGB; may be mapped from a file. Of the first examples alone where their
            embeddings come from elsewhere.
        dank: `[n]`.
        percentile: `[n]`, 0–1; NaN where only the class is known.
        ends: `[n]`, whether a meme is dank or not dank (the middle is neither): AUC is taken on these.
        sha256: of the pictures.
    """

    inputs: Inputs
    dank: NDArray[np.bool_]
    percentile: Floats
    ends: NDArray[np.bool_]
    sha256: tuple[str, ...]

    def __post_init__(self) -> None:
        counts = {len(each) for each in (self.dank, self.percentile, self.ends, self.sha256)}
        if len(counts) > 1 or len(self.inputs) > len(self.dank):
            raise ValueError(f"the columns of the pictures have different lengths: {sorted(counts)}")

    @classmethod
    def labelled(cls, labels: Labels) -> Pictures:
        """Labels alone, where no pixels are needed."""
        count = len(labels.dank)
        percentile = labels.percentile.astype(np.float32)
        return cls(np.empty((0, 0, 0, 3), dtype=np.uint8), labels.dank, percentile, labels.ends, ("",) * count)

    def __len__(self) -> int:
        return len(self.dank)

    @property
    def key(self) -> str:
        """Names these pictures with these labels."""
        digest = hashlib.sha256("".join(self.sha256).encode())
        for column in (self.dank, self.ends, self.percentile):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to train; None leaves it to the recipe of the backbone.

    Attributes:
        epochs: of the head over frozen embeddings, or of a network from scratch.
        fine_tune_epochs: of head and backbone together; 0 leaves the backbone frozen.
        batch: pictures in one step.
        patience: epochs without a better AUC on the validation slice, after which a stage ends.
        class_weights: whether dank and not dank memes together weigh the same.
        rate: learning rate of the backbone while it is fine-tuned.
        threads: of the processor.
        seed: of all chance.
        budget: seconds after which no further step of training is begun; what was learnt until then is used.
    """

    epochs: int | None = None
    fine_tune_epochs: int | None = None
    batch: int = 64
    patience: int = 8
    class_weights: bool = True
    rate: float | None = None
    threads: int = 2
    seed: int = 1
    budget: float | None = None


@dataclass(frozen=True)
class Progress:
    """How far a stage is: `done` of `total` (it may end early), in which epoch, and its figures so far."""

    stage: str
    done: int
    total: int
    epoch: int | None = None
    figures: dict[str, float] = field(default_factory=dict)


Told: TypeAlias = Callable[[Progress], object]
