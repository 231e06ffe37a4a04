"""How unlike the examples a picture is: the mean cosine distance to the nearest of some references, as ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

REFERENCES = 1_500
NEIGHBOURS = 5
TOO_FAR = 0.99
"""Share of unseen pictures of the time just after that count as near enough to what was learnt from. Later there is
more that is new, such as templates, and captions tell much of those all the same."""
Floats = NDArray[np.float32]


def references_of(embedding: Floats, seed: int = 2) -> Floats:
    """Some of the examples' embeddings, at most `REFERENCES`, by chance."""
    return embedding[np.random.default_rng(seed).permutation(len(embedding))[:REFERENCES]]


def distances(references: Floats, embedding: Floats) -> Floats:
    """What the graph gives: `[n]` for embeddings `[n, e]`."""
    similar = _unit(embedding) @ _unit(references).T
    nearest = np.sort(similar, axis=1)[:, -min(NEIGHBOURS, len(references)) :]
    distance: Floats = (1 - nearest.mean(axis=1)).astype(np.float32)
    return distance


def export_novelty(references: Floats, path: Path) -> None:
    """Write ONNX: `embedding` `[n, e]` → `distance` `[n]`."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("LpNormalization", ["embedding"], ["unit"], axis=1, p=2),
        helper.make_node("MatMul", ["unit", "references"], ["similar"]),
        helper.make_node("TopK", ["similar", "k"], ["nearest", "places"], axis=1),
        helper.make_node("ReduceMean", ["nearest"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Sub", ["one", "mean"], ["distance"]),
    ]
    constants = [
        numpy_helper.from_array(np.ascontiguousarray(_unit(references).T.astype(np.float32)), "references"),
        numpy_helper.from_array(np.array([min(NEIGHBOURS, len(references))], dtype=np.int64), "k"),
        numpy_helper.from_array(np.array(1, dtype=np.float32), "one"),
    ]
    graph = helper.make_graph(
        nodes,
        "novelty",
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", references.shape[1]])],
        [helper.make_tensor_value_info("distance", TensorProto.FLOAT, ["n"])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = vectors / np.maximum(length, 1e-12)
    return unit
