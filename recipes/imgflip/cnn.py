"""Stage `cnn`: a small residual network, pixels only, trained from scratch with Keras 3 and exported to ONNX.

It learns several things at once from one embedding: whether the meme is dank, its percentile, its template, how long
its caption is, and (where a larger backbone is at hand) what that backbone sees, which keeps the embedding useful for
pictures that are on no template.

Resumable: weights, optimiser and history are kept after every epoch.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch
from keras import layers
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge
from tqdm import tqdm

from dankmeme.training.evaluate import auc
from dankmeme.training.labels import DANK_FROM, ends
from dankmeme.training.network import scratch
from dankmeme.training.sights import session_of
from pictures import SIDE

TEACHER = 128
BATCH = 64
HEAD_PENALTY = 1_000.0


@dataclass(frozen=True)
class Examples:
    """What the network learns from; NaN (or -1 for templates) where a target is unknown.

    Attributes:
        inputs: uint8 `[n, side, side, 3]`.
        dank: `[n]`, 1 where the percentile is 0.70 or more, else 0.
        percentile: `[n]`, 0–1.
        template: int `[n]`, -1 where there is none.
        length: `[n]`, log(1 + characters of the caption).
        teacher: `[n, TEACHER]`, unit length.
        weight: `[n]`, of the two popularity targets.
    """

    inputs: NDArray[np.uint8]
    dank: NDArray[np.float32]
    percentile: NDArray[np.float32]
    template: NDArray[np.int64]
    length: NDArray[np.float32]
    teacher: NDArray[np.float32]
    weight: NDArray[np.float32]


def build_network(templates: int) -> keras.Model:
    """Image → `[embedding, dank logit, percentile, template logits, length, teacher]`."""
    body = scratch(SIDE)
    image, embedding = body.input, body.output
    seen = layers.Dropout(0.2)(layers.ReLU()(embedding))
    hidden = layers.Dense(64, activation="relu")(seen)
    return keras.Model(
        image,
        {
            "embedding": embedding,
            "dank": layers.Dense(1, name="dank")(hidden),
            "percentile": layers.Dense(1, name="percentile")(hidden),
            "template": layers.Dense(templates, name="template")(seen),
            "length": layers.Dense(1, name="length")(hidden),
            "teacher": layers.Dense(TEACHER, name="teacher")(embedding),
        },
    )


def loss(outputs: dict[str, torch.Tensor], batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """The sum of the tasks, each only where its target is known."""
    weight = batch["weight"]
    dank = torch.nn.functional.binary_cross_entropy_with_logits(outputs["dank"][:, 0], batch["dank"], reduction="none")
    percentile = (outputs["percentile"][:, 0] - batch["percentile"]) ** 2
    template = torch.nn.functional.cross_entropy(outputs["template"], batch["template"], ignore_index=-1)
    known = ~torch.isnan(batch["length"])
    length = (outputs["length"][:, 0][known] - batch["length"][known]) ** 2
    taught = ~torch.isnan(batch["teacher"][:, 0])
    total = (weight * (dank + 2 * percentile)).mean() + 0.3 * template + 0.2 * length.mean()
    if taught.any():
        similar = torch.nn.functional.cosine_similarity(outputs["teacher"][taught], batch["teacher"][taught])
        total = total + 1.0 * (1 - similar).mean()
    return total


def augment(images: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
    """Shift by up to 5 %, change contrast and brightness a little: the caption stays readable. `[n, s, s, 3]`."""
    count, side = images.shape[0], images.shape[1]
    shift = torch.randint(-side // 20, side // 20 + 1, (2,), generator=chance)
    images = torch.roll(images, (int(shift[0]), int(shift[1])), dims=(1, 2))
    gain = 1 + 0.2 * (torch.rand((count, 1, 1, 3), generator=chance) - 0.5)
    lift = 30 * (torch.rand((count, 1, 1, 1), generator=chance) - 0.5)
    return (images * gain + lift).clamp(0, 255)


def train(examples: Examples, watched: Examples, templates: int, build: Path, epochs: int, threads: int) -> keras.Model:
    """Train for `epochs`, keeping the epoch that ranks the watched rows best; goes on where a run stopped."""
    torch.set_num_threads(threads)
    folder = build / "cnn"
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(1)
    network = build_network(templates)
    network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.02)
    steps = epochs * (len(examples.inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=2.5e-3, total_steps=steps, pct_start=0.15)
    history: list[dict[str, float]] = []
    state = folder / "state.pt"
    if state.exists():
        saved = torch.load(state, weights_only=False)
        network.load_state_dict(saved["network"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        history = saved["history"]
    for epoch in range(len(history), epochs):
        network.train()
        chance = torch.Generator().manual_seed(epoch)
        order = torch.randperm(len(examples.inputs), generator=chance).numpy()
        total = 0.0
        bar = tqdm(range(len(order) // BATCH), desc=f"cnn epoch {epoch + 1}/{epochs}", mininterval=10)
        for step in bar:
            batch = _batch(examples, order[step * BATCH : (step + 1) * BATCH])
            outputs = network(augment(batch.pop("inputs"), chance), training=True)
            value = loss(outputs, batch)
            optimiser.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            total += float(value.detach())
        figures = watch(network, watched)
        history.append({"epoch": epoch + 1, "loss": total / max(1, len(order) // BATCH), **figures})
        print(json.dumps(history[-1]), flush=True)
        if figures["auc"] >= max(entry["auc"] for entry in history):
            network.save_weights(folder / "best.weights.h5")
        torch.save(
            {
                "network": network.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "history": history,
            },
            state,
        )
    network.load_weights(folder / "best.weights.h5")
    (folder / "history.json").write_text(json.dumps(history, indent=1))
    return network


def watch(network: keras.Model, watched: Examples) -> dict[str, float]:
    """AUC on the two ends of the watched rows, and how often the template is named right."""
    outputs = predict(network, watched.inputs)
    dank, not_dank = ends(watched.percentile)
    either = dank | not_dank
    named = watched.template >= 0
    return {
        "auc": auc(dank[either], outputs["dank"][either, 0]),
        "template": float((outputs["template"][named].argmax(axis=1) == watched.template[named]).mean()),
    }


def predict(network: keras.Model, inputs: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """All outputs for uint8 `[n, side, side, 3]`."""
    network.eval()
    parts: dict[str, list[NDArray[np.float32]]] = {}
    with torch.no_grad():
        for start in range(0, len(inputs), 256):
            outputs = network(torch.from_numpy(inputs[start : start + 256].astype(np.float32)), training=False)
            for name, values in outputs.items():
                parts.setdefault(name, []).append(values.numpy())
    return {name: np.concatenate(values) for name, values in parts.items()}


def teach(inputs: NDArray[np.uint8], backbone: Path, side: int = 192) -> NDArray[np.float32]:
    """Unit-length embeddings `[n, d]` of a larger ONNX backbone (input `image`, RGB in -1…1)."""
    session = session_of(backbone)
    out = []
    for start in tqdm(range(0, len(inputs), 32), desc="teacher", mininterval=10):
        batch = torch.from_numpy(inputs[start : start + 32].astype(np.float32)).permute(0, 3, 1, 2)
        batch = torch.nn.functional.interpolate(batch, (side, side), mode="bilinear", antialias=True) / 127.5 - 1
        out.append(session.run(None, {"image": batch.numpy()})[0])
    return np.concatenate(out)


@dataclass(frozen=True)
class Head:
    """The last layer, fitted again on the newest memes: log odds = `head_inputs` · weights + bias."""

    weights: NDArray[np.float32]
    bias: float


def head_inputs(outputs: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """What the last layer looks at, `[n, d]`: embedding, template probabilities, and the network's own estimates."""
    template = np.exp(outputs["template"] - outputs["template"].max(axis=1, keepdims=True))
    template /= template.sum(axis=1, keepdims=True)
    return np.concatenate(
        [outputs["embedding"], template, outputs["dank"], outputs["percentile"], outputs["length"]], axis=1
    )


