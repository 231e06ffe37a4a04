"""An ONNX graph as a PyTorch module: its weights can be trained on, and go back into the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from dankmeme.training.graphs import with_weights
from dankmeme.training.operators import OPERATORS, Attributes

STATISTICS = {"BatchNormalization": (3, 4)}
"""Inputs that are measured, not learnt: by operator, their places."""
LEARNT_BY = {"Conv", "Gemm", "MatMul", "BatchNormalization", "LayerNormalization", "Add", "Mul", "PRelu"}
"""Operators whose constant inputs are weights."""
_SMALLEST = 2


class UnknownOperatorError(Exception):
    """The graph has an operator that cannot be trained through."""


class Torched(torch.nn.Module):
    """Runs `image` float32 `[n, side, side, 3]`, 0–255, to `embedding` `[n, e]`.

    Batch normalisation keeps the statistics that it has.

    Args:
        model: as `graphs.body_of` gives it.

    Raises:
        UnknownOperatorError: its message names the operator.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        super().__init__()
        self._model = model
        self._steps = [_step(node) for node in model.graph.node if node.op_type != "Constant"]
        self._names: dict[str, str] = {}
        self._whole: dict[str, torch.Tensor] = {}
        learnt = _learnt(model.graph)
        for number, (name, values) in enumerate(_constants(model.graph).items()):
            if not values.is_floating_point():  # sizes and places: they stay on the processor
                self._whole[name] = values
                continue
            self._names[name] = f"w{number}"
            if name in learnt and values.dtype == torch.float32:
                self.register_parameter(self._names[name], torch.nn.Parameter(values))
            else:
                self.register_buffer(self._names[name], values)

    def forward(self, image: torch.Tensor, training: bool = False) -> torch.Tensor:
        """Embeddings `[n, e]`; the same whether or not they are trained on."""
        values: dict[str, Any] = {name: getattr(self, key) for name, key in self._names.items()}
        values |= self._whole | {"image": image}
        for kind, attributes, inputs, outputs in self._steps:
            found = OPERATORS[kind](attributes, [values[name] if name else None for name in inputs])
            values.update(zip(outputs, found if isinstance(found, tuple) else (found,), strict=False))
        embedding: torch.Tensor = values["embedding"]
        return embedding

    def graph(self) -> onnx.ModelProto:
        """The ONNX graph with the weights as they are now."""
        weights: dict[str, NDArray[Any]] = {
            name: getattr(self, key).detach().cpu().numpy()
            for name, key in self._names.items()
            if isinstance(getattr(self, key), torch.nn.Parameter)
        }
        return with_weights(self._model, weights)


def _step(node: onnx.NodeProto) -> tuple[str, Attributes, list[str], list[str]]:
    if node.domain not in ("", "ai.onnx") or node.op_type not in OPERATORS:
        raise UnknownOperatorError(f"{node.domain}.{node.op_type}" if node.domain else node.op_type)
    attributes = _attributes(node)
    if node.op_type == "Split":  # without sizes, into as many equal parts as are named
        attributes.setdefault("num_outputs", len(node.output))
    return node.op_type, attributes, list(node.input), list(node.output)


def _constants(graph: onnx.GraphProto) -> dict[str, torch.Tensor]:
    """Initializers, and what the nodes give that are constants."""
    found = {each.name: _tensor(each) for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            found[node.output[0]] = torch.as_tensor(next(iter(_attributes(node).values())))
    return found


def _attributes(node: onnx.NodeProto) -> Attributes:
    return {each.name: _attribute(each) for each in node.attribute}


def _attribute(attribute: onnx.AttributeProto) -> Any:
    value = helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode()
    return _tensor(value) if isinstance(value, onnx.TensorProto) else value


def _tensor(tensor: onnx.TensorProto) -> torch.Tensor:
    return torch.from_numpy(np.array(numpy_helper.to_array(tensor)))


def _learnt(graph: onnx.GraphProto) -> set[str]:
    """Names of the constants that training may change: weights and biases, not the numbers of a formula."""
    learnt, fixed = set[str](), set[str]()
    sizes = {each.name: int(np.prod(each.dims)) for each in graph.initializer}
    for node in graph.node:
        for place, name in enumerate(node.input):
            if name.startswith("pixels/") or place in STATISTICS.get(node.op_type, ()):
                fixed.add(name)
            elif node.op_type in LEARNT_BY and sizes.get(name, 0) >= _SMALLEST:
                learnt.add(name)
            else:
                fixed.add(name)
    return learnt - fixed
