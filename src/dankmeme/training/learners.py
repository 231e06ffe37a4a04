"""The families of models that the search chooses among: how each is fitted, asked, and written as ONNX."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dankmeme.training.labels import DANK_FROM, Labels

Family = Literal["boosting", "soft boosting", "logistic", "ridge", "network"]
FAMILIES: tuple[Family, ...] = ("soft boosting", "boosting", "logistic", "ridge", "network")
LEAST, MOST = 0.001, 0.999
Floats = NDArray[np.float32]
Settings = dict[str, Any]


@dataclass(frozen=True)
class Layers:
    """A model as layers: `x` becomes `activation(x · weight + bias)`, one after the other; the last has one column.

    Attributes:
        weights: `[d, h]`, `[h, 1]`, … with the scaling of the inputs in the first.
        biases: `[h]`, …, `[1]`.
        sigmoid: whether the last column is log odds; else it is a probability, kept within bounds.
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    sigmoid: bool

    def __call__(self, features: Floats) -> NDArray[np.float64]:
        """Probabilities `[n]`."""
        values = features.astype(np.float32)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values = np.maximum(values @ weight + bias, 0)
        last = (values @ self.weights[-1] + self.biases[-1])[:, 0].astype(np.float64)
        return 1 / (1 + np.exp(-last)) if self.sigmoid else np.clip(last, LEAST, MOST)


@dataclass(frozen=True)
class Trees:
    """Boosted trees of LightGBM; `soft` where they estimate a softened percentile and not a class."""

    model: Any
    soft: bool

    def __call__(self, features: Floats) -> NDArray[np.float64]:
        """Probabilities `[n]`."""
        if self.soft:
            soft: NDArray[np.float64] = np.clip(self.model.predict(features), LEAST, MOST)
            return soft
        found: NDArray[np.float64] = self.model.predict_proba(features)[:, 1]
        return found


Model = Layers | Trees


def suggest(trial: Any) -> Settings:
    """Settings of a trial of Optuna, the family's own alone."""
    family = trial.suggest_categorical("family", list(FAMILIES))
    return {"family": family} | _SUGGEST[family](trial)


def fit(features: Floats, labels: Labels, settings: Settings, threads: int, weight: Floats | None = None) -> Model:
    """Fit one model.

    Args:
        features: `[n, d]`.
        labels: of the rows; all known.
        settings: from `suggest`.
        threads: of LightGBM.
        weight: `[n]`, of the rows; None for equal ones.
    """
    return _FIT[settings["family"]](features, labels, settings, threads, weight)


def softened(labels: Labels, softness: float) -> NDArray[np.float64]:
    """How clearly each row is dank, 0–1 `[n]`: a percentile just above the threshold is less so than the best."""
    return 1 / (1 + np.exp(-(labels.target - DANK_FROM) / softness))


def _suggest_trees(trial: Any) -> Settings:
    return {
        "rate": trial.suggest_float("rate", 0.01, 0.1, log=True),
        "trees": trial.suggest_int("trees", 60, 400),
        "leaves": trial.suggest_int("leaves", 3, 31, log=True),
        "child": trial.suggest_int("child", 10, 200, log=True),
        "columns": trial.suggest_float("columns", 0.1, 1.0),
        "rows": trial.suggest_float("rows", 0.4, 1.0),
        "penalty": trial.suggest_float("penalty", 0.01, 100, log=True),
    }


def _suggest_soft_trees(trial: Any) -> Settings:
    return _suggest_trees(trial) | {"softness": trial.suggest_float("softness", 0.02, 0.3, log=True)}


def _suggest_logistic(trial: Any) -> Settings:
    return {"strength": trial.suggest_float("strength", 1e-5, 1.0, log=True)}


def _suggest_ridge(trial: Any) -> Settings:
    return {"ridge": trial.suggest_float("ridge", 1.0, 1e5, log=True)}


def _suggest_network(trial: Any) -> Settings:
    return {
        "hidden": trial.suggest_int("hidden", 8, 64, log=True),
        "decay": trial.suggest_float("decay", 1e-3, 30.0, log=True),
        "passes": trial.suggest_int("passes", 3, 30, log=True),
    }


def _fit_trees(features: Floats, labels: Labels, settings: Settings, threads: int, weight: Floats | None) -> Model:
    import lightgbm

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
        "max_bin": 127,
    }
    if settings["family"] == "boosting":
        classes = labels.dank.astype(np.int64)  # the converter to ONNX knows no classes that are true and false
        return Trees(lightgbm.LGBMClassifier(**options).fit(features, classes, weight), soft=False)
    target = softened(labels, settings["softness"])
    return Trees(lightgbm.LGBMRegressor(**options).fit(features, target, weight), soft=True)


def _fit_logistic(features: Floats, labels: Labels, settings: Settings, threads: int, weight: Floats | None) -> Model:
    from sklearn.linear_model import LogisticRegression

    mean, scale = _scaling(features)
    fitted = LogisticRegression(C=settings["strength"], max_iter=300)
    fitted.fit((features - mean) / scale, labels.dank, weight)
    return _unscaled([fitted.coef_.T], [fitted.intercept_], mean, scale, sigmoid=True)


def _fit_ridge(features: Floats, labels: Labels, settings: Settings, threads: int, weight: Floats | None) -> Model:
    from sklearn.linear_model import Ridge

    mean, scale = _scaling(features)
    fitted = Ridge(settings["ridge"]).fit((features - mean) / scale, labels.target, weight)
    return _unscaled([fitted.coef_[:, None]], [np.array([fitted.intercept_])], mean, scale, sigmoid=False)


def _fit_network(features: Floats, labels: Labels, settings: Settings, threads: int, weight: Floats | None) -> Model:
    from sklearn.neural_network import MLPRegressor

    mean, scale = _scaling(features)
    fitted = MLPRegressor(
        hidden_layer_sizes=(settings["hidden"],),
        alpha=settings["decay"],
        max_iter=settings["passes"],
        learning_rate_init=2e-3,
        batch_size=min(64, len(features)),
        random_state=1,
        tol=0.0,
        n_iter_no_change=10_000,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that so many passes are few: how many are right is what the search finds out
        fitted.fit((features - mean) / scale, labels.target)
    return _unscaled(fitted.coefs_, fitted.intercepts_, mean, scale, sigmoid=False)


def _scaling(features: Floats) -> tuple[Floats, Floats]:
    return features.mean(axis=0), features.std(axis=0) + 1e-6


def _unscaled(
    weights: list[NDArray[np.floating]],
    biases: list[NDArray[np.floating]],
    mean: Floats,
    scale: Floats,
    *,
    sigmoid: bool,
) -> Layers:
    """Layers for features as they are, from layers for features of mean 0 and spread 1."""
    first = weights[0] / scale[:, None]
    shifted = biases[0] - mean @ first
    return Layers(
        tuple(np.asarray(weight, dtype=np.float32) for weight in (first, *weights[1:])),
        tuple(np.asarray(bias, dtype=np.float32) for bias in (shifted, *biases[1:])),
        sigmoid,
    )


_SUGGEST: dict[str, Callable[[Any], Settings]] = {
    "boosting": _suggest_trees,
    "soft boosting": _suggest_soft_trees,
    "logistic": _suggest_logistic,
    "ridge": _suggest_ridge,
    "network": _suggest_network,
}
_FIT: dict[str, Callable[[Floats, Labels, Settings, int, Floats | None], Model]] = {
    "boosting": _fit_trees,
    "soft boosting": _fit_trees,
    "logistic": _fit_logistic,
    "ridge": _fit_ridge,
    "network": _fit_network,
}