def refit(
    outputs: dict[str, NDArray[np.float32]], percentile: NDArray[np.float64], folds: int = 5
) -> tuple[Head, NDArray[np.float64]]:
    """Fit the last layer on memes that the network did not train on, since tastes in templates drift.

    Ridge regression on the percentile ranks better than a classifier of the top 30 %; its answer becomes log odds.

    Returns:
        The head, and for every row the probability from a head that did not see it.
    """
    features = head_inputs(outputs).astype(np.float64)
    dank = percentile >= DANK_FROM
    fold = np.random.default_rng(11).integers(0, folds, len(features))
    unseen = np.empty(len(features))
    for number in range(folds):
        weights, bias = _ridge(features[fold != number], percentile[fold != number])
        unseen[fold == number] = features[fold == number] @ weights + bias
    slope = LogisticRegression(C=1e4).fit(unseen[:, None], dank)
    gain, lift = float(slope.coef_[0, 0]), float(slope.intercept_[0])
    weights, bias = _ridge(features, percentile)
    head = Head((gain * weights).astype(np.float32), gain * bias + lift)
    return head, 1 / (1 + np.exp(-(gain * unseen + lift)))


def _ridge(features: NDArray[np.float64], percentile: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-3
    ridge = Ridge(HEAD_PENALTY).fit((features - mean) / scale, percentile)
    weights = ridge.coef_ / scale
    return weights, float(ridge.intercept_ - mean @ weights)


def export(network: keras.Model, head: Head, path: Path) -> float:
    """Write the network as ONNX (`image` float `[n, side, side, 3]` 0–255 → the outputs of `models.scoring.Look`).

    Returns:
        The largest difference from Keras on 100 random pictures.
    """
    served = _Served(network, head).eval()
    probe = np.random.default_rng(0).integers(0, 256, (100, SIDE, SIDE, 3)).astype(np.float32)
    torch.onnx.export(
        served,
        (torch.from_numpy(probe[:2]),),
        str(path),
        input_names=["image"],
        output_names=["embedding", "probability", "percentile", "template"],
        dynamic_shapes=[{0: torch.export.Dim("n")}],
        dynamo=True,
        external_data=False,
    )
    got = session_of(path).run(None, {"image": probe})
    with torch.no_grad():
        want = [value.numpy() for value in served(torch.from_numpy(probe))]
    return max(float(np.abs(one - other).max()) for one, other in zip(got, want, strict=True))


class _Served(torch.nn.Module):
    """What is shipped: see `dankmeme.models.scoring.Look`."""

    def __init__(self, network: keras.Model, head: Head) -> None:
        super().__init__()
        self.network = network
        self.head = torch.nn.Linear(len(head.weights), 1)
        self.head.weight.data = torch.from_numpy(head.weights[None])
        self.head.bias.data = torch.tensor([head.bias], dtype=torch.float32)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        outputs = self.network(image, training=False)
        seen = [outputs["embedding"], torch.softmax(outputs["template"], dim=1)]
        seen += [outputs[name] for name in ("dank", "percentile", "length")]
        odds = self.head(torch.cat(seen, dim=1))[:, 0]
        return (
            outputs["embedding"],
            torch.sigmoid(odds),
            outputs["percentile"][:, 0],
            torch.log_softmax(outputs["template"], dim=1),
        )


def _batch(examples: Examples, rows: NDArray[np.int64]) -> dict[str, torch.Tensor]:
    return {
        "inputs": torch.from_numpy(examples.inputs[rows].astype(np.float32)),
        "dank": torch.from_numpy(examples.dank[rows]),
        "percentile": torch.from_numpy(examples.percentile[rows]),
        "template": torch.from_numpy(examples.template[rows]),
        "length": torch.from_numpy(examples.length[rows]),
        "teacher": torch.from_numpy(examples.teacher[rows]),
        "weight": torch.from_numpy(examples.weight[rows]),
    }
