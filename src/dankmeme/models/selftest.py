"""A bundle brings a picture and what training said of it; here and now it must get the same."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from dankmeme.errors import first_line
from dankmeme.models.bundle import Bundle
from dankmeme.models.classifier import Classification, Classifier
from dankmeme.models.context import Posting
from dankmeme.models.eyes import Eyes
from dankmeme.models.tolerance import tolerance

_TRIES, _PAUSE_SECONDS = 6, 1.0
POSTING = Posting("When the self-test passes on a Friday evening", 1_795_197_600.0)
"""How its picture is said to be posted, where a bundle has a context model: 2026-11-20, 18:00 UTC."""


@dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Attributes:
        busy: whether it fails since this machine was too busy to read the caption in time, which says nothing.
    """

    name: str
    passed: bool
    detail: str
    busy: bool = False


def selftest(folder: Path | None) -> list[Check]:
    """Classify the bundle's own picture and compare with what the recipe got.

    Raises:
        BundleError: if the bundle cannot be opened.
    """
    with Classifier(folder) as classifier:
        bundle = classifier.bundle
        found = checks(classifier)
    return [
        Check("model bundle", True, f"{bundle.version}, {len(bundle.manifest.files)} files with their checksums"),
        *found,
    ]


def fault_of(bundle: Bundle, eyes: Eyes) -> str | None:
    """What is wrong with what a bundle says of its own picture; None where nothing is.

    Args:
        bundle: all its files have their checksums.
        eyes: decode and read, for as long as they are needed.
    """
    try:
        with Classifier(bundle, eyes=eyes) as classifier:
            failed = failed_checks(classifier)
    except Exception as error:
        return f"the bundle {bundle.version} fails its self-test: {first_line(error)}"
    return (
        f"the bundle {bundle.version} fails its self-test: {failed[0].name} is {failed[0].detail}" if failed else None
    )


def failed_checks(classifier: Classifier) -> list[Check]:
    """The checks that fail; a machine too busy to read a caption in time is asked again, ever more patiently."""
    failed: list[Check] = []
    for number in range(_TRIES):
        time.sleep(number * _PAUSE_SECONDS)
        failed = [check for check in checks(classifier) if not check.passed]
        if not failed or not failed[0].busy:
            break
    return failed


def checks(classifier: Classifier) -> list[Check]:
    """Classify the bundle's picture with a classifier; without captions the cnn alone can be compared."""
    folder = classifier.bundle.folder
    want = json.loads((folder / "selftest.json").read_text())
    got = classifier.classify(folder / "selftest.jpg", title=POSTING.title, posted_utc=POSTING.posted_utc)
    reads = classifier.captions and classifier.bundle.reads_captions
    names: tuple[str, ...] = ("verdict", "cnn", "automl") if reads else ("cnn",)
    names += ("context",) if reads and got.context is not None else ()
    found = [Check("picture decoded in a worker", True, f"{got.image.format}, {got.image.width} × {got.image.height}")]
    if reads:
        same, busy = got.caption == want["caption"], got.caption is None or not got.caption_complete
        found.append(Check("caption read in a worker", same, repr(got.caption), busy and not same))
    return found + [_same(name, want[name], _value(got, name), tolerance(want, name)) for name in names]


def _value(got: Classification, name: str) -> float | None:
    if name in ("automl", "context"):
        asked = got.automl if name == "automl" else got.context
        return asked.probability if asked is not None else None
    return got.verdict.probability if name == "verdict" else got.cnn.probability


def _same(name: str, want: float, got: float | None, allowed: float) -> Check:
    same = got is not None and abs(got - want) <= allowed
    return Check(name, same, f"{got} as trained" if same else f"{got}, but training said {want}")
