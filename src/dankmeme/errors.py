"""The errors a user meets: each has a code for machines and a message that says what was wrong."""

from __future__ import annotations


class DankError(Exception):
    """Base of all errors a user can act on.

    Attributes:
        code: a short stable name, listed in `docs/errors.md`.
        message: one plain sentence.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ImageError(DankError):
    """An input that is no picture, or one we refuse to decode."""


class FetchError(DankError):
    """A URL that could not, or must not, be fetched."""


class SettingError(DankError):
    """A setting that makes no sense."""


class BundleError(DankError):
    """A model bundle that is missing, damaged or not ours."""
