"""What a server answers questions about pictures with, and how one model takes another's place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dankmeme.errors import BundleError
from dankmeme.models.bundle import Bundle
from dankmeme.models.classifier import Classifier
from dankmeme.models.eyes import Eyes
from dankmeme.models.selftest import failed_checks


class Serving:
    """What answers questions about pictures.

    A question is answered by the classifier that was there when it came, all of it; one whose place was taken ends with
    its last question.

    Args:
        eyes: processes that decode and read, shared by all that look at pictures.
        classifier: gives verdicts; or why there is none: then all but verdicts is served.

    Attributes:
        fault: why what answers now has not passed its self-test, by the last try; None where there was none, or it has.
        ended: set when it is closed: what breaks from then on is no fault.
    """

    def __init__(self, eyes: Eyes, classifier: Classifier | BundleError) -> None:
        self.eyes = eyes
        self._classifier = classifier
        self._lock = threading.Lock()
        self._asked: dict[Classifier, int] = {}
        self._proven: Classifier | None = None
        self.fault: str | None = None
        self.ended = threading.Event()

    @property
    def classifier(self) -> Classifier | BundleError:
        """The one that answers now."""
        return self._classifier

    @property
    def is_proven(self) -> bool:
        """Whether what answers now has passed its self-test."""
        return self._proven is not None and self._proven is self._classifier

    def verdicts(self) -> Classifier:
        """The classifier.

        Raises:
            BundleError: if its bundle cannot be used.
        """
        classifier = self._classifier
        if isinstance(classifier, BundleError):
            raise BundleError(classifier.code, classifier.message)
        return classifier

    @contextmanager
    def asked(self) -> Iterator[Classifier]:
        """The classifier, which stays open until its question is answered.

        Raises:
            BundleError: if its bundle cannot be used.
        """
        with self._lock:
            classifier = self.verdicts()
            self._asked[classifier] = self._asked.get(classifier, 0) + 1
        try:
            yield classifier
        finally:
            with self._lock:
                self._asked[classifier] -= 1
                if not self._asked[classifier]:
                    del self._asked[classifier]
                    if classifier is not self._classifier:
                        _end(classifier)

    def prove(self) -> None:
        """Load what answers now, and let it classify its bundle's own picture.

        Raises:
            BundleError: `bundle-damaged`: it says something else than training did, or cannot be used.
        """
        tried = self._classifier
        try:
            with self.asked() as tried:
                _prove(tried)
        except BundleError as error:
            self._judge(tried, error.message)
            raise
        self._judge(tried, None)

    def _judge(self, tried: Classifier | BundleError, fault: str | None) -> None:
        """What came of a self-test; where another took its place meanwhile, that one has been proven already."""
        with self._lock:
            if tried is self._classifier:
                self.fault = fault
                if fault is None and isinstance(tried, Classifier):
                    self._proven = tried

    def take(self, bundle: Bundle) -> None:
        """Answer with another bundle from the next question on, once it has passed its self-test.

        Raises:
            BundleError: `bundle-damaged`; what answered before goes on.
        """
        classifier = Classifier(bundle, eyes=self.eyes)
        try:
            _prove(classifier)
        except BaseException:
            classifier.close()
            raise
        with self._lock:
            before, self._classifier, self._proven = self._classifier, classifier, classifier
            self.fault = None
            if isinstance(before, Classifier) and before not in self._asked:
                _end(before)

    def close(self) -> None:
        """End all processes."""
        self.ended.set()
        if isinstance(self._classifier, Classifier):
            self._classifier.close()
        self.eyes.close()


def _prove(classifier: Classifier) -> None:
    classifier.warm()
    failed = failed_checks(classifier)
    if failed:
        raise BundleError("bundle-damaged", f"the bundle fails its self-test: {failed[0].name} is {failed[0].detail}")


def _end(classifier: Classifier) -> None:
    """Close a classifier that nobody asks any more, without keeping anybody waiting."""
    threading.Thread(target=classifier.close, name="closing", daemon=True).start()
