"""The classifier: bytes, paths and pictures in, verdicts out."""

from __future__ import annotations

import io
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray

from dankmeme.errors import BundleError, DankError, ImageError
from dankmeme.images.decode import MAX_BYTES
from dankmeme.images.prepare import Prepared
from dankmeme.models.batching import Batcher
from dankmeme.models.bundle import Bundle, ModelName
from dankmeme.models.caption import Caption, clean
from dankmeme.models.context import Posting
from dankmeme.models.eyes import Eyes
from dankmeme.models.scorer import Scorer
from dankmeme.models.scoring import Captioned
from dankmeme.models.verdict import ContextScore, ModelScore, RawScores, Verdict, judge
from dankmeme.traces import span

if TYPE_CHECKING:
    from PIL.Image import Image

CaptionSource = Literal["read", "given", "none"]


@dataclass(frozen=True)
class Named:
    """An input by any name, whose bytes are had when its turn comes.

    Attributes:
        name: what results call it.
        load: gives the bytes; may raise a `DankError`.
    """

    name: str
    load: Callable[[], bytes]


Source = str | os.PathLike[str] | bytes | Named


@dataclass(frozen=True)
class ImageFacts:
    """What the bytes were: format, upright size in pixels, and whether it is animated."""

    format: str
    width: int
    height: int
    animated: bool


@dataclass(frozen=True)
class Classification:
    """A verdict with everything behind it.

    Attributes:
        input: what was asked about: a path, a given name, `bytes`, or `picture` for a Pillow image.
        sha256: of the image's bytes.
        pdq: 64 hexadecimal digits.
        quality: of the hash, 0–100.
        detail: what `images.lookalike.differs` compares.
        verdict: the headline.
        cnn: the image model's own score.
        automl: the caption model's own score; None where no caption was read.
        context: the forecast with title and time of posting, which the verdict knows nothing of; None where the bundle
            has no such model, or what it reads was not given.
        caption: the caption used; None where captions were not read.
        caption_source: `read` from the pixels, `given` by the caller, or `none`.
        caption_complete: False where the reader ran out of time: on a busy machine a caption may lack its end.
        image: what the bytes were.
        milliseconds: wall time it took.
    """

    input: str
    sha256: str
    pdq: str
    quality: int
    detail: bytes = field(repr=False)
    verdict: Verdict
    cnn: ModelScore
    automl: ModelScore | None
    context: ContextScore | None
    caption: str | None
    caption_source: CaptionSource
    caption_complete: bool
    image: ImageFacts
    milliseconds: float


@dataclass(frozen=True)
class Failure:
    """An input without a verdict, and why."""

    input: str
    code: str
    message: str


@dataclass(frozen=True)
class _Question:
    """One picture on its way to the models."""

    model_input: NDArray[np.uint8]
    captioned: Captioned | None


