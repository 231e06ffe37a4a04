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

    def __reduce__(self) -> tuple[object, ...]:
        """An error may go from process to process, and rest in a database, with all that it says."""
        return type(self), (self.code, self.message), self.__dict__


class OutsideError(DankError):
    """Something beyond this machine did not do what it was asked for.

    Attributes:
        passing: whether trying again later may help.
        retry_after: after how many seconds, where that was said.
    """

    def __init__(self, code: str, message: str, *, passing: bool = False, retry_after: float | None = None) -> None:
        super().__init__(code, message)
        self.passing = passing
        self.retry_after = retry_after


class ImageError(DankError):
    """An input that is no picture, or one we refuse to decode."""


class FetchError(OutsideError):
    """A URL that could not, or must not, be fetched."""


class SourceError(OutsideError):
    """A source of posts that cannot be read, or not now."""


class SettingError(DankError):
    """A setting that makes no sense."""


class BundleError(DankError):
    """A model bundle that is missing, damaged or not ours."""


class StorageError(DankError):
    """A database or a bucket that cannot be used."""


class TrainingError(DankError):
    """A dataset that nothing can be learnt from, or something that training needs and does not have."""


def first_line(error: BaseException) -> str:
    """What an error of somebody else's says, in one line; its kind where it says nothing."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
