"""The caption head: hashed n-grams of a caption, ridge regression on percentiles, shipped as a small ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from scipy import sparse
from sklearn.linear_model import Ridge

from dankmeme.models.features import BUCKETS, ngrams

TARGETS = ("percentile", "within")
"""What the head's scores estimate: the percentile among all memes, and among those of the same template."""
PENALTY = 18.0


def matrix(captions: Sequence[str]) -> sparse.csr_matrix:
    """Sparse float32 `[n, 2 × BUCKETS]` of hashed n-grams."""
    hashed = [ngrams(caption) for caption in captions]
    starts = np.concatenate([[0], np.cumsum([len(buckets) for buckets, _ in hashed])])
    buckets = np.concatenate([buckets for buckets, _ in hashed])
    weights = np.concatenate([weights for _, weights in hashed])
    return sparse.csr_matrix((weights, buckets, starts), shape=(len(captions), 2 * BUCKETS))


def fit_head(grams: sparse.csr_matrix, targets: NDArray[np.float64]) -> NDArray[np.float32]:
    """Weights `[2 × BUCKETS + 1, h]`, the last row being the bias, for percentiles `[n, h]`, a column each."""
    columns = []
    for column in range(targets.shape[1]):
        ridge = Ridge(PENALTY, solver="lsqr", tol=1e-3).fit(grams, targets[:, column])
        columns.append(np.append(ridge.coef_, ridge.intercept_))
    return np.stack(columns, axis=1).astype(np.float32)


def apply_head(grams: sparse.csr_matrix, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores `[n, h]`."""
    scores: NDArray[np.float32] = grams @ weights[:-1] + weights[-1]
    return scores.astype(np.float32)


def export_head(weights: NDArray[np.float32], path: Path) -> NDArray[np.float32]:
    """Write the head as ONNX: buckets int64 `[k]`, weights float32 `[k]` → scores float32 `[h]`.

    The table is stored as float16, which is what the returned weights hold.
    """
    table = weights[:-1].astype(np.float16)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "buckets"], ["rows16"], axis=0),
            helper.make_node("Cast", ["rows16"], ["rows"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["weights", "first"], ["row"]),
            helper.make_node("MatMul", ["row", "rows"], ["sum"]),
            helper.make_node("Squeeze", ["sum", "first"], ["flat"]),
            helper.make_node("Add", ["flat", "bias"], ["scores"]),
        ],
        "caption",
        [
            helper.make_tensor_value_info("buckets", TensorProto.INT64, ["k"]),
            helper.make_tensor_value_info("weights", TensorProto.FLOAT, ["k"]),
        ],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [weights.shape[1]])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(weights[-1], "bias"),
            numpy_helper.from_array(np.array([0], dtype=np.int64), "first"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return np.concatenate([table.astype(np.float32), weights[-1:]])
