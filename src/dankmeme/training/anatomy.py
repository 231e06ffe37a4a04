"""What an ONNX graph of a stranger's takes and gives: where the picture goes in, where an embedding comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import onnx
from onnx import TensorProto

from dankmeme.errors import TrainingError

NAMES = ("image_embeds", "image_embedding", "embedding", "embeddings", "pooler_output")
"""Outputs that are taken before all others, in this order."""


@dataclass(frozen=True)
class Anatomy:
    """How a graph is used.

    Attributes:
        image: name of the input that takes the picture.
        layout: `NCHW` or `NHWC`.
        side: of the square picture where the graph fixes it.
        output: name of the output that is taken.
        rank: of that output: 2 is an embedding, of 3 the first token is, of 4 the mean over the picture.
        nodes: numbers of the nodes that this output depends on.
    """

    image: str
    layout: Literal["NCHW", "NHWC"]
    side: int | None
    output: str
    rank: int
    nodes: tuple[int, ...]


def examine(model: onnx.ModelProto, name: str) -> Anatomy:
    """Find image and embedding.

    Args:
        model: the graph; other inputs (text) do no harm where the embedding does not depend on them.
        name: of the graph, for messages.

    Raises:
        TrainingError: `bad-backbone`, with what was found.
    """
    image = _image(model, name)
    layout, side = _layout(image, name)
    wanted: tuple[int, str, int, tuple[int, ...]] | None = None
    for output in _with_shapes(model).graph.output:
        nodes, inputs = ancestors(model.graph, output.name)
        rank = len(output.type.tensor_type.shape.dim)
        if inputs == {image.name} and rank in (2, 3, 4):
            place = NAMES.index(output.name) if output.name in NAMES else len(NAMES) + rank
            if wanted is None or place < wanted[0]:
                wanted = (place, output.name, rank, nodes)
    if wanted is None:
        raise TrainingError(
            "bad-backbone",
            f"{name} has no output that is an embedding of the picture {image.name} alone: {_outputs(model)}",
        )
    return Anatomy(image.name, layout, side, *wanted[1:])


def ancestors(graph: onnx.GraphProto, output: str) -> tuple[tuple[int, ...], set[str]]:
    """Numbers of the nodes that an output depends on, and names of the inputs."""
    maker = {name: number for number, node in enumerate(graph.node) for name in node.output if name}
    fed = {each.name for each in graph.input} - {each.name for each in graph.initializer}
    nodes, inputs, open_names = set[int](), set[str](), [output]
    while open_names:
        name = open_names.pop()
        if name in maker and maker[name] not in nodes:
            nodes.add(maker[name])
            open_names += _read_by(graph.node[maker[name]])
        elif name in fed:
            inputs.add(name)
    return tuple(sorted(nodes)), inputs


def _read_by(node: onnx.NodeProto) -> list[str]:
    """What a node reads, the graphs inside it included."""
    names = list(node.input)
    for attribute in node.attribute:
        for graph in [attribute.g] if attribute.HasField("g") else list(attribute.graphs):
            names += [name for inner in graph.node for name in _read_by(inner)]
    return [name for name in names if name]


def _image(model: onnx.ModelProto, name: str) -> onnx.ValueInfoProto:
    fed = {each.name for each in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in fed]
    images = [each for each in inputs if len(each.type.tensor_type.shape.dim) == 4]
    if len(images) != 1:
        described = ", ".join(_described(each) for each in inputs) or "none"
        raise TrainingError("bad-backbone", f"{name} should have one input that is a picture; its inputs: {described}")
    if images[0].type.tensor_type.elem_type != TensorProto.FLOAT:
        raise TrainingError(
            "bad-backbone", f"{name} takes {_described(images[0])}; it should take float32: bring that export of it"
        )
    image: onnx.ValueInfoProto = images[0]
    return image


def _layout(image: onnx.ValueInfoProto, name: str) -> tuple[Literal["NCHW", "NHWC"], int | None]:
    dims = [each.dim_value for each in image.type.tensor_type.shape.dim]
    if dims[0]:
        raise TrainingError(
            "bad-backbone", f"{name} takes {dims[0]} pictures at a time: export it with a free number of pictures"
        )
    layout: Literal["NCHW", "NHWC"] = "NHWC" if dims[3] == 3 and dims[1] != 3 else "NCHW"
    channels, height, width = (dims[3], dims[1], dims[2]) if layout == "NHWC" else (dims[1], dims[2], dims[3])
    if channels not in (0, 3) or height != width:
        raise TrainingError(
            "bad-backbone", f"{name} takes {_described(image)}; it should take square pictures of 3 colours"
        )
    return layout, height or None


def _with_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with the shapes of its outputs, where they can be told."""
    if all(each.type.tensor_type.HasField("shape") for each in model.graph.output):
        return model
    return onnx.shape_inference.infer_shapes(model)


def _outputs(model: onnx.ModelProto) -> str:
    return ", ".join(_described(each) for each in model.graph.output) or "it has none"


def _described(value: onnx.ValueInfoProto) -> str:
    tensor = value.type.tensor_type
    dims = ", ".join(str(each.dim_value or each.dim_param or "?") for each in tensor.shape.dim)
    return f"{value.name} {TensorProto.DataType.Name(tensor.elem_type).lower()} [{dims}]"
