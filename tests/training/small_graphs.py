"""Small ONNX graphs, as backbones for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 32


def floats(name: str, values: Any) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, dtype=np.float32), name)


def model(
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    *,
    image: list[Any] = ["n", 3, SIDE, SIDE],  # noqa: B006
    outputs: dict[str, list[Any]],
    inputs: list[onnx.ValueInfoProto] | None = None,
    opset: int = 17,
) -> onnx.ModelProto:
    made = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, image), *(inputs or [])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        constants,
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.example", 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=8)


def convolutional(width: int = 8, seed: int = 0) -> onnx.ModelProto:
    """Two convolutions with batch normalisation and a global average, as exporters write them."""
    drawn = np.random.default_rng(seed)
    nodes = [
        helper.make_node("Conv", ["image", "w1", "b1"], ["c1"], strides=[2, 2], pads=[0, 0, 1, 1], name="first"),
        helper.make_node("BatchNormalization", ["c1", "gain", "lift", "mean", "variance"], ["n1"]),
        helper.make_node("Clip", ["n1", "low", "high"], ["a1"]),
        helper.make_node("Conv", ["a1", "w2"], ["c2"], group=width, pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c2"], ["a2"]),
        helper.make_node("Add", ["a1", "a2"], ["sum"]),
        helper.make_node("GlobalAveragePool", ["sum"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["embedding"]),
    ]
    constants = [
        floats("w1", drawn.normal(0, 0.3, (width, 3, 3, 3))),
        floats("b1", drawn.normal(0, 0.1, width)),
        floats("gain", drawn.uniform(0.5, 1.5, width)),
        floats("lift", drawn.normal(0, 0.5, width)),
        floats("mean", drawn.normal(0, 0.2, width)),
        floats("variance", drawn.uniform(0.5, 1.5, width)),
        floats("low", 0),
        floats("high", 6),
        floats("w2", drawn.normal(0, 0.3, (width, 1, 3, 3))),
    ]
    return model(nodes, constants, outputs={"embedding": ["n", width]})


def quantised(width: int = 8) -> onnx.ModelProto:
    """One convolution with 8-bit weights, a scale for each channel."""
    drawn = np.random.default_rng(3)
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "scale", "zero"], ["weights"], axis=0),
        helper.make_node("Conv", ["image", "weights"], ["seen"], strides=[2, 2]),
        helper.make_node("Relu", ["seen"], ["map"]),
    ]
    constants = [
        numpy_helper.from_array(drawn.integers(0, 256, (width, 3, 3, 3)).astype(np.uint8), "w"),
        floats("scale", drawn.uniform(0.001, 0.01, width)),
        numpy_helper.from_array(drawn.integers(100, 150, width).astype(np.uint8), "zero"),
    ]
    return model(nodes, constants, outputs={"map": ["n", width, "h", "w"]})


def saved(made: onnx.ModelProto, path: Path) -> Path:
    onnx.save(made, str(path))
    return path
