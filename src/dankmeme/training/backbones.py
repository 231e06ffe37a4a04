"""Backbones: what turns a picture into an embedding before anything is learnt of memes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np
import onnx

from dankmeme.errors import TrainingError, first_line
from dankmeme.training import hub
from dankmeme.training.anatomy import examine
from dankmeme.training.graphs import body_of, load
from dankmeme.training.pixels import SCALES, Pixels, named, read_config

SIDE, SIDE_2018, SIDE_OF_FILES = 160, 128, 224
UNTRAINED = "none: trained from scratch"
RANDOM = "random, not pretrained"
_FAMILIES = "bundled, scratch, vgg16-2018, keras:NAME, an ONNX file, an https address of one, or owner/name on the hub"


@dataclass(frozen=True)
class Backbone:
    """A backbone that is there and can be used.

    Attributes:
        name: `bundled`, `scratch`, `vgg16-2018`, `keras:EfficientNetV2B0`, or the ONNX file's name or hub id.
        kind: how it is run and trained.
        side: of the square uint8 RGB model input that the picture is squashed to.
        weights: where its weights come from, in words.
        path: the ONNX file, or a file of Keras weights.
        key: names graph, weights, scale of pixels and side: embeddings may be kept under it.
        pixels: their scale, for ONNX.
    """

    name: str
    kind: Literal["scratch", "keras", "onnx"]
    side: int
    weights: str
    path: Path | None
    key: str
    pixels: Pixels | None = None

    @property
    def application(self) -> str:
        """The name of its network in `keras.applications`."""
        return "VGG16" if self.name == "vgg16-2018" else self.name.removeprefix("keras:").removesuffix("@random")


def resolve(
    name: str,
    *,
    weights: Path | None = None,
    side: int | None = None,
    pixels: str | None = None,
    folder: Path,
    allow: Collection[str] = (),
) -> Backbone:
    """Find a backbone by its name, and try it.

    Args:
        name: `bundled`, `scratch`, `vgg16-2018`, `keras:NAME` (`keras:NAME@random` for untrained weights), an ONNX
            file, an https address, or `owner/name[:file]` on the hub.
        weights: a file of weights for a Keras network.
        side: of the pictures, where the backbone leaves it open.
        pixels: name of their scale (`pixels.SCALES`), for an ONNX file that has no `preprocessor_config.json`.
        folder: where downloads are kept.
        allow: hosts that may have a private address, as for `Fetcher`.

    Raises:
        TrainingError: `unknown-backbone`, `weights-missing`, `bad-weights`, `bad-backbone`, `download-failed`,
            `unknown-pixels`, `unused-option`.
    """
    is_keras = name == "vgg16-2018" or name.startswith("keras:")
    if weights is not None and not is_keras:
        raise TrainingError("unused-option", f"the backbone {name} takes no file of weights: only Keras networks do")
    if pixels is not None and (is_keras or name in ("scratch", "bundled")):
        raise TrainingError("unused-option", f"the backbone {name} scales pixels as it learnt to: leave the scale out")
    if name == "scratch":
        return _scratch(side or SIDE)
    if is_keras:
        return _keras(name, weights, side or (SIDE_2018 if name == "vgg16-2018" else SIDE))
    if name == "bundled":
        path = Path(str(resources.files("dankmeme") / "assets" / "default" / "cnn.onnx"))
        return _onnx(name, path, side, SCALES["raw"], "the image model that comes with dankmeme")
    path = _file(name, folder, allow)
    scale, found = _scale(path, pixels)
    return _onnx(name if _is_elsewhere(name) else path.name, path, side or found, scale, _origin(name, path))


def _scratch(side: int) -> Backbone:
    key = hashlib.sha256(f"scratch {side}".encode()).hexdigest()
    return Backbone("scratch", "scratch", side, UNTRAINED, None, key)


def _keras(name: str, weights: Path | None, side: int) -> Backbone:
    """The network is built once to see that it can be: its weights may be missing."""
    from dankmeme.training.network import application, content_key

    pretrained = not name.endswith("@random")
    if weights is not None and not pretrained:
        raise TrainingError("unused-option", f"{name} has random weights: leave @random or the file out")
    words = f"the file {weights.name}" if weights else "ImageNet, as they come with Keras" if pretrained else RANDOM
    backbone = Backbone(name, "keras", side, words, weights, "")
    network = application(backbone.application, side, weights, pretrained=pretrained)
    found = content_key(network) if pretrained else "random"
    key = hashlib.sha256(f"{backbone.application} {side} {found}".encode()).hexdigest()
    return Backbone(name, "keras", side, words, weights, key)


def _onnx(name: str, path: Path, side: int | None, pixels: Pixels, words: str) -> Backbone:
    model = load(path)
    fixed = examine(model, name).side
    side = side or fixed or SIDE_OF_FILES
    body = body_of(model, name, pixels, side)
    _try(body, name, side)
    digest = hashlib.sha256(body.SerializeToString(deterministic=True))
    return Backbone(name, "onnx", side, words, path, digest.hexdigest(), pixels)


def _try(body: onnx.ModelProto, name: str, side: int) -> None:
    """Two pictures at once show whether the graph runs, for any number of them."""
    import onnxruntime

    images = np.random.default_rng(0).integers(0, 256, (2, side, side, 3)).astype(np.float32)
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(body.SerializeToString(), options, providers=["CPUExecutionProvider"])
        embedding = session.run(["embedding"], {"image": images})[0]
    except Exception as error:
        raise TrainingError(
            "bad-backbone", f"{name} does not run on two pictures of {side} pixels: {first_line(error)}"
        ) from None
    if embedding.ndim != 2 or len(embedding) != 2 or not np.isfinite(embedding).all():
        raise TrainingError("bad-backbone", f"{name} gives {list(embedding.shape)} for two pictures, or no numbers")


def _file(name: str, folder: Path, allow: Collection[str]) -> Path:
    if name.startswith(("http://", "https://")):
        return hub.from_url(name, folder, allow)
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if path.is_dir():
        raise TrainingError("backbone-missing", f"{name} is a folder: name the ONNX file in it")
    if _is_hub_id(name):
        return hub.from_hub(name, folder)
    if path.suffix == ".onnx":
        raise TrainingError("backbone-missing", f"there is no file {name}: bring it, or choose the backbone bundled")
    raise TrainingError("unknown-backbone", f"there is no backbone {name}: it can be {_FAMILIES}")


def _is_hub_id(name: str) -> bool:
    model, _, file = name.partition(":")
    return model.count("/") == 1 and not model.startswith(("/", ".", "~")) and (bool(file) or ".onnx" not in model)


def _is_elsewhere(name: str) -> bool:
    return name.startswith(("http://", "https://")) or (not Path(name).expanduser().is_file() and _is_hub_id(name))


def _scale(path: Path, pixels: str | None) -> tuple[Pixels, int | None]:
    """What is asked for comes first, then what the hub's file beside the graph says, then −1…1."""
    config = hub.config_of(path)
    found = read_config(config) if config else (SCALES["signed"], None)
    return (named(pixels), found[1]) if pixels else found


def _origin(name: str, path: Path) -> str:
    if name.startswith(("http://", "https://")):
        return f"fetched from {name}"
    return f"{name} on the Hugging Face hub" if _is_elsewhere(name) else f"the file {path.name}"
