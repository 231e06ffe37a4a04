"""Names that browsers carry for us, signed: whoever votes, and whoever is signed in as admin."""

from __future__ import annotations

import secrets
import threading
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from itsdangerous import BadSignature, URLSafeTimedSerializer

from dankmeme.api.beneath import here
from dankmeme.api.resting import Resting
from dankmeme.storage.secrets import key

VOTER_COOKIE = "dank_voter"
_VOTER_SECONDS = 400 * 86_400
"""As long as browsers keep a cookie at most."""


class Signer:
    """Signs with a key that all processes share.

    Args:
        resting: where the key is kept.
    """

    def __init__(self, resting: Resting) -> None:
        self._resting, self._lock = resting, threading.Lock()
        self._key: bytes | None = None

    def sign(self, purpose: str, value: str) -> str:
        """A value as a browser may carry it."""
        return self._serializer(purpose).dumps(value)

    def read(self, purpose: str, signed: str | None, seconds: int) -> str | None:
        """The value that we signed for this purpose, at most so many seconds ago; else None."""
        if not signed or len(signed) > 1_000:
            return None
        try:
            value = self._serializer(purpose).loads(signed, max_age=seconds)
        except BadSignature:
            return None
        return value if isinstance(value, str) else None

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        with self._lock:
            if self._key is None:
                self._key = key(self._resting.open().database, "cookies")
        return URLSafeTimedSerializer(self._key, salt=purpose)


async def known_voter(request: Request) -> str | None:
    """Whoever this browser votes as; None where it never did. A thread is asked only where there is a cookie."""
    return await run_in_threadpool(_known, request) if VOTER_COOKIE in request.cookies else None


def voter(request: Request, response: Response) -> str:
    """Whoever this browser votes as; one that never did gets a name."""
    known = _known(request)
    if known is not None:
        return known
    signer: Signer = request.app.state.signer
    fresh = secrets.token_hex(16)
    set_cookie(request, response, VOTER_COOKIE, signer.sign("voter", fresh), _VOTER_SECONDS)
    return fresh


def _known(request: Request) -> str | None:
    signer: Signer = request.app.state.signer
    return signer.read("voter", request.cookies.get(VOTER_COOKIE), _VOTER_SECONDS)


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    """Give a browser a cookie that no script and no other site can read or send."""
    secure = request.url.scheme == "https"
    path = here("/")
    response.set_cookie(name, value, max_age=seconds, path=path, httponly=True, samesite="strict", secure=secure)


KnownVoter = Annotated[str | None, Depends(known_voter)]
Voter = Annotated[str, Depends(voter)]
