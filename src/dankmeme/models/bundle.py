"""A model bundle: a folder of ONNX graphs and JSON with checksums. Nothing in it is ever unpickled.

| file | what it is |
|---|---|
| `manifest.json` | names, versions, thresholds, checksums: `Manifest` |
| `cnn.onnx` | `image` float32 `[n, side, side, 3]` 0–255 → `embedding`, `probability`, `percentile`, `template` |
| `caption.onnx` | n-gram `buckets` int64 `[k]`, `weights` float32 `[k]` → `scores` float32 `[h]` |
| `automl.onnx` | `features` float32 `[n, d]` → `probability` float32 `[n]` |
| `title.onnx` | as `caption.onnx`, of a post's title |
| `context.onnx` | `features` float32 `[n, d]`, from `models.context` → `probability` float32 `[n]` |
| `novelty.onnx` | `embedding` float32 `[n, e]` → `distance` float32 `[n]` from what the model learnt from |
| `calibration.json` | Venn–Abers tables and validation quantiles: `Calibrators` |
| `card.md`, `figures.json` | the model card and its figures |
| `training.json`, `examples.npz` | how it was trained, and on which posts: what `dank evaluate` looks at |
| `selftest.json`, `selftest.jpg` | a picture, and the probabilities that training gave it |

A bundle of the cnn alone has neither `caption.onnx` nor `automl.onnx`; its verdict is the cnn's.
Only a bundle with a context model has `context.onnx`, and `title.onnx` where that model reads titles.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from dankmeme.errors import BundleError
from dankmeme.models.calibration import Curve

FORMAT = 2
"""Bundles of this format or an older one can be read."""
ModelName = Literal["cnn", "automl", "verdict"]
Reading = Literal["title", "clock"]
"""What a context model may read beside the verdict's raw score."""
_SIGHT = ("cnn.onnx", "novelty.onnx")
_WORDS = ("caption.onnx", "automl.onnx")


class Manifest(BaseModel):
    """What a bundle says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    name: str
    version: str
    created: str
    compared_with: str
    side: int
    base_rate: float
    dank_from: float
    """Calibrated probability from which a meme is called dank (chosen on validation rows)."""
    dank_from_cnn: float
    dank_from_automl: float
    novelty_limit: float
    disagreement_limit: float
    automl_share: float
    """Weight of the automl log odds in the verdict's; the rest is the cnn's."""
    feature_sets: tuple[str, ...]
    """Which features the automl model reads, in order; see `models.scoring.FEATURE_SETS`."""
    models: tuple[ModelName, ...] = ("cnn", "automl", "verdict")
    context: tuple[Reading, ...] = ()
    """What its context model reads; empty where there is none."""
    dataset: str = ""
    """Version of the dataset that it was trained on; empty where nobody wrote it down."""
    files: dict[str, str]
    """SHA-256 of every other file."""


class CalibratorTable(BaseModel):
    """One Venn–Abers curve and the quantiles of its scores on validation rows (0, 0.1, … 100 %)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scores: list[float]
    p0: list[float]
    p1: list[float]
    quantiles: list[float]


