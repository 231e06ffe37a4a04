"""The model versions that predict what comes in: a picture is looked at once, and every version asked on its own."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from dankmeme.errors import BundleError, DankError, first_line
from dankmeme.models.bundle import Bundle, ModelName
from dankmeme.models.eyes import Eyes
from dankmeme.models.scorer import Scorer, Sight
from dankmeme.models.scoring import Captioned
from dankmeme.models.tolerance import tolerance
from dankmeme.models.verdict import Verdict, judge

KEPT_IDLE = 2
AWAY = "bundle-away"
"""Code of what was not said since this process cannot have the bundle now: another may."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """A bundle that is to predict.

    Attributes:
        folder: it lies in.
        name: what it is known by on every machine.
        shown: whether people see what it says.
        share: of the pictures that come in, 0–1, which it predicts.
    """

    folder: Path
    name: str
    shown: bool = True
    share: float = 1.0


@dataclass(frozen=True)
class Offer:
    """A model version that this process has, or should have.

    Attributes:
        place: where its bundle comes from.
        rank: its bundle's place among all; the first is the one that is shown.
        fault: why it cannot predict; None where it can.
        compared_with: the memes that its percentiles are about.
    """

    model: ModelName
    version: str
    place: Place
    rank: int
    fault: str | None
    compared_with: str


@dataclass(frozen=True)
class Said:
    """What a model version said of a picture: a verdict, or an error's code and message; `AWAY` is no answer."""

    model: str
    version: str
    verdict: Verdict | None = None
    milliseconds: float = 0.0
    code: str | None = None
    message: str | None = None


@dataclass
class Known:
    """What is known of a picture before its bytes are looked at, and afterwards more.

    Attributes:
        sights: by image graph.
        caption: as it was read; None where it was not.
        unreadable: whether reading it was tried in vain.
        seeing: milliseconds that decoding and the image graphs took just now.
        reading: milliseconds that reading the caption took just now.
    """

    sights: dict[str, Sight] = field(default_factory=dict)
    caption: Captioned | None = None
    unreadable: bool = False
    seeing: float = 0.0
    reading: float = 0.0