class Classifier:
    """Loads a bundle once and classifies; safe to use from many threads.

    Args:
        bundle: a bundle, its folder, or None for the one that ships with the package.
        captions: whether captions are read (else the cnn alone gives the verdict).
        workers: processes that decode; None for one a core.
        readers: processes that read captions; None for one a core, at most 2.
        eyes: processes to share with others, in place of own ones; they stay theirs to close.

    Raises:
        BundleError: if the bundle is missing or damaged.
    """

    def __init__(
        self,
        bundle: Bundle | Path | None = None,
        *,
        captions: bool = True,
        workers: int | None = None,
        readers: int | None = None,
        eyes: Eyes | None = None,
    ) -> None:
        cores = len(os.sched_getaffinity(0))
        self.bundle = bundle if isinstance(bundle, Bundle) else Bundle(bundle) if bundle else Bundle.default()
        self._scorer = Scorer(self.bundle)
        self._own = eyes is None
        self._eyes = eyes or Eyes(captions=captions, workers=workers, readers=readers)
        self.captions = self._eyes.captions
        self._lock = threading.Lock()
        self._starts: list[Future[None]] = []
        self._batcher = Batcher(self._score, threads=min(cores, 2))
        self._threads = ThreadPoolExecutor(max_workers=max(4, 2 * cores), thread_name_prefix="classify")

    def classify(
        self,
        source: Source | Image,
        *,
        caption: str | None = None,
        model: ModelName = "verdict",
        title: str | None = None,
        posted_utc: float | None = None,
    ) -> Classification:
        """Classify one meme.

        Args:
            source: a path, the image's bytes, a Pillow image, or anything `Named`.
            caption: use this caption instead of reading it.
            model: whose forecast the verdict is.
            title: of the post, for the context model alone.
            posted_utc: when it is posted, seconds since 1970, likewise.

        Raises:
            ImageError: if it is no picture, or one that is refused; `file-missing` for a path that is not there.
        """
        return self._classify(*_bytes_of(source), caption, model, Posting(title, posted_utc))

    def classify_many(
        self,
        sources: Iterable[Source | Image],
        *,
        model: ModelName = "verdict",
        title: str | None = None,
        posted_utc: float | None = None,
    ) -> Iterator[Classification | Failure]:
        """Classify many memes at once, lazily and in order; an input that fails gives a `Failure` in its place.

        Args:
            sources: as `classify` takes one.
            model: whose forecasts the verdicts are.
            title: of all of them, for the context model alone.
            posted_utc: likewise.
        """
        posting = Posting(title, posted_utc)
        ahead: deque[Future[Classification | Failure]] = deque()
        room = 2 * self._threads._max_workers
        for source in sources:
            ahead.append(self._threads.submit(self._attempt, source, model, posting))
            if len(ahead) >= room:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    def warm(self) -> None:
        """Load the models and start the workers now instead of at the first call; a second call waits for the first."""
        with self._lock:
            if not self._starts:
                self._starts = [self._threads.submit(start) for start in (self._eyes.warm, self.bundle.load)]
        for start in self._starts:
            start.result()

    def close(self) -> None:
        """End the workers."""
        self._threads.shutdown(cancel_futures=True)
        self._batcher.close()
        if self._own:
            self._eyes.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _attempt(self, source: Source | Image, model: ModelName, posting: Posting) -> Classification | Failure:
        try:
            return self._classify(*_bytes_of(source), None, model, posting)
        except DankError as error:
            return Failure(_name_of(source), error.code, error.message)

    def _classify(
        self, data: bytes, name: str, caption: str | None, model: ModelName, posting: Posting
    ) -> Classification:
        started = time.perf_counter()
        if model not in self.bundle.manifest.models:
            raise BundleError("no-such-model", f"the bundle {self.bundle.version} has no {model} model")
        read = self.captions and model != "cnn" and self.bundle.reads_captions
        prepared = self._eyes.prepare(data, self.bundle.manifest.side, keep_picture=read)
        picture = prepared.picture
        captioned, source = self._captioned(prepared, caption, read)
        with span("score", version=self.bundle.version):
            raw = self._batcher(_Question(prepared.model_input, captioned))
        if model == "automl" and raw.automl is None:
            raise ImageError(
                "no-caption-reader", "the automl model needs captions, and they are switched off or failed"
            )
        verdict, cnn, automl = judge(raw, self.bundle.manifest, self.bundle.calibrators, model)
        version = self.bundle.version
        (beside,) = self._scorer.in_context([raw], [posting])
        return Classification(
            input=name,
            sha256=prepared.sha256,
            pdq=prepared.pdq.hex,
            quality=prepared.pdq.quality,
            detail=prepared.detail,
            verdict=verdict,
            cnn=ModelScore(cnn, version),
            automl=ModelScore(automl, version) if automl is not None else None,
            context=ContextScore(beside, version, self.bundle.manifest.context) if beside is not None else None,
            caption=captioned.text if captioned else None,
            caption_source=source,
            caption_complete=captioned is None or captioned.caption.complete,
            image=ImageFacts(picture.format, picture.width, picture.height, picture.animated),
            milliseconds=(time.perf_counter() - started) * 1000,
        )

    def _captioned(self, prepared: Prepared, given: str | None, read: bool) -> tuple[Captioned | None, CaptionSource]:
        """The caption to use. A given one replaces the text as read, not where it stands."""
        size = prepared.picture.width, prepared.picture.height
        found = self._eyes.read(prepared.picture.pixels) if read else None
        if given is not None:
            return Captioned(found or Caption(()), clean(given), *size), "given"
        if found is None:
            return None, "none"
        return Captioned(found, found.text, *size), "read"

    def _score(self, questions: Sequence[_Question]) -> list[RawScores]:
        captions = [question.captioned for question in questions]
        sights = self._scorer.see([question.model_input for question in questions], colours=any(captions))
        return self._scorer.score(sights, captions)


def _bytes_of(source: Source | Image) -> tuple[bytes, str]:
    """An input's bytes (no more than are looked at) and what to call it."""
    if isinstance(source, bytes):
        return source, "bytes"
    if isinstance(source, Named):
        return source.load(), source.name
    if isinstance(source, (str, os.PathLike)):
        return _read_file(Path(source)), str(source)
    out = io.BytesIO()
    source.save(out, "PNG")
    return out.getvalue(), "picture"


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise ImageError("not-an-image", f"{path} is a folder") from None
    except FileNotFoundError:
        hint = "; fetch a URL yourself and give its bytes" if "//" in str(path) or ":/" in str(path) else ""
        raise ImageError("file-missing", f"there is no file {path}{hint}") from None
    except OSError as error:
        raise ImageError("file-unreadable", f"{path} cannot be read: {error.strerror}") from None


def _name_of(source: Source | Image) -> str:
    if isinstance(source, Named):
        return source.name
    if isinstance(source, (str, os.PathLike)):
        return str(source)
    return "bytes" if isinstance(source, bytes) else "picture"
