"""What went wrong at Reddit, in our words."""

from __future__ import annotations

from collections.abc import Mapping

from dankmeme.errors import SourceError
from dankmeme.fetch import LONGEST_WAIT
from dankmeme.sources import plain

_REFUSED = "Reddit does not accept the client id and secret; check DANK_REDDIT_CLIENT_ID and DANK_REDDIT_CLIENT_SECRET"


def meaning(error: Exception, where: str) -> SourceError:
    """What an error of asyncpraw means.

    asyncprawcore wraps what is raised while an answer is open, its own errors among it, in a `RequestException`; a 401
    without the header `www-authenticate` is a bare `KeyError` there. After a 400, asyncpraw trips over reading the
    answer again.

    Args:
        error: as it was raised.
        where: what was asked for, in words.
    """
    import aiohttp
    from asyncprawcore import exceptions as core

    while isinstance(error, core.RequestException):
        error = error.original_exception
    if isinstance(error.__context__, core.BadRequest):
        error = error.__context__
    status, headers = _answer(error)
    if status == 429:
        return SourceError("source-busy", "Reddit asks for a pause", passing=True, retry_after=_pause(headers))
    if status == 401 or isinstance(error, KeyError | core.OAuthException | core.InsufficientScope):
        return SourceError("bad-credentials", _REFUSED)
    if status in (403, 451):
        return SourceError("private-community", f"{where} is private, in quarantine, or closed to apps")
    if status in (301, 302, 404):
        return SourceError("no-community", f"{where}: Reddit knows no such community, or has banned it")
    if (status or 0) >= 500 or isinstance(error, aiohttp.ClientError | OSError | TimeoutError):
        what = f"answers with status {status}" if status else "cannot be reached"
        return SourceError("source-failed", f"Reddit {what}; try again later", passing=True)
    return SourceError("source-failed", f"Reddit answered what cannot be read ({type(error).__name__})")


def _answer(error: Exception) -> tuple[int | None, Mapping[str, str]]:
    response = getattr(error, "response", None)
    return getattr(response, "status", None), getattr(response, "headers", {})


def _pause(headers: Mapping[str, str]) -> float | None:
    """Seconds, from the wish itself or from when the quota starts anew."""
    for name in ("retry-after", "x-ratelimit-reset"):
        seconds = plain.number(headers.get(name))
        if seconds is not None:
            return min(max(seconds, 0.0), LONGEST_WAIT)
    return None
