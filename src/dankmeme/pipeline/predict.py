"""Stored images are predicted by every active model version; what was found out about an image is kept."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

import numpy as np

from dankmeme import metrics
from dankmeme.errors import ImageError, first_line
from dankmeme.models.caption import READER, Caption, Line
from dankmeme.models.predictors import AWAY, Known, Offer, Predictors, Said
from dankmeme.models.scorer import Sight
from dankmeme.models.scoring import Captioned
from dankmeme.pipeline.lineup import Keeper
from dankmeme.pipeline.patience import Patience, Stopped
from dankmeme.pipeline.work import Later
from dankmeme.storage import predictions, sights, versions
from dankmeme.storage.bucket import ORIGINAL, Bucket
from dankmeme.storage.database import Database
from dankmeme.storage.predictions import Prediction, Wanted
from dankmeme.storage.sights import KeptCaption, KeptSight
from dankmeme.storage.versions import Version, VersionKey

TOGETHER = 8
"""Predictions of so many images are written down together."""
COPY_BITS, COPY_DIFFERENCE = 8, 1.5
"""A picture is a copy of another, and has its caption, if their perceptual hashes differ by at most so many bits and
their details by at most so much: much nearer than near-duplicates are. Of 16,391 pairs of drawn memes on one template
none was so near; of 250 real memes that were encoded and scaled anew 74 % were, with a line of words of 5 % of the
height on top none, with one of 3 % 17 %."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Outcome:
    """What became of one image: its predictions, and what is to be kept of it."""

    made: list[Prediction]
    sights: list[KeptSight]
    captions: list[KeptCaption]


class Predictor:
    """Does pieces of work of predictions.

    Args:
        database: where predictions are written down.
        bucket: where the pictures rest.
        predictors: the model versions of this process.
        patience: ends all waiting when this process does.
        backfill: so many of the newest images a version predicts that is new here; None for all.
        keeper: keeps this process on the bundles that the registry wants; None where the registry is not asked.

    Attributes:
        lost: why bundles could not be opened when they were last looked at, by folder.
    """

    def __init__(
        self,
        database: Database,
        bucket: Bucket,
        predictors: Predictors,
        patience: Patience,
        backfill: int | None,
        keeper: Keeper | None = None,
    ) -> None:
        self._database, self._bucket, self._predictors = database, bucket, predictors
        self._patience, self._backfill = patience, backfill
        self._threads = ThreadPoolExecutor(predictors.parallel, thread_name_prefix="predict")
        self._adopting = threading.Lock()
        self._keeper, self._turn = keeper, -1
        self.lost: dict[str, str] = {}

    def adopt(self) -> list[str]:
        """Make the versions of this process the active ones, as far as they can be used.

        Returns:
            Pieces of work: what versions that are new, or can be used again, have to say of the newest images.
        """
        with self._adopting:
            keeper = self._keeper
            asked = keeper is not None and not keeper.pinned
            lineup = keeper.agreed if keeper is not None and asked else None
            self._turn = keeper.turn if keeper is not None else -1
            offers, self.lost = self._predictors.offers()
            self.lost |= keeper.missing if keeper is not None else {}
            if asked and lineup is None and not versions.is_empty(self._database):
                return []  # what the registry wants is missing here: what predicts until now goes on
            if keeper is not None and keeper.pinned and keeper.others_follow(self._database):
                return []  # others follow the registry: what this process is told to use is its own affair
            fresh = versions.adopt(self._database, [_version(each) for each in offers], self.lost, lineup)
            return predictions.backfill(self._database, fresh, self._backfill) if fresh else []

    def adopt_others(self) -> list[str]:
        """The same, where this process uses other bundles since."""
        return self.adopt() if self._keeper is not None and self._keeper.turn != self._turn else []

    def predict(self, chunk: str) -> list[Later]:
        """Do a piece of work. It may be repeated: what is done is not done again.

        Raises:
            Stopped: if this process ends; what was done until then is written down.
        """
        todo: dict[str, list[Wanted]] = {}
        for each in self._patience.insist(predictions.wanted, self._database, chunk):
            todo.setdefault(each.image, []).append(each)
        images = list(todo)
        for start in range(0, len(images), TOGETHER):
            self._patience.check()
            self._together({image: todo[image] for image in images[start : start + TOGETHER]})
        return []

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _together(self, todo: dict[str, list[Wanted]]) -> None:
        insist = self._patience.insist
        known = insist(self._known, list(todo))
        outcomes = list(self._threads.map(lambda image: self._one(image, todo[image], known[image]), todo))
        done = [outcome for outcome in outcomes if outcome is not None]
        insist(
            sights.keep,
            self._database,
            [each for outcome in done for each in outcome.sights],
            [each for outcome in done for each in outcome.captions],
        )
        made = [each for outcome in done for each in outcome.made]
        if made:
            insist(predictions.settle, self._database, made)
        for prediction in made:
            _count(prediction)

    def _known(self, images: Sequence[str]) -> dict[str, Known]:
        """What was found out about images before."""
        seen = sights.sights_of(self._database, images)
        read = sights.captions_of(self._database, images, READER)
        sighted = len({image for image, _ in seen})
        metrics.looked_up("sight", hits=sighted, misses=len(images) - sighted)
        unread = [image for image in images if image not in read]
        read |= sights.captions_of_copies(self._database, unread, READER, COPY_BITS, COPY_DIFFERENCE)
        metrics.looked_up("caption", hits=len(read), misses=len(images) - len(read))
        return {
            image: Known(
                {graph: _sight(kept) for (of, graph), kept in seen.items() if of == image},
                _captioned(read[image]) if image in read else None,
            )
            for image in images
        }

    def _one(self, image: str, wanted: Sequence[Wanted], known: Known) -> _Outcome | None:
        """What becomes of an image; None where this process ends first."""
        before = set(known.sights), known.caption
        try:
            said = self._predictors.predict(
                [(each.key.model, each.key.version) for each in wanted], known, lambda: self._bytes(image)
            )
        except Stopped:
            return None
        except ImageError as error:
            return _lost(wanted, error.code, error.message)
        except Exception as error:  # of this picture alone: the others go on
            _log.exception("unexpected error on %s", image)
            return _lost(wanted, "internal-error", f"something went wrong here: {first_line(error)}")
        fresh = [_kept_sight(image, graph, sight) for graph, sight in known.sights.items() if graph not in before[0]]
        read = [_kept_caption(image, known.caption)] if known.caption is not None and before[1] is None else []
        made = [
            _prediction(image, each) for each in said if each.code != AWAY
        ]  # the others wait for who has the bundle
        return _Outcome(made, fresh, read)

    def _bytes(self, image: str) -> bytes:
        data: bytes | None = self._patience.insist(self._bucket.get, image, ORIGINAL)
        if data is None:
            raise ImageError("image-missing", "the picture is not in the bucket any more")
        return data


