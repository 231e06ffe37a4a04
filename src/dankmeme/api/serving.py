"""What a server answers questions about pictures with."""

from __future__ import annotations

from dataclasses import dataclass

from dankmeme.errors import BundleError
from dankmeme.models.classifier import Classifier
from dankmeme.models.eyes import Eyes


@dataclass(frozen=True)
class Serving:
    """What answers questions about pictures.

    Attributes:
        eyes: processes that decode and read, shared by all that look at pictures.
        classifier: gives verdicts; or why there is none: then all but verdicts is served.
    """

    eyes: Eyes
    classifier: Classifier | BundleError

    def verdicts(self) -> Classifier:
        """The classifier.

        Raises:
            BundleError: if its bundle cannot be used.
        """
        if isinstance(self.classifier, BundleError):
            raise BundleError(self.classifier.code, self.classifier.message)
        return self.classifier

    def close(self) -> None:
        """End all processes."""
        if isinstance(self.classifier, Classifier):
            self.classifier.close()
        self.eyes.close()
