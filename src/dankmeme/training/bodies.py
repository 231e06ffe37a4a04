"""Bodies: backbones at work, the ONNX ones on ONNX Runtime, those that are trained on PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import onnx
import torch

from dankmeme.errors import first_line
from dankmeme.training import network
from dankmeme.training.anatomy import Anatomy, examine
from dankmeme.training.backbones import Backbone
from dankmeme.training.graphs import body_of, load
from dankmeme.training.lessons import Floats, Inputs, Progress, Told
from dankmeme.training.pixels import SCALES
from dankmeme.training.torched import Torched, UnknownOperatorError

BATCH = 32
LARGEST_DIFFERENCE = 1e-3
"""Of an embedding by PyTorch from the same by ONNX Runtime, as a share of the largest number in it."""


class Body(Protocol):
    """Pictures become embeddings."""

    def embed(self, inputs: Inputs) -> Floats:
        """float32 `[n, e]` of a few pictures uint8 `[n, side, side, 3]`."""

    def original(self, inputs: Inputs) -> Floats:
        """The same by what the graph was made from: what an exported graph is checked against."""

    def graph(self) -> onnx.ModelProto:
        """ONNX, from `image` to `embedding`."""


class OnnxBody:
    """An ONNX backbone as it came, on ONNX Runtime."""

    def __init__(self, backbone: Backbone, threads: int) -> None:
        assert backbone.path is not None
        self._backbone = backbone
        self._path = backbone.path
        self._pixels = backbone.pixels or SCALES["signed"]
        self._threads = threads

    def embed(self, inputs: Inputs) -> Floats:
        """By the graph with the pixels' scale inside it."""
        found: Floats = self._composed.run(["embedding"], {"image": inputs.astype(np.float32)})[0]
        return found

    def original(self, inputs: Inputs) -> Floats:
        """By the file as it is, its weights quantised if they are."""
        mean, deviation = (np.array(each, dtype=np.float32) for each in (self._pixels.mean, self._pixels.deviation))
        scaled = (inputs.astype(np.float32) - mean) / deviation
        anatomy = self._anatomy
        first = anatomy.layout == "NCHW"
        image = np.ascontiguousarray(scaled.transpose(0, 3, 1, 2)) if first else scaled
        asked = {each.name for each in self._original.get_inputs()}
        if asked != {anatomy.image}:  # it reads text too, which the embedding of a picture does not depend on
            return self.embed(inputs)
        found: Floats = self._original.run([anatomy.output], {anatomy.image: image})[0]
        if anatomy.rank == 3:
            return found[:, 0]
        return found if anatomy.rank == 2 else found.mean(axis=(2, 3) if first else (1, 2))

    def graph(self) -> onnx.ModelProto:
        """As it was composed."""
        return body_of(load(self._path), self._backbone.name, self._pixels, self._backbone.side)

    @cached_property
    def _anatomy(self) -> Anatomy:
        return examine(load(self._path), self._backbone.name)

    @cached_property
    def _composed(self) -> Any:
        return session(self.graph().SerializeToString(), self._threads)

    @cached_property
    def _original(self) -> Any:
        return session(str(self._path), self._threads)


class TrainedBody:
    """A body of PyTorch, trained or about to be.

    Args:
        module: `[n, side, side, 3]` float32, 0–255, and `training=` → `[n, e]`.
        to_graph: gives it as ONNX.
    """

    def __init__(self, module: torch.nn.Module, to_graph: Callable[[], onnx.ModelProto]) -> None:
        self.module = module
        self._to_graph = to_graph

    def embed(self, inputs: Inputs) -> Floats:
        """By PyTorch."""
        device = next(self.module.parameters()).device
        with torch.inference_mode():
            image = torch.from_numpy(inputs.astype(np.float32)).to(device)
            found: Floats = self.module(image, training=False).float().cpu().numpy()
        return found

    original = embed

    def graph(self) -> onnx.ModelProto:
        """As it is now."""
        return self._to_graph()


def open_body(backbone: Backbone, threads: int, seed: int) -> Body:
    """The backbone as it came; `seed` is for weights that are random."""
    return OnnxBody(backbone, threads) if backbone.kind == "onnx" else trainable(backbone, seed)


def trainable(backbone: Backbone, seed: int) -> TrainedBody:
    """The backbone as a module that can be trained.

    Raises:
        UnknownOperatorError: of `torched`, for an ONNX graph that PyTorch cannot run.
    """
    if backbone.kind == "onnx":
        torched = Torched(OnnxBody(backbone, 1).graph()).to(_device())
        return TrainedBody(torched, torched.graph)
    network.keras().utils.set_random_seed(seed)
    if backbone.kind == "scratch":
        built = network.scratch(backbone.side)
    else:
        pretrained = not backbone.name.endswith("@random")
        built = network.application(backbone.application, backbone.side, backbone.path, pretrained=pretrained)
    built.to(memory_format=torch.channels_last)
    return TrainedBody(built, lambda: network.export(built, backbone.side))


def trainable_as_it_was(backbone: Backbone, seed: int, frozen: Body, inputs: Inputs) -> TrainedBody | str:
    """The backbone as a module that sees what the frozen one sees in some pictures; else why there is none."""
    try:
        body = trainable(backbone, seed)
        got, want = body.embed(inputs), frozen.embed(inputs)
    except UnknownOperatorError as error:
        return f"it cannot be trained through its operator {error}"
    except (RuntimeError, LookupError, TypeError, ValueError) as error:
        return f"PyTorch cannot run it: {first_line(error)}"
    off = float(np.abs(got - want).max() / max(float(np.abs(want).max()), 1e-6))
    return body if off < LARGEST_DIFFERENCE else f"PyTorch sees other things in pictures, by {off:.2%}"


def embed_all(body: Body, inputs: Inputs, stage: str, told: Told) -> Floats:
    """Embeddings float32 `[n, e]` of any number of pictures."""
    parts = []
    for start in range(0, len(inputs), BATCH):
        parts.append(body.embed(inputs[start : start + BATCH]))
        told(Progress(stage, min(start + BATCH, len(inputs)), len(inputs)))
    return np.concatenate(parts)


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def session(graph: str | bytes, threads: int) -> Any:
    """An ONNX Runtime session of a file or of a graph's bytes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
