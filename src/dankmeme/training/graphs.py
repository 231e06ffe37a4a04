"""ONNX graphs joined: pixels → backbone → head, as one file that is served.

Only operators that mean the same in every version of the operator set are added, so that a backbone keeps its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper, version_converter

from dankmeme.errors import TrainingError
from dankmeme.training.anatomy import Anatomy, examine
from dankmeme.training.clusters import Clusters
from dankmeme.training.heads import Head, Layer
from dankmeme.training.pixels import Pixels

OLDEST_OPERATORS, NEWEST_OPERATORS = 13, 20
_PREFIX = "backbone/"


def load(path: Path) -> onnx.ModelProto:
    """Read an ONNX file, with what it keeps in files beside it.

    Raises:
        TrainingError: `bad-backbone`.
    """
    try:
        return onnx.load(str(path))
    except Exception as error:
        raise TrainingError("bad-backbone", f"{path} is not an ONNX graph: {error}") from None


def body_of(model: onnx.ModelProto, name: str, pixels: Pixels, side: int) -> onnx.ModelProto:
    """A backbone as a graph from `image` float32 `[n, side, side, 3]`, 0–255, to `embedding` float32 `[n, e]`.

    Weights that are kept as 8-bit numbers become float32: that is how they are computed with, and twice as fast.

    Raises:
        TrainingError: `bad-backbone`.
    """
    anatomy = examine(model, name)
    if anatomy.side not in (None, side):
        raise TrainingError("bad-backbone", f"{name} takes pictures of {anatomy.side} pixels, not of {side}")
    kept = compose.add_prefix(with_known_operators(_pruned(model, anatomy)), _PREFIX)
    nodes, constants = _pixel_nodes(pixels, anatomy, _PREFIX + anatomy.image)
    after, more = _pooling_nodes(anatomy, _PREFIX + anatomy.output)
    graph = helper.make_graph(
        [*nodes, *kept.graph.node, *after],
        "body",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", side, side, 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", None])],
        [*kept.graph.initializer, *constants, *more],
    )
    return with_float_weights(_with_graph(kept, graph))


def served(body: onnx.ModelProto, head: Head, clusters: Clusters, path: Path) -> None:
    """Write the graph that is served: see `models.scoring.Look` for its outputs.

    Args:
        body: from `image` to `embedding`.
        head: turns embeddings into log odds and percentiles.
        clusters: stand for templates.
        path: of the file, written under another name first.
    """
    nodes, constants = _head_nodes(head)
    more, centres = _template_nodes(clusters)
    size = len(head.layers[0].weights)
    side = body.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    rows = {"embedding": size, "template": len(clusters.centres)}
    graph = helper.make_graph(
        [*body.graph.node, *nodes, *more],
        "dankmeme",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", side, side, 3])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", rows[name]] if name in rows else ["n"])
            for name in ("embedding", "probability", "percentile", "template")
        ],
        [*body.graph.initializer, *constants, *centres],
    )
    model = _with_graph(body, graph)
    onnx.checker.check_model(model)
    partial = path.with_name(path.name + ".part")
    onnx.save(model, str(partial))
    partial.replace(path)


def with_float_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with weights dequantised once and for all; quantised activations are left as they are."""
    known = {each.name: each for each in model.graph.initializer}
    folded: dict[str, onnx.TensorProto] = {}
    nodes = []
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and all(name in known for name in node.input if name):
            values = [numpy_helper.to_array(known[name]) if name else None for name in node.input]
            folded[node.output[0]] = numpy_helper.from_array(_dequantised(node, values), node.output[0])
        else:
            nodes.append(node)
    read = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        model.graph.name,
        model.graph.input,
        model.graph.output,
        [each for name, each in (known | folded).items() if name in read],
    )
    return _with_graph(model, graph)


def with_weights(model: onnx.ModelProto, weights: dict[str, NDArray[Any]]) -> onnx.ModelProto:
    """The graph with other values for some of its initializers."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    for tensor in changed.graph.initializer:
        if tensor.name in weights:
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(weights[tensor.name]), tensor.name))
    return changed


def with_known_operators(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph in a version of the operator set that the added operators, and every server, know."""
    version = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 1)
    if OLDEST_OPERATORS <= version <= NEWEST_OPERATORS:
        return model
    try:
        return version_converter.convert_version(model, min(max(version, OLDEST_OPERATORS), NEWEST_OPERATORS))
    except Exception as error:
        raise TrainingError(
            "bad-backbone",
            f"the graph is of version {version} of the operators and cannot be turned into one of "
            f"{OLDEST_OPERATORS}–{NEWEST_OPERATORS}: {error}",
        ) from None


def _with_graph(model: onnx.ModelProto, graph: onnx.GraphProto) -> onnx.ModelProto:
    """Another graph with the same operators; what exporters noted (the paths of their machine) is dropped."""
    for node in graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    return helper.make_model(
        graph,
        opset_imports=list(model.opset_import),
        functions=list(model.functions),
        ir_version=min(max(model.ir_version, 8), 10),
        producer_name="dankmeme",
    )


