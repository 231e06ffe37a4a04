"""Stage `automl`: a search over feature sets, families and their settings, the winner exported to ONNX.

Families: gradient boosting on the label or on a softened percentile (LightGBM), and logistic regression. What is
maximised is the AUC on the two ends over folds of consecutive time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnx
import onnxruntime
import optuna
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression

from dankmeme.models.scoring import FEATURE_SETS, joined
from dankmeme.training.evaluate import auc
from dankmeme.training.labels import DANK_FROM, ends

FOLDS = 4
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Table:
    """Examples in order of time: feature blocks `[n, d]` by set, and percentiles `[n]`."""

    blocks: dict[str, Floats]
    percentile: NDArray[np.float64]


@dataclass(frozen=True)
class Winner:
    """What a search found: the settings, the AUC over the folds, and every trial's."""

    settings: dict[str, Any]
    auc: float
    leaderboard: list[dict[str, Any]]

    @property
    def sets(self) -> tuple[str, ...]:
        """The feature sets it reads."""
        return tuple(name for name in FEATURE_SETS if self.settings[f"use_{name}"])


def search(table: Table, trials: int, storage: Path, threads: int) -> Winner:
    """Search; goes on where an interrupted run stopped.

    Args:
        table: the examples.
        trials: how many settings are tried in all.
        storage: a journal file of the trials.
        threads: of LightGBM.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    backend = optuna.storages.journal.JournalStorage(optuna.storages.journal.JournalFileBackend(str(storage)))
    study = optuna.create_study(
        study_name="automl",
        storage=backend,
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=1, multivariate=True, n_startup_trials=12),
    )
    if not study.trials:
        for family in ("boosting", "soft boosting", "logistic"):
            study.enqueue_trial({"family": family} | {f"use_{name}": name != "embedding" for name in FEATURE_SETS})
    left = trials - sum(trial.state.is_finished() for trial in study.trials)
    study.optimize(
        lambda trial: folded_auc(table, _suggest(trial), threads), n_trials=max(0, left), show_progress_bar=True
    )
    board = sorted((trial for trial in study.trials if trial.value is not None), key=lambda trial: -trial.value)
    leaderboard = [{"auc": round(trial.value, 4), **trial.user_attrs["settings"]} for trial in board]
    return Winner(board[0].user_attrs["settings"], board[0].value, leaderboard)


def folded(table: Table, settings: dict[str, Any], threads: int) -> NDArray[np.float64]:
    """Out-of-fold probabilities `[n]`; folds are runs of consecutive rows."""
    features = _features(table, settings)
    out = np.empty(len(features))
    for fold in np.array_split(np.arange(len(features)), FOLDS):
        rest = np.setdiff1d(np.arange(len(features)), fold)
        model = fit(features[rest], table.percentile[rest], settings, threads)
        out[fold] = predict(model, features[fold])
    return out


def folded_auc(table: Table, settings: dict[str, Any], threads: int) -> float:
    """Mean over the folds of the AUC on the two ends."""
    if not any(settings[f"use_{name}"] for name in FEATURE_SETS):
        return 0.5
    scores = folded(table, settings, threads)
    values = []
    for fold in np.array_split(np.arange(len(scores)), FOLDS):
        dank, not_dank = ends(table.percentile[fold])
        either = dank | not_dank
        values.append(auc(dank[either], scores[fold][either]))
    return float(np.mean(values))


def fit(features: Floats, percentile: NDArray[np.float64], settings: dict[str, Any], threads: int) -> Any:
    """Fit one model on features `[n, d]`."""
    dank = (percentile >= DANK_FROM).astype(int)
    if settings["family"] == "logistic":
        scale = features.std(axis=0) + 1e-6
        model = LogisticRegression(C=settings["c"], max_iter=400)
        model.fit((features - features.mean(axis=0)) / scale, dank)
        return ("logistic", features.mean(axis=0), scale, model)
    options = {
        "n_estimators": settings["trees"],
        "learning_rate": settings["rate"],
        "num_leaves": settings["leaves"],
        "min_child_samples": settings["child"],
        "colsample_bytree": settings["columns"],
        "subsample": settings["rows"],
        "subsample_freq": 1,
        "reg_lambda": settings["penalty"],
        "n_jobs": threads,
        "verbosity": -1,
        "random_state": 1,
    }
    if settings["family"] == "boosting":
        return ("boosting", lightgbm.LGBMClassifier(**options).fit(features, dank))
    softened = 1 / (1 + np.exp(-(percentile - DANK_FROM) / settings["softness"]))
    return ("soft boosting", lightgbm.LGBMRegressor(**options).fit(features, softened))


def predict(model: Any, features: Floats) -> NDArray[np.float64]:
    """Probabilities `[n]`."""
    if model[0] == "logistic":
        return model[3].predict_proba((features - model[1]) / model[2])[:, 1]
    if model[0] == "boosting":
        return model[1].predict_proba(features)[:, 1]
    return np.clip(model[1].predict(features), 0.001, 0.999)


def export(model: Any, columns: int, path: Path, probe: Floats) -> float:
    """Write a fitted model as ONNX, `features` float32 `[n, columns]` → `probability` float32 `[n]`.

    Returns:
        The largest difference from the original on the probe rows.
    """
    graph = _linear(model, columns) if model[0] == "logistic" else _trees(model, columns)
    onnx.checker.check_model(graph)
    onnx.save(graph, str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    got = session.run(["probability"], {"features": probe})[0]
    return float(np.abs(got - predict(model, probe)).max())


def _features(table: Table, settings: dict[str, Any]) -> Floats:
    return joined(table.blocks, [name for name in FEATURE_SETS if settings[f"use_{name}"]])


def _suggest(trial: optuna.Trial) -> dict[str, Any]:
    settings: dict[str, Any] = {
        f"use_{name}": trial.suggest_categorical(f"use_{name}", [True, False]) for name in FEATURE_SETS
    }
    settings["family"] = trial.suggest_categorical("family", ["boosting", "soft boosting", "logistic"])
    if settings["family"] == "logistic":
        settings["c"] = trial.suggest_float("c", 1e-4, 1.0, log=True)
    else:
        settings["rate"] = trial.suggest_float("rate", 0.01, 0.1, log=True)
        settings["trees"] = trial.suggest_int("trees", 60, 500)
        settings["leaves"] = trial.suggest_int("leaves", 3, 31, log=True)
        settings["child"] = trial.suggest_int("child", 10, 200, log=True)
        settings["columns"] = trial.suggest_float("columns", 0.1, 1.0)
        settings["rows"] = trial.suggest_float("rows", 0.4, 1.0)
        settings["penalty"] = trial.suggest_float("penalty", 0.01, 100, log=True)
        if settings["family"] == "soft boosting":
            settings["softness"] = trial.suggest_float("softness", 0.02, 0.3, log=True)
    trial.set_user_attr("settings", settings)
    return settings


def _linear(model: Any, columns: int) -> onnx.ModelProto:
    _, mean, scale, fitted = model
    weight = (fitted.coef_[0] / scale).astype(np.float32)
    bias = np.float32(fitted.intercept_[0] - float((fitted.coef_[0] * mean / scale).sum()))
    return _wrapped(
        [
            helper.make_node("MatMul", ["features", "weight"], ["score"]),
            helper.make_node("Add", ["score", "bias"], ["odds"]),
            helper.make_node("Sigmoid", ["odds"], ["probability"]),
        ],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(np.array([bias]), "bias")],
        columns,
    )


def _trees(model: Any, columns: int) -> onnx.ModelProto:
    options = {"zipmap": False} if model[0] == "boosting" else {}
    converted = convert_lightgbm(
        model[1], initial_types=[("features", FloatTensorType([None, columns]))], target_opset=15, **options
    )
    last = converted.graph.output[-1].name
    nodes = list(converted.graph.node)
    constants = list(converted.graph.initializer)
    if model[0] == "boosting":
        constants.append(numpy_helper.from_array(np.array(1, dtype=np.int64), "second"))
        nodes.append(helper.make_node("Gather", [last, "second"], ["probability"], axis=1))
    else:
        constants += [
            numpy_helper.from_array(np.array([-1], dtype=np.int64), "flat"),
            numpy_helper.from_array(np.float32(0.001), "least"),
            numpy_helper.from_array(np.float32(0.999), "most"),
        ]
        nodes += [
            helper.make_node("Reshape", [last, "flat"], ["raw"]),
            helper.make_node("Clip", ["raw", "least", "most"], ["probability"]),
        ]
    return _wrapped(nodes, constants, columns)


def _wrapped(nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto], columns: int) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "automl",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", columns])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["n"])],
        constants,
    )
    sets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 1)]
    return helper.make_model(graph, opset_imports=sets, ir_version=8)
