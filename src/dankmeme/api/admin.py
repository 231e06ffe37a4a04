"""Who may run the place: whoever sends the admin token, or a browser that signed in with it."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from fastapi import Request

from dankmeme.api.guards import RateLimit, client_of
from dankmeme.api.signing import Signer
from dankmeme.errors import DankError
from dankmeme.settings import Settings

ADMIN_COOKIE = "dank_admin"
SESSION_SECONDS = 12 * 3_600
WRONG_TOKENS = 10
"""So many a client may send a minute; then it is not listened to for a while, even with the right one."""
_HARMLESS = ("GET", "HEAD", "OPTIONS")


class Attempts(RateLimit):
    """Counts the wrong tokens of each client address."""

    def check(self, request: Request) -> None:
        """Do not listen to a client that sent too many.

        Raises:
            DankError: `too-many-requests`.
        """
        if self._item is not None and not self._limiter.test(self._item, client_of(request)):
            raise DankError("too-many-requests", "that were too many wrong tokens within a minute; wait a little")

    def count(self, request: Request) -> None:
        """Take note of a wrong one."""
        if self._item is not None:
            self._limiter.hit(self._item, client_of(request))


class Admin:
    """The admin token, and the sessions of browsers that signed in with it: they end when the token changes.

    Args:
        settings: with the token; where they have none, one is made and kept in `DANK_HOME/admin-token`.
        signer: signs sessions.
    """

    def __init__(self, settings: Settings, signer: Signer) -> None:
        self._settings, self._signer = settings, signer
        self._attempts = Attempts(WRONG_TOKENS, "tokens")

    def prepare(self) -> None:
        """See to it that there is a token to be looked up, as far as one can be kept."""
        with contextlib.suppress(DankError):
            self._token()

    def check(self, token: str) -> bool:
        """Whether this is the admin token.

        Raises:
            DankError: `admin-closed`, where there is none and none can be kept.
        """
        return hmac.compare_digest(_digest(token.strip()), _digest(self._token()))

    def listen(self, request: Request, token: str) -> bool:
        """As `check`, for a request that brings a token.

        Raises:
            DankError: also `too-many-requests`, past `WRONG_TOKENS`.
        """
        self._attempts.check(request)
        right = self.check(token)
        if not right:
            self._attempts.count(request)
        return right

    def session_value(self) -> str:
        """What a browser that signed in carries."""
        return self._signer.sign(self._purpose(), "admin")

    def has_session(self, cookie: str | None) -> bool:
        """Whether a browser that carries this signed in."""
        return cookie is not None and self._signer.read(self._purpose(), cookie, SESSION_SECONDS) is not None

    def _purpose(self) -> str:
        return f"admin {hashlib.sha256(b'session ' + self._token().encode()).hexdigest()}"

    def _token(self) -> str:
        chosen = self._settings.admin_token
        return (chosen.get_secret_value().strip() if chosen else "") or _kept(self._settings.home / "admin-token")


def admin(request: Request) -> None:
    """Let only an admin through, as a route depends on it.

    Raises:
        DankError: `not-signed-in`; `foreign-request`, for a change that another site had a signed-in browser ask for;
            what `Admin.listen` raises.
    """
    if not _is_known(request):
        raise DankError("not-signed-in", "only an admin may do this: sign in, or send the admin token")


def is_admin(request: Request) -> bool:
    """Whether a request is an admin's, for routes that are open to all."""
    try:
        return _is_known(request)
    except DankError:
        return False


def _is_known(request: Request) -> bool:
    keeper: Admin = request.app.state.admin
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return keeper.listen(request, token)
    if not keeper.has_session(request.cookies.get(ADMIN_COOKIE)):
        return False
    if request.method not in _HARMLESS and not _is_own(request):
        raise DankError("foreign-request", "another site asked for this; do it from the app itself")
    return True


def _is_own(request: Request) -> bool:
    """Whether a request comes from a page of ours, or from a program that sends JSON, which no form of a page can."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    if origin is not None:
        host = request.headers.get("host", "").lower()
        return bool(host) and origin.lower().partition("://")[2] == host
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _kept(path: Path) -> str:
    """The token in a file, made by the first process that needs it.

    Raises:
        DankError: `admin-closed`.
    """
    try:
        if not path.exists():
            _make(path)
        token = path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise DankError(
            "admin-closed", f"the admin token cannot be kept in DANK_HOME ({why}): set DANK_ADMIN_TOKEN"
        ) from None
    if not token:
        raise DankError("admin-closed", "DANK_HOME/admin-token is empty: remove it, or set DANK_ADMIN_TOKEN")
    return token


def _make(path: Path) -> None:
    """Write a new token. The file appears whole or not at all, and only once however many try."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"{secrets.token_urlsafe(24)}\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(unfinished)
    finally:
        unfinished.unlink(missing_ok=True)
