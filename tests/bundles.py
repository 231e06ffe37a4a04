"""Bundles as tests need them: the one that ships, under another version, or saying something else of a picture."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np

from dankmeme.models.bundle import Bundle
from dankmeme.models.classifier import Classifier
from dankmeme.models.eyes import Eyes
from dankmeme.models.selftest import POSTING
from dankmeme.training.bundling import add_texts


def variant(folder: Path, version: str, *, of: float = 1.0, eyes: Eyes | None = None) -> Bundle:
    """The bundle that ships under another version.

    Args:
        folder: where it goes.
        version: its version, after the name.
        of: what its probabilities are of those that ship, 0–1.
        eyes: needed where it is to say something else: they look at its own picture.
    """
    shutil.copytree(Bundle.default().folder, folder)
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": version}))
    if of == 1.0:
        return Bundle(folder)
    assert eyes is not None
    tables = json.loads((folder / "calibration.json").read_text())
    for table in tables.values():
        table.update({side: (of * np.array(table[side])).tolist() for side in ("p0", "p1")})
    add_texts(Bundle(folder), {"calibration.json": json.dumps(tables)})
    add_texts(Bundle(folder), {"selftest.json": json.dumps(_own_forecast(Bundle(folder), eyes))})
    return Bundle(folder)


def spoil(path: Path) -> None:
    """Change one byte of a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def _own_forecast(bundle: Bundle, eyes: Eyes) -> dict[str, object]:
    before = json.loads((bundle.folder / "selftest.json").read_text())
    with Classifier(bundle, eyes=eyes) as classifier:
        picture = bundle.folder / "selftest.jpg"
        said = classifier.classify(picture, title=POSTING.title, posted_utc=POSTING.posted_utc)
    found = {"cnn": said.cnn.probability, "verdict": said.verdict.probability}
    if said.automl is not None:
        found["automl"] = said.automl.probability
    return before | found