def _count(made: Prediction) -> None:
    of = made.model, made.version
    metrics.PREDICTIONS.labels(*of, made.state, made.code or "").inc()
    if made.probability is not None:
        metrics.PROBABILITIES.labels(*of).observe(made.probability)


def _version(offer: Offer) -> Version:
    place = offer.place
    return Version(
        offer.model,
        offer.version,
        place.name,
        True,
        offer.rank,
        offer.fault,
        offer.compared_with,
        place.shown,
        place.share,
    )


def _lost(wanted: Sequence[Wanted], code: str, message: str) -> _Outcome:
    return _Outcome([predictions.failed(each, code, message) for each in wanted], [], [])


def _prediction(image: str, said: Said) -> Prediction:
    if said.verdict is None:
        wanted = Wanted(image, VersionKey(said.model, said.version))
        return predictions.failed(wanted, said.code or "model-failed", said.message or "")
    verdict = said.verdict
    return Prediction(
        image=image,
        model=said.model,
        version=said.version,
        state=predictions.SUCCESS,
        probability=verdict.probability,
        low=verdict.low,
        high=verdict.high,
        percentile=verdict.percentile,
        label=verdict.label,
        reason=verdict.reason,
        milliseconds=said.milliseconds,
        made_utc=time.time(),
    )


def _sight(kept: KeptSight) -> Sight:
    vectors = {name: np.frombuffer(getattr(kept, name), dtype="<f4") for name in ("embedding", "template", "colour")}
    return Sight(probability=kept.probability, percentile=kept.percentile, novelty=kept.novelty, **vectors)


def _kept_sight(image: str, graph: str, sight: Sight) -> KeptSight:
    vectors = {name: getattr(sight, name).astype("<f4").tobytes() for name in ("embedding", "template", "colour")}
    return KeptSight(image, graph, sight.probability, sight.percentile, sight.novelty, **vectors)


def _captioned(kept: KeptCaption) -> Captioned:
    caption = Caption(tuple(Line(**line) for line in kept.lines), kept.complete)
    return Captioned(caption, kept.text, kept.width, kept.height)


def _kept_caption(image: str, read: Captioned) -> KeptCaption:
    lines = [asdict(line) for line in read.caption.lines]
    return KeptCaption(image, READER, read.text, lines, read.caption.complete, read.width, read.height)