@dataclass(frozen=True)
class Calibrator:
    """Turns a raw score (log odds) into a probability with an interval, and a percentile."""

    predictor: Curve
    quantiles: NDArray[np.float64]

    def percentile(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share `[n]`, 0–1, of validation forecasts below each score `[n]`."""
        return np.interp(scores, self.quantiles, np.linspace(0, 1, len(self.quantiles)))


class Bundle:
    """A bundle on disk, checked when opened; graphs are loaded at first use.

    Args:
        folder: where it lies.
        threads: threads of one inference call.
        lenient: whether a bundle of which some files are damaged can be opened all the same: see `fault`.

    Raises:
        BundleError: `bundle-missing`, `bundle-damaged` or `bundle-too-new`.
    """

    def __init__(self, folder: Path, threads: int = 1, *, lenient: bool = False) -> None:
        self.folder = folder
        self._threads = threads
        self.manifest = self._manifest()
        self._damaged = self._check_files()
        if self._damaged and not lenient:
            raise BundleError("bundle-damaged", _is_damaged(folder / self._damaged[0]))

    @classmethod
    def default(cls, threads: int = 1) -> Bundle:
        """The bundle that ships with the package."""
        return cls(cls.default_folder(), threads)

    @staticmethod
    def default_folder() -> Path:
        """Where the bundle that ships with the package lies."""
        return Path(str(resources.files("dankmeme") / "assets" / "default"))

    @cached_property
    def calibrators(self) -> dict[ModelName, Calibrator]:
        """By model name."""
        tables = json.loads((self.folder / "calibration.json").read_text())
        return {name: _calibrator(CalibratorTable.model_validate(table)) for name, table in tables.items()}

    @cached_property
    def cnn(self) -> Any:
        """The image model's ONNX Runtime session."""
        return self._session("cnn.onnx")

    @cached_property
    def caption(self) -> Any:
        """The caption head's session."""
        return self._session("caption.onnx")

    @cached_property
    def automl(self) -> Any:
        """The automl model's session."""
        return self._session("automl.onnx")

    @cached_property
    def title(self) -> Any:
        """The title head's session."""
        return self._session("title.onnx")

    @cached_property
    def context(self) -> Any:
        """The context model's session."""
        return self._session("context.onnx")

    @cached_property
    def novelty(self) -> Any:
        """The session that measures how unlike the examples a picture is."""
        return self._session("novelty.onnx")

    @property
    def version(self) -> str:
        """Name and version, e.g. `imgflip-1`."""
        return f"{self.manifest.name}-{self.manifest.version}"

    @property
    def graph(self) -> str:
        """Tells apart what different bundles see in a picture: bundles of one image graph see the same."""
        sums = ":".join(self.manifest.files[name] for name in _SIGHT)
        return hashlib.sha256(sums.encode()).hexdigest()[:32]

    @property
    def reads_captions(self) -> bool:
        """Whether it has a model that looks at captions."""
        return "automl" in self.manifest.models

    @property
    def context_reads(self) -> tuple[Reading, ...]:
        """What its context model reads; nothing where there is none that can be used."""
        return () if self.fault("context") else self.manifest.context

    def fault(self, model: ModelName | Literal["context"]) -> str | None:
        """Why a model of this bundle cannot be used; None where it can."""
        needed = self._needed() if model != "cnn" else (*_SIGHT, "calibration.json")
        if model == "context":
            needed += self._beside()
        broken = [name for name in self._damaged if name in needed]
        return _is_damaged(self.folder / broken[0]) if broken else None

    def figures(self) -> dict[str, Any]:
        """The card's figures, as `figures.json` holds them; none for a bundle that nobody has measured yet."""
        path = self.folder / "figures.json"
        figures: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {"shown": [], "caveats": []}
        return figures

    def load(self) -> None:
        """Load every graph now."""
        _ = (self.cnn, self.novelty, self.calibrators)
        if self.reads_captions:
            _ = (self.caption, self.automl)
        if self.context_reads:
            _ = self.context
        if "title" in self.context_reads:
            _ = self.title

    def _needed(self) -> tuple[str, ...]:
        """The files that its forecasts depend on."""
        return (*_SIGHT, *(_WORDS if self.reads_captions else ()), "calibration.json")

    def _beside(self) -> tuple[str, ...]:
        """The files that only its context model depends on."""
        titles = ("title.onnx",) if "title" in self.manifest.context else ()
        return (*titles, "context.onnx") if self.manifest.context else ()

    def _manifest(self) -> Manifest:
        path = self.folder / "manifest.json"
        if not path.is_file():
            raise BundleError("bundle-missing", f"there is no model bundle in {self.folder}")
        try:
            manifest = Manifest.model_validate_json(path.read_text())
        except (ValidationError, UnicodeDecodeError) as error:
            raise BundleError("bundle-damaged", f"{path} is not a manifest: {error}") from None
        if manifest.format > FORMAT:
            raise BundleError(
                "bundle-too-new", f"{self.folder} has format {manifest.format}; this version reads up to {FORMAT}"
            )
        return manifest

    def _check_files(self) -> list[str]:
        """The files that are missing or damaged."""
        missing = {*self._needed(), *self._beside()} - set(self.manifest.files)
        if missing:
            raise BundleError("bundle-damaged", f"{self.folder} does not list {', '.join(sorted(missing))}")
        return [name for name, want in self.manifest.files.items() if _checksum(self.folder / name) != want]

    def _session(self, name: str) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.disable_quant_qdq", "1")  # else graphs with packed weights run slowly
        return onnxruntime.InferenceSession(str(self.folder / name), options, providers=["CPUExecutionProvider"])


def _checksum(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _is_damaged(path: Path) -> str:
    return f"{path} is missing or does not have its checksum"


def _calibrator(table: CalibratorTable) -> Calibrator:
    predictor = Curve(np.array(table.scores), np.array(table.p0), np.array(table.p1))
    return Calibrator(predictor, np.array(table.quantiles))
