"""A bundle is put together: graphs, calibration, what it was trained on, and a picture to test itself with."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import BundleError, TrainingError
from dankmeme.images.prepare import prepare
from dankmeme.models.bundle import FORMAT, Bundle, Manifest
from dankmeme.models.caption import READER, Caption
from dankmeme.models.eyes import Eyes
from dankmeme.models.scorer import Scorer
from dankmeme.models.scoring import Captioned
from dankmeme.models.selftest import POSTING
from dankmeme.models.verdict import judge
from dankmeme.training.ensemble import Decision
from dankmeme.training.material import Material
from dankmeme.training.place import replace_text
from dankmeme.training.split import TRAINING

TRAINING_FACTS, EXAMPLES = "training.json", "examples.npz"


@dataclass(frozen=True)
class Examples:
    """On which posts a bundle was trained, and what else was known of its dataset; arrays `[n]` run in step.

    Attributes:
        ids: of the posts.
        cut: the parts of the split in which they were ranked, as they were cut.
        parts: of the split.
        keys: SHA-256 of the pictures.
        pdq: uint8 `[n, 32]`, look-alike hashes.
        times: when each was made; NaN where unknown.
        authors: first 16 hexadecimal digits of the SHA-256 of their names; empty where unknown.
    """

    ids: NDArray[np.str_]
    cut: NDArray[np.str_]
    parts: NDArray[np.str_]
    keys: NDArray[np.str_]
    pdq: NDArray[np.uint8]
    times: NDArray[np.float64]
    authors: NDArray[np.str_]

    @property
    def learnt(self) -> NDArray[np.bool_]:
        """Rows that it learnt from, in whatever way."""
        return np.isin(self.parts, TRAINING)


def examples_of(material: Material) -> Examples:
    """What a bundle keeps of the posts of its dataset: of those without a label too, whose part must be known again."""
    if material.unranked is None:
        return _examples_of(material)
    several = (_examples_of(each) for each in (material, material.unranked.without_training()))
    return Examples(
        *(np.concatenate(columns) for columns in zip(*(vars(each).values() for each in several), strict=True))
    )


def _examples_of(material: Material) -> Examples:
    hashes = [np.frombuffer(bytes.fromhex(facts.pdq), dtype=np.uint8) for facts in material.facts]
    return Examples(
        np.array([post.id for post in material.posts]),
        material.cut,
        material.parts,
        np.array(material.keys),
        np.array(hashes, dtype=np.uint8).reshape(-1, 32),
        material.times,
        hidden(material.authors),
    )


def hidden(names: NDArray[np.str_]) -> NDArray[np.str_]:
    """Names `[n]` as bundles keep them: the same for the same name, and no name to read."""
    return np.array([hashlib.sha256(name.encode()).hexdigest()[:16] if name else "" for name in names.tolist()])


def read_examples(bundle: Bundle) -> Examples | None:
    """What a bundle keeps of its posts; None where it keeps nothing."""
    path = bundle.folder / EXAMPLES
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    return Examples(**{"cut": arrays["parts"], **arrays})


def read_facts(bundle: Bundle) -> dict[str, Any]:
    """How a bundle was trained; empty where nobody wrote it down."""
    path = bundle.folder / TRAINING_FACTS
    facts: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return facts


def write_bundle(
    folder: Path,
    graphs: Mapping[str, Path],
    decision: Decision,
    examples: Examples,
    facts: Mapping[str, Any],
    manifest: Mapping[str, Any],
    eyes: Eyes,
) -> Bundle:
    """Write a bundle under another name, let it judge its own picture, and give it its name at last.

    Args:
        folder: where it goes; a bundle that is there is replaced, anything else is not.
        graphs: by file name.
        decision: calibrators and thresholds.
        examples: the posts.
        facts: how it was trained, as JSON takes it.
        manifest: the fields that nothing else here tells.
        eyes: decodes and reads the picture.

    Raises:
        BundleError: `not-a-bundle`: the folder holds something else.
    """
    folder = folder.absolute()
    check_target(folder)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    for name, graph in graphs.items():
        shutil.copyfile(graph, part / name)
    (part / "calibration.json").write_text(json.dumps(decision.calibrators))
    (part / TRAINING_FACTS).write_text(json.dumps(facts, indent=1, default=float) + "\n")
    np.savez_compressed(part / EXAMPLES, **vars(examples))
    fields = {
        "format": FORMAT,
        "created": datetime.now(UTC).date().isoformat(),
        "dank_from": decision.thresholds["verdict"],
        "dank_from_cnn": decision.thresholds["cnn"],
        "dank_from_automl": decision.thresholds.get("automl", decision.thresholds["verdict"]),
        "disagreement_limit": decision.disagreement_limit,
        "automl_share": decision.automl_share,
        "models": ["cnn", "automl", "verdict"] if "automl" in decision.thresholds else ["cnn", "verdict"],
        **manifest,
    }
    _seal(part, fields)
    (part / "selftest.jpg").write_bytes(own_picture())
    (part / "selftest.json").write_text(json.dumps(_own_forecast(Bundle(part), eyes), indent=1) + "\n")
    _seal(part, fields)
    _put(part, folder)
    return Bundle(folder)


def add_texts(bundle: Bundle, texts: Mapping[str, str]) -> None:
    """Write files into a bundle (a card, figures), and their checksums into its manifest.

    Meanwhile the manifest does not name them: a kill leaves a bundle that is whole.
    """
    _seal(bundle.folder, bundle.manifest.model_dump(exclude={"files"}), without=texts)
    for name, text in texts.items():
        replace_text(bundle.folder / name, text)
    _seal(bundle.folder, bundle.manifest.model_dump(exclude={"files"}))


def own_picture() -> bytes:
    """The picture that bundles test themselves with: the one that ships with the package."""
    return (resources.files("dankmeme") / "assets" / "default" / "selftest.jpg").read_bytes()


def plain_name(name: str) -> str:
    """A name that files and versions can have."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "model"


