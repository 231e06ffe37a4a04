"""The winner of the search as ONNX: `features` float32 `[n, d]` → `probability` float32 `[n]`."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.scoring import joined
from dankmeme.training.automl import Fitted
from dankmeme.training.learners import LEAST, MOST, Layers, Trees
from dankmeme.training.parity import checked

Floats = NDArray[np.float32]
_OPSET = 15


def export(fitted: Fitted, blocks: dict[str, Floats], path: Path) -> float:
    """Write a fitted model, and compare it with the original.

    Args:
        fitted: the model.
        blocks: feature sets of some rows, `[n, d]` each.
        path: of the file.

    Returns:
        The largest difference on those rows.

    Raises:
        TrainingError: `export-differs`.
    """
    import onnx
    import onnxruntime

    features = joined(blocks, fitted.sets)
    kept = features.shape[1] - (0 if fitted.components is None else len(fitted.components))
    graph = _wrapped(*_reduced(fitted.components, kept), *_core(fitted), features.shape[1])
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    got = session.run(["probability"], {"features": features})[0]
    return checked(path, float(np.abs(got - fitted(blocks)).max()))


def export_layers(model: Layers, path: Path) -> None:
    """Write layers alone in the same form."""
    import onnx

    columns = len(model.weights[0])
    graph = _wrapped(*_reduced(None, columns), *_layers(model), columns)
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))


def _reduced(components: Floats | None, kept: int) -> tuple[list[Any], list[Any]]:
    """From `features` to `reduced`: the embedding, which comes last, is multiplied with its components."""
    from onnx import helper, numpy_helper

    if components is None:
        return [helper.make_node("Identity", ["features"], ["reduced"])], []
    nodes = [
        helper.make_node("Split", ["features", "lengths"], ["others", "embedding"], axis=1),
        helper.make_node("MatMul", ["embedding", "components"], ["main"]),
        helper.make_node("Concat", ["others", "main"], ["reduced"], axis=1),
    ]
    if not kept:
        nodes = [helper.make_node("MatMul", ["features", "components"], ["reduced"])]
    lengths = np.array([kept, len(components)], dtype=np.int64)
    return nodes, [numpy_helper.from_array(components, "components"), numpy_helper.from_array(lengths, "lengths")]


def _core(fitted: Fitted) -> tuple[list[Any], list[Any]]:
    if isinstance(fitted.model, Layers):
        return _layers(fitted.model)
    columns = int(fitted.model.model.n_features_in_)
    return _trees(fitted.model, columns)


def _layers(model: Layers) -> tuple[list[Any], list[Any]]:
    from onnx import helper, numpy_helper

    nodes, constants, value = [], [], "reduced"
    for number, (weight, bias) in enumerate(zip(model.weights, model.biases, strict=True)):
        constants += [numpy_helper.from_array(weight, f"w{number}"), numpy_helper.from_array(bias, f"b{number}")]
        nodes.append(helper.make_node("Gemm", [value, f"w{number}", f"b{number}"], [f"sum{number}"]))
        value = f"sum{number}"
        if number + 1 < len(model.weights):
            nodes.append(helper.make_node("Relu", [value], [f"out{number}"]))
            value = f"out{number}"
    return [*nodes, *_ended(value, sigmoid=model.sigmoid)], [*constants, *_bounds(sigmoid=model.sigmoid)]


def _trees(model: Trees, columns: int) -> tuple[list[Any], list[Any]]:
    from onnx import helper, numpy_helper
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    options = {} if model.soft else {"zipmap": False}
    converted = convert_lightgbm(
        _with_float_thresholds(model),
        initial_types=[("reduced", FloatTensorType([None, columns]))],
        target_opset=_OPSET,
        **options,
    )
    nodes, constants = list(converted.graph.node), list(converted.graph.initializer)
    last = converted.graph.output[-1].name
    if model.soft:
        return [*nodes, *_ended(last, sigmoid=False)], [*constants, *_bounds(sigmoid=False)]
    constants.append(numpy_helper.from_array(np.array(1, dtype=np.int64), "second"))
    return [*nodes, helper.make_node("Gather", [last, "second"], ["probability"], axis=1)], constants


def _with_float_thresholds(model: Trees) -> Any:
    """The same trees with thresholds that float32 can hold: a number rounded up would let through what it did not.

    For a feature that is float32, x ≤ t holds for the same x as x ≤ the largest float32 up to t.
    """
    from lightgbm import Booster

    lines = model.model.booster_.model_to_string().split("\n")
    whole = "\n".join(
        "threshold=" + " ".join(map(_rounded_down, line.removeprefix("threshold=").split()))
        if line.startswith("threshold=")
        else line
        for line in lines
    )
    wrapped = copy.copy(model.model)
    # Lengths of trees are written at the top, to find them by: without that line they are found by reading.
    wrapped._Booster = Booster(model_str=re.sub(r"\ntree_sizes=[^\n]*", "", whole))
    return wrapped


def _rounded_down(number: str) -> str:
    value = float(number)
    near = np.float32(value)
    return repr(float(near if float(near) <= value else np.nextafter(near, np.float32(-np.inf))))


def _ended(value: str, *, sigmoid: bool) -> list[Any]:
    """One column becomes probabilities `[n]`."""
    from onnx import helper

    flat = helper.make_node("Reshape", [value, "flat"], ["raw"])
    if sigmoid:
        return [flat, helper.make_node("Sigmoid", ["raw"], ["probability"])]
    return [flat, helper.make_node("Clip", ["raw", "least", "most"], ["probability"])]


def _bounds(*, sigmoid: bool) -> list[Any]:
    """The constants of `_ended`."""
    from onnx import numpy_helper

    flat = numpy_helper.from_array(np.array([-1], dtype=np.int64), "flat")
    if sigmoid:
        return [flat]
    return [
        flat,
        numpy_helper.from_array(np.array(LEAST, dtype=np.float32), "least"),
        numpy_helper.from_array(np.array(MOST, dtype=np.float32), "most"),
    ]


def _wrapped(before: list[Any], held: list[Any], nodes: list[Any], constants: list[Any], columns: int) -> Any:
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [*before, *nodes],
        "automl",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", columns])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n"])],
        [*held, *constants],
    )
    sets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("ai.onnx.ml", 1)]
    return helper.make_model(graph, opset_imports=sets, ir_version=8)
