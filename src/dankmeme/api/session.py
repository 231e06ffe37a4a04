"""Routes by which a browser signs in as admin, and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from dankmeme.api.admin import ADMIN_COOKIE, SESSION_SECONDS, Admin, is_admin
from dankmeme.api.admin_schemas import SessionAnswer, SessionRequest
from dankmeme.api.schemas import Problem
from dankmeme.api.signing import set_cookie
from dankmeme.errors import DankError

router = APIRouter(tags=["session"])


@router.get("/api/v1/session")
def session(request: Request, response: Response) -> SessionAnswer:
    """Whether this browser is signed in."""
    keeper: Admin = request.app.state.admin
    keeper.prepare()
    response.headers["Cache-Control"] = "no-store"
    return SessionAnswer(admin=is_admin(request))


@router.post("/api/v1/session", responses={status: {"model": Problem} for status in (401, 422, 429, 503)})
def sign_in(request: Request, response: Response, given: SessionRequest) -> SessionAnswer:
    """Sign in with the admin token: `DANK_ADMIN_TOKEN`, or what stands in `DANK_HOME/admin-token`."""
    keeper: Admin = request.app.state.admin
    if not keeper.listen(request, given.token):
        raise DankError("bad-token", "this is not the admin token")
    set_cookie(request, response, ADMIN_COOKIE, keeper.session_value(), SESSION_SECONDS)
    return SessionAnswer(admin=True)


@router.delete("/api/v1/session")
def sign_out(request: Request, response: Response) -> SessionAnswer:
    """Sign out."""
    set_cookie(request, response, ADMIN_COOKIE, "", 0)
    return SessionAnswer(admin=False)
