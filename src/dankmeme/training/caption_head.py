"""The caption head: hashed n-grams of a caption, ridge regression on percentiles, shipped as a small ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.models.features import BUCKETS, ngrams

if TYPE_CHECKING:
    from scipy import sparse

PENALTY = 18.0
Floats = NDArray[np.float32]


def matrix(captions: Sequence[str]) -> sparse.csr_matrix:
    """Sparse float32 `[n, 2 × BUCKETS]` of hashed n-grams."""
    from scipy import sparse

    hashed = [ngrams(caption) for caption in captions]
    starts = np.concatenate([[0], np.cumsum([len(buckets) for buckets, _ in hashed])]).astype(np.int64)
    buckets = np.concatenate([np.empty(0, dtype=np.int64), *(buckets for buckets, _ in hashed)])
    weights = np.concatenate([np.empty(0, dtype=np.float32), *(weights for _, weights in hashed)])
    return sparse.csr_matrix((weights, buckets, starts), shape=(len(captions), 2 * BUCKETS))


def fit_head(grams: sparse.csr_matrix, targets: NDArray[np.float64], penalty: float = PENALTY) -> Floats:
    """Weights `[2 × BUCKETS + 1, h]`, the last row being the bias, for targets `[n, h]`, a column each."""
    from sklearn.linear_model import Ridge

    columns = []
    for column in range(targets.shape[1]):
        ridge = Ridge(penalty, solver="lsqr", tol=1e-3).fit(grams, targets[:, column])
        columns.append(np.append(ridge.coef_, ridge.intercept_))
    return np.stack(columns, axis=1).astype(np.float32)


def apply_head(grams: sparse.csr_matrix, weights: Floats) -> Floats:
    """Scores `[n, h]`."""
    scores: Floats = grams @ weights[:-1] + weights[-1]
    return scores.astype(np.float32)


def unseen_scores(
    grams: sparse.csr_matrix,
    targets: NDArray[np.float64],
    folds: NDArray[np.intp],
    penalty: float = PENALTY,
) -> Floats:
    """Scores `[m, h]` of rows by heads that never saw their fold.

    Args:
        grams: of `[n]` captions.
        targets: `[n, h]`.
        folds: `[n]`, the fold of every row; -1 for rows that are only learnt from.
        penalty: of the ridge regression.

    Returns:
        Scores of the rows with a fold, in order.
    """
    out = np.empty(targets.shape, dtype=np.float32)
    for fold in np.unique(folds[folds >= 0]):
        if not (folds != fold).any():
            out[folds == fold] = targets.mean(axis=0)
            continue
        weights = fit_head(grams[folds != fold], targets[folds != fold], penalty)
        out[folds == fold] = apply_head(grams[folds == fold], weights)
    return out[folds >= 0]


def export_head(weights: Floats, path: Path) -> Floats:
    """Write the head as ONNX: buckets int64 `[k]`, weights float32 `[k]` → scores float32 `[h]`.

    The table is stored as float16, which is what the returned weights hold.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

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
    model: Any = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return np.concatenate([table.astype(np.float32), weights[-1:]])