def _own_forecast(bundle: Bundle, eyes: Eyes) -> dict[str, Any]:
    """What training says of the bundle's own picture: every way to ask must say the same."""
    prepared = prepare(own_picture(), bundle.manifest.side)
    scorer = Scorer(bundle)
    caption = _read(eyes, prepared.picture.pixels) if bundle.reads_captions else None
    size = prepared.picture.width, prepared.picture.height
    known = Captioned(caption, caption.text, *size) if caption is not None else None
    (raw,) = scorer.score(scorer.see([prepared.model_input]), [known])
    verdict, cnn, automl = judge(raw, bundle.manifest, bundle.calibrators)
    (context,) = scorer.in_context([raw], [POSTING])
    forecast = {
        "caption": known.text if known else None,
        "reader": READER if known else None,
        "cnn": cnn,
        "automl": automl,
        "verdict": verdict.probability,
        "context": context,
    }
    return {name: value for name, value in forecast.items() if value is not None}


def _read(eyes: Eyes, pixels: NDArray[np.uint8]) -> Caption:
    """The caption of the bundle's picture; a machine that is busy may need more than one try."""
    for _ in range(5):
        caption = eyes.read(pixels)
        if caption is not None and caption.complete:
            return caption
    raise TrainingError("captions-unread", "captions cannot be read on this machine now: it is too busy, or too small")


def _put(part: Path, folder: Path) -> None:
    """Give a bundle its name; a bundle that had it goes away at once, and is removed afterwards."""
    before = part.with_suffix(".old")
    if folder.exists():
        folder.rename(before)
    part.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def _seal(folder: Path, fields: Mapping[str, Any], without: Collection[str] = ()) -> None:
    """Write the manifest, which names every other file's checksum."""
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name not in ("manifest.json", *without) and not path.name.startswith("report.")
    }
    manifest = Manifest.model_validate({**fields, "files": files})
    replace_text(folder / "manifest.json", manifest.model_dump_json(indent=1) + "\n")


def check_target(folder: Path) -> None:
    """Whether a bundle can go there.

    Raises:
        BundleError: `not-a-bundle`: the folder holds something else; `bad-target`: nothing can be written there.
    """
    parent = folder.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=parent, prefix=".tried-"):
            pass
    except OSError as error:
        raise BundleError("bad-target", f"no bundle can be written to {parent}: {error.strerror}") from None
    if folder.exists() and not (folder / "manifest.json").is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise BundleError("not-a-bundle", f"{folder} is there already and is no model bundle: choose another --out")
