"""Where training works and keeps its things, all below one folder: the cache, what is unfinished, and the bundles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dankmeme.errors import BundleError
from dankmeme.models.bundle import Bundle
from dankmeme.training.cache import Cache


def replace_text(path: Path, text: str) -> None:
    """Write a file that is there whole, or as it was."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text)
    part.replace(path)


@dataclass(frozen=True)
class Place:
    """Folders of training, below `DANK_HOME`.

    Attributes:
        home: the folder they lie in.
    """

    home: Path

    @property
    def backbones(self) -> Path:
        """Where downloaded backbones are kept."""
        return self.home / "backbones"

    @property
    def models(self) -> Path:
        """Where bundles go."""
        return self.home / "models"

    @property
    def reports(self) -> Path:
        """Where evaluations go."""
        return self.home / "reports"

    def cache(self) -> Cache:
        """What was found of pictures."""
        return Cache(self.home / "cache" / "pictures.sqlite")

    def work(self, fingerprint: str) -> Path:
        """Where one training keeps what it needs to go on after a kill."""
        folder = self.home / "training" / fingerprint
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def bundles_of(self, dataset: str, data: Mapping[str, object]) -> list[Bundle]:
        """The bundles of the image model alone that were trained on a version of a dataset, cut and labelled in one
        way, the newest first; damaged ones are left out.
        """
        found: list[tuple[float, Bundle]] = []
        for manifest in self.models.glob("[!.]*/manifest.json"):
            with suppress(BundleError, OSError):
                bundle = Bundle(manifest.parent)
                facts = json.loads((manifest.parent / "training.json").read_text())
                if bundle.manifest.dataset == dataset and facts.get("data") == data and not bundle.reads_captions:
                    found.append((manifest.stat().st_mtime, bundle))
        return [bundle for _, bundle in sorted(found, key=lambda each: -each[0])]


def fingerprint(facts: Mapping[str, object]) -> str:
    """Eight hexadecimal digits that tell one training from another."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:8]
