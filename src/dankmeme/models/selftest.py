"""A bundle brings a picture and what training said of it; here and now it must get the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from dankmeme.models.classifier import Classification, Classifier

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Check:
    """One thing that was checked."""

    name: str
    passed: bool
    detail: str


def selftest(folder: Path | None) -> list[Check]:
    """Classify the bundle's own picture and compare with what the recipe got.

    Raises:
        BundleError: if the bundle cannot be opened.
    """
    with Classifier(folder) as classifier:
        bundle = classifier.bundle
        want = json.loads((bundle.folder / "selftest.json").read_text())
        got = classifier.classify(bundle.folder / "selftest.jpg")
    checks = [Check("model bundle", True, f"{bundle.version}, {len(bundle.manifest.files)} files with their checksums")]
    checks.append(Check("caption", got.caption == want["caption"], repr(got.caption)))
    return checks + [_same(name, want[name], _value(got, name)) for name in ("verdict", "cnn", "automl")]


def _value(got: Classification, name: str) -> float | None:
    score = {"verdict": got.verdict, "cnn": got.cnn, "automl": got.automl}[name]
    return score.probability if score is not None else None


def _same(name: str, want: float, got: float | None) -> Check:
    same = got is not None and abs(got - want) <= TOLERANCE
    return Check(name, same, f"{got} as trained" if same else f"{got}, but training said {want}")