def _pruned(model: onnx.ModelProto, anatomy: Anatomy) -> onnx.ModelProto:
    """The graph with what leads from the picture to the embedding alone."""
    nodes = [model.graph.node[number] for number in anatomy.nodes]
    read = {name for node in nodes for name in node.input} | _read_inside(nodes)
    graph = helper.make_graph(
        nodes,
        model.graph.name,
        [each for each in model.graph.input if each.name == anatomy.image],
        [each for each in model.graph.output if each.name == anatomy.output],
        [each for each in model.graph.initializer if each.name in read],
    )
    return _with_graph(model, graph)


def _read_inside(nodes: Sequence[onnx.NodeProto]) -> set[str]:
    """Names that the graphs inside nodes read."""
    graphs = [attribute.g for node in nodes for attribute in node.attribute if attribute.HasField("g")]
    return {name for graph in graphs for node in graph.node for name in node.input} | (
        set().union(*(_read_inside(graph.node) for graph in graphs)) if graphs else set()
    )


def _pixel_nodes(pixels: Pixels, anatomy: Anatomy, target: str) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    nodes = [
        helper.make_node("Sub", ["image", "pixels/mean"], ["pixels/centred"]),
        helper.make_node("Div", ["pixels/centred", "pixels/deviation"], ["pixels/scaled"]),
        helper.make_node("Transpose", ["pixels/scaled"], [target], perm=[0, 3, 1, 2])
        if anatomy.layout == "NCHW"
        else helper.make_node("Identity", ["pixels/scaled"], [target]),
    ]
    return nodes, [_floats(pixels.mean, "pixels/mean"), _floats(pixels.deviation, "pixels/deviation")]


def _pooling_nodes(anatomy: Anatomy, source: str) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """From what the backbone gives to one embedding a picture: see `Anatomy.rank`."""
    if anatomy.rank == 2:
        return [helper.make_node("Identity", [source], ["embedding"])], []
    if anatomy.rank == 3:
        first = numpy_helper.from_array(np.array(0, dtype=np.int64), "pooling/first")
        return [helper.make_node("Gather", [source, "pooling/first"], ["embedding"], axis=1)], [first]
    nodes = [
        helper.make_node("Transpose", [source], ["pooling/map"], perm=[0, 3, 1, 2])
        if anatomy.layout == "NHWC"
        else helper.make_node("Identity", [source], ["pooling/map"]),
        helper.make_node("GlobalAveragePool", ["pooling/map"], ["pooling/mean"]),
        helper.make_node("Flatten", ["pooling/mean"], ["embedding"], axis=1),
    ]
    return nodes, []


def _head_nodes(head: Head) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    nodes, constants, source = [], [], "embedding"
    for number, layer in enumerate(head.layers):
        if number:
            nodes.append(helper.make_node("Relu", [source], [f"head/{number}/positive"]))
            source = f"head/{number}/positive"
        node, more = _layer(layer, source, f"head/{number}")
        nodes.append(node)
        constants += more
        source = f"head/{number}"
    nodes += [
        helper.make_node("Sigmoid", [source], ["head/share"]),
        helper.make_node("Reshape", ["head/share", "head/flat"], ["probability"]),
    ]
    constants.append(numpy_helper.from_array(np.array([-1], dtype=np.int64), "head/flat"))
    if head.percentile is None:
        return [*nodes, helper.make_node("Identity", ["probability"], ["percentile"])], constants
    node, more = _layer(head.percentile, "embedding", "percentile/estimate")
    bounds = [_floats(value, f"percentile/{value}") for value in (0, 1)]
    nodes += [
        node,
        helper.make_node("Max", ["percentile/estimate", "percentile/0"], ["percentile/raised"]),
        helper.make_node("Min", ["percentile/raised", "percentile/1"], ["percentile/kept"]),
        helper.make_node("Reshape", ["percentile/kept", "head/flat"], ["percentile"]),
    ]
    return nodes, [*constants, *more, *bounds]


def _template_nodes(clusters: Clusters) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    nodes = [
        helper.make_node("LpNormalization", ["embedding"], ["template/unit"], axis=1, p=2),
        helper.make_node("MatMul", ["template/unit", "template/centres"], ["template/similar"]),
        helper.make_node("LogSoftmax", ["template/similar"], ["template"], axis=1),
    ]
    return nodes, [_floats(clusters.centres.T * clusters.sharpness, "template/centres")]


def _layer(layer: Layer, source: str, name: str) -> tuple[onnx.NodeProto, list[onnx.TensorProto]]:
    constants = [_floats(layer.weights, f"{name}/weights"), _floats(layer.bias, f"{name}/bias")]
    return helper.make_node("Gemm", [source, f"{name}/weights", f"{name}/bias"], [name]), constants


def _floats(values: Any, name: str) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, dtype=np.float32, order="C"), name)


def _dequantised(node: onnx.NodeProto, values: list[Any]) -> NDArray[np.float32]:
    """(x − zero point) × scale, along an axis where there are several scales (ONNX, DequantizeLinear)."""
    weights, scale = values[0], values[1]
    zero = values[2] if len(values) > 2 and values[2] is not None else np.zeros_like(scale)
    if scale.ndim == 1 and scale.size > 1:
        axis = next((each.i for each in node.attribute if each.name == "axis"), 1)
        shape = [-1 if place == axis % weights.ndim else 1 for place in range(weights.ndim)]
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    floats: NDArray[np.float32] = (weights.astype(np.float32) - zero.astype(np.float32)) * scale.astype(np.float32)
    return floats
