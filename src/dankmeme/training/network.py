"""Keras networks, on PyTorch: backbones of `keras.applications`, a small one from scratch, and heads."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from dankmeme.errors import TrainingError, first_line
from dankmeme.training.heads import Layer, Scale, unscaled
from dankmeme.training.recipes import Recipe

EMBEDDING = 128
WIDTHS = (32, 64, 128, 192)
OPERATORS = 20
"""Version of ONNX's operators that is exported."""
_SILENT_SECONDS = 60.0


def keras() -> Any:
    """The Keras package, computing with PyTorch."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    if keras.backend.backend() != "torch":
        raise TrainingError("wrong-keras-backend", "training needs Keras on PyTorch: set KERAS_BACKEND=torch")
    return keras


def application(name: str, side: int, weights: Path | None, *, pretrained: bool = True) -> Any:
    """A network of `keras.applications` from `[n, side, side, 3]`, 0–255 RGB, to its pooled features `[n, e]`.

    The scaling of pixels that the network learnt with is inside it.

    Args:
        name: e.g. `EfficientNetV2B0`.
        side: of the pictures.
        weights: a file of weights; None for those of ImageNet, which Keras keeps in `KERAS_HOME` or downloads.
        pretrained: False for random weights.

    Raises:
        TrainingError: `unknown-backbone`, `weights-missing`, `bad-weights`, `bad-backbone`.
    """
    applications = keras().applications
    build = getattr(applications, name, None)
    if build is None or not name[:1].isupper():
        known = ", ".join(sorted(each for each in dir(applications) if each[:1].isupper()))
        raise TrainingError("unknown-backbone", f"Keras has no application called {name}; it has {known}")
    family = getattr(applications, build.__module__.rpartition(".")[2])
    image = keras().Input((side, side, 3), name="image")
    source = "imagenet" if pretrained and weights is None else None
    network = _built(build, name, source, side)
    if weights is not None:
        _load(network, name, weights)
    return keras().Model(image, network(family.preprocess_input(image)))


def scratch(side: int) -> Any:
    """The small residual network of the bundled model, `[n, side, side, 3]`, 0–255 → `[n, EMBEDDING]`, untrained."""
    layers = keras().layers
    image = keras().Input((side, side, 3), name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = layers.Conv2D(WIDTHS[0], 4, strides=4, use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = _convolution(x, WIDTHS[0], 1)
    for width in WIDTHS[1:]:
        x = _residual(_convolution(x, width, 2), width)
    return keras().Model(image, layers.Dense(EMBEDDING)(layers.GlobalAveragePooling2D()(x)))


@dataclass(frozen=True)
class KerasHead:
    """A head that can be trained.

    Attributes:
        model: embeddings `[n, e]` → two numbers: log odds and percentile, or the log odds of two classes.
        recipe: says which.
        scale: by which embeddings are standardised inside it.
    """

    model: Any
    recipe: Recipe
    scale: Scale | None

    def copy(self) -> KerasHead:
        """Another one with the same weights."""
        model = keras().models.clone_model(self.model)
        for new, old in zip(model.weights, self.model.weights, strict=True):
            new.assign(old.value)
        return KerasHead(model, self.recipe, self.scale)

    def layers(self, lift: float) -> tuple[Layer, Layer]:
        """Its layers as plain weights, for embeddings as they are, up to the log odds; `lift` is added to these."""
        hidden, last = (Layer(*map(_array, self.model.get_layer(name).weights)) for name in ("hidden", "last"))
        if self.scale is not None:
            hidden = unscaled(hidden, self.scale)
        last = (
            Layer(last.weights[:, 1:] - last.weights[:, :1], last.bias[1:] - last.bias[:1])
            if (self.recipe.classes)
            else Layer(last.weights[:, :1], last.bias[:1])
        )
        return hidden, Layer(last.weights, (last.bias + lift).astype(np.float32))


def head(size: int, recipe: Recipe, scale: Scale | None) -> KerasHead:
    """A new head for embeddings `[n, size]`."""
    layers = keras().layers
    embedding = keras().Input((size,))
    x = embedding
    if scale is not None:
        x = layers.Normalization(mean=scale.mean, variance=scale.deviation**2)(x)
    x = layers.Dense(recipe.hidden, activation="relu", name="hidden")(x)
    x = layers.Dropout(recipe.dropout)(x)
    start = "glorot_uniform" if recipe.classes else "zeros"  # from chance it takes epochs to unlearn wild percentiles
    last = layers.Dense(2, kernel_initializer=start, name="last")
    return KerasHead(keras().Model(embedding, last(x)), recipe, scale)


def content_key(network: Any) -> str:
    """Names the network with its weights."""
    digest = hashlib.sha256(repr([(v.shape, str(v.dtype)) for v in network.variables]).encode())
    for variable in network.variables:
        if "seed_generator" not in variable.path:
            digest.update(_array(variable).tobytes())
    return digest.hexdigest()


def export(network: torch.nn.Module, side: int) -> onnx.ModelProto:
    """A network as ONNX: `image` `[n, side, side, 3]` → `embedding`; the number of pictures is free."""
    device = next(network.parameters()).device
    with keras().device("cpu"), _quietly(), torch.no_grad():
        program = torch.onnx.export(
            _Exported(network.cpu()).eval(),
            (torch.zeros(2, side, side, 3),),
            input_names=["image"],
            output_names=["embedding"],
            opset_version=OPERATORS,
            dynamic_shapes=[{0: torch.export.Dim("n")}],
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    network.to(device)
    return program.model_proto


def _array(variable: Any) -> NDArray[np.float32]:
    return np.array(variable.value.detach().cpu().numpy(), order="C")


class _Exported(torch.nn.Module):
    """The network as it is used, not as it is trained."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        embedding: torch.Tensor = self.network(image, training=False)
        return embedding


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporter's remarks about libraries that are not there, on both of its channels."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _built(build: Any, name: str, source: str | None, side: int) -> Any:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SILENT_SECONDS)
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")  # some remark that their weights are of another size of picture
            return build(weights=source, include_top=False, input_shape=(side, side, 3), pooling="avg")
    except ValueError as error:
        raise TrainingError("bad-backbone", f"{name} cannot be built for {side} pixels: {first_line(error)}") from None
    except Exception as error:
        file = re.search(r"/([\w.-]+\.h5)", str(error))
        raise TrainingError(
            "weights-missing",
            f"the ImageNet weights of {name} cannot be downloaded here: bring {file[1] if file else 'their file'} and "
            "name it with --weights, or choose --backbone bundled",
        ) from None
    finally:
        socket.setdefaulttimeout(before)


def _load(network: Any, name: str, weights: Path) -> None:
    if not weights.is_file():
        raise TrainingError("weights-missing", f"there is no file {weights} with the weights of {name}")
    try:
        network.load_weights(str(weights))
    except Exception as error:
        raise TrainingError(
            "bad-weights",
            f"{weights} does not hold the weights of {name} without its last layers: {first_line(error)}",
        ) from None


def _convolution(x: Any, width: int, stride: int) -> Any:
    layers = keras().layers
    x = layers.Conv2D(width, 3, strides=stride, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _residual(x: Any, width: int) -> Any:
    layers = keras().layers
    y = layers.Conv2D(width, 3, padding="same", use_bias=False)(_convolution(x, width, 1))
    return layers.ReLU()(layers.Add()([x, layers.BatchNormalization(gamma_initializer="zeros")(y)]))