class Predictors:
    """The bundles of this process, each checked when it is opened and tried out before it predicts.

    Args:
        places: gives the bundles as they are wanted now, that whose forecasts are shown first.
        eyes: decodes and reads.
        parallel: so many pictures are looked at at once; None for as many as captions can be read.
        find: gives a bundle that is not among those, by its version; None where there is none.
    """

    def __init__(
        self,
        places: Callable[[], Sequence[Place]],
        eyes: Eyes,
        parallel: int | None = None,
        find: Callable[[str], Bundle | None] = lambda _: None,
    ) -> None:
        self.parallel = parallel or eyes.readers
        self._places, self._find = places, find
        self._eyes = eyes
        self._lock = threading.Lock()
        self._bundles: dict[str, Bundle] = {}
        self._scorers: dict[str, Scorer] = {}
        self._failed: dict[str, str] = {}
        self._tried: set[str] = set()

    def offers(self) -> tuple[list[Offer], dict[str, str]]:
        """The versions that there are now, and why bundles cannot be opened at all, by the names of their places.

        A bundle that was fine when it was opened goes on predicting whatever becomes of its files; what is wrong with
        them is said all the same.
        """
        offers: list[Offer] = []
        lost: dict[str, str] = {}
        places = self._places()
        for rank, place in enumerate(places):
            try:
                bundle = Bundle(place.folder, lenient=True)
            except BundleError as error:
                lost[place.name] = error.message
                continue
            self._take(str(place.folder), bundle)
            for model in self._models(bundle):
                fault = bundle.fault(model) or self._failed.get(bundle.version)
                offers.append(Offer(model, bundle.version, place, rank, fault, bundle.manifest.compared_with))
        self._let_go({str(place.folder) for place in places})
        return offers, lost

    def predict(self, keys: Iterable[tuple[str, str]], known: Known, load: Callable[[], bytes]) -> list[Said]:
        """Ask model versions about one picture.

        Args:
            keys: (model, version) of each.
            known: of the picture; what has to be found out is added.
            load: gives its bytes, where they are needed.

        Raises:
            ImageError: if it cannot be decoded; other errors are the versions' own.
        """
        asked = list(keys)
        away = self._bring({version for _, version in asked})
        reading = {bundle.version for bundle in list(self._bundles.values()) if bundle.reads_captions}
        read = any(model != "cnn" and version in reading for model, version in asked)
        return [
            Said(model, version, code=AWAY, message=away[version])
            if version in away
            else self._one(model, version, known, load, read=read)
            for model, version in asked
        ]

    def _take(self, folder: str, bundle: Bundle) -> None:
        """Use a bundle from now on, unless the one in use is as good."""
        with self._lock:
            before = self._bundles.get(folder)
            whole = not any(bundle.fault(model) for model in self._models(bundle))
            if before is None or whole:
                if before is not None and before.manifest == bundle.manifest and not self._is_broken(before):
                    return
                self._bundles[folder] = bundle
                self._scorers[bundle.version] = Scorer(bundle)
                self._tried.discard(bundle.version)
                if self._failed.pop(bundle.version, None) is not None:
                    self._try(bundle)

    def _bring(self, versions: set[str]) -> dict[str, str]:
        """Open bundles that are not in use (yet, or any more), since there is work of theirs.

        Returns:
            Why some cannot be had here now, by version.
        """
        away: dict[str, str] = {}
        for version in versions - {bundle.version for bundle in list(self._bundles.values())}:
            try:
                found = self._find(version)
            except Exception as error:
                _log.warning("the bundle %s cannot be had here now: %s", version, first_line(error))
                away[version] = first_line(error)
                continue
            if found is not None:
                self._take(str(found.folder), found)
        return away

    def _let_go(self, wanted: set[str]) -> None:
        """Forget bundles that are not in use any more, but for the last few: work of their time may still wait."""
        with self._lock:
            idle = [folder for folder in self._bundles if folder not in wanted]
            for folder in idle[: max(0, len(idle) - KEPT_IDLE)]:
                self._scorers.pop(self._bundles.pop(folder).version, None)

    def _is_broken(self, bundle: Bundle) -> bool:
        return bundle.version in self._failed or any(bundle.fault(model) for model in self._models(bundle))

    def _models(self, bundle: Bundle) -> tuple[ModelName, ...]:
        if bundle.reads_captions and not self._eyes.captions:
            return ("cnn",)
        return tuple(model for model in get_args(ModelName) if model in bundle.manifest.models)

    def _reads(self, bundle: Bundle) -> bool:
        return bundle.reads_captions and self._eyes.captions and not bundle.fault("verdict")

    def _one(self, model: str, version: str, known: Known, load: Callable[[], bytes], *, read: bool) -> Said:
        bundle = next((each for each in list(self._bundles.values()) if each.version == version), None)
        if bundle is None:
            return Said(model, version, code="bundle-missing", message=f"there is no bundle {version} here")
        name = next(each for each in get_args(ModelName) if each == model)
        fault = bundle.fault(name) or self._fault_of(bundle)
        if fault is not None:
            return Said(model, version, code="bundle-damaged", message=_anywhere(fault, bundle))
        try:
            self._look(bundle, known, load, read=read)
            started = time.perf_counter()
            verdict = self._ask(bundle, name, known)
        except DankError:
            raise
        except Exception as error:
            _log.exception("%s of %s broke", model, version)
            broke = _anywhere(first_line(error), bundle)
            return Said(model, version, code="model-failed", message=f"the model broke: {broke}")
        if verdict is None:
            return Said(model, version, code="caption-failed", message="the caption could not be read")
        own = (time.perf_counter() - started) * 1000
        return Said(model, version, verdict, own + known.seeing + (known.reading if model != "cnn" else 0.0))

    def _ask(self, bundle: Bundle, model: ModelName, known: Known) -> Verdict | None:
        """The verdict of a model on what is known; None where it needs a caption and there is none."""
        reads = model != "cnn" and bundle.reads_captions
        if reads and known.caption is None:
            return None
        scorer = self._scorers[bundle.version]
        (raw,) = scorer.score([known.sights[bundle.graph]], [known.caption if reads else None])
        return judge(raw, bundle.manifest, bundle.calibrators, model)[0]

    def _look(self, bundle: Bundle, known: Known, load: Callable[[], bytes], *, read: bool) -> None:
        """Find out what is not known of a picture: its sight, and with `read` its caption."""
        unread = read and known.caption is None and not known.unreadable
        if bundle.graph in known.sights and not unread:
            return
        started = time.perf_counter()
        prepared = self._eyes.prepare(load(), bundle.manifest.side, keep_picture=unread)
        if bundle.graph not in known.sights:
            known.sights[bundle.graph] = self._scorers[bundle.version].see([prepared.model_input])[0]
        known.seeing += (time.perf_counter() - started) * 1000
        if unread:
            started = time.perf_counter()
            caption = self._eyes.read(prepared.picture.pixels)
            size = prepared.picture.width, prepared.picture.height
            known.caption = Captioned(caption, caption.text, *size) if caption is not None else None
            known.unreadable = caption is None
            known.reading += (time.perf_counter() - started) * 1000

    def _fault_of(self, bundle: Bundle) -> str | None:
        """Why a bundle must not predict: its own picture gets another forecast here than training gave it."""
        with self._lock:
            if bundle.version not in self._tried:
                self._try(bundle)
        return self._failed.get(bundle.version)

    def _try(self, bundle: Bundle) -> None:
        fault = self._try_out(bundle)
        if fault is not None:
            self._failed[bundle.version] = fault
        self._tried.add(bundle.version)

    def _try_out(self, bundle: Bundle) -> str | None:
        """What is wrong with a bundle's own forecast; a caption that cannot be read now is not its fault."""
        try:
            want = json.loads((bundle.folder / "selftest.json").read_text())
            picture = (bundle.folder / "selftest.jpg").read_bytes()
            known = Known()
            self._look(bundle, known, lambda: picture, read=self._reads(bundle))
            if known.caption is not None and not known.caption.caption.complete:
                known.caption = None  # this machine was too busy: half a caption says nothing of a bundle
            for model in self._models(bundle):
                if bundle.fault(model) is not None:
                    continue
                verdict = self._ask(bundle, model, known)
                if verdict is not None and abs(verdict.probability - want[model]) > tolerance(want, model):
                    said = f"{model} is {verdict.probability}, not {want[model]}"
                    return f"the bundle {bundle.version} fails its self-test: {said}"
        except Exception as error:
            return f"the bundle {bundle.version} fails its self-test: {first_line(error)}"
        return None


def _anywhere(text: str, bundle: Bundle) -> str:
    """Text that everybody may read: it does not say where on this machine a bundle lies."""
    return text.replace(f"{bundle.folder.parent}/", "")
